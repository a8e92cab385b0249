import { Card, DataTable, Link, Text } from "@shopify/polaris";
import { change, duration, figure, Moment } from "./figures.tsx";

/** One ledger entry in the timeline. */
export interface EntryFacts {
  readonly seq: number;
  readonly kind: string;
  readonly locationId: string;
  readonly onHandDelta: number;
  readonly committedDelta: number;
  readonly onHandAfter: number;
  readonly committedAfter: number;
  readonly connectionId: string | null;
  readonly orderId: string | null;
  readonly actor: string;
  readonly reason: string | null;
  readonly recordedAt: string;
}

/** One push in the list. */
export interface PushFacts {
  readonly id: string;
  readonly connectionId: string;
  readonly listingId: string;
  readonly quantity: number;
  readonly outcome: string;
  readonly answer: string | null;
  readonly lagMs: number | null;
  readonly sentAt: string;
}

/** Names of connections and locations by id, and the server's clock. */
export interface HistoryNames {
  readonly labels: Readonly<Record<string, string>>;
  readonly now: string;
}

const kinds: Readonly<Record<string, string>> = {
  sale: "Sale",
  release: "Order cancelled",
  ship: "Shipped",
  restock: "Returned",
  receive: "Received",
  adjust: "Adjusted",
  count: "Counted",
  transfer_out: "Moved out",
  transfer_in: "Moved in",
  observed: "Changed at the channel",
};

const actors: Readonly<Record<string, string>> = {
  merchant: "in Lockstep",
  api: "over the API",
  seed: "at set-up",
};

const outcomes: Readonly<Record<string, string>> = {
  sending: "On its way",
  acknowledged: "Confirmed",
  failed: "Refused",
  unknown: "No answer; will be written again",
};

function causeOf(entry: EntryFacts, labels: HistoryNames["labels"]): string {
  const who =
    (entry.connectionId === null ? undefined : labels[entry.connectionId]) ??
    actors[entry.actor] ??
    entry.actor;
  const order = entry.orderId === null ? "" : `, order ${entry.orderId}`;
  const reason = entry.reason === null ? "" : `: ${entry.reason}`;
  return `${who}${order}${reason}`;
}

interface LedgerProps extends HistoryNames {
  readonly entries: readonly EntryFacts[];
  readonly olderUrl: string | null;
  readonly newestUrl: string | null;
}

/** The SKU's ledger, newest first. */
export function LedgerTable({ entries, labels, now, olderUrl, newestUrl }: LedgerProps) {
  const rows = entries.map((entry) => [
    figure(entry.seq),
    <Moment key="at" at={entry.recordedAt} now={now} />,
    kinds[entry.kind] ?? entry.kind,
    causeOf(entry, labels),
    labels[entry.locationId] ?? "",
    change(entry.onHandDelta),
    change(entry.committedDelta),
    figure(entry.onHandAfter - entry.committedAfter),
  ]);
  return (
    <Card padding="0">
      {rows.length === 0 ? (
        <div className="lockstep-note">
          <Text as="p">Nothing has changed this SKU's stock yet.</Text>
        </div>
      ) : (
        <DataTable
          increasedTableDensity
          columnContentTypes={[
            "numeric",
            "text",
            "text",
            "text",
            "text",
            "numeric",
            "numeric",
            "numeric",
          ]}
          headings={[
            "Entry",
            "When",
            "What",
            "Cause",
            "Location",
            "On hand",
            "Committed",
            "Available after",
          ]}
          rows={rows}
        />
      )}
      {olderUrl === null && newestUrl === null ? null : (
        <div className="lockstep-note">
          {newestUrl === null ? null : <Link url={newestUrl}>Newest entries</Link>}{" "}
          {olderUrl === null ? null : <Link url={olderUrl}>Older entries</Link>}
        </div>
      )}
    </Card>
  );
}

/** The SKU's newest pushes. */
export function PushTable({
  pushes,
  labels,
  now,
}: HistoryNames & { readonly pushes: readonly PushFacts[] }) {
  return (
    <Card padding="0">
      {pushes.length === 0 ? (
        <div className="lockstep-note">
          <Text as="p">Nothing has been written to a channel for this SKU yet.</Text>
        </div>
      ) : (
        <DataTable
          increasedTableDensity
          columnContentTypes={["text", "text", "numeric", "text", "numeric", "text"]}
          headings={["When", "Listing", "Quantity", "Outcome", "Lag", "Answer"]}
          rows={pushes.map((push) => [
            <Moment key="at" at={push.sentAt} now={now} />,
            labels[push.listingId] ?? labels[push.connectionId] ?? "",
            figure(push.quantity),
            outcomes[push.outcome] ?? push.outcome,
            duration(push.lagMs),
            push.answer ?? "",
          ])}
        />
      )}
    </Card>
  );
}
