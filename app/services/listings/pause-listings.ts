import { db } from "#app/db/client.server.ts";
import { wakePropagation } from "#app/services/wake/wake.ts";

/** Listings of one call. */
export const listingsPerCallMax = 10_000;

/**
 * Takes listings off sale until they are resumed: `zero` shows 0 and keeps the listing, `end` also ends it where the
 * channel has that. Listings whose stock the channel holds itself are not ours to pause.
 * @returns how many were paused
 */
export async function pauseListings(
  shopId: string,
  listingIds: readonly string[],
  as: "zero" | "end",
): Promise<number> {
  const now = new Date();
  const { count } = await db().listing.updateMany({
    where: {
      shopId,
      id: { in: listingIds.slice(0, listingsPerCallMax) },
      state: { in: ["active", "ended", "missing"] },
    },
    data: { pausedAs: as, nextAttemptAt: now, dueSince: now },
  });
  if (count > 0) await wakePropagation(shopId);
  return count;
}

/** Puts paused listings back on sale with what there is now. @returns how many were resumed */
export async function resumeListings(
  shopId: string,
  listingIds: readonly string[],
): Promise<number> {
  const now = new Date();
  const { count } = await db().listing.updateMany({
    where: {
      shopId,
      id: { in: listingIds.slice(0, listingsPerCallMax) },
      pausedAs: { not: null },
    },
    data: { pausedAs: null, nextAttemptAt: now, dueSince: now },
  });
  if (count > 0) await wakePropagation(shopId);
  return count;
}

/** What a connection's listings do at zero: stay, sold out, or end where the channel has that. */
export async function setAtZero(
  shopId: string,
  connectionId: string,
  atZero: "zero" | "end",
): Promise<void> {
  await db().connection.update({
    where: { shopId_id: { shopId, id: connectionId } },
    data: { atZero },
  });
  await wakePropagation(shopId);
}
