import { Form, Link } from "@remix-run/react";
import {
  Badge,
  BlockStack,
  Button,
  Card,
  DataTable,
  InlineStack,
  List,
  Text,
} from "@shopify/polaris";
import { ImportProgress, ImportSentence, type ConnectionRow } from "./connection-list.tsx";
import { counted, figure } from "./figures.tsx";

/** One connection as its page shows it. */
export interface ConnectionDetails extends ConnectionRow {
  readonly channelLabel: string;
  readonly canDisconnect: boolean;
  readonly canEnd: boolean;
  readonly atZero: "zero" | "end";
  readonly eventTopics: readonly string[];
  readonly eventTodo: string | null;
  readonly health: {
    readonly standing: "good" | "at-risk" | "bad";
    readonly metrics: readonly {
      readonly name: string;
      readonly label: string;
      readonly value: number;
      readonly unit: "share" | "count";
      readonly limit: number | null;
    }[];
  } | null;
  readonly preview: {
    readonly changes: number;
    readonly toZero: number;
    readonly lines: readonly {
      readonly id: string;
      readonly sku: string;
      readonly title: string;
      readonly shown: number | null;
      readonly wanted: number;
    }[];
  } | null;
}

type Preview = NonNullable<ConnectionDetails["preview"]>;

export interface PartProps {
  readonly page: ConnectionDetails;
  readonly busy: boolean;
}

/** A button of its own form: the page's action follows it. */
export function IntentButton(props: {
  readonly intent: string;
  readonly children: string;
  readonly busy: boolean;
  readonly primary?: boolean;
  readonly critical?: boolean;
}) {
  const { intent, children, busy, primary, critical } = props;
  return (
    <Form method="post">
      <input type="hidden" name="intent" value={intent} />
      <Button
        submit
        disabled={busy}
        {...(primary ? { variant: "primary" as const } : {})}
        {...(critical ? { tone: "critical" as const } : {})}
      >
        {children}
      </Button>
    </Form>
  );
}

/** What going live would change; nothing is written before. */
export function ReviewCard({ page, busy }: PartProps) {
  const { preview, label, unmatched, lastImport } = page;
  if (preview === null) return null;
  if (lastImport?.status === "running") {
    return (
      <Card>
        <BlockStack gap="300">
          <Text as="h2" variant="headingMd">
            Before you go live
          </Text>
          <Text as="p">
            {`When the listings are read, this shows what going live would change. Nothing is written to ${label} before.`}
          </Text>
        </BlockStack>
      </Card>
    );
  }
  return (
    <Card>
      <BlockStack gap="300">
        <Text as="h2" variant="headingMd">
          Before you go live
        </Text>
        <Text as="p">
          {preview.changes === 0
            ? `${label} shows your numbers already: going live changes nothing now.`
            : `Going live changes ${counted(preview.changes, "listing")} on ${label}${preview.toZero > 0 ? `, ${figure(preview.toZero)} of them to 0` : ""}.`}
        </Text>
        {unmatched > 0 ? (
          <Text as="p" tone="subdued">
            {`${counted(unmatched, "listing")} without a SKU ${unmatched === 1 ? "is" : "are"} left alone until you match ${unmatched === 1 ? "it" : "them"}.`}
          </Text>
        ) : null}
        {preview.lines.length > 0 ? <PreviewLines preview={preview} /> : null}
        <Text as="p" tone="subdued">
          {`From then on ${label} shows your stock, and its orders count.`}
        </Text>
        <IntentButton intent="go-live" busy={busy} primary>
          {`Go live on ${page.channelLabel}`}
        </IntentButton>
      </BlockStack>
    </Card>
  );
}

function PreviewLines({ preview }: { readonly preview: Preview }) {
  const { changes, lines } = preview;
  const hidden = changes - lines.length;
  return (
    <>
      <DataTable
        columnContentTypes={["text", "text", "numeric", "numeric"]}
        headings={["SKU", "Listing", "Shows", "Will show"]}
        rows={lines.map(({ sku, title, shown, wanted }) => [
          sku,
          title,
          figure(shown),
          figure(wanted),
        ])}
      />
      {hidden > 0 ? (
        <Text as="p" tone="subdued">
          {`And ${counted(hidden, "other listing")}.`}
        </Text>
      ) : null}
      {lines.some(({ shown }) => shown === null) ? (
        <Text as="p" tone="subdued">
          A dash: the channel did not say what it shows now. Your number is written there.
        </Text>
      ) : null}
    </>
  );
}

/** The import with its progress, and the listings that wait for their SKU. */
export function ImportCard({ page, busy, now }: PartProps & { readonly now: string }) {
  const { lastImport: run, unmatched, listings } = page;
  const running = run?.status === "running";
  return (
    <Card>
      <BlockStack gap="300">
        <Text as="h2" variant="headingMd">
          Listings
        </Text>
        <Text as="p">
          <ImportSentence run={run} now={now} />
        </Text>
        <ImportProgress run={run} />
        {listings > 0 ? (
          <Text as="p">
            {unmatched === 0
              ? `All ${counted(listings, "listing")} are matched. `
              : `${figure(listings - unmatched)} of ${counted(listings, "listing")} are matched. `}
            <Link to={`/app/channels/${page.id}/matching`}>
              {unmatched > 0
                ? `Match ${counted(unmatched, "listing")} without a SKU`
                : "Change matches with a file"}
            </Link>
          </Text>
        ) : null}
        <InlineStack gap="200">
          {running ? (
            <IntentButton intent="stop-import" busy={busy}>
              Stop the import
            </IntentButton>
          ) : (
            <IntentButton intent="import" busy={busy}>
              Read the listings again
            </IntentButton>
          )}
          {unmatched > 0 ? (
            <IntentButton intent="rematch" busy={busy}>
              Look for SKUs again
            </IntentButton>
          ) : null}
        </InlineStack>
      </BlockStack>
    </Card>
  );
}

const standings = {
  good: { tone: "success", text: "In good standing" },
  "at-risk": { tone: "warning", text: "At risk" },
  bad: { tone: "critical", text: "In bad standing" },
} as const;

type Health = NonNullable<ConnectionDetails["health"]>;

/** Numbers over their limit first, and said so: they are why an account is at risk. */
function HealthParts({ health, channel }: { readonly health: Health; readonly channel: string }) {
  const { tone, text } = standings[health.standing];
  const isOver = ({ value, limit }: Health["metrics"][number]) => limit !== null && value > limit;
  const over = health.metrics.filter(isOver);
  const within = health.metrics.filter((metric) => !isOver(metric));
  return (
    <>
      <InlineStack gap="200" blockAlign="center">
        <Badge tone={tone}>{text}</Badge>
        {health.standing === "good" ? null : (
          <Text as="span">{`${channel} may restrict the account.`}</Text>
        )}
      </InlineStack>
      {over.length > 0 ? <MetricList metrics={over} after="over the limit of" /> : null}
      {within.length > 0 ? (
        <details>
          <summary>{`${counted(within.length, "measure")} within limits`}</summary>
          <MetricList metrics={within} after="limit" />
        </details>
      ) : null}
    </>
  );
}

function MetricList({ metrics, after }: Pick<Health, "metrics"> & { readonly after: string }) {
  return (
    <List>
      {metrics.map(({ name, label, value, unit, limit }) => {
        const shown = (number: number) => (unit === "share" ? percent(number) : figure(number));
        const limited = limit === null ? "" : `, ${after} ${shown(limit)}`;
        return <List.Item key={name}>{`${label}: ${shown(value)}${limited}`}</List.Item>;
      })}
    </List>
  );
}

/** How the account stands, and what the channel tells us about. */
export function AccountCard({ page }: Pick<PartProps, "page">) {
  const { health, eventTopics, eventTodo, channelLabel } = page;
  const isReview = page.status === "review";
  if (isReview && health === null && eventTodo === null) return null;
  return (
    <Card>
      <BlockStack gap="300">
        <Text as="h2" variant="headingMd">
          Account
        </Text>
        {health === null ? null : <HealthParts health={health} channel={channelLabel} />}
        {isReview ? null : (
          <Text as="p" tone="subdued">
            {eventTopics.length > 0
              ? `${channelLabel} tells Lockstep at once what happens there. Orders are asked for every few minutes as well, so that none is missed.`
              : "Orders are asked for every few minutes."}
          </Text>
        )}
        {eventTopics.length > 0 ? (
          <details>
            <summary>{`What it tells (${figure(eventTopics.length)})`}</summary>
            <Text as="p" tone="subdued" breakWord>
              {eventTopics.join(", ")}
            </Text>
          </details>
        ) : null}
        {eventTodo === null ? null : (
          <Text as="p" tone="critical">
            {eventTodo}
          </Text>
        )}
      </BlockStack>
    </Card>
  );
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}
