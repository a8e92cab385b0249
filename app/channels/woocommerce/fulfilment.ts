import { z } from "zod";
import type { Carrier, ChannelSession, Shipment, ShipmentResult } from "#app/channels/contract.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { noRouteCode, type Answer, type WooClient } from "./client.ts";
import { parcelMetaPrefix, parcelNote, parcelsOf, shippedOf } from "./order-mapping.ts";
import {
  order,
  orderFieldNames,
  orderNote,
  tracking,
  type TrackingBody,
  type WooOrder,
} from "./wire.ts";

/**
 * Names the Shipment Tracking plugin makes links for. Others, and those it has by country (DHL, DPD), go by the
 * carrier's own name and link.
 */
const providers: Readonly<Partial<Record<Carrier, string>>> = {
  ups: "UPS",
  usps: "USPS",
  fedex: "Fedex",
  "royal-mail": "Royal Mail",
  hermes: "Hermes",
  "canada-post": "Canada Post",
  "australia-post": "Australia Post",
};

/** Where the plugin answers: since its version 1.6.20, and before (channels.md 7.3). */
const trackingNamespaces = ["/wc-shipment-tracking/v3", "/wc/v3"];

/** Orders of these statuses get no more parcels. */
const overStatuses = new Set(["cancelled", "refunded", "failed", "trash"]);

const anything = z.unknown();

/**
 * Tells the shop about parcels. Core WooCommerce knows none: the buyer is told through the Shipment Tracking plugin
 * where it is, else by a note; the parcel is kept in the order's own data, which makes it safe to repeat and tells
 * what is left; the last parcel completes the order.
 */
export function fulfilmentOf(client: WooClient): Required<Pick<ChannelSession, "sendShipment">> {
  return {
    async sendShipment(shipment, signal) {
      if (!/^[1-9]\d{0,15}$/.test(shipment.orderId)) return rejected("The shop has no such order.");
      const path = `/wc/v3/orders/${shipment.orderId}`;
      const query = { _fields: orderFieldNames };
      const found = await client.call({ method: "GET", path, query }, order, signal);
      if (!found.ok) return found;
      if (parcelsOf(found.value).has(shipment.shipmentId)) return { ok: true, already: true };
      const problem = problemOf(found.value, shipment);
      if (problem !== null) return rejected(problem);
      // First the buyer, then our note: a repeat after a crash in between finds what the buyer was told.
      const told = await tellBuyer(client, shipment, signal);
      if (told) return { ok: false, fault: told };
      const isLast = isComplete(found.value, shipment);
      const body = {
        meta_data: [
          {
            key: `${parcelMetaPrefix}${shipment.shipmentId}`,
            value: JSON.stringify(parcelNote(shipment)),
          },
        ],
        ...(isLast && found.value.status !== "completed" && { status: "completed" }),
      };
      const noted = await client.call({ method: "PUT", path, query, body }, order, signal);
      return noted.ok ? { ok: true, already: false } : noted;
    },
  };
}

function rejected(message: string): ShipmentResult {
  return { ok: false, fault: { kind: "rejected", message } };
}

/** Why the order takes no such parcel, in words; null when it does. */
function problemOf(found: WooOrder, shipment: Shipment): string | null {
  if (overStatuses.has(found.status)) {
    return `The order is "${found.status}" at the shop: nothing can be shipped of it.`;
  }
  const left = unitsLeft(found);
  for (const { lineId, quantity } of shipment.lines) {
    const units = left.get(lineId);
    if (units === undefined) return `The order has no line ${lineId} at the shop.`;
    if (quantity > units) return `The order has ${units} units left to ship of line ${lineId}.`;
  }
  return null;
}

/** By line: units ordered that are in none of our parcels. */
function unitsLeft(found: WooOrder): Map<string, number> {
  const parcels = parcelsOf(found);
  return new Map(
    found.line_items.flatMap((wire) =>
      wire.ok ? [[wire.line.id, wire.line.quantity - shippedOf(parcels, wire.line.id)]] : [],
    ),
  );
}

/** Whether nothing is left to ship after this parcel. */
function isComplete(found: WooOrder, shipment: Shipment): boolean {
  const left = unitsLeft(found);
  for (const { lineId, quantity } of shipment.lines) {
    left.set(lineId, (left.get(lineId) ?? 0) - quantity);
  }
  return found.line_items.every(({ ok }) => ok) && [...left.values()].every((units) => units <= 0);
}

/** @returns what failed; null when the buyer is told, now or by the call before */
async function tellBuyer(
  client: WooClient,
  shipment: Shipment,
  signal: AbortSignal,
): Promise<Fault | null> {
  for (const namespace of trackingNamespaces) {
    const path = `${namespace}/orders/${shipment.orderId}/shipment-trackings`;
    const known = await client.call(
      { method: "GET", path, optional: true },
      z.array(tracking),
      signal,
    );
    if (isNoRoute(known)) continue;
    if (!known.ok) return known.fault;
    if (known.value.some((one) => one.tracking_number === shipment.trackingNumber)) return null;
    const body = trackingBody(shipment);
    const told = await client.call({ method: "POST", path, body }, anything, signal);
    return told.ok ? null : told.fault;
  }
  return noteForBuyer(client, shipment, signal);
}

function isNoRoute(answer: Answer<unknown>): boolean {
  return !answer.ok && answer.fault.code === noRouteCode;
}

async function noteForBuyer(
  client: WooClient,
  shipment: Shipment,
  signal: AbortSignal,
): Promise<Fault | null> {
  const path = `/wc/v3/orders/${shipment.orderId}/notes`;
  const known = await client.call(
    { method: "GET", path, query: { type: "customer" } },
    z.array(orderNote),
    signal,
  );
  if (!known.ok) return known.fault;
  if (known.value.some(({ note }) => note.includes(shipment.trackingNumber))) return null;
  const body = { note: noteText(shipment), customer_note: true };
  const told = await client.call({ method: "POST", path, body }, anything, signal);
  return told.ok ? null : told.fault;
}

/** What the buyer reads. */
function noteText({ carrierName, trackingNumber, trackingUrl }: Shipment): string {
  const link = trackingUrl === null ? "" : ` ${trackingUrl}`;
  return `Your parcel is on its way with ${carrierName}, tracking number ${trackingNumber}.${link}`;
}

function trackingBody(shipment: Shipment): TrackingBody {
  const { carrier, carrierName, trackingNumber, trackingUrl, shippedAt } = shipment;
  const provider = providers[carrier];
  return {
    tracking_number: trackingNumber,
    date_shipped: shippedAt.slice(0, 10),
    ...(provider === undefined
      ? {
          custom_tracking_provider: carrierName,
          ...(trackingUrl !== null && { custom_tracking_link: trackingUrl }),
        }
      : { tracking_provider: provider }),
  };
}
