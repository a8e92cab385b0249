import type { Carrier, ChannelSession, Shipment } from "#app/channels/contract.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { Answer, EtsyClient } from "./client.ts";
import { toOrderSnapshot } from "./mapping.ts";
import type { WireReceipt } from "./wire.ts";

/**
 * Etsy's names of the carriers (fulfilment tutorial; the list is public in anitabyte/etsyv3). One it does not know
 * goes as "other" with the name in the note.
 */
const carrierNames: Readonly<Partial<Record<Carrier, string>>> = {
  ups: "ups",
  usps: "usps",
  fedex: "fedex",
  dhl: "dhl",
  "royal-mail": "royal-mail",
  dpd: "dpd",
  gls: "gls",
  hermes: "hermes",
  "canada-post": "canada-post",
  "australia-post": "australia-post",
  "blue-dart": "bluedart",
};
/** Longest note that is sent to the buyer. */
const noteCharsMax = 500;

/**
 * Tracking of one parcel. Etsy knows no lines: the first parcel marks the whole receipt as shipped, every further one
 * adds its tracking code.
 */
export function fulfilmentOf(client: EtsyClient): Required<Pick<ChannelSession, "sendShipment">> {
  return {
    async sendShipment(shipment, signal) {
      const { orderId } = shipment;
      if (!/^\d{1,20}$/.test(orderId)) return { ok: false, fault: unknownReceipt };
      // Each accepted code mails the buyer: read before sending (channels.md 11).
      const before = await client.getReceipt(orderId, signal);
      if (!before.ok) return { ok: false, fault: ofReceipt(before.fault) };
      if (isTold(before.value, shipment)) return { ok: true, already: true };
      if (toOrderSnapshot(before.value).cancelled) return { ok: false, fault: cancelled };
      const sent = await client.addTracking(orderId, trackingForm(shipment), signal);
      if (sent.ok) return { ok: true, already: false };
      if (sent.fault.code !== "409") return { ok: false, fault: ofReceipt(sent.fault) };
      return afterConflict(await client.getReceipt(orderId, signal), shipment, sent.fault);
    },
  };
}

/** A conflict means that it is there already: somebody was faster, or our answer was lost. */
function afterConflict(now: Answer<WireReceipt>, shipment: Shipment, conflict: Fault) {
  if (!now.ok) return { ok: false, fault: ofReceipt(now.fault) } as const;
  if (isTold(now.value, shipment)) return { ok: true, already: true } as const;
  return { ok: false, fault: { ...conflict, kind: "rejected" } } as const;
}

function isTold(receipt: WireReceipt, { trackingNumber }: Shipment): boolean {
  const wanted = bare(trackingNumber);
  return (receipt.shipments ?? []).some(({ tracking_code: code }) => bare(code ?? "") === wanted);
}

/** Carriers print blanks and small letters into their numbers. */
function bare(trackingNumber: string): string {
  return trackingNumber.replace(/\s/g, "").toUpperCase();
}

function trackingForm(shipment: Shipment): Readonly<Record<string, string>> {
  const { carrier, carrierName, trackingNumber, trackingUrl } = shipment;
  const name = carrierNames[carrier];
  if (name !== undefined) return { tracking_code: trackingNumber, carrier_name: name };
  const where = trackingUrl === null ? "" : ` Track it at ${trackingUrl}`;
  const note = `Sent with ${carrierName}.${where}`.slice(0, noteCharsMax);
  return { tracking_code: trackingNumber, carrier_name: "other", note_to_buyer: note };
}

const unknownReceipt: Fault = { kind: "rejected", message: "Etsy does not know this order." };
const cancelled: Fault = { kind: "rejected", message: "The order was canceled at Etsy." };

function ofReceipt(fault: Fault): Fault {
  return fault.kind === "unknown-listing" ? { ...fault, ...unknownReceipt } : fault;
}
