import type { Carrier, ChannelSession, Shipment, ShipmentResult } from "#app/channels/contract.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { acknowledge } from "./acknowledge.ts";
import { keepAvailable } from "./after-shipment.ts";
import { encoded, type Answer, type WalmartClient, type WalmartContext } from "./client.ts";
import { forOneCall } from "./errors.ts";
import { isUnacknowledged, statesOf } from "./order-mapping.ts";
import {
  orderAnswer,
  type ShippingBody,
  type ShippingLine,
  type WalmartOrder,
  type WalmartOrderLine,
} from "./order-wire.ts";

/** Carriers that Walmart has a word for (specs/walmart orders, `carrierName.carrier`); the others go by their name. */
const carrierWords: Readonly<Partial<Record<Carrier, string>>> = {
  ups: "UPS",
  usps: "USPS",
  fedex: "FedEx",
  dhl: "DHL",
  "royal-mail": "Royal Mail",
  gls: "GLS",
  "canada-post": "Canada Post",
};
const methodCodes = ["Standard", "Express", "OneDay", "Freight", "WhiteGlove", "Value"];
/** Longest order id that Walmart prints on a return label. */
const sellerOrderIdCharsMax = 30;

/** Telling Walmart about parcels. */
export function fulfilmentOf(
  context: WalmartContext,
  client: WalmartClient,
): Required<Pick<ChannelSession, "sendShipment">> {
  return { sendShipment: (shipment, signal) => send(context, { client, shipment }, signal) };
}

interface Sending {
  readonly client: WalmartClient;
  readonly shipment: Shipment;
}

/** Walmart refuses a parcel that it has already, in words that fit other mistakes too: hence a read first. */
async function send(
  context: WalmartContext,
  { client, shipment }: Sending,
  signal: AbortSignal,
): Promise<ShipmentResult> {
  const order = await readOrder(client, shipment.orderId, signal);
  if (!order.ok) return order;
  const lines = matched(order.value, shipment);
  if ("fault" in lines) return lines;
  const missing = lines.filter(({ line, units }) => toldUnits(line, shipment) < units);
  if (missing.length === 0) return { ok: true, already: true };
  if (isUnacknowledged(order.value)) {
    const acknowledged = await acknowledge(client, shipment.orderId, signal);
    if (!acknowledged.ok) return acknowledged;
  }
  const skus = missing.flatMap(({ line }) => line.item.sku ?? []);
  const { shipNode } = context.settings;
  const correct = await keepAvailable(client, { skus: [...new Set(skus)], shipNode }, signal);
  const shipped = await client.call(
    {
      operation: "shipOrder",
      method: "POST",
      path: `/v3/orders/${encoded(shipment.orderId)}/shipping`,
      body: JSON.stringify(toShippingBody(order.value, shipment, missing)),
      schema: orderAnswer,
    },
    signal,
  );
  if (!shipped.ok) return { ok: false, fault: forOneCall(shipped.fault, "ship orders") };
  await correct();
  return { ok: true, already: false };
}

async function readOrder(
  client: WalmartClient,
  orderId: string,
  signal: AbortSignal,
): Promise<Answer<WalmartOrder>> {
  const path = `/v3/orders/${encoded(orderId)}`;
  const call = { operation: "getOrder", method: "GET" as const, path, schema: orderAnswer };
  const answer = await client.call(call, signal);
  if (answer.ok || answer.fault.kind !== "unknown-listing") return answer;
  return refused("Walmart does not know this order.");
}

interface MatchedLine {
  readonly line: WalmartOrderLine;
  readonly units: number;
}

function matched(order: WalmartOrder, { lines }: Shipment): readonly MatchedLine[] | Refusal {
  const known = new Map(
    order.orderLines.orderLine.flatMap((wire) =>
      wire.ok ? [[wire.line.lineNumber, wire.line] as const] : [],
    ),
  );
  const found: MatchedLine[] = [];
  for (const { lineId, quantity } of lines) {
    const line = known.get(lineId);
    if (!line) return refused(`Walmart's order has no line ${lineId}.`);
    found.push({ line, units: quantity });
  }
  return found;
}

/** Units of a line that Walmart was told to be in this parcel. */
function toldUnits(line: WalmartOrderLine, { trackingNumber }: Shipment): number {
  return statesOf(line)
    .filter((state) => state.trackingNumber === trackingNumber)
    .reduce((sum, { units }) => sum + units, 0);
}

export function toShippingBody(
  order: WalmartOrder,
  shipment: Shipment,
  lines: readonly MatchedLine[],
): ShippingBody {
  const given = order.shippingInfo?.methodCode ?? "";
  const trackingInfo = {
    shipDateTime: Date.parse(shipment.shippedAt),
    ...carrierOf(shipment),
    methodCode: methodCodes.includes(given) ? given : "Standard",
    trackingNumber: shipment.trackingNumber,
  };
  const orderLine = lines.map(({ line, units }): ShippingLine => {
    const statusQuantity = { unitOfMeasurement: "EACH", amount: String(units) } as const;
    return {
      lineNumber: line.lineNumber,
      // Shipping what the buyer asked to cancel has to be said outright.
      intentToCancelOverride: asksToCancel(line),
      sellerOrderId: shipment.orderId.slice(0, sellerOrderIdCharsMax),
      orderLineStatuses: {
        orderLineStatus: [{ status: "Shipped", statusQuantity, trackingInfo }],
      },
    };
  });
  return { orderShipment: { orderLines: { orderLine } } };
}

/** A carrier without a word of Walmart's needs an address; its own tracking page is one. */
function carrierOf({ carrier, carrierName, trackingNumber, trackingUrl, orderId }: Shipment) {
  const word = carrierWords[carrier];
  if (word !== undefined) {
    const url = trackingUrl === null ? {} : { trackingURL: trackingUrl };
    return { carrierName: { carrier: word }, ...url };
  }
  const query = new URLSearchParams({ tracking_id: trackingNumber, order_id: orderId });
  const trackingURL = trackingUrl ?? `https://www.walmart.com/tracking?${query}`;
  return { carrierName: { otherCarrier: carrierName }, trackingURL };
}

function asksToCancel({ intentToCancel }: WalmartOrderLine): boolean {
  if (typeof intentToCancel !== "string") return intentToCancel === true;
  return /^(true|y|yes)$/i.test(intentToCancel);
}

type Refusal = { readonly ok: false; readonly fault: Fault };

function refused(message: string): Refusal {
  return { ok: false, fault: { kind: "rejected", message } };
}
