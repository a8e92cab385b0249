import type { Fault } from "#app/domain/propagation/faults.ts";
import type { Carrier, Shipment, ShipmentResult } from "../contract.ts";
import { groupedBy } from "../grouped-by.ts";
import type { ShopifyClient } from "./client.ts";
import { fulfilMutation, mutationCostPoints } from "./documents.ts";
import { faultOfUserError } from "./errors.ts";
import { allocate, type ShippableLine } from "./fulfilment-allocation.ts";
import { readFulfilmentOrders, readSent, unknownOrderFault } from "./fulfilment-reads.ts";
import { fulfilData } from "./wire-fulfilment.ts";

/** Carriers as Shopify writes them; it builds tracking links for these (FulfillmentTrackingInfo.company). */
const companies: Readonly<Record<Exclude<Carrier, "other">, string>> = {
  ups: "UPS",
  usps: "USPS",
  fedex: "FedEx",
  dhl: "DHL Express",
  "royal-mail": "Royal Mail",
  dpd: "DPD",
  gls: "GLS",
  hermes: "Evri",
  "canada-post": "Canada Post",
  "australia-post": "Australia Post",
  delhivery: "Delhivery",
  "blue-dart": "Bluedart",
};

/**
 * Tells Shopify (and the buyer) about one parcel. `fulfillmentCreate` is not idempotent, so what the order's parcels
 * hold under this tracking number is read first: only what is missing is sent. A parcel that several locations sent
 * becomes one fulfilment for each. A parcel without a tracking number is known by having none.
 */
export async function sendShipment(
  client: ShopifyClient,
  shipment: Shipment,
  signal: AbortSignal,
): Promise<ShipmentResult> {
  if (!/^\d+$/.test(shipment.orderId)) return { ok: false, fault: unknownOrderFault };
  const id = `gid://shopify/Order/${shipment.orderId}`;
  const sent = await readSent(client, { id, trackingNumber: shipment.trackingNumber }, signal);
  if (!sent.ok) return sent;
  const missing = shipment.lines.flatMap(({ lineId, quantity }) => {
    const lineGid = `gid://shopify/LineItem/${lineId}`;
    const left = quantity - (sent.units.get(lineGid) ?? 0);
    return left > 0 ? [{ lineGid, lineId, quantity: left }] : [];
  });
  if (missing.length === 0) return { ok: true, already: true };
  const orders = await readFulfilmentOrders(client, id, signal);
  if (!orders.ok) return orders;
  const allocated = allocate(orders.orders, missing);
  if (!allocated.ok) return allocated;
  for (const lines of groupedBy(allocated.lines, ({ group }) => group).values()) {
    const fault = await createFulfilment(client, { shipment, lines }, signal);
    if (fault) return { ok: false, fault };
  }
  return { ok: true, already: false };
}

/** One fulfilment: lines of one location. @returns why not, or null */
async function createFulfilment(
  client: ShopifyClient,
  { shipment, lines }: { readonly shipment: Shipment; readonly lines: readonly ShippableLine[] },
  signal: AbortSignal,
): Promise<Fault | null> {
  const byOrder = groupedBy(lines, ({ fulfilmentOrderId }) => fulfilmentOrderId);
  const result = await client({
    query: fulfilMutation,
    variables: {
      fulfillment: {
        lineItemsByFulfillmentOrder: [...byOrder].map(([fulfillmentOrderId, of]) => ({
          fulfillmentOrderId,
          fulfillmentOrderLineItems: of.map(({ id, quantity }) => ({ id, quantity })),
        })),
        trackingInfo: trackingOf(shipment),
        notifyCustomer: true,
      },
    },
    cost: mutationCostPoints,
    data: fulfilData,
    optional: true,
    signal,
  });
  if (!result.ok) return result.fault;
  const { fulfillment, userErrors } = result.data.fulfillmentCreate;
  const [error] = userErrors;
  if (error) return faultOfUserError(error, "rejected");
  return fulfillment ? null : silentFault;
}

function trackingOf(shipment: Shipment) {
  const { carrier, carrierName, trackingNumber, trackingUrl } = shipment;
  const isAddress = trackingUrl !== null && /^https?:\/\//.test(trackingUrl);
  return {
    company: carrier === "other" ? carrierName : companies[carrier],
    ...(trackingNumber !== "" && { number: trackingNumber }),
    // Shopify takes an address only beside a number.
    ...(trackingNumber !== "" && isAddress && { url: trackingUrl }),
  };
}

const silentFault: Fault = {
  kind: "unexpected",
  message: "Shopify made no shipment of this parcel and did not say why.",
};
