import { db } from "#app/db/client.server.ts";
import type { Money } from "#app/domain/money.ts";
import { openSession } from "#app/services/connections/open-session.ts";

/** Prices of one call. */
export const pricesPerCallMax = 10_000;

export interface PriceWish {
  readonly listingId: string;
  readonly price: Money;
}

export type PriceRefusal = { readonly listingId: string; readonly reason: string };

/**
 * Wants listings to cost something else: each is written by a worker, read back, and compared; how that stands is at
 * the listing. A newer wish replaces an older one.
 * @returns the wishes that cannot be followed, with reasons in words
 */
export async function setPrices(
  shopId: string,
  wishes: readonly PriceWish[],
): Promise<readonly PriceRefusal[]> {
  const taken = wishes.slice(0, pricesPerCallMax);
  const refusals: PriceRefusal[] = wishes.slice(pricesPerCallMax).map(({ listingId }) => ({
    listingId,
    reason: `At most ${pricesPerCallMax} prices go into one call.`,
  }));
  const listings = await db().listing.findMany({
    where: { shopId, id: { in: taken.map(({ listingId }) => listingId) } },
    select: { id: true, connectionId: true, currency: true, state: true },
  });
  const known = new Map(listings.map((listing) => [listing.id, listing]));
  const able = await connectionsThatPrice(shopId, listings);
  for (const { listingId, price } of taken) {
    const listing = known.get(listingId);
    const reason = refusalOf(listing, price, able);
    if (reason !== null) {
      refusals.push({ listingId, reason });
      continue;
    }
    await db().listing.update({
      where: { shopId_id: { shopId, id: listingId } },
      data: {
        wantedMinor: price.minor,
        currency: price.currency,
        ...{ priceDueAt: new Date(), priceSentAt: null, priceError: null, priceAttempts: 0 },
      },
    });
  }
  return refusals;
}

interface PricedListing {
  readonly connectionId: string;
  readonly currency: string | null;
  readonly state: string;
}

function refusalOf(
  listing: PricedListing | undefined,
  price: Money,
  able: ReadonlyMap<string, string | null>,
): string | null {
  if (!listing) return "There is no such listing.";
  if (!Number.isSafeInteger(price.minor) || price.minor <= 0)
    return "A price is more than nothing.";
  if (!/^[A-Z]{3}$/.test(price.currency)) return "A currency has three capital letters: USD.";
  if (listing.currency !== null && listing.currency !== price.currency) {
    return `This listing is sold in ${listing.currency}, not in ${price.currency}.`;
  }
  if (listing.state === "missing") return "The channel no longer lists this: import first.";
  return able.get(listing.connectionId) ?? null;
}

/** By connection: null where prices can be written, else why not. */
async function connectionsThatPrice(
  shopId: string,
  listings: readonly { readonly connectionId: string }[],
): Promise<Map<string, string | null>> {
  const able = new Map<string, string | null>();
  for (const id of new Set(listings.map(({ connectionId }) => connectionId))) {
    const { channel, session } = await openSession(shopId, id);
    const reason = session.setPrices ? null : `${channel.label} takes no prices.`;
    able.set(id, reason);
  }
  return able;
}
