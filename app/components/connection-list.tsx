import { Link } from "@remix-run/react";
import { Badge, BlockStack, Card, InlineStack, ProgressBar, Text } from "@shopify/polaris";
import { counted, figure, Moment } from "./figures.tsx";

/** How an import stands, as JSON. */
export interface ImportFacts {
  readonly status: "running" | "done" | "failed" | "stopped";
  readonly seen: number;
  readonly total: number | null;
  readonly added: number;
  readonly changed: number;
  readonly missing: number;
  readonly matched: number;
  readonly error: string | null;
  readonly startedAt: string;
  readonly finishedAt: string | null;
}

/** A connection as the list shows it. */
export interface ConnectionRow {
  readonly id: string;
  readonly label: string;
  readonly status: "review" | "active" | "paused";
  readonly pausedReason: string | null;
  readonly listings: number;
  readonly unmatched: number;
  readonly lastImport: ImportFacts | null;
}

export function StatusBadge({ status }: Pick<ConnectionRow, "status">) {
  switch (status) {
    case "review":
      return <Badge tone="info">In review</Badge>;
    case "active":
      return <Badge tone="success">Live</Badge>;
    case "paused":
      return <Badge tone="critical">Paused</Badge>;
  }
}

interface ImportSentenceProps {
  readonly run: ImportFacts | null;
  readonly now: string;
}

/** One sentence about the last import. */
export function ImportSentence({ run, now }: ImportSentenceProps) {
  if (run === null) return <>The listings were not read yet.</>;
  if (run.status === "running") {
    const of = run.total === null ? "" : ` of ${figure(run.total)}`;
    const trouble = run.error === null ? "" : ` ${run.error} Trying again.`;
    return <>{`Reading the listings: ${figure(run.seen)}${of} so far.${trouble}`}</>;
  }
  const at = <Moment at={run.finishedAt ?? run.startedAt} now={now} />;
  if (run.status === "failed") {
    return (
      <>
        {"The import failed, "}
        {at}
        {`: ${run.error ?? "no reason was given."}`}
      </>
    );
  }
  if (run.status === "stopped") return <>The import was stopped, {at}.</>;
  const missing = run.missing > 0 ? `; ${counted(run.missing, "listing")} gone since before` : "";
  return (
    <>
      {"Listings last read "}
      {at}
      {`${missing}.`}
    </>
  );
}

/** How far a running import is; nothing where the channel does not tell how many there are. */
export function ImportProgress({ run }: { readonly run: ImportFacts | null }) {
  if (run?.status !== "running" || !run.total) return null;
  const progress = Math.min(100, (100 * run.seen) / run.total);
  return <ProgressBar progress={progress} size="small" />;
}

function ConnectionItem({ row, now }: { readonly row: ConnectionRow; readonly now: string }) {
  const { id, label, status, pausedReason, listings, unmatched, lastImport } = row;
  return (
    <Card>
      <BlockStack gap="200">
        <InlineStack align="space-between" blockAlign="center" gap="200">
          <Text as="h2" variant="headingMd">
            <Link to={`/app/channels/${id}`}>{label}</Link>
          </Text>
          <StatusBadge status={status} />
        </InlineStack>
        {status === "paused" ? (
          <Text as="p" tone="critical">
            {`Nothing is written there: ${pausedReason ?? "it was paused"}`}
          </Text>
        ) : null}
        {status === "review" ? (
          <Text as="p">Nothing is written there yet. Look it through, then go live.</Text>
        ) : null}
        <Text as="p" tone="subdued">
          {counted(listings, "listing")}
          {unmatched > 0 ? (
            <>
              {", "}
              <Link
                to={`/app/channels/${id}/matching`}
              >{`${figure(unmatched)} without a SKU`}</Link>
            </>
          ) : null}
        </Text>
        <Text as="p" tone="subdued">
          <ImportSentence run={lastImport} now={now} />
        </Text>
        <ImportProgress run={lastImport} />
      </BlockStack>
    </Card>
  );
}

/** All connections of the shop. */
export function ConnectionList(props: {
  readonly connections: readonly ConnectionRow[];
  readonly now: string;
}) {
  if (props.connections.length === 0) {
    return (
      <Card>
        <BlockStack gap="200">
          <Text as="h2" variant="headingMd">
            No channel is connected yet
          </Text>
          <Text as="p">
            Connect one below. Nothing is written to it before you have looked it through.
          </Text>
        </BlockStack>
      </Card>
    );
  }
  return (
    <BlockStack gap="300">
      {props.connections.map((row) => (
        <ConnectionItem key={row.id} row={row} now={props.now} />
      ))}
    </BlockStack>
  );
}
