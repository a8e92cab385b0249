import type {
  ImportedListing,
  ListingRef,
  ListingState,
  PriceWrite,
} from "#app/channels/contract.ts";
import { decimalOf, moneyOf, type Money } from "#app/domain/money.ts";
import type { TiktokShopSettings } from "./config.ts";
import type { PriceBody, ProductSku, TiktokProduct } from "./wire-products.ts";

/** search-products.json, `status`; what is left out or unknown is not on sale. */
const stateByStatus: Readonly<Record<string, ListingState>> = {
  ACTIVATE: "active",
  // Under review, or never finished.
  DRAFT: "inactive",
  PENDING: "inactive",
  // Selling again needs an activation, which is a relisting (with its review).
  SELLER_DEACTIVATED: "ended",
  DELETED: "ended",
  // The audit failed, or TikTok took it down.
  FAILED: "suppressed",
  PLATFORM_DEACTIVATED: "suppressed",
  FREEZE: "suppressed",
};

/** A product's state, narrowed by that of one of its SKUs. */
export function stateOf(product: TiktokProduct, sku: ProductSku): ListingState {
  const state = stateByStatus[product.status ?? ""] ?? "inactive";
  if (state !== "active" || sku.status_info?.status !== "DEACTIVATED") return state;
  return sku.status_info.deactivation_source === "PLATFORM" ? "suppressed" : "inactive";
}

/** What buyers see, before discounts: `sale_price`, or the local sellers' `tax_exclusive_price` (which is it, for them). */
export function priceOf(sku: ProductSku): Money | null {
  if (!sku.price) return null;
  const { sale_price: shown, tax_exclusive_price: local, currency } = sku.price;
  return moneyOf(shown || local || "", currency);
}

/** What `externalIds.fulfilment` says of a listing whose stock lies with TikTok. */
export const heldByTiktok = "tiktok";

/** The warehouses that stock is sold from, as the shop's own list names them. */
export interface OwnWarehouses {
  /** Sales warehouses of the seller's. */
  readonly sales: ReadonlySet<string>;
  /** The one TikTok falls back on. */
  readonly defaultId: string | null;
}

/**
 * A product's SKUs as listings. Stock in a warehouse that is not the seller's own lies with TikTok (FBT) and is never
 * written: a SKU that has no other is held by the channel; one that has both shows and writes its own part.
 * Deleted products are left out.
 */
export function toImportedListings(
  product: TiktokProduct,
  own: OwnWarehouses,
  settings: Pick<TiktokShopSettings, "warehouseId">,
): readonly ImportedListing[] {
  if (product.status === "DELETED") return [];
  return (product.skus ?? []).map((sku) => {
    const rows = sku.inventory ?? [];
    const ownRows = rows.filter((row) => own.sales.has(row.warehouse_id));
    const heldByChannel = rows.length > 0 && ownRows.length === 0;
    const counted = heldByChannel ? rows : ownRows;
    const ids = inFillingOrder(
      counted.map((row) => row.warehouse_id),
      own,
      settings,
    );
    return {
      key: sku.id,
      externalIds: {
        productId: product.id,
        skuId: sku.id,
        warehouseId: ids.length > 0 ? ids.join(",") : settings.warehouseId,
        ...(heldByChannel && { fulfilment: heldByTiktok }),
      },
      orderKey: sku.id,
      sku: sku.seller_sku || null,
      title: product.title || sku.seller_sku || sku.id,
      barcode: sku.identifier_code?.code || null,
      quantity: counted.length > 0 ? counted.reduce((sum, row) => sum + row.quantity, 0) : null,
      price: priceOf(sku),
      state: stateOf(product, sku),
      heldByChannel,
      externalLocationId: null,
      url: null,
    };
  });
}

/** The warehouse we fill comes first: the connection's, else TikTok's default, else the first named. */
export function inFillingOrder(
  warehouseIds: readonly string[],
  own: OwnWarehouses,
  { warehouseId: chosen }: Pick<TiktokShopSettings, "warehouseId">,
): readonly string[] {
  const ids = [...new Set(warehouseIds)];
  const first = [chosen, own.defaultId ?? ""].find((id) => ids.includes(id));
  return first === undefined ? ids : [first, ...ids.filter((id) => id !== first)];
}

/** Prices of SKUs of one product. Cross-border sellers set what buyers see; local sellers' amount is it. */
export function toPriceBody(
  writes: readonly PriceWrite[],
  skuIdOf: (listing: ListingRef) => string,
  { sellerType }: Pick<TiktokShopSettings, "sellerType">,
): PriceBody {
  return {
    skus: writes.map((write) => {
      const { currency } = write.price;
      const amount = decimalOf(write.price);
      const price =
        sellerType === "CROSS_BORDER" ? { currency, sale_price: amount } : { currency, amount };
      return { id: skuIdOf(write), price };
    }),
  };
}
