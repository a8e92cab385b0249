import { db } from "#app/db/client.server.ts";
import { matchExactly, suggestByText } from "#app/db/matching.repo.ts";

/**
 * Looks for the SKUs of listings that have none: the same SKU text is a match, everything else is a suggestion with a
 * score that waits for a person.
 * @returns how many were matched
 */
export async function matchListings(
  shopId: string,
  connectionId: string,
  listingIds: readonly string[],
): Promise<number> {
  if (listingIds.length === 0) return 0;
  const matched = new Set(await matchExactly(db(), shopId, listingIds));
  const left = listingIds.filter((id) => !matched.has(id));
  if (left.length > 0) await suggestByText(db(), shopId, left);
  return matched.size;
}

/** Listings looked at in one go. */
const rematchBatchMax = 5_000;

/**
 * Looks again at all of a connection's listings without a SKU: SKUs may have come since.
 * @returns how many were matched
 */
export async function rematchConnection(shopId: string, connectionId: string): Promise<number> {
  let after: string | null = null;
  let matched = 0;
  for (;;) {
    const rows: { id: string }[] = await db().listing.findMany({
      where: {
        ...{ shopId, connectionId, skuId: null, ignored: false },
        ...(after === null ? {} : { id: { gt: after } }),
      },
      orderBy: { id: "asc" },
      take: rematchBatchMax,
      select: { id: true },
    });
    const ids = rows.map(({ id }) => id);
    matched += await matchListings(shopId, connectionId, ids);
    const last = ids.at(-1);
    if (last === undefined || ids.length < rematchBatchMax) return matched;
    after = last;
  }
}
