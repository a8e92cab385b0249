import { z } from "zod";
import type { ChannelFact, OrderReturn, Shipment } from "#app/channels/contract.ts";
import { noSkuReason, unreadableLine } from "#app/channels/wire-fields.ts";
import type { OrderLineSnapshot, OrderSnapshot } from "#app/domain/orders/order-snapshot.ts";
import { parseJson } from "#app/lib/json.ts";
import type { WooMeta, WooOrder, WooOrderLine } from "./wire.ts";

/**
 * What a status does to stock (channels.md 2): `taken`, or `given-back`, also where none was taken. WooCommerce
 * itself takes stock once an order is processing, on hold or completed, and gives it back when it is cancelled or
 * pending again.
 */
const stockOfStatus: Readonly<Record<string, "taken" | "given-back">> = {
  processing: "taken",
  "on-hold": "taken",
  completed: "taken",
  // Money went back; goods only where the refund said so, and then the line tells.
  refunded: "taken",
  pending: "given-back",
  failed: "given-back",
  cancelled: "given-back",
  trash: "given-back",
};
/** Orders that are no orders yet. */
const draftStatuses = new Set(["checkout-draft", "auto-draft", "draft", "new"]);

/** Beginning of the names under which we note our parcels in an order; one name per parcel. */
export const parcelMetaPrefix = "_lockstep_parcel_";

const parcelShape = z.object({
  tracking_number: z.string(),
  carrier: z.string(),
  lines: z.array(z.object({ line_id: z.string(), quantity: z.number().int().min(0) })),
});
/** A parcel as it is noted in an order. */
export type NotedParcel = z.infer<typeof parcelShape>;

/** Whether the order is a basket that may become one. */
export function isDraft({ status }: WooOrder): boolean {
  return draftStatuses.has(status);
}

/**
 * An order as it is now. A cancelled order's lines are withdrawn and the order itself stays open: a payment that comes
 * late takes a cancelled order up again, and the ledger's own "cancelled" is final.
 */
export function toOrderSnapshot(order: WooOrder): OrderSnapshot {
  const isTaken = takesStock(order);
  const parcels = parcelsOf(order);
  return {
    orderId: order.id,
    revision: Date.parse(order.date_modified_gmt),
    placedAt: new Date(order.date_created_gmt).toISOString(),
    cancelled: false,
    test: false,
    lines: order.line_items.map((wire, position) => {
      if (!wire.ok) return unreadableLine(wire, position);
      const { line } = wire;
      const quantity = isTaken ? Math.max(0, line.quantity - restockedOf(line)) : 0;
      const shipped = isCompleted(order) ? quantity : shippedOf(parcels, line.id);
      return toLine(line, { quantity, shipped: Math.min(shipped, quantity) }, position);
    }),
  };
}

function toLine(
  line: WooOrderLine,
  { quantity, shipped }: { readonly quantity: number; readonly shipped: number },
  position: number,
): OrderLineSnapshot {
  const orderKey = line.variation_id ?? line.product_id;
  const sku = line.sku?.trim() ? line.sku : null;
  if (orderKey === null && sku === null) {
    return unreadableLine({ lineId: line.id, reason: noSkuReason }, position);
  }
  return {
    lineId: line.id,
    orderKey,
    sku,
    quantity,
    ...(quantity === 0 && line.quantity > 0 && { withdrawn: true as const }),
    shipped,
    externalLocationId: null,
  };
}

/** Plugins add statuses of their own: there the order's marks tell whether it was sold. */
function takesStock(order: WooOrder): boolean {
  const known = stockOfStatus[order.status];
  if (known) return known === "taken";
  const isReduced = order.line_items.some(
    (wire) => wire.ok && unitsIn(wire.line.meta_data, "_reduced_stock") > 0,
  );
  return isReduced || order.date_paid_gmt != null;
}

/** "Completed" is WooCommerce's word for shipped; the time stays when money goes back later. */
function isCompleted({ status, date_completed_gmt: completed }: WooOrder): boolean {
  return status === "completed" || (status === "refunded" && completed != null);
}

/** Units that refunds put back on the shelf. */
function restockedOf(line: WooOrderLine): number {
  return Math.min(unitsIn(line.meta_data, "_restock_refunded_items"), line.quantity);
}

function unitsIn(meta: WooMeta, key: string): number {
  const found = meta?.find((one) => one.key === key)?.value;
  const units = typeof found === "string" || typeof found === "number" ? Number(found) : 0;
  return Number.isFinite(units) ? Math.max(0, Math.floor(units)) : 0;
}

/** Our own parcels, by their ids. */
export function parcelsOf({
  meta_data: meta,
}: Pick<WooOrder, "meta_data">): Map<string, NotedParcel> {
  const parcels = new Map<string, NotedParcel>();
  for (const { key, value } of meta ?? []) {
    if (!key.startsWith(parcelMetaPrefix)) continue;
    const parcel = parcelShape.safeParse(typeof value === "string" ? parseJson(value) : value);
    if (parcel.success) parcels.set(key.slice(parcelMetaPrefix.length), parcel.data);
  }
  return parcels;
}

/** Units of a line in parcels. */
export function shippedOf(parcels: ReadonlyMap<string, NotedParcel>, lineId: string): number {
  return [...parcels.values()]
    .flatMap(({ lines }) => lines)
    .filter((line) => line.line_id === lineId)
    .reduce((sum, line) => sum + line.quantity, 0);
}

/** How we note a parcel in the order. */
export function parcelNote(shipment: Shipment): NotedParcel {
  return {
    tracking_number: shipment.trackingNumber,
    carrier: shipment.carrierName,
    lines: shipment.lines.map(({ lineId, quantity }) => ({ line_id: lineId, quantity })),
  };
}

/** What an order says: its state, goods that are back, and numbers that the shop may have changed otherwise than we. */
export function factsOfOrder(order: WooOrder): readonly ChannelFact[] {
  if (isDraft(order)) {
    return [{ kind: "ignored", reason: "The buyer is still at the checkout." }];
  }
  const returned = returnOf(order);
  return [
    { kind: "order", order: toOrderSnapshot(order) },
    ...(returned ? [{ kind: "return" as const, return: returned }] : []),
    ...(isOutOfStep(order, returned) ? hintsOf(order) : []),
  ];
}

/**
 * Units of a shipped order that a refund put back on the shelf: the goods are back, by the merchant's own word. Core
 * WooCommerce has no returns, so all of an order's are one, which grows.
 */
function returnOf(order: WooOrder): OrderReturn | null {
  if (!isCompleted(order)) return null;
  const lines = order.line_items.flatMap((wire) => {
    const quantity = wire.ok ? restockedOf(wire.line) : 0;
    return wire.ok && quantity > 0 ? [{ lineId: wire.line.id, quantity }] : [];
  });
  if (lines.length === 0) return null;
  return {
    returnId: `restocked-${order.id}`,
    orderId: order.id,
    state: "received",
    lines,
    changedAt: new Date(order.date_modified_gmt).toISOString(),
  };
}

/**
 * A failed order and one in the bin keep the stock they took, and goods that come back after shipping raise the shop's
 * number without ours: there the shelf has to be read (channels.md 2, "read stock").
 */
function isOutOfStep(order: WooOrder, returned: OrderReturn | null): boolean {
  const isUndone = order.status === "cancelled" && order.date_completed_gmt != null;
  return returned !== null || isUndone || order.status === "failed" || order.status === "trash";
}

function hintsOf(order: WooOrder): ChannelFact[] {
  return order.line_items.flatMap((wire) => {
    if (!wire.ok || wire.line.product_id === null) return [];
    const { product_id: productId, variation_id: variationId } = wire.line;
    return [levelHint(productId, variationId)];
  });
}

/** A number to read back: a variation's, or a product's, which may be that of all its variations. */
export function levelHint(productId: string, variationId: string | null): ChannelFact {
  return {
    kind: "level-hint",
    match: variationId === null ? { productId } : { productId, variationId },
  };
}
