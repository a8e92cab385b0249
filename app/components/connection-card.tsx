import { Badge, BlockStack, Card, InlineStack, Text } from "@shopify/polaris";
import { counted, duration, figure, Moment } from "./figures.tsx";

/** What a card shows of one connection. Times in ms, moments in ISO 8601. */
export interface ConnectionFacts {
  readonly id: string;
  readonly label: string;
  readonly state: "review" | "active" | "paused" | "waiting";
  readonly pausedReason: string | null;
  readonly offsetLag: number;
  readonly listings: {
    readonly inStep: number;
    readonly behind: number;
    readonly failed: number;
    readonly resting: number;
  };
  readonly lagMs: {
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly samples: number;
    readonly lastAt: string;
  } | null;
  readonly deadLetters: number;
}

function StateBadge({ state }: { readonly state: ConnectionFacts["state"] }) {
  switch (state) {
    case "active":
      return <Badge tone="success">Connected</Badge>;
    case "review":
      return <Badge tone="info">In review</Badge>;
    case "paused":
      return <Badge tone="critical">Paused</Badge>;
    case "waiting":
      return <Badge tone="attention">Waiting for the channel</Badge>;
  }
}

function Fact({ name, children }: { readonly name: string; readonly children: React.ReactNode }) {
  return (
    <div className="lockstep-fact">
      <Text as="p" tone="subdued">
        {name}
      </Text>
      <Text as="p" numeric>
        {children}
      </Text>
    </div>
  );
}

function ListingFact({ listings }: Pick<ConnectionFacts, "listings">) {
  const parts = [`${figure(listings.inStep)} in step`, `${figure(listings.behind)} behind`];
  parts.push(`${figure(listings.failed)} failed`);
  if (listings.resting > 0) parts.push(`${figure(listings.resting)} not synced`);
  return <Fact name="Listings">{parts.join(", ")}</Fact>;
}

/** One connection: its state, how far it is behind, how fast it was. */
export function ConnectionCard({ facts, now }: { facts: ConnectionFacts; now: string }) {
  const { label, state, pausedReason, offsetLag, listings, lagMs, deadLetters } = facts;
  return (
    <Card>
      <BlockStack gap="300">
        <InlineStack align="space-between" blockAlign="center" gap="200">
          <Text as="h2" variant="headingMd">
            {label}
          </Text>
          <StateBadge state={state} />
        </InlineStack>
        {state === "review" ? (
          <Text as="p" tone="subdued">
            {`Nothing is written to ${label} yet: look it through under Channels, then go live.`}
          </Text>
        ) : null}
        {state === "paused" ? (
          <Text as="p" tone="critical">
            {`Nothing is written to ${label}: ${pausedReason ?? "it was paused"}.`}
          </Text>
        ) : null}
        <div className="lockstep-facts">
          <ListingFact listings={listings} />
          <Fact name="Changes waiting">{figure(offsetLag)}</Fact>
          <Fact name="Pushes, last hour">
            {lagMs === null ? (
              "None"
            ) : (
              <>
                {figure(lagMs.samples)}, last <Moment at={lagMs.lastAt} now={now} />
              </>
            )}
          </Fact>
          <Fact name="Dead letters">
            {deadLetters === 0 ? "None" : counted(deadLetters, "needs attention", "need attention")}
          </Fact>
        </div>
        <Fact name="Sync lag, last hour">
          {lagMs === null
            ? "No pushes"
            : `p50 ${duration(lagMs.p50)}, p95 ${duration(lagMs.p95)}, p99 ${duration(lagMs.p99)}`}
        </Fact>
      </BlockStack>
    </Card>
  );
}
