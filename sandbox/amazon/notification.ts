import { randomUUID } from "node:crypto";
import type { SandboxContext } from "../context.ts";
import { shippedUnits, type ShelfOrder } from "../shelf.ts";
import { marketplaceId, sellerId } from "./account.ts";
import { applicationId } from "./login.ts";
import { orderItemId, orderState } from "./orders.ts";

/** The same state in the older words of notifications. */
const statusWords = {
  CANCELLED: "Canceled",
  UNSHIPPED: "Unshipped",
  PARTIALLY_SHIPPED: "PartiallyShipped",
  SHIPPED: "Shipped",
} as const;
const reasons = {
  CANCELLED: "Buyer canceled the order",
  UNSHIPPED: "Order placed",
  PARTIALLY_SHIPPED: "Items shipped",
  SHIPPED: "Items shipped",
} as const;

/** ORDER_CHANGE as it lies in the queue (specs/amazon/notifications/OrderChangeNotification.json). */
export function orderChangeNotification(
  context: SandboxContext,
  order: ShelfOrder,
  subscriptionId: string,
): string {
  const changedAt = new Date(order.updatedAtMs).toISOString();
  const publishedAt = new Date(context.now()).toISOString();
  const state = orderState(order);
  const status = statusWords[state];
  const shipped = shippedUnits(order);
  // One id per change, so that a repeat of the same change keeps it.
  const serial = order.serial.toString(16).padStart(12, "0");
  const change = (8 * 0x1000 + order.parcels.length + (order.cancelled ? 0x1000 : 0)).toString(16);
  return JSON.stringify({
    NotificationVersion: "1.0",
    NotificationType: "ORDER_CHANGE",
    PayloadVersion: "1.0",
    EventTime: publishedAt,
    Payload: {
      OrderChangeNotification: {
        NotificationLevel: "OrderLevel",
        SellerId: sellerId,
        AmazonOrderId: order.orderId,
        OrderChangeType: "OrderStatusChange",
        OrderChangeTrigger: { TimeOfOrderChange: changedAt, ChangeReason: reasons[state] },
        Summary: {
          MarketplaceId: marketplaceId,
          OrderStatus: status,
          PurchaseDate: new Date(order.placedAtMs).toISOString(),
          DestinationPostalCode: "48110",
          FulfillmentType: "MFN",
          OrderType: "StandardOrder",
          NumberOfItemsShipped: shipped,
          NumberOfItemsUnshipped: order.cancelled ? 0 : order.quantity - shipped,
          ...(order.cancelled && { CancelNotifyDate: changedAt }),
          OrderPrograms: [],
          ShippingPrograms: [],
          OrderItems: [
            {
              OrderItemId: orderItemId(order),
              SellerSKU: order.sku,
              SupplySourceId: null,
              // A cancelled line has no word of its own there.
              OrderItemStatus: state === "SHIPPED" ? "Shipped" : "Unshipped",
              Quantity: order.quantity,
              QuantityShipped: shipped,
              IsBuyerRequestedCancel: false,
            },
          ],
        },
      },
    },
    NotificationMetadata: {
      ApplicationId: applicationId,
      SubscriptionId: subscriptionId,
      PublishTime: publishedAt,
      NotificationId: `d0e9e693-c3ad-4373-${change}-${serial}`,
    },
  });
}

/** Somebody changed a number by hand (specs/amazon/notifications/ListingsItemMfnQuantityChange.json). */
export function quantityChangeNotification(
  context: SandboxContext,
  change: { readonly sku: string; readonly quantity: number; readonly subscriptionId: string },
): string {
  const publishedAt = new Date(context.now()).toISOString();
  return JSON.stringify({
    NotificationVersion: "1.0",
    NotificationType: "LISTINGS_ITEM_MFN_QUANTITY_CHANGE",
    PayloadVersion: "1.0",
    EventTime: publishedAt,
    Payload: {
      SellerId: sellerId,
      FulfillmentChannelCode: "DEFAULT",
      Sku: change.sku,
      Quantity: change.quantity,
    },
    NotificationMetadata: {
      ApplicationId: applicationId,
      SubscriptionId: change.subscriptionId,
      PublishTime: publishedAt,
      NotificationId: randomUUID(),
    },
  });
}
