import type { SandboxReturn } from "../channel.ts";
import type { StockItem, StockLevel } from "./stock.ts";

/** One order of one line, as our simulated buyers order. */
export interface ShopOrder {
  /** The number in the order's gid, as text. */
  readonly orderId: string;
  readonly serial: number;
  readonly item: StockItem;
  readonly quantity: number;
  /** Where order routing or a move sent it; holds the committed units until they leave or are let go. */
  level: StockLevel;
  readonly placedAtMs: number;
  updatedAtMs: number;
  cancelledAtMs: number | null;
  refunds: readonly ShopRefund[];
  fulfilments: readonly ShopFulfilment[];
  returns: readonly ShopReturn[];
  /** Staff put the fulfilment order on hold. */
  onHold: boolean;
}

export const restockTypes = ["cancel", "legacy_restock", "no_restock", "return"] as const;
export type RestockType = (typeof restockTypes)[number];

export interface ShopRefund {
  /** Within the order, from 0; its ids are made of it. */
  readonly number: number;
  readonly units: number;
  readonly restockType: RestockType;
  /** The units had left before. */
  readonly ofShipped: boolean;
  /** Where they lie again; null without restock. */
  readonly locationGid: string | null;
  readonly atMs: number;
}

export interface ShopFulfilment {
  /** Within the order, from 0; its ids are made of it. */
  readonly number: number;
  readonly units: number;
  readonly locationGid: string;
  readonly trackings: readonly Tracking[];
  readonly atMs: number;
}

export interface Tracking {
  readonly company: string | null;
  readonly number: string | null;
  readonly url: string | null;
}

export type ShopReturn = SandboxReturn & { readonly atMs: number };

/** Units ordered and not taken off: a refund lowers it whatever became of the goods. */
export function currentQuantity(order: ShopOrder): number {
  return order.quantity - sum(order.refunds);
}

/** Units that left. */
export function shippedUnits(order: ShopOrder): number {
  return sum(order.fulfilments);
}

/** Units still to be sent. */
export function unfulfilledUnits(order: ShopOrder): number {
  const letGo = order.refunds.filter(({ ofShipped }) => !ofShipped);
  return order.quantity - shippedUnits(order) - sum(letGo);
}

/** Units that left and were not refunded. */
export function keptUnits(order: ShopOrder): number {
  const back = order.refunds.filter(({ ofShipped }) => ofShipped);
  return shippedUnits(order) - sum(back);
}

/** What the fulfilment order says of itself. */
export function fulfilmentStatus(
  order: ShopOrder,
): "CANCELLED" | "CLOSED" | "IN_PROGRESS" | "ON_HOLD" | "OPEN" {
  const left = unfulfilledUnits(order);
  if (left === 0) return shippedUnits(order) > 0 ? "CLOSED" : "CANCELLED";
  if (order.onHold) return "ON_HOLD";
  return shippedUnits(order) > 0 ? "IN_PROGRESS" : "OPEN";
}

/** Refunds and fulfilments one order may have here: its ids are made of their numbers. */
const partsMax = 100;

/** The ids of an order's parts; each order has one line and one fulfilment order. */
export function orderIds(order: ShopOrder) {
  return {
    orderGid: `gid://shopify/Order/${order.orderId}`,
    lineId: 14_000_000_000_000 + order.serial,
    fulfillmentOrderId: 6_500_000_000_000 + order.serial,
    fulfillmentOrderLineId: 16_000_000_000_000 + order.serial,
    name: `#${String(order.serial)}`,
    refundId: ({ number }: ShopRefund) => 95_000_000_000_000 + order.serial * partsMax + number,
    fulfillmentId: ({ number }: ShopFulfilment) =>
      45_000_000_000_000 + order.serial * partsMax + number,
  };
}

/** The serial of a fulfilment order's order: its id is made by `orderIds`. */
export function serialOfFulfilmentOrder(gid: string): number | null {
  const digits = /^gid:\/\/shopify\/FulfillmentOrder\/(\d+)$/.exec(gid)?.[1];
  return digits === undefined ? null : Number(digits) - 6_500_000_000_000;
}

/** The serial of a fulfilment's order, and its number there. */
export function partsOfFulfilment(gid: string): { serial: number; number: number } {
  const digits = /^gid:\/\/shopify\/Fulfillment\/(\d+)$/.exec(gid)?.[1] ?? "0";
  const rest = Number(digits) - 45_000_000_000_000;
  return { serial: Math.floor(rest / partsMax), number: rest % partsMax };
}

function sum(parts: readonly { readonly units: number }[]): number {
  return parts.reduce((total, { units }) => total + units, 0);
}
