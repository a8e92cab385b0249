import { decimalOf, moneyOf, type Money } from "#app/domain/money.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { ListingRef, ListingState, ReadResult } from "../contract.ts";
import type { AttributeValue, ListingItem } from "./wire-listings.ts";

/** Code of stock that the merchant ships; Amazon's own warehouses are AMAZON_NA, AMAZON_EU … */
const merchantChannelCode = "DEFAULT";
/** "PRODUCT" is taken for quantities and prices of every product type (channels.md 3.3). */
const anyProductType = "PRODUCT";

/** The SKU text exactly as Amazon has it: blanks and case kept. */
export function skuOf(listing: ListingRef): string | null {
  return listing.externalIds["sku"] || null;
}

/** Whether Amazon ships this listing from its own warehouses: then its stock is never ours to write. */
export function isShippedByAmazon(item: ListingItem): boolean {
  return (item.fulfillmentAvailability ?? []).some(({ fulfillmentChannelCode }) =>
    isAmazonsCode(fulfillmentChannelCode),
  );
}

/** Codes of Amazon's own warehouses. */
export function isAmazonsCode(code: unknown): boolean {
  return typeof code === "string" && code.startsWith("AMAZON_");
}

/** An attribute that we write, with both ways of saying it. */
export interface AttributeChange {
  readonly attribute: "fulfillment_availability" | "purchasable_offer";
  /** For people: "the quantity". */
  readonly what: string;
  /** The part that changes; Amazon keeps the rest (handling time, restock date, sale price). */
  readonly merged: readonly AttributeValue[];
  /** The attribute whole, with everything it held before. */
  replaced(present: readonly AttributeValue[]): readonly AttributeValue[];
}

/** The number to show, of a listing that the merchant ships. */
export function quantityChange(quantity: number): AttributeChange {
  const wanted = { fulfillment_channel_code: merchantChannelCode, quantity };
  return {
    attribute: "fulfillment_availability",
    what: "the quantity",
    merged: [wanted],
    replaced: (present) =>
      withReplaced(
        present,
        (value) => value["fulfillment_channel_code"] === merchantChannelCode,
        wanted,
      ),
  };
}

/** The price of a marketplace's ordinary offer; business prices stay. */
export function priceChange(marketplaceId: string, price: Money): AttributeChange {
  const wanted = {
    marketplace_id: marketplaceId,
    currency: price.currency,
    our_price: [{ schedule: [{ value_with_tax: Number(decimalOf(price)) }] }],
  };
  const isOrdinary = (value: AttributeValue) =>
    (value["marketplace_id"] ?? marketplaceId) === marketplaceId &&
    (value["currency"] ?? price.currency) === price.currency &&
    (value["audience"] ?? "ALL") === "ALL";
  return {
    attribute: "purchasable_offer",
    what: "the price",
    merged: [wanted],
    replaced: (present) => withReplaced(present, isOrdinary, wanted),
  };
}

function withReplaced(
  present: readonly AttributeValue[],
  isMeant: (value: AttributeValue) => boolean,
  wanted: AttributeValue,
): readonly AttributeValue[] {
  if (!present.some(isMeant)) return [...present, wanted];
  return present.map((value) => (isMeant(value) ? { ...value, ...wanted } : value));
}

/** Body of patchListingsItem, and of a message in a feed. */
export function patchOf(
  change: Pick<AttributeChange, "attribute">,
  op: "merge" | "replace",
  value: readonly AttributeValue[],
) {
  return {
    productType: anyProductType,
    patches: [{ op, path: `/attributes/${change.attribute}`, value }],
  };
}

/** What a listing shows. */
export function readResultOf(item: ListingItem, marketplaceId: string): ReadResult {
  if (isShippedByAmazon(item)) return { ok: false, fault: shippedByAmazonFault };
  const quantity = quantityOf(item);
  if (typeof quantity !== "number") return { ok: false, fault: quantity };
  const price = priceOf(item, marketplaceId);
  return { ok: true, quantity, asOf: null, price, state: stateOf(item, marketplaceId, quantity) };
}

function quantityOf(item: ListingItem): number | Fault {
  const { fulfillmentAvailability: stock } = item;
  if (stock === undefined) return noStockFault;
  const own = stock.find((entry) => entry.fulfillmentChannelCode === merchantChannelCode);
  if (own) return own.quantity ?? 0;
  // Codes of the seller's own warehouses: their sum is not ours to write as one number.
  return stock.length === 0 ? 0 : bySupplySourceFault;
}

function priceOf(item: ListingItem, marketplaceId: string): Money | null {
  const offer = item.offers?.find(
    (one) => one.marketplaceId === marketplaceId && one.offerType === "B2C",
  );
  return offer ? moneyOf(offer.price.amount, offer.price.currencyCode) : null;
}

/** Enforcements that take a listing off sale (models/listingsItems_2021-08-01.json, IssueEnforcementAction). */
const suppressions = ["LISTING_SUPPRESSED", "CATALOG_ITEM_REMOVED", "SEARCH_SUPPRESSED"];

function stateOf(item: ListingItem, marketplaceId: string, quantity: number): ListingState {
  const suppressed = (item.issues ?? []).some(
    ({ enforcements }) =>
      enforcements?.actions.some(({ action }) => suppressions.includes(action)) &&
      !enforcements.exemption?.status.startsWith("EXEMPT"),
  );
  if (suppressed) return "suppressed";
  const summary = item.summaries?.find((one) => one.marketplaceId === marketplaceId);
  if (summary?.status.includes("BUYABLE")) return "active";
  // Sold out: not buyable, and back by itself with a quantity.
  return summary && quantity === 0 ? "active" : "inactive";
}

export const shippedByAmazonFault = {
  kind: "unsupported",
  message: "Amazon ships this listing from its own stock; its quantity is never written.",
} as const;

const noStockFault: Fault = {
  kind: "unexpected",
  message: "Amazon's answer does not say how many of this SKU are on sale.",
};
const bySupplySourceFault: Fault = {
  kind: "unsupported",
  message: "This SKU's stock is kept by warehouse at Amazon; Lockstep writes one number per SKU.",
};
