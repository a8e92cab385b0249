import type { OrderLineSnapshot, OrderSnapshot } from "#app/domain/orders/order-snapshot.ts";
import { noSkuReason, unreadableLine, type WireLine } from "../wire-fields.ts";
import { changedAt, type OrderChange } from "./wire-notifications.ts";
import type { AmazonOrder, OrderLine } from "./wire.ts";

/** The state that no stock rule is made for (channels.md 2): a person decides. */
const unfulfillableReason = "Amazon says that the order cannot be fulfilled; decide by hand";

/** ORDER_CHANGE notification → snapshot. */
export function snapshotOfNotification(notification: OrderChange): OrderSnapshot {
  const change = notification.Payload.OrderChangeNotification;
  const summary = change.Summary;
  // The schema lets no notification without a time through.
  const changed = changedAt(notification) ?? "";
  return {
    orderId: change.AmazonOrderId,
    revision: Date.parse(changed),
    placedAt: new Date(summary.PurchaseDate ?? changed).toISOString(),
    cancelled: isCancelled(summary.OrderStatus),
    test: false,
    lines: linesOf(summary.OrderItems, summary.OrderStatus, (item) => {
      const withdrawn = isCancelled(summary.OrderStatus) || isCancelled(item.OrderItemStatus);
      return {
        lineId: item.OrderItemId,
        sku: item.SellerSKU,
        quantity: withdrawn ? 0 : item.Quantity,
        withdrawn,
        shipped: item.QuantityShipped,
      };
    }),
  };
}

/** Order of the Orders API 2026-01-01 → the same snapshot as its notification gives. */
export function snapshotOfOrder(order: AmazonOrder): OrderSnapshot {
  const fulfillmentStatus = order.fulfillment?.fulfillmentStatus ?? "";
  return {
    orderId: order.orderId,
    revision: Date.parse(order.lastUpdatedTime),
    placedAt: new Date(order.createdTime).toISOString(),
    cancelled: isCancelled(fulfillmentStatus),
    test: false,
    lines: linesOf(order.orderItems, fulfillmentStatus, (item) => {
      const withdrawn = isCancelled(fulfillmentStatus) || isWithdrawn(item);
      const shipped = item.fulfillment?.quantityFulfilled ?? 0;
      return {
        lineId: item.orderItemId,
        sku: item.product.sellerSku,
        quantity: withdrawn ? within(shipped, item.quantityOrdered) : item.quantityOrdered,
        withdrawn,
        shipped,
      };
    }),
  };
}

/** A line that was cancelled by itself: said so, or nothing of it was ever to be sent. */
function isWithdrawn({ cancellation, quantityOrdered, fulfillment }: OrderLine): boolean {
  if (cancellation?.cancellationExecution) return true;
  return quantityOrdered === 0 && fulfillment?.quantityUnfulfilled === 0;
}

interface ReadLine {
  readonly lineId: string;
  readonly sku: string | null | undefined;
  readonly quantity: number;
  readonly withdrawn: boolean;
  readonly shipped: number | null | undefined;
}

function linesOf<Line>(
  wires: readonly WireLine<Line>[],
  status: string,
  read: (line: Line) => ReadLine,
): readonly OrderLineSnapshot[] {
  return wires.map((wire, position): OrderLineSnapshot => {
    if (!wire.ok) return unreadableLine(wire, position);
    const { lineId, sku, quantity, withdrawn, shipped } = read(wire.line);
    if (!sku) return unreadableLine({ lineId, reason: noSkuReason }, position);
    if (/^unfulfillable$/i.test(status)) {
      return unreadableLine({ lineId, reason: unfulfillableReason }, position);
    }
    return {
      lineId,
      orderKey: sku,
      sku,
      quantity,
      ...(withdrawn && quantity === 0 && { withdrawn: true as const }),
      shipped: within(shipped ?? 0, quantity),
      externalLocationId: null,
    };
  });
}

/** "Canceled" in notifications, "CANCELLED" in the Orders API. */
function isCancelled(status: string | null | undefined): boolean {
  return /^cancell?ed$/i.test(status ?? "");
}

function within(units: number, unitsMax: number): number {
  return Math.max(Math.min(units, unitsMax), 0);
}
