import { groupedBy } from "#app/channels/grouped-by.ts";
import { refused, type Refused } from "./in-calls.ts";

/** What is asked of one eBay listing: by one entry, or by entries for several of its variations. */
export interface WholeListing<Entry> {
  readonly id: string;
  readonly entries: readonly Entry[];
}

/**
 * Does something to whole listings, one after another, and spreads what came of each over its entries.
 * @param work one result per entry, in the entries' order
 */
export async function byWholeListing<Entry, Result>(
  entries: readonly Entry[],
  idOf: (entry: Entry) => string,
  work: (listing: WholeListing<Entry>) => Promise<readonly (Result | Refused)[]>,
): Promise<(Result | Refused)[]> {
  const results = new Map<Entry, Result | Refused>();
  for (const [id, group] of groupedBy(entries, idOf)) {
    const done = await work({ id, entries: group });
    for (const [index, entry] of group.entries()) {
      const result = done[index];
      if (result !== undefined) results.set(entry, result);
    }
  }
  return entries.map((entry) => results.get(entry) ?? refused(incomplete));
}

const incomplete = {
  kind: "unexpected",
  message: "eBay's answer leaves this listing out.",
} as const;

/** The refusal when not every variation of a listing was named; null when all were. */
export function refusedPart(
  all: readonly (string | null)[],
  named: readonly string[],
): Refused | null {
  const wanted = new Set(named);
  if (all.every((sku) => sku !== null && wanted.has(sku))) return null;
  return refused({
    kind: "rejected",
    message:
      "This is one variation of a listing, and eBay ends or relists the whole listing only. Name all its variations, or set this one to 0.",
  });
}
