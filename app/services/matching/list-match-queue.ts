import { db } from "#app/db/client.server.ts";
import { nearScore, readQueue, suggestByTitle, type QueueRow } from "#app/db/matching.repo.ts";

/** What a person has to do about a listing. */
export type QueueKind =
  /** One SKU stands out. */
  | "suggested"
  /** Several are as likely, or SKU text and barcode contradict each other. */
  | "conflict"
  /** Nothing comes near. */
  | "unmatched";

export interface QueuedListing extends QueueRow {
  readonly kind: QueueKind;
}

/** Listings on one page of the queue. */
export const queuePageSizeMax = 100;

/**
 * Listings of a connection that wait for a person to say which SKU they are, with suggestions, best first.
 * @returns `next`: give it back as `after` for the next page; null on the last one
 */
export async function listMatchQueue(input: {
  readonly shopId: string;
  readonly connectionId: string;
  readonly after: string | null;
  readonly pageSize: number;
}): Promise<{ readonly listings: readonly QueuedListing[]; readonly next: string | null }> {
  const { shopId, connectionId, after } = input;
  const rowsMax = Math.min(Math.max(1, input.pageSize), queuePageSizeMax);
  const page = { connectionId, after, rowsMax };
  const first = await readQueue(db(), shopId, page);
  const bare = first.filter(({ suggestions }) => suggestions.length === 0);
  const ids = bare.map(({ listingId }) => listingId);
  if (ids.length > 0) await suggestByTitle(db(), shopId, ids);
  const rows = ids.length > 0 ? await readQueue(db(), shopId, page) : first;
  const last = rows.length === rowsMax ? (rows.at(-1)?.listingId ?? null) : null;
  return { listings: rows.map((row) => ({ ...row, kind: kindOf(row) })), next: last };
}

function kindOf({ suggestions }: QueueRow): QueueKind {
  const [best, second] = suggestions;
  if (!best) return "unmatched";
  // The SKU's own text, and yet not matched: the barcodes differ.
  if (best.rule === "sku" || suggestions.some(({ rule }) => rule === "sku")) return "conflict";
  return second && second.score >= best.score - nearScore ? "conflict" : "suggested";
}
