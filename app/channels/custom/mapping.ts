import type {
  ImportedListing,
  ListingRef,
  OrderReturn,
  ReadResult,
  Shipment,
  WriteResult,
} from "#app/channels/contract.ts";
import { noSkuReason, unreadableLine } from "#app/channels/wire-fields.ts";
import { moneyOf, type Money } from "#app/domain/money.ts";
import type { OrderLineSnapshot, OrderSnapshot } from "#app/domain/orders/order-snapshot.ts";
import { faultOfRow, nothingAbout } from "./errors.ts";
import type { Row, WireListing, WireOrder, WireOrderLine, WireShown, WrittenRow } from "./wire.ts";

/** What the server calls a listing; null where an import is missing. */
export function keyOf({ externalIds }: Pick<ListingRef, "externalIds">): string | null {
  return externalIds["key"] || null;
}

/** @param nowMs our clock, in which versions are counted */
export function resultOfRow(
  key: string,
  row: Row<WrittenRow> | undefined,
  nowMs: number,
): WriteResult {
  if (!row?.ok) return { ok: false, fault: nothingAbout(key) };
  if (row.value.status === "ok") return { ok: true };
  return { ok: false, fault: faultOfRow(row.value, nowMs) };
}

/** What a row of `POST /listings/read` says. */
export function readOfRow({ quantity, asOf, price, state }: WireShown): ReadResult {
  return {
    ok: true,
    quantity,
    asOf: asOf == null ? null : new Date(asOf).toISOString(),
    price: priceOf(price),
    state,
  };
}

/** What a row of `GET /listings` says. */
export function listingOfRow(wire: WireListing): ImportedListing {
  const sku = wire.sku?.trim() ? wire.sku : null;
  return {
    key: wire.key,
    externalIds: { key: wire.key },
    orderKey: wire.key,
    sku,
    title: wire.title?.trim() || sku || wire.key,
    barcode: wire.barcode?.trim() || null,
    quantity: wire.quantity ?? null,
    price: priceOf(wire.price),
    state: wire.state,
    heldByChannel: wire.held,
    externalLocationId: null,
    url: wire.url ?? null,
  };
}

function priceOf(price: WireShown["price"]): Money | null {
  return price == null ? null : moneyOf(price.amount, price.currency);
}

/** An order as it is now. */
export function toOrderSnapshot(order: WireOrder): OrderSnapshot {
  return {
    orderId: order.id,
    revision: Date.parse(order.updatedAt),
    placedAt: new Date(order.placedAt).toISOString(),
    cancelled: order.status === "cancelled",
    test: order.test,
    lines: order.lines.map((wire, position) =>
      wire.ok ? toLine(wire.line, position) : unreadableLine(wire, position),
    ),
  };
}

function toLine(line: WireOrderLine, position: number): OrderLineSnapshot {
  const sku = line.sku?.trim() ? line.sku : null;
  const orderKey = line.key ?? null;
  if (orderKey === null && sku === null) {
    return unreadableLine({ lineId: line.id, reason: noSkuReason }, position);
  }
  const quantity = line.quantity - line.cancelled;
  return {
    lineId: line.id,
    orderKey,
    sku,
    quantity,
    ...(quantity === 0 && line.cancelled > 0 && { withdrawn: true as const }),
    shipped: Math.min(line.shipped, Math.max(quantity, 0)),
    externalLocationId: line.location ?? null,
  };
}

/** A return as an event tells it. */
export function toReturn(wire: {
  readonly id: string;
  readonly orderId: string;
  readonly state: OrderReturn["state"];
  readonly lines: readonly { readonly id: string; readonly quantity: number }[];
  readonly changedAt: string;
}): OrderReturn {
  return {
    returnId: wire.id,
    orderId: wire.orderId,
    state: wire.state,
    lines: wire.lines.map(({ id, quantity }) => ({ lineId: id, quantity })),
    changedAt: new Date(wire.changedAt).toISOString(),
  };
}

/** A parcel as `PUT /shipments/{id}` takes it. Carriers go by the contract's own names. */
export function shipmentBody(shipment: Shipment): object {
  const { orderId, lines, carrier, carrierName, trackingNumber, trackingUrl, shippedAt } = shipment;
  return {
    orderId,
    lines: lines.map(({ lineId, quantity }) => ({ id: lineId, quantity })),
    carrier,
    carrierName,
    trackingNumber,
    trackingUrl,
    shippedAt,
  };
}
