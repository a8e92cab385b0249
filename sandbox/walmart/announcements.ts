import type { SandboxReturn } from "../channel.ts";
import type { ShelfOrder } from "../shelf.ts";
import { linesOf } from "./order-lines.ts";
import { methodCode, shipNodeOf } from "./order-wire.ts";
import type { WalmartStock } from "./stock.ts";
import type { WalmartWebhooks } from "./webhooks.ts";

/** What Walmart tells of what happens (specs/walmart webhook-samples.json). */
export interface Announcements {
  placed(order: ShelfOrder): void;
  cancelled(order: ShelfOrder): void;
  returned(order: ShelfOrder, returned: SandboxReturn): void;
  soldOut(sku: string): void;
}

const returnTopics = {
  requested: "RETURN_CREATED",
  received: "RETURN_DELIVERED",
  closed: "RETURN_INVOICED",
} as const;

export function createAnnouncements(webhooks: WalmartWebhooks, stock: WalmartStock): Announcements {
  /** Under the one topic of today and under the older one of its own. */
  function tellOrder(subEventType: string, order: ShelfOrder, lines: readonly unknown[]): void {
    const notice = {
      purchaseOrderId: order.orderId,
      customerOrderId: `2${order.orderId}`,
      orderDate: new Date(order.placedAtMs).toISOString(),
      orderLines: lines,
      shipNodeType: shipNodeOf(order, { stock }).type,
    };
    webhooks.announce("ORDER_UPDATES", { meta: { subEventType }, ...notice });
    webhooks.announce(subEventType, notice);
  }

  return {
    placed(order) {
      tellOrder("PO_CREATED", order, noticeLines(order, "Created"));
    },
    cancelled(order) {
      const hit = linesOf(order).filter(({ cancelled }) => cancelled > 0);
      const lines = noticeLines(order, "Cancelled").filter(({ lineNumber }) =>
        hit.some((line) => line.lineNumber === lineNumber),
      );
      tellOrder("PO_LINE_AUTOCANCELLED", order, lines);
    },
    returned(order, { returnId, units, state }) {
      webhooks.announce(returnTopics[state], {
        partnerName: "Lockstep Demo Store",
        returnOrders: [
          {
            purchaseOrderId: order.orderId,
            productName: order.sku,
            returnOrderId: returnId,
            returnInitiatedDate: "Mar 28, 2024",
            returnReason: "No longer needed",
            quantity: String(units),
            trackingUrl: [],
            trackingId: [],
            refundStatus: state === "closed" ? "Refunded" : "Non Refunded",
          },
        ],
      });
    },
    soldOut(sku) {
      webhooks.announce("INVENTORY_OOS", {
        itemId: "286687472",
        sku,
        productName: sku,
        category: "Clothing",
        shipNodes: [{ availToSellQty: 0, shipNode: "10000003527", shipNodeName: "Main warehouse" }],
      });
    },
  };
}

function noticeLines(order: ShelfOrder, status: string) {
  return linesOf(order).map((line) => ({
    lineNumber: line.lineNumber,
    sku: order.sku,
    productName: order.sku,
    quantity: { unitOfMeasure: "EACH", measurementValue: line.ordered },
    status,
    statusDate: new Date(order.updatedAtMs).toISOString(),
    shippingProgramType: null,
    shippingMethod: methodCode.toUpperCase(),
  }));
}
