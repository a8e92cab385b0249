import type { ListingRef, QuantityWrite, ReadResult } from "#app/channels/contract.ts";
import { unreadableLine } from "#app/channels/wire-fields.ts";
import type { OrderLineSnapshot, OrderSnapshot } from "#app/domain/orders/order-snapshot.ts";
import type { TiktokShopSettings } from "./config.ts";
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

/** Warehouses of a listing: one id, or several separated by commas; else the connection's. */
export function warehousesOf(listing: ListingRef, settings: TiktokShopSettings): readonly string[] {
  const named = (listing.externalIds["warehouseId"] ?? "").split(",").filter(Boolean);
  return named.length > 0 ? named : [settings.warehouseId];
}

/** Groups writes by product: a call carries SKUs of one product only. Writes without ids are left out. */
export function groupByProduct(writes: readonly QuantityWrite[]): readonly ProductWrites[] {
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
 * The body for some SKUs of one product. TikTok wants every warehouse of a SKU named (12019028,
 * 12052533 otherwise): a listing that holds several puts its number into the first and 0 into the rest.
 */
export function toUpdateBody(
  group: ProductWrites,
  writes: readonly QuantityWrite[],
  settings: TiktokShopSettings,
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

/** One result per listing; what is compared is the *available* number of the listing's warehouses. */
export function toReadResults(
  listings: readonly ListingRef[],
  skus: readonly InventorySku[],
  settings: TiktokShopSettings,
): readonly ReadResult[] {
  const byId = new Map(skus.map((sku) => [sku.id, sku]));
  return listings.map((listing) => {
    const sku = byId.get(idsOf(listing)?.skuId ?? "");
    if (!sku) {
      const message = `TikTok Shop does not know the SKU ${listing.sku}.`;
      return { ok: false, fault: { kind: "unknown-listing", message } };
    }
    const wanted = new Set(warehousesOf(listing, settings));
    const rows = (sku.warehouse_inventory ?? []).filter((row) => wanted.has(row.warehouse_id));
    const quantity =
      rows.length > 0
        ? rows.reduce((sum, row) => sum + row.available_quantity, 0)
        : (sku.total_available_quantity ?? 0);
    return { ok: true, quantity, asOf: null, price: null, state: "active" };
  });
}

/** "The package is collected by the carrier" begins here (order display_status). */
const shippedStatuses: ReadonlySet<string> = new Set(["IN_TRANSIT", "DELIVERED", "COMPLETED"]);
/** The API says CANCELLED, webhooks say CANCEL. */
const cancelledStatuses: ReadonlySet<string> = new Set(["CANCELLED", "CANCEL"]);

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
    lines: order.fulfillment_type === "FULFILLMENT_BY_TIKTOK" ? [] : toLines(order),
  };
}

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
    count(counts, wire.line, order.status);
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
function count(counts: Map<string, UnitCount>, item: TiktokOrderLine, orderStatus: string): void {
  const status = item.display_status ?? orderStatus;
  const parts = item.combined_listing_skus?.length
    ? item.combined_listing_skus
    : [{ sku_id: item.sku_id, sku_count: 1, seller_sku: item.seller_sku }];
  for (const part of parts) {
    const units = counts.get(part.sku_id) ?? { sku: null, quantity: 0, shipped: 0 };
    units.sku ??= part.seller_sku || null;
    if (!cancelledStatuses.has(status)) units.quantity += part.sku_count;
    if (shippedStatuses.has(status)) units.shipped += part.sku_count;
    counts.set(part.sku_id, units);
  }
}
