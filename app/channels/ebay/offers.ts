import type { Answer, EbayClient } from "./client.ts";
import { offersAnswer, type EbayOffer } from "./wire.ts";

/** Offers of one SKU in one answer: at most one fixed price and one auction per site (specs/ebay, getOffers). */
const offersMax = 100;

/** The fixed-price offers of one SKU; eBay has no call for several. Empty where the SKU has none. */
export async function getOffers(
  client: EbayClient,
  sku: string,
  signal: AbortSignal,
): Promise<Answer<readonly EbayOffer[]>> {
  // Not URLSearchParams: a blank in a SKU must not become a plus.
  const path = `/sell/inventory/v1/offer?sku=${encodeURIComponent(sku)}&limit=${String(offersMax)}`;
  const call = { operation: "getOffers", method: "GET", path } as const;
  const answer = await client.rest(call, offersAnswer, signal);
  if (answer.ok) {
    const offers = answer.value.offers ?? [];
    return {
      ok: true,
      value: offers.filter(({ format }) => format == null || format === "FIXED_PRICE"),
    };
  }
  // Of a SKU without offers eBay says that the offer is not available (25713), or that it found none.
  return answer.fault.kind === "unknown-listing" ? { ok: true, value: [] } : answer;
}
