import type { SandboxParcel } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import type { ShelfOrder } from "../shelf.ts";
import { seller } from "./account.ts";
import { linesOf, type OrderLine } from "./order-lines.ts";
import type { WalmartStock } from "./stock.ts";

const dayMs = 24 * 60 * 60 * 1_000;
/** Walmart ships within two days and delivers within a week, in our world. */
const shipDays = 2;
const deliveryDays = 7;
export const methodCode = "Value";

export interface OrderView {
  readonly context: SandboxContext;
  readonly stock: WalmartStock;
  /** When the seller acknowledged it, ms; undefined: not yet. */
  readonly acknowledgedAtMs: number | undefined;
}

/** Shape of specs/walmart orders "order"; the buyer is nobody. */
export function wireOrder(order: ShelfOrder, view: OrderView): unknown {
  return {
    purchaseOrderId: order.orderId,
    customerOrderId: `2${order.orderId}`,
    customerEmailId: "nobody@relay.walmart.com",
    orderDate: order.placedAtMs,
    shippingInfo: {
      phone: "0000000000",
      estimatedDeliveryDate: order.placedAtMs + deliveryDays * dayMs,
      estimatedShipDate: order.placedAtMs + shipDays * dayMs,
      methodCode,
      postalAddress: {
        name: "A Buyer",
        address1: "1 Main Street",
        city: "Bentonville",
        state: "AR",
        postalCode: "72712",
        country: "USA",
        addressType: "RESIDENTIAL",
      },
    },
    orderLines: { orderLine: linesOf(order).map((line) => wireLine(order, line, view)) },
    shipNode: shipNodeOf(order, view),
  };
}

export function shipNodeOf({ sku }: ShelfOrder, { stock }: Pick<OrderView, "stock">) {
  return stock.isHeld(sku)
    ? { type: "WFSFulfilled", name: "Walmart Fulfillment Services" }
    : { type: "SellerFulfilled", name: seller.shipNodeName, id: seller.shipNode };
}

function wireLine(order: ShelfOrder, line: OrderLine, view: OrderView): unknown {
  const { context, stock, acknowledgedAtMs } = view;
  const amount = (stock.price(order.sku) * line.ordered) / 100;
  return {
    lineNumber: line.lineNumber,
    item: {
      productName: context.skuByCode(order.sku)?.title ?? order.sku,
      sku: order.sku,
      condition: "New",
    },
    charges: {
      charge: [
        {
          chargeType: "PRODUCT",
          chargeName: "ItemPrice",
          chargeAmount: { currency: "USD", amount },
        },
      ],
    },
    // Numbers of units are texts here.
    orderLineQuantity: each(line.ordered),
    statusDate: Math.max(order.updatedAtMs, acknowledgedAtMs ?? 0),
    orderLineStatuses: {
      orderLineStatus: statusesOf(
        line,
        acknowledgedAtMs === undefined ? "Created" : "Acknowledged",
      ),
    },
  };
}

function statusesOf(line: OrderLine, openStatus: string) {
  const shipped = line.shipments.map(({ units, parcel }) => ({
    status: "Shipped",
    statusQuantity: each(units),
    trackingInfo: trackingInfoOf(parcel),
  }));
  const open = line.open > 0 ? [{ status: openStatus, statusQuantity: each(line.open) }] : [];
  const cancelled =
    line.cancelled > 0
      ? [
          {
            status: "Cancelled",
            cancellationReason: "CUSTOMER_REQUESTED_SELLER_TO_CANCEL",
            statusQuantity: each(line.cancelled),
          },
        ]
      : [];
  return [...open, ...shipped, ...cancelled];
}

function trackingInfoOf({ carrier, trackingNumber }: SandboxParcel) {
  return {
    shipDateTime: 1_580_821_866_000,
    carrierName: carrier.startsWith("other:")
      ? { otherCarrier: carrier.slice("other:".length) }
      : { carrier },
    methodCode,
    trackingNumber,
    trackingURL: `https://www.walmart.com/tracking?tracking_id=${trackingNumber}`,
  };
}

function each(units: number) {
  return { unitOfMeasurement: "EACH", amount: String(units) };
}
