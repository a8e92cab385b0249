import type { OrderLineSnapshot, OrderSnapshot } from "#app/domain/orders/order-snapshot.ts";
import type { ListingRef, ReadResult } from "../contract.ts";
import { noSkuReason, unreadableLine } from "../wire-fields.ts";
import { changedAt, type AmazonOrder, type ListingItem, type OrderChange } from "./wire.ts";

/** Code of stock that the merchant ships; Amazon's own warehouses are AMAZON_NA, AMAZON_EU … */
const merchantChannelCode = "DEFAULT";

/** The SKU text exactly as Amazon has it: blanks and case kept. */
export function skuOf(listing: ListingRef): string | null {
  return listing.externalIds["sku"] || null;
}

/** Whether Amazon ships this listing from its own warehouses: then its stock is never ours to write. */
export function isShippedByAmazon(item: ListingItem): boolean {
  return item.fulfillmentAvailability.some(({ fulfillmentChannelCode }) =>
    fulfillmentChannelCode.startsWith("AMAZON_"),
  );
}

/** Body of patchListingsItem. `merge` keeps handling time and restock date (channels.md 3.3). */
export function quantityPatch(quantity: number) {
  return {
    productType: "PRODUCT",
    patches: [
      {
        op: "merge",
        path: "/attributes/fulfillment_availability",
        value: [{ fulfillment_channel_code: merchantChannelCode, quantity }],
      },
    ],
  };
}

/** What a listing shows. */
export function readResultOf(item: ListingItem): ReadResult {
  if (isShippedByAmazon(item)) return { ok: false, fault: shippedByAmazonFault };
  const own = item.fulfillmentAvailability.find(
    ({ fulfillmentChannelCode }) => fulfillmentChannelCode === merchantChannelCode,
  );
  return { ok: true, quantity: own?.quantity ?? 0, asOf: null, price: null, state: "active" };
}

export const shippedByAmazonFault = {
  kind: "unsupported",
  message: "Amazon ships this listing from its own stock; its quantity is never written.",
} as const;

/** ORDER_CHANGE notification → snapshot. */
export function snapshotOfNotification(notification: OrderChange): OrderSnapshot {
  const change = notification.Payload.OrderChangeNotification;
  const summary = change.Summary;
  return {
    orderId: change.AmazonOrderId,
    // The schema lets no notification without a time through.
    revision: Date.parse(changedAt(notification) ?? summary.PurchaseDate),
    placedAt: new Date(summary.PurchaseDate).toISOString(),
    cancelled: isCancelled(summary.OrderStatus),
    test: false,
    lines: summary.OrderItems.map((wire, position): OrderLineSnapshot => {
      if (!wire.ok) return unreadableLine(wire, position);
      const item = wire.line;
      if (!item.SellerSKU) {
        return unreadableLine({ lineId: item.OrderItemId, reason: noSkuReason }, position);
      }
      const quantity = isCancelled(item.OrderItemStatus) ? 0 : item.Quantity;
      return {
        lineId: item.OrderItemId,
        orderKey: item.SellerSKU,
        sku: item.SellerSKU,
        quantity,
        ...(isCancelled(item.OrderItemStatus) && { withdrawn: true as const }),
        shipped: within(item.QuantityShipped ?? 0, quantity),
        externalLocationId: null,
      };
    }),
  };
}

/** Order of the Orders API 2026-01-01 → the same snapshot as its notification gives. */
export function snapshotOfOrder(order: AmazonOrder): OrderSnapshot {
  return {
    orderId: order.orderId,
    revision: Date.parse(order.lastUpdatedTime),
    placedAt: new Date(order.createdTime).toISOString(),
    cancelled: isCancelled(order.fulfillment?.fulfillmentStatus),
    test: false,
    lines: order.orderItems.map((wire, position): OrderLineSnapshot => {
      if (!wire.ok) return unreadableLine(wire, position);
      const item = wire.line;
      const sku = item.product.sellerSku;
      if (!sku) return unreadableLine({ lineId: item.orderItemId, reason: noSkuReason }, position);
      return {
        lineId: item.orderItemId,
        orderKey: sku,
        sku,
        quantity: item.quantityOrdered,
        shipped: within(item.fulfillment?.quantityFulfilled ?? 0, item.quantityOrdered),
        externalLocationId: null,
      };
    }),
  };
}

/** "Canceled" in notifications, "CANCELLED" in the Orders API. */
function isCancelled(status: string | null | undefined): boolean {
  return /^cancell?ed$/i.test(status ?? "");
}

function within(units: number, unitsMax: number): number {
  return Math.max(Math.min(units, unitsMax), 0);
}
