import { z } from "zod";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { Carrier, Shipment, ShipmentResult } from "../contract.ts";
import type { AmazonContext } from "./auth.ts";
import type { AmazonClient } from "./client.ts";
import { getOrder } from "./orders.ts";
import type { AmazonOrder } from "./wire.ts";

/**
 * Amazon's own carrier codes; a carrier without one goes as "Other" with its name. The list is the one of its order
 * fulfilment feeds, which confirmShipment shares (channels.md 3.6).
 */
const carrierCodes: Readonly<Record<Carrier, string | null>> = {
  ups: "UPS",
  usps: "USPS",
  fedex: "FedEx",
  dhl: "DHL",
  "royal-mail": "Royal Mail",
  dpd: "DPD",
  gls: "GLS",
  hermes: "Hermes Logistik Gruppe",
  "canada-post": "Canada Post",
  "australia-post": "Australia Post",
  delhivery: "Delhivery",
  "blue-dart": "BlueDart",
  other: null,
};

/**
 * Confirms one parcel. The order is read first: a parcel with this tracking number is there already, and a number that
 * another parcel has (somebody shipped by hand) is not taken over, for the same number again is a correction.
 */
export async function sendShipment(
  context: AmazonContext,
  client: AmazonClient,
  { shipment, signal }: { readonly shipment: Shipment; readonly signal: AbortSignal },
): Promise<ShipmentResult> {
  const { orderId } = shipment;
  const found = await getOrder(client, { orderId, includedData: "FULFILLMENT,PACKAGES", signal });
  if (!found.ok) return { ok: false, fault: orderFault(found.fault) };
  const packages = found.data.packages ?? [];
  if (packages.some((one) => sameNumber(one.trackingNumber, shipment.trackingNumber))) {
    return { ok: true, already: true };
  }
  const taken = new Set(packages.map(({ packageReferenceId }) => packageReferenceId));
  const sent = await client.call({
    operation: "confirmShipment",
    method: "POST",
    path: `/orders/v0/orders/${encodeURIComponent(orderId)}/shipmentConfirmation`,
    body: {
      marketplaceId: context.settings.marketplaceId,
      packageDetail: {
        packageReferenceId: freeReference(shipment.parcelNumber, taken),
        ...carrierOf(shipment),
        trackingNumber: shipment.trackingNumber,
        shipDate: shipDateOf(shipment, found.data, context.now()),
        orderItems: shipment.lines.map(({ lineId, quantity }) => ({
          orderItemId: lineId,
          quantity,
        })),
      },
    },
    data: z.unknown(),
    signal,
  });
  return sent.ok ? { ok: true, already: false } : { ok: false, fault: orderFault(sent.fault) };
}

/** Carriers print their numbers with and without blanks. */
function sameNumber(left: string | null | undefined, right: string): boolean {
  const plain = (text: string) => text.replace(/\s/g, "").toUpperCase();
  return !!left && plain(left) === plain(right);
}

/** A positive number that no parcel of the order has: the parcel's own, or the next. */
function freeReference(parcelNumber: number, taken: ReadonlySet<string>): string {
  let reference = parcelNumber;
  while (taken.has(String(reference))) reference += 1;
  return String(reference);
}

function carrierOf({ carrier, carrierName }: Shipment) {
  const carrierCode = carrierCodes[carrier];
  return carrierCode === null
    ? { carrierCode: "Other", carrierName: carrierName || "Other" }
    : { carrierCode };
}

/** Amazon takes no shipment before the order and none in the future, whatever our clocks say. */
function shipDateOf(shipment: Shipment, order: AmazonOrder, now: Date): string {
  const notAfter = Math.min(Date.parse(shipment.shippedAt), now.getTime());
  return new Date(Math.max(notAfter, Date.parse(order.createdTime))).toISOString();
}

/** The reading's and the confirmation's words are about listings elsewhere. */
function orderFault(fault: Fault): Fault {
  if (fault.kind !== "unknown-listing") return fault;
  return { ...fault, kind: "rejected", message: "Amazon does not know this order." };
}
