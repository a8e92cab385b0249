import type { ListingRef, QuantityWrite, ReadResult } from "#app/channels/contract.ts";
import { unreadableLine } from "#app/channels/wire-fields.ts";
import type { OrderLineSnapshot, OrderSnapshot } from "#app/domain/orders/order-snapshot.ts";
import type { TiktokShopSettings } from "./config.ts";
import { heldByTiktok, priceOf, stateOf } from "./mapping-products.ts";
import type { TiktokProduct } from "./wire-products.ts";
import type { InventorySku, TiktokOrder, TiktokOrderLine, UpdateBody } from "./wire.ts";

/** Writes of one product, by SKU id: what one call may carry. */
export interface ProductWrites {
  readonly productId: string;
  /** Positions in the caller's list, by SKU id. Several when a SKU is listed per warehouse. */
  readonly positionsBySku: ReadonlyMap<string, readonly number[]>;
}

/** TikTok's own ids: a seller's SKU text is not accepted anywhere. */
export function idsOf(listing: ListingRef): { productId: string; skuId: string } | undefined {
  const { productId, skuId } = listing.externalIds;
  return productId && skuId ? { productId, skuId } : undefined;
}

/** Whether all of a listing's stock lies with TikTok (FBT), as its import found. */
export function isHeldByTiktok(listing: ListingRef): boolean {
  return listing.externalIds["fulfilment"] === heldByTiktok;
}

/** Warehouses of a listing: one id, or several separated by commas, the one we fill first; else the connection's. */
export function warehousesOf(listing: ListingRef, settings: Filled): readonly string[] {
  const named = (listing.externalIds["warehouseId"] ?? "").split(",").filter(Boolean);
  return named.length > 0 ? named : [settings.warehouseId];
}

/** Which warehouse is filled where a listing names none. */
type Filled = Pick<TiktokShopSettings, "warehouseId">;

/** Groups writes by product: a call carries SKUs of one product only. Writes without ids are left out. */
export function groupByProduct(writes: readonly ListingRef[]): readonly ProductWrites[] {
  const products = new Map<string, Map<string, number[]>>();
  for (const [position, write] of writes.entries()) {
    const ids = idsOf(write);
    if (!ids) continue;
    const skus = products.get(ids.productId) ?? new Map<string, number[]>();
    skus.set(ids.skuId, [...(skus.get(ids.skuId) ?? []), position]);
    products.set(ids.productId, skus);
  }
  return [...products].map(([productId, positionsBySku]) => ({ productId, positionsBySku }));
}

/**
 * The body for some SKUs of one product. TikTok wants every warehouse of a SKU named with its number (12019028,
 * 12052533 otherwise), so none can be left as it is; reading the others' numbers and sending them back would put units
 * on sale again that were sold in between, and our number stands for all stock of the SKU (`sellable` is pooled). A
 * listing that lies in several warehouses therefore puts its number into the first and 0 into the rest: what buyers
 * can buy in all is what was meant.
 */
export function toUpdateBody(
  group: ProductWrites,
  writes: readonly QuantityWrite[],
  settings: Filled,
): UpdateBody {
  const skus = [...group.positionsBySku].map(([skuId, positions]) => {
    const quantities = new Map<string, number>();
    for (const position of positions) {
      const write = writes[position];
      if (!write) continue;
      for (const [index, warehouse] of warehousesOf(write, settings).entries()) {
        const quantity = index === 0 ? write.quantity : (quantities.get(warehouse) ?? 0);
        quantities.set(warehouse, quantity);
      }
    }
    const inventory = [...quantities].map(([id, quantity]) => ({ warehouse_id: id, quantity }));
    return { id: skuId, inventory };
  });
  return { skus };
}

/** What the reads of some listings found. */
export interface FoundListings {
  readonly skus: readonly InventorySku[];
  /** By product id. */
  readonly products: ReadonlyMap<string, TiktokProduct>;
}

/** One result per listing; the number is what is *available* in the listing's warehouses. */
export function toReadResults(
  listings: readonly ListingRef[],
  found: FoundListings,
  settings: Filled,
): readonly ReadResult[] {
  const byId = new Map(found.skus.map((sku) => [sku.id, sku]));
  return listings.map((listing) => {
    const ids = idsOf(listing);
    const sku = byId.get(ids?.skuId ?? "");
    const product = found.products.get(ids?.productId ?? "");
    const productSku = product?.skus?.find(({ id }) => id === ids?.skuId);
    if (!sku || !product || !productSku || product.status === "DELETED") {
      const message = `TikTok Shop does not know the SKU ${listing.sku}.`;
      return { ok: false, fault: { kind: "unknown-listing", message } };
    }
    const quantity = availableOf(listing, sku, settings);
    if (quantity === null) {
      const message = `TikTok Shop did not say how many of ${listing.sku} are available.`;
      return { ok: false, fault: { kind: "unexpected", message } };
    }
    const state = stateOf(product, productSku);
    return { ok: true, quantity, asOf: null, price: priceOf(productSku), state };
  });
}

/** Of the listing's own warehouses, or of all where they are not told apart; null where TikTok names no number. */
function availableOf(listing: ListingRef, sku: InventorySku, settings: Filled): number | null {
  const wanted = new Set(warehousesOf(listing, settings));
  const rows = (sku.warehouse_inventory ?? []).filter((row) => wanted.has(row.warehouse_id));
  if (rows.length === 0) return sku.total_available_quantity ?? null;
  return rows.reduce((sum, row) => sum + row.available_quantity, 0);
}

/** "The package is collected by the carrier" begins here (order display_status). */
const collectedStatuses: ReadonlySet<string> = new Set(["IN_TRANSIT", "DELIVERED", "COMPLETED"]);
/** The API says CANCELLED, webhooks say CANCEL. */
export const cancelledStatuses: ReadonlySet<string> = new Set(["CANCELLED", "CANCEL"]);

/**
 * An order as it is now. TikTok commits stock from UNPAID on, so every state but cancelled reserves.
 * Orders fulfilled by TikTok (FBT) draw on TikTok's own warehouses: they have no lines for us.
 */
export function toOrderSnapshot(order: TiktokOrder): OrderSnapshot {
  return {
    orderId: order.id,
    revision: order.update_time * 1_000,
    placedAt: new Date(order.create_time * 1_000).toISOString(),
    cancelled: cancelledStatuses.has(order.status),
    test: false,
    lines: platformFulfilment.has(order.fulfillment_type ?? "") ? [] : toLines(order),
  };
}

/** Goods that lie in the platform's own warehouses: TikTok's, and Tokopedia's. */
const platformFulfilment: ReadonlySet<string> = new Set([
  "FULFILLMENT_BY_TIKTOK",
  "FULFILLMENT_BY_DILAYANI_TOKOPEDIA",
]);

interface UnitCount {
  sku: string | null;
  quantity: number;
  shipped: number;
}

/**
 * Each unit is a line item of its own at TikTok; units of one SKU become one line of ours. A virtual
 * bundle (combined listing) sells its parts. A line whose units are all cancelled stays, with 0.
 */
function toLines(order: TiktokOrder): readonly OrderLineSnapshot[] {
  const counts = new Map<string, UnitCount>();
  const unreadable: OrderLineSnapshot[] = [];
  for (const [position, wire] of (order.line_items ?? []).entries()) {
    if (!wire.ok) {
      unreadable.push(unreadableLine(wire, position));
      continue;
    }
    count(counts, wire.line, order);
  }
  const lines = [...counts].map(([skuId, { sku, quantity, shipped }]) => ({
    lineId: skuId,
    orderKey: skuId,
    sku,
    quantity,
    // A line is counted from its units: without a living one, all were cancelled.
    ...(quantity === 0 && { withdrawn: true as const }),
    shipped,
    // The order names a TikTok warehouse, which is no location of the merchant's Shopify store.
    externalLocationId: null,
  }));
  return [...lines, ...unreadable];
}

/** Adds the units of one line item: one, or its parts'. */
function count(
  counts: Map<string, UnitCount>,
  item: TiktokOrderLine,
  order: Pick<TiktokOrder, "status" | "shipping_type">,
): void {
  const status = item.display_status ?? order.status;
  for (const part of partsOf(item)) {
    const units = counts.get(part.sku_id) ?? { sku: null, quantity: 0, shipped: 0 };
    units.sku ??= part.seller_sku || null;
    if (!cancelledStatuses.has(status)) units.quantity += part.sku_count;
    if (isHandedOver(item, status, order)) units.shipped += part.sku_count;
    counts.set(part.sku_id, units);
  }
}

/** What one line item sells: a unit of its SKU, or the parts of a virtual bundle. */
export function partsOf(
  item: TiktokOrderLine,
): NonNullable<TiktokOrderLine["combined_listing_skus"]> {
  return item.combined_listing_skus?.length
    ? item.combined_listing_skus
    : [{ sku_id: item.sku_id, sku_count: 1, seller_sku: item.seller_sku }];
}

/**
 * Collected by the carrier, or reported as shipped by the seller: an order that the seller ships has no tracking number
 * before. With TikTok's own shipping a tracking number is but a label that was bought.
 */
function isHandedOver(
  item: TiktokOrderLine,
  status: string,
  order: Pick<TiktokOrder, "shipping_type">,
): boolean {
  if (collectedStatuses.has(status)) return true;
  const isReported = order.shipping_type === "SELLER" && !!item.tracking_number;
  return isReported && !cancelledStatuses.has(status);
}
