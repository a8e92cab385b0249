import type { Carrier, ChannelSession, Shipment, ShipmentResult } from "#app/channels/contract.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { EbayClient } from "./client.ts";
import { refused } from "./in-calls.ts";
import { fulfillmentsAnswer, type EbayFulfillment } from "./wire.ts";

/** eBay's names of carriers (Trading API, ShippingCarrierCodeType); "Other" stands for all that it has no name for. */
const carrierCodes: Readonly<Record<Exclude<Carrier, "other">, string>> = {
  ups: "UPS",
  usps: "USPS",
  fedex: "FedEx",
  dhl: "DHL",
  "royal-mail": "RoyalMail",
  dpd: "DPD",
  gls: "GLS",
  hermes: "Hermes",
  "canada-post": "CanadaPost",
  "australia-post": "AustraliaPost",
  delhivery: "Delhivery",
  "blue-dart": "BlueDart",
};
/** Longest carrier name that is sent where eBay has none. */
const carrierNameCharactersMax = 50;

/** Telling eBay, and so the buyer, about parcels. */
export function fulfilmentOf(client: EbayClient): Required<Pick<ChannelSession, "sendShipment">> {
  return {
    async sendShipment(shipment, signal): Promise<ShipmentResult> {
      const trackingNumber = trackingNumberOf(shipment.trackingNumber);
      if (trackingNumber === "") return refused(noTracking);
      const order = encodeURIComponent(shipment.orderId);
      const path = `/sell/fulfillment/v1/order/${order}/shipping_fulfillment`;
      // A second post would make a second parcel, or be refused (34500): what is there is read first.
      const get = { operation: "getShippingFulfillments", method: "GET", path } as const;
      const known = await client.rest(get, fulfillmentsAnswer, signal);
      if (!known.ok) return known;
      const parcels = known.value.fulfillments ?? [];
      if (parcels.some((parcel) => isSameParcel(parcel, trackingNumber, shipment))) {
        return { ok: true, already: true };
      }
      const body = {
        lineItems: shipment.lines.map(({ lineId, quantity }) => ({ lineItemId: lineId, quantity })),
        shippedDate: new Date(shipment.shippedAt).toISOString(),
        shippingCarrierCode: carrierCodeOf(shipment),
        trackingNumber,
      };
      const post = { operation: "createShippingFulfillment", method: "POST", path, body } as const;
      const sent = await client.command(post, signal);
      return sent.ok ? { ok: true, already: false } : sent;
    },
  };
}

const noTracking: Fault = {
  kind: "rejected",
  message: "eBay takes letters and digits as a tracking number, and this one has none.",
};

/** Letters and digits only (channels.md 4.5): carriers print blanks and dashes that mean nothing. */
function trackingNumberOf(text: string): string {
  return text.replace(/[^A-Za-z0-9]/g, "");
}

function carrierCodeOf({ carrier, carrierName }: Shipment): string {
  if (carrier !== "other") return carrierCodes[carrier];
  // eBay shows the buyer what it gets here; it takes names beyond its own list.
  return carrierName.trim().slice(0, carrierNameCharactersMax) || "Other";
}

/** The tracking number makes the parcel; the same one with other lines is another entry for the same box. */
function isSameParcel(
  parcel: EbayFulfillment,
  trackingNumber: string,
  { lines }: Shipment,
): boolean {
  if (trackingNumberOf(parcel.shipmentTrackingNumber ?? "") !== trackingNumber) return false;
  const told = parcel.lineItems ?? [];
  return lines.every(({ lineId }) => told.some(({ lineItemId }) => lineItemId === lineId));
}
