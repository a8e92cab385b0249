import type { UserError } from "./inventory-writes.ts";
import type { OrderBook } from "./orders.ts";
import {
  fulfilmentStatus,
  orderIds,
  serialOfFulfilmentOrder,
  unfulfilledUnits,
  type ShopFulfilment,
  type ShopOrder,
  type Tracking,
} from "./shop-order.ts";

export interface FulfilmentInput {
  readonly lineItemsByFulfillmentOrder: readonly {
    readonly fulfillmentOrderId: string;
    readonly fulfillmentOrderLineItems?:
      readonly { readonly id: string; readonly quantity: number }[] | null;
  }[];
  readonly trackingInfo?: TrackingInput | null;
}

interface TrackingInput {
  readonly company?: string | null;
  readonly number?: string | null;
  readonly numbers?: readonly string[] | null;
  readonly url?: string | null;
  readonly urls?: readonly string[] | null;
}

export type FulfilmentOutcome =
  | { readonly done: true; readonly order: ShopOrder; readonly fulfilment: ShopFulfilment }
  | { readonly done: false; readonly userErrors: readonly UserError[] };

/** fulfillmentCreate. Orders here have one fulfilment order of one line, so one of them is all it may name. */
export function createFulfilment(orders: OrderBook, input: FulfilmentInput): FulfilmentOutcome {
  const [wanted, ...others] = input.lineItemsByFulfillmentOrder;
  if (!wanted) return refused("Line items by fulfillment order can't be blank");
  if (others.length > 0) return refused("All fulfillment orders must belong to the same order.");
  const serial = serialOfFulfilmentOrder(wanted.fulfillmentOrderId);
  const order = serial === null ? undefined : orders.ofSerial(serial);
  if (!order) return refused("Fulfillment order does not exist.");
  const units = unitsOf(order, wanted.fulfillmentOrderLineItems ?? []);
  if (typeof units === "string") return refused(units);
  const trackings = trackingsOf(input.trackingInfo ?? {});
  return { done: true, order, fulfilment: orders.fulfil(order, { units, trackings }) };
}

/** Units that may be sent now, all that are left where no lines are named; or why not. */
function unitsOf(
  order: ShopOrder,
  lines: readonly { readonly id: string; readonly quantity: number }[],
): number | string {
  const status = fulfilmentStatus(order);
  if (status === "ON_HOLD") return "Fulfillment order is on hold.";
  if (status === "CLOSED" || status === "CANCELLED") {
    return `Fulfillment order has an unfulfillable status= ${status.toLowerCase()}.`;
  }
  const lineGid = `gid://shopify/FulfillmentOrderLineItem/${String(orderIds(order).fulfillmentOrderLineId)}`;
  if (lines.some(({ id }) => id !== lineGid)) return "Fulfillment order line item does not exist.";
  const left = unfulfilledUnits(order);
  const units = lines.length === 0 ? left : lines.reduce((sum, line) => sum + line.quantity, 0);
  const fits = units <= left && lines.every(({ quantity }) => quantity >= 1);
  return fits ? units : "Invalid fulfillment order line item quantity requested.";
}

function trackingsOf(input: TrackingInput): Tracking[] {
  const numbers = input.numbers ?? (input.number ? [input.number] : []);
  const urls = input.urls ?? (input.url ? [input.url] : []);
  const company = input.company ?? null;
  if (numbers.length === 0) return company === null ? [] : [{ company, number: null, url: null }];
  return numbers.map((number, index) => ({ company, number, url: urls[index] ?? null }));
}

function refused(message: string): FulfilmentOutcome {
  return { done: false, userErrors: [{ code: "", field: ["fulfillment"], message }] };
}
