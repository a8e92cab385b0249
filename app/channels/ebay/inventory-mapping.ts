import type { QuantityWrite, ReadResult, WriteResult } from "#app/channels/contract.ts";
import type { ListingState, PriceWrite } from "#app/channels/contract.ts";
import { groupedBy } from "#app/channels/grouped-by.ts";
import { moneyOf, decimalOf, type Money } from "#app/domain/money.ts";
import { faultOfErrors } from "./errors.ts";
import { silentAbout } from "./in-calls.ts";
import type { InventoryKey, Keyed } from "./listing-keys.ts";
import type { EbayOffer, InventoryItemRow, PriceQuantityBody, PriceQuantityRow } from "./wire.ts";

type KeyedWrite = Keyed<QuantityWrite, InventoryKey>;
type KeyedPrice = Keyed<PriceWrite, InventoryKey> & { readonly offerId: string };

/**
 * One request per SKU with the item's number and those of its offers. An offer's own number hides
 * the item's on its marketplace, so both are sent. Offers of one SKU may differ (buffers): the
 * item then gets the greatest, which limits none of them.
 */
export function toPriceQuantityBody(writes: readonly KeyedWrite[]): PriceQuantityBody {
  return {
    requests: [...groupedBy(writes, ({ key }) => key.sku)].map(([sku, group]) => {
      const offers = group.flatMap(({ key: { offerId }, item }) =>
        offerId === undefined ? [] : [{ offerId, availableQuantity: item.quantity }],
      );
      const quantity = Math.max(...group.map(({ item }) => item.quantity));
      const shipToLocationAvailability = { quantity };
      return offers.length > 0
        ? { sku, shipToLocationAvailability, offers }
        : { sku, shipToLocationAvailability };
    }),
  };
}

/** One request per SKU with the prices of its offers; quantities are left alone. */
export function toPriceBody(writes: readonly KeyedPrice[]): PriceQuantityBody {
  return {
    requests: [...groupedBy(writes, ({ key }) => key.sku)].map(([sku, group]) => ({
      sku,
      offers: group.map(({ offerId, item: { price } }) => ({
        offerId,
        price: { currency: price.currency, value: decimalOf(price) },
      })),
    })),
  };
}

/**
 * One result per write. Every row that concerns it must be fine; the row of its offer (of the item,
 * when it has none) must be there. eBay's own sample shows the offer's row alone, and that is the
 * number buyers see: hence a missing item row beside a good offer row is a success.
 */
export function toWriteResults(
  writes: readonly { readonly key: Pick<InventoryKey, "sku" | "offerId"> }[],
  rows: readonly PriceQuantityRow[],
  now: Date,
): readonly WriteResult[] {
  return writes.map(({ key: { sku, offerId } }) => {
    const offerRow = rows.find((row) => row.offerId != null && row.offerId === offerId);
    const itemRow = rows.find((row) => row.offerId == null && row.sku === sku);
    const bad = [itemRow, offerRow].find((row) => row !== undefined && !isFine(row));
    if (bad) return { ok: false, fault: faultOfErrors(bad.statusCode, bad.errors ?? [], now) };
    const deciding = offerId === undefined ? itemRow : offerRow;
    return deciding ? { ok: true } : silentAbout(sku);
  });
}

function isFine(row: PriceQuantityRow): boolean {
  return row.statusCode >= 200 && row.statusCode < 300 && (row.errors ?? []).length === 0;
}

/** What an offer shows. Null where it does not say how many: the item does. */
export function toOfferReading(offer: EbayOffer): ReadResult | null {
  if (offer.availableQuantity == null) return null;
  return reading(offer.availableQuantity, offerPrice(offer), offerState(offer));
}

/** One result per SKU from the rows of bulk_get_inventory_item. @param offer what is known of its offer */
export function toItemReading(
  sku: string,
  rows: readonly InventoryItemRow[],
  offer: EbayOffer | null,
  now: Date,
): ReadResult {
  const row = rows.find((candidate) => candidate.sku === sku);
  if (row === undefined) return silentAbout(sku);
  if (row.inventoryItem == null) {
    return { ok: false, fault: faultOfErrors(row.statusCode, row.errors ?? [], now) };
  }
  // An item whose number was never set sells nothing.
  const quantity = row.inventoryItem.availability?.shipToLocationAvailability?.quantity ?? 0;
  return reading(quantity, offer && offerPrice(offer), offer ? offerState(offer) : "active");
}

function reading(quantity: number, price: Money | null, state: ListingState): ReadResult {
  return { ok: true, quantity, asOf: null, price, state };
}

export function offerPrice({ pricingSummary }: EbayOffer): Money | null {
  const price = pricingSummary?.price;
  return price ? moneyOf(price.value, price.currency) : null;
}

/** eBay's ListingStatusEnum; a state that is not here keeps its offer's word. */
const listingStates: Readonly<Record<string, ListingState>> = {
  ACTIVE: "active",
  OUT_OF_STOCK: "active",
  INACTIVE: "inactive",
  NOT_LISTED: "inactive",
  ENDED: "ended",
  EBAY_ENDED: "suppressed",
};

/** An unpublished offer is kept by eBay and has no listing: publishing it makes a new one. */
export function offerState({ status, listing }: EbayOffer): ListingState {
  if (status === "UNPUBLISHED") return "ended";
  if (listing?.listingOnHold === true) return "suppressed";
  return listingStates[listing?.listingStatus ?? ""] ?? "active";
}
