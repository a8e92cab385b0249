import { noSkuReason, unreadableLine } from "#app/channels/wire-fields.ts";
import type { OrderLineSnapshot, OrderSnapshot } from "#app/domain/orders/order-snapshot.ts";
import type { WalmartOrder, WalmartOrderLine } from "./order-wire.ts";

/** States in which units lie at the seller. They are one to us: acknowledging changes nothing that we keep. */
const openStates: ReadonlySet<string> = new Set(["Created", "Acknowledged"]);
const cancelledState = "Cancelled";
/** States of units that left; what was paid back had left too. Any other state is taken as open. */
const shippedStates: ReadonlySet<string> = new Set(["Shipped", "Delivered", "Refund"]);

/** An order as it is now. */
export function toOrderSnapshot(order: WalmartOrder): OrderSnapshot {
  const lines = order.orderLines.orderLine.map((wire, position) =>
    wire.ok ? toLine(wire.line, position, order) : unreadableLine(wire, position),
  );
  return {
    orderId: order.purchaseOrderId,
    revision: revisionOf(order),
    placedAt: new Date(order.orderDate).toISOString(),
    cancelled: lines.length > 0 && lines.every((line) => line.withdrawn) && !isHeldElsewhere(order),
    test: false,
    lines,
  };
}

/**
 * Whether somebody else's centre ships it (WFS, or a logistics partner): such units were never in the seller's stock.
 * The list leaves them out; an order that was asked for by its id may be one.
 */
export function isHeldElsewhere({ shipNode }: WalmartOrder): boolean {
  return !!shipNode?.type && shipNode.type !== "SellerFulfilled";
}

/**
 * Orders carry no time of their last change, lines that of their newest state. A line that is only created or
 * acknowledged is as it was when the order was placed.
 */
function revisionOf(order: WalmartOrder): number {
  const changes = order.orderLines.orderLine.flatMap((wire) => {
    if (!wire.ok || wire.line.statusDate == null) return [];
    const isTouched = statesOf(wire.line).some(({ status }) => !openStates.has(status));
    return isTouched ? [wire.line.statusDate] : [];
  });
  return Math.max(order.orderDate, ...changes);
}

function toLine(line: WalmartOrderLine, position: number, order: WalmartOrder): OrderLineSnapshot {
  const sku = line.item.sku || null;
  const lineId = line.lineNumber;
  if (sku === null) return unreadableLine({ lineId, reason: noSkuReason }, position);
  const counted = isHeldElsewhere(order) ? notOurs : unitsOf(line);
  return {
    lineId,
    orderKey: sku,
    sku,
    quantity: counted.quantity,
    shipped: counted.shipped,
    externalLocationId: null,
    ...(counted.withdrawn ? { withdrawn: true as const } : {}),
  };
}

interface LineUnits {
  readonly quantity: number;
  readonly shipped: number;
  readonly withdrawn: boolean;
}

const notOurs: LineUnits = { quantity: 0, shipped: 0, withdrawn: true };

/** Units still wanted and units that left, of a line whose units may be in several states. */
function unitsOf(line: WalmartOrderLine): LineUnits {
  const states = statesOf(line);
  const sumOf = (wanted: (status: string) => boolean) =>
    states.reduce((sum, { status, units }) => sum + (wanted(status) ? units : 0), 0);
  const cancelled = sumOf((status) => status === cancelledState);
  // The line's own number stays what was ordered; should it ever shrink, the states still add up to that.
  const ordered = Math.max(
    line.orderLineQuantity.amount,
    sumOf(() => true),
  );
  const quantity = Math.max(0, ordered - cancelled);
  const shipped = Math.min(
    quantity,
    sumOf((status) => shippedStates.has(status)),
  );
  return { quantity, shipped, withdrawn: cancelled > 0 && quantity === 0 };
}

interface LineState {
  readonly status: string;
  readonly units: number;
  readonly trackingNumber: string | null;
}

/** The states of a line's units, in the platform's words. */
export function statesOf(line: WalmartOrderLine): readonly LineState[] {
  return (line.orderLineStatuses?.orderLineStatus ?? []).map(
    ({ status, statusQuantity, trackingInfo }) => ({
      status,
      units: Math.max(0, statusQuantity.amount),
      trackingNumber: trackingInfo?.trackingNumber ?? null,
    }),
  );
}

/** Whether some of the order's units wait to be acknowledged. */
export function isUnacknowledged(order: WalmartOrder): boolean {
  return order.orderLines.orderLine.some(
    (wire) => wire.ok && statesOf(wire.line).some(({ status }) => status === "Created"),
  );
}

/** Units by SKU in orders that were not shipped: what Walmart has reserved for them. */
export function reservedBySku(orders: readonly WalmartOrder[]): ReadonlyMap<string, number> {
  const reserved = new Map<string, number>();
  for (const order of orders) {
    if (isHeldElsewhere(order)) continue;
    for (const wire of order.orderLines.orderLine) {
      if (!wire.ok || !wire.line.item.sku) continue;
      const { quantity, shipped } = unitsOf(wire.line);
      const { sku } = wire.line.item;
      reserved.set(sku, (reserved.get(sku) ?? 0) + quantity - shipped);
    }
  }
  return reserved;
}
