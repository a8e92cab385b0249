import { demoAccounts } from "../catalogue.ts";
import type { SandboxContext } from "../context.ts";
import type { ShelfOrder } from "../shelf.ts";
import { orderItemId } from "./orders.ts";

/** ORDER_CHANGE as it lies in the queue (specs/amazon/notifications/OrderChangeNotification.json). */
export function orderChangeNotification(context: SandboxContext, order: ShelfOrder): string {
  const changedAt = new Date(order.updatedAtMs).toISOString();
  const publishedAt = new Date(context.now()).toISOString();
  const status = order.cancelled ? "Canceled" : "Unshipped";
  // One id per change, so that a repeat of the same change keeps it.
  const serial = order.serial.toString(16).padStart(12, "0");
  return JSON.stringify({
    NotificationVersion: "1.0",
    NotificationType: "ORDER_CHANGE",
    PayloadVersion: "1.0",
    EventTime: publishedAt,
    Payload: {
      OrderChangeNotification: {
        NotificationLevel: "OrderLevel",
        SellerId: demoAccounts.amazon,
        AmazonOrderId: order.orderId,
        OrderChangeType: "OrderStatusChange",
        OrderChangeTrigger: {
          TimeOfOrderChange: changedAt,
          ChangeReason: order.cancelled ? "Buyer canceled the order" : "Order placed",
        },
        Summary: {
          MarketplaceId: demoAccounts.amazonMarketplace,
          OrderStatus: status,
          PurchaseDate: new Date(order.placedAtMs).toISOString(),
          DestinationPostalCode: "48110",
          FulfillmentType: "MFN",
          OrderType: "StandardOrder",
          NumberOfItemsShipped: 0,
          NumberOfItemsUnshipped: order.cancelled ? 0 : order.quantity,
          EarliestDeliveryDate: null,
          LatestDeliveryDate: null,
          EarliestShipDate: null,
          LatestShipDate: null,
          CancelNotifyDate: order.cancelled ? changedAt : null,
          OrderPrograms: [],
          ShippingPrograms: [],
          EasyShipShipmentStatus: null,
          ElectronicInvoiceStatus: null,
          OrderItems: [
            {
              OrderItemId: orderItemId(order),
              SellerSKU: order.sku,
              SupplySourceId: null,
              OrderItemStatus: status,
              Quantity: order.quantity,
              QuantityShipped: 0,
              IsBuyerRequestedCancel: false,
              ItemEarliestDeliveryDate: null,
              ItemLatestDeliveryDate: null,
            },
          ],
        },
      },
    },
    NotificationMetadata: {
      ApplicationId: "amzn1.sp.solution.lockstep-demo",
      SubscriptionId: "5f1b3c1e-0000-4000-8000-000000000001",
      PublishTime: publishedAt,
      NotificationId: `d0e9e693-c3ad-4373-${order.cancelled ? "9" : "8"}000-${serial}`,
    },
  });
}
