import type { ImportedListing, ListingState } from "#app/channels/contract.ts";
import { contentKey } from "#app/channels/webhook-keys.ts";
import type { Money } from "#app/domain/money.ts";
import { isOnMarketplace, type Marketplace } from "./marketplaces.ts";
import { offerPrice, offerState } from "./inventory-mapping.ts";
import { orderKeyOf } from "./mapping.ts";
import { amountOf, availableOf, itemState, specificsText } from "./trading-mapping.ts";
import type { ReportEntry, TradingItem } from "./trading-wire.ts";
import type { EbayOffer, InventoryItem } from "./wire.ts";

/** A listing, or one variation of it, as eBay's lists give it: whichever API made it. */
export interface FoundListing {
  readonly itemId: string;
  readonly sku: string | null;
  /** "Size: M": set for one of several variations. */
  readonly variation: string | null;
  readonly title: string | null;
  readonly quantity: number | null;
  readonly price: Money | null;
  readonly barcode: string | null;
  readonly state: ListingState;
}

/** What an inventory item and its offer add. */
export interface InventorySide {
  readonly item: InventoryItem;
  readonly offer: EbayOffer;
}

const fixedPriceTypes: ReadonlySet<string> = new Set(["FixedPriceItem", "StoresFixedPrice"]);

/** From GetSellerList. Empty for auctions, for what is over, and for another site's. */
export function foundInItem(item: TradingItem, site: Marketplace | undefined): FoundListing[] {
  const state = itemState(item);
  if (!isSoldHere(item, site) || state === "ended") return [];
  const currency = site?.currency ?? "USD";
  const common = { itemId: item.ItemID, title: item.Title, state };
  const variations = item.Variations?.Variation ?? [];
  if (variations.length === 0) return [{ ...common, ...wholeItem(item, currency) }];
  return variations.map((one) => ({
    ...common,
    sku: one.SKU,
    variation: specificsText(one.VariationSpecifics),
    quantity: availableOf(one.Quantity, one.SellingStatus?.QuantitySold),
    price: amountOf(one.StartPrice, currency),
    barcode: barcodeOf(one.VariationProductListingDetails),
  }));
}

function isSoldHere({ ListingType, Site }: TradingItem, site: Marketplace | undefined): boolean {
  const isFixed = ListingType === null || fixedPriceTypes.has(ListingType);
  return isFixed && (!site || Site === null || site.sites.includes(Site));
}

/** A listing without variations. */
function wholeItem(item: TradingItem, currency: string) {
  const { SKU: sku, Quantity: quantity, SellingStatus: selling } = item;
  return {
    sku,
    variation: null,
    quantity: quantity === undefined ? null : availableOf(quantity, selling?.QuantitySold),
    price: amountOf(selling?.CurrentPrice ?? item.StartPrice, currency),
    barcode: barcodeOf(item.ProductListingDetails),
  };
}

/** From the active inventory report: no titles; what is priced in another currency is another site's. */
export function foundInReport(entry: ReportEntry, site: Marketplace | undefined): FoundListing[] {
  if (entry.BidCount !== undefined) return [];
  const currency = site?.currency ?? "USD";
  const common = { itemId: entry.ItemID, title: null, barcode: null, state: "active" } as const;
  const variations = entry.Variations?.Variation ?? [];
  const found: FoundListing[] =
    variations.length === 0
      ? [
          {
            ...common,
            sku: entry.SKU,
            variation: null,
            quantity: entry.Quantity ?? null,
            price: amountOf(entry.Price, currency),
          },
        ]
      : variations.map((one) => ({
          ...common,
          sku: one.SKU,
          variation: specificsText(one.VariationSpecifics),
          quantity: one.Quantity ?? null,
          price: amountOf(one.Price, currency),
        }));
  return found.filter(({ price }) => !site || !price || price.currency === site.currency);
}

type Codes = TradingItem["ProductListingDetails"];

/** What sellers write where a product has no code. */
const noCode = /^(does not apply|nicht zutreffend|non applicable|no aplicable|n\/?a)$/i;

function barcodeOf(codes: Codes): string | null {
  const all = [codes?.UPC, codes?.EAN, codes?.ISBN];
  return all.find((code) => code && !noCode.test(code)) ?? null;
}

/**
 * As the import gives it. @param inventory set where the Inventory API manages the listing
 * @returns null for a listing of another site
 */
export function toImported(
  found: FoundListing,
  inventory: InventorySide | null,
  settings: { readonly marketplaceId: string; readonly host: string },
): ImportedListing | null {
  const url = `https://${settings.host}/itm/${found.itemId}`;
  if (!inventory) return { ...tradingIds(found), ...shown(found, found.title), url };
  if (!isOnMarketplace(inventory.offer.marketplaceId, settings.marketplaceId)) return null;
  const title = inventory.item.product?.title ?? found.title;
  return {
    ...shown(found, title),
    ...inventoryIds(found, inventory),
    ...offered(found, inventory),
    url,
  };
}

function inventoryIds(found: FoundListing, { item, offer }: InventorySide) {
  const sku = found.sku ?? "";
  const groupKey = (item.inventoryItemGroupKeys ?? item.groupIds ?? [])[0];
  const ids = { sku, offerId: offer.offerId, listingId: found.itemId };
  return {
    key: offer.offerId,
    externalIds: groupKey === undefined ? ids : { ...ids, groupKey },
    orderKey: sku,
  };
}

/** The offer's word is newer than the list's. */
function offered(found: FoundListing, { item, offer }: InventorySide) {
  const { upc, ean, isbn } = item.product ?? {};
  const codes = [upc, ean, isbn].flatMap((list) => list ?? []);
  return {
    quantity: offer.availableQuantity ?? found.quantity,
    price: offerPrice(offer) ?? found.price,
    state: offerState(offer),
    barcode: codes.find((code) => !noCode.test(code)) ?? found.barcode,
  };
}

function tradingIds(
  found: FoundListing,
): Pick<ImportedListing, "key" | "externalIds" | "orderKey"> {
  const { itemId, sku, variation } = found;
  if (variation === null) {
    return { key: itemId, externalIds: { itemId }, orderKey: orderKeyOf(sku, itemId) ?? itemId };
  }
  if (sku !== null) {
    const externalIds = { itemId, variationSku: sku };
    return { key: `${itemId}/${sku}`, externalIds, orderKey: sku };
  }
  // Order lines of a variation without a SKU name it by a number that no list gives: only a person can match them.
  const key = `${itemId}//${contentKey(variation)}`;
  return { key, externalIds: { itemId, variation }, orderKey: key };
}

function shown(found: FoundListing, title: string | null | undefined) {
  const name = title ?? found.sku ?? `eBay item ${found.itemId}`;
  return {
    sku: found.sku,
    title: found.variation ? `${name} (${found.variation})` : name,
    barcode: found.barcode,
    quantity: found.quantity,
    price: found.price,
    state: found.state,
    heldByChannel: false,
    externalLocationId: null,
  };
}
