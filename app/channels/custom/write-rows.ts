import type { ListingRef, WriteResult } from "#app/channels/contract.ts";
import { chunked, mapBounded } from "#app/channels/map-bounded.ts";
import type { Fault, FaultKind } from "#app/domain/propagation/faults.ts";
import type { Answer } from "./client.ts";
import { keyOf, resultOfRow } from "./mapping.ts";
import type { Row, WrittenRow } from "./wire.ts";

/** Calls under way at once, where a server takes fewer rows than we have. */
export const callsAtOnceMax = 2;

/** Faults that say something about the server, not about what was asked of it: the other calls would end alike. */
const serverFaults: ReadonlySet<FaultKind> = new Set([
  "rate-limited",
  "unavailable",
  "timeout",
  "unauthorised",
  "revoked",
]);

export function isOfServer({ kind }: Fault): boolean {
  return serverFaults.has(kind);
}

/** How rows of one kind are made and sent. */
export interface RowWriting<Write, Item> {
  /** The row of a write, or why there is none. */
  row(write: Write, key: string): Item | Fault;
  send(items: readonly Item[]): Promise<Answer<{ readonly results: readonly Row<WrittenRow>[] }>>;
  /** Rows in one call. */
  readonly batch: number;
  readonly now: () => Date;
}

/** One row per listing, as many to a call as the server takes. One result per write, in the writes' order. */
export async function writeRows<Write extends ListingRef, Item extends { readonly key: string }>(
  writes: readonly Write[],
  { row, send, batch, now }: RowWriting<Write, Item>,
): Promise<readonly WriteResult[]> {
  const items = new Map<string, Item>();
  const planned = writes.map((write): string | Fault => {
    const key = keyOf(write);
    if (key === null) return noKey;
    const item = row(write, key);
    if ("kind" in item) return item;
    // The last of several writes to one listing is the one that counts.
    items.set(key, item);
    return key;
  });
  const results = new Map<string, WriteResult>();
  let stop: Fault | undefined;
  await mapBounded(chunked([...items.values()], batch), callsAtOnceMax, async (part) => {
    const answer = stop ? { ok: false as const, fault: stop } : await send(part);
    if (!answer.ok && isOfServer(answer.fault)) stop = answer.fault;
    const rows = answer.ok
      ? new Map(answer.value.results.map((one) => [one.ok ? one.value.key : one.key, one]))
      : null;
    for (const { key } of part) {
      const result = answer.ok ? resultOfRow(key, rows?.get(key), now().getTime()) : answer;
      results.set(key, result);
    }
  });
  return planned.map((key) => {
    if (typeof key !== "string") return { ok: false, fault: key };
    return results.get(key) ?? { ok: false, fault: noKey };
  });
}

/** A listing from before it was imported. */
export const noKey: Fault = {
  kind: "unknown-listing",
  message: "This listing has no key of your server's: import its listings again.",
};
