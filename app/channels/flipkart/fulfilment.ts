import type { Carrier, ChannelSession, Shipment, ShipmentResult } from "#app/channels/contract.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { Answer, FlipkartClient, FlipkartContext, SelfShipment } from "./client.ts";
import { faultOfShipment, lockedRetryAfterMs, nothingAbout, unreadableAnswer } from "./errors.ts";
import { isShipped, liveStates, liveUnits } from "./mapping.ts";
import { shipmentsById } from "./shipments-by-id.ts";
import type { DispatchAnswer, FlipkartShipment } from "./wire.ts";

/** Flipkart takes the carrier's name as text; these are the names it is known by in India. */
const carrierNames: Partial<Readonly<Record<Carrier, string>>> = {
  "blue-dart": "Blue Dart",
  delhivery: "Delhivery",
  dhl: "DHL",
  fedex: "FedEx",
  ups: "UPS",
};

/** Flipkart's calendar days are India's: UTC + 5:30. */
const indiaAheadMs = 5.5 * 60 * 60_000;
const dayMs = 24 * 60 * 60_000;

/**
 * Telling Flipkart that a shipment left. Self-shipped ones get our carrier and tracking number; of those that Flipkart's
 * own carriers fetch, only "ready to dispatch" is told, once a person has packed it (invoice and label).
 */
export function fulfilmentOf(
  context: FlipkartContext,
  client: FlipkartClient,
): Required<Pick<ChannelSession, "sendShipment">> {
  return {
    async sendShipment(parcel, signal): Promise<ShipmentResult> {
      const read = await shipmentsById(client, [parcel.orderId], signal);
      if (!read.ok) return read;
      const shipment = read.value.find(({ shipmentId }) => shipmentId === parcel.orderId);
      if (!shipment) return refused("rejected", "Flipkart does not know this shipment.");
      const selfShipped = shipment.shipmentType?.toUpperCase() === "SELF";
      if (isDone(shipment, selfShipped)) return { ok: true, already: true };
      const refusal = refusalOf(shipment, parcel, selfShipped);
      if (refusal) return { ok: false, fault: refusal };
      const { shipmentId, locationId } = shipment;
      const answer = selfShipped
        ? await client.dispatchSelfShipped(selfShipmentOf(context, shipment, parcel), signal)
        : await client.dispatchPacked({ shipmentId, locationId: locationId ?? null }, signal);
      return resultOf(answer, shipmentId);
    },
  };
}

function isDone(shipment: FlipkartShipment, selfShipped: boolean): boolean {
  const states = liveStates(shipment);
  const ready = states.length > 0 && states.every((state) => state === "READY_TO_DISPATCH");
  return isShipped(states) || (!selfShipped && ready);
}

/** Why Flipkart would not have it, in words that say what to do. */
function refusalOf(
  shipment: FlipkartShipment,
  parcel: Shipment,
  selfShipped: boolean,
): Fault | null {
  const states = liveStates(shipment);
  if (states.length === 0) {
    return { kind: "rejected", message: "This shipment was cancelled at Flipkart." };
  }
  if (shipment.hold) {
    return locked("Flipkart put this shipment on hold; it must not leave yet.");
  }
  if (!isWhole(shipment, parcel)) {
    const message =
      "Flipkart ships a shipment as a whole: send all of its units in one parcel, or cancel the others first.";
    return { kind: "rejected", message };
  }
  if (!selfShipped && !states.every((state) => state === "PACKED" || state.startsWith("READY"))) {
    return locked(
      "Flipkart's carrier fetches this shipment. Pack it at Flipkart (invoice and label) first; then it is reported as ready by itself.",
    );
  }
  return null;
}

function isWhole(shipment: FlipkartShipment, parcel: Shipment): boolean {
  const units = new Map(liveUnits(shipment));
  for (const { lineId, quantity } of parcel.lines) {
    units.set(lineId, (units.get(lineId) ?? 0) - quantity);
  }
  return [...units.values()].every((left) => left === 0);
}

function selfShipmentOf(
  { settings, now }: FlipkartContext,
  shipment: FlipkartShipment,
  parcel: Shipment,
): SelfShipment {
  const nowMs = now().getTime();
  // The dispatch date may not lie ahead, the delivery date not behind (the manual's self-ship page).
  const dispatchedMs = Math.min(Date.parse(parcel.shippedAt) || nowMs, nowMs);
  const deliveredMs = nowMs + settings.deliveryDays * dayMs;
  const { shipmentId, locationId } = shipment;
  return {
    shipmentId,
    ...(locationId != null && { locationId }),
    dispatchDate: new Date(dispatchedMs).toISOString(),
    tentativeDeliveryDate: new Date(deliveredMs).toISOString(),
    deliveryPartner: carrierNames[parcel.carrier] ?? parcel.carrierName,
    trackingId: parcel.trackingNumber,
    invoice: {
      invoiceDate: new Date(dispatchedMs + indiaAheadMs).toISOString().slice(0, 10),
      items: parcel.lines.map(({ lineId, quantity }) => ({ orderItemId: lineId, quantity })),
    },
  };
}

function resultOf(answer: Answer<DispatchAnswer>, shipmentId: string): ShipmentResult {
  if (!answer.ok) return answer;
  const { shipments } = answer.value;
  const row =
    shipments.find((one) => one.shipmentId === shipmentId) ??
    (shipments.length === 1 && shipments[0]?.shipmentId == null ? shipments[0] : undefined);
  if (!row) return { ok: false, fault: nothingAbout(`shipment ${shipmentId}`) };
  const status = row.processingStatus ?? row.status;
  if (status === "SUCCESS") return { ok: true, already: false };
  if (status == null) return { ok: false, fault: unreadableAnswer(200) };
  // Somebody was faster than our reading.
  if (row.errorCode === "ORDER_ITEM_ALREADY_DISPATCHED") return { ok: true, already: true };
  return { ok: false, fault: faultOfShipment(row) };
}

function locked(message: string): Fault {
  return { kind: "locked", message, retryAfterMs: lockedRetryAfterMs };
}

function refused(kind: Fault["kind"], message: string): ShipmentResult {
  return { ok: false, fault: { kind, message } };
}
