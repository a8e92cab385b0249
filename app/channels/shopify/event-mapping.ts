import type { OrderReturn } from "../contract.ts";
import { numberOfGid } from "./mapping.ts";
import type { WebhookRefund, WebhookReturn } from "./wire-events.ts";

/** What stock cannot be kept without; a write permission includes its read permission. */
const neededScopes = [
  "read_products",
  "read_inventory",
  "write_inventory",
  "read_locations",
  "read_orders",
];

/** The permissions that stock needs and that are not among these. */
export function missingScopes(granted: readonly string[]): string[] {
  const has = (scope: string) =>
    granted.includes(scope) || granted.includes(scope.replace(/^read_/, "write_"));
  return neededScopes.filter((scope) => !has(scope));
}

/** What the topic says where the body names no status. */
const statesByTopic: Readonly<Record<string, OrderReturn["state"]>> = {
  "returns/cancel": "closed",
  "returns/close": "closed",
  "returns/decline": "closed",
  "returns/process": "received",
};
/** Shopify's ReturnStatus; REQUESTED and OPEN are on their way. */
const endedStatuses = new Set(["canceled", "cancelled", "closed", "declined"]);

/**
 * Returns tell no time. Where a body has none, its state stands for one, so that later states replace earlier ones,
 * in whatever order they arrive: a beginning of time and a second for each step.
 */
const stepTimes: Readonly<Record<OrderReturn["state"], string>> = {
  requested: "2000-01-01T00:00:00.000Z",
  received: "2000-01-01T00:00:01.000Z",
  closed: "2000-01-01T00:00:02.000Z",
};

/** A return as its webhook tells it, or null when it names no return or no order. */
export function returnOfWebhook(wire: WebhookReturn, topic: string): OrderReturn | null {
  const orderId = wire.order_id ?? wire.order?.id;
  const returnId = wire.id ?? numberOfGid(wire.admin_graphql_api_id ?? "");
  if (!orderId || !returnId) return null;
  const state = stateOf(wire, topic);
  const changedAt = timeOf(wire.updated_at ?? wire.created_at, state);
  return { returnId, orderId, state, lines: linesOf(wire), changedAt };
}

function stateOf({ status }: WebhookReturn, topic: string): OrderReturn["state"] {
  const isEnded = endedStatuses.has(status?.toLowerCase() ?? "");
  return isEnded ? "closed" : (statesByTopic[topic] ?? "requested");
}

function linesOf({ return_line_items: lines }: WebhookReturn): OrderReturn["lines"] {
  return (lines ?? []).flatMap((line) => {
    if (!line || line.quantity <= 0) return [];
    return [{ lineId: line.fulfillment_line_item.line_item.id, quantity: line.quantity }];
  });
}

function timeOf(time: string | null | undefined, state: OrderReturn["state"]): string {
  return time ? new Date(time).toISOString() : stepTimes[state];
}

/**
 * Goods that came back with a refund and were put on the shelf in Shopify: over and done with, their level shows it.
 * Null when nothing was, or when a return of its own tells about it.
 */
export function returnOfRefund(refund: WebhookRefund): OrderReturn | null {
  const lines = refund.refund_line_items.flatMap(({ restock_type, line_item_id, quantity }) =>
    restock_type === "return" && quantity > 0 ? [{ lineId: line_item_id, quantity }] : [],
  );
  if (lines.length === 0 || refund.return?.id) return null;
  return {
    returnId: `refund-${refund.id}`,
    orderId: refund.order_id,
    state: "closed",
    lines,
    changedAt: timeOf(refund.processed_at ?? refund.created_at, "closed"),
  };
}
