import type { ChannelSession, Shipment, ShipmentResult } from "#app/channels/contract.ts";
import type { Answer } from "./client.ts";
import { shippedCodes, wrongRegionCode } from "./error-codes.ts";
import type { TiktokShopParts } from "./inventory.ts";
import { planShipment, providerFor, wholePackages, type OpenUnit } from "./mapping-shipments.ts";
import { readOrders } from "./orders.ts";
import { providersOf } from "./shipping-providers.ts";
import type { TiktokOrder } from "./wire.ts";

/** Markets whose shipments are reported by the order (mark-package-as-shipped.json); the others ship packages. */
const marksByOrder: ReadonlySet<string> = new Set([
  ...["US", "GB", "UK", "ES", "IE", "IT", "DE", "FR", "JP"],
]);

/** Telling TikTok about parcels. Not harmless to repeat, so the order is read first (channels.md 11). */
export function fulfilmentOf(
  parts: TiktokShopParts,
): Required<Pick<ChannelSession, "sendShipment">> {
  return { sendShipment: (shipment, signal) => sendShipment(parts, shipment, signal) };
}

async function sendShipment(
  parts: TiktokShopParts,
  shipment: Shipment,
  signal: AbortSignal,
): Promise<ShipmentResult> {
  const read = await readOrder(parts, shipment.orderId, signal);
  if (!read.ok) return read;
  const order = read.value;
  const plan = planShipment(order, shipment);
  if (plan.kind === "already") return { ok: true, already: true };
  if (plan.kind === "refused") return { ok: false, fault: plan.fault };
  const providers = await providersOf(order, parts, signal);
  if (!providers.ok) return providers;
  const provider = providerFor(providers.value, shipment);
  if (!provider) {
    const offered = providers.value.map(({ name }) => name).join(", ");
    const message = `TikTok Shop does not take ${shipment.carrierName} for this order. It offers: ${offered}.`;
    return { ok: false, fault: { kind: "rejected", message } };
  }
  const parcel = {
    tracking_number: shipment.trackingNumber,
    shipping_provider_id: provider.id,
  };
  const sent = await report(parts, { order, units: plan.units, parcel }, signal);
  if (sent.ok) return { ok: true, already: false };
  if (!shippedCodes.has(sent.fault.code ?? "")) return sent;
  // Somebody was faster: us, in a call whose answer was lost and which the first read did not show yet, or a person.
  const again = await readOrder(parts, shipment.orderId, signal);
  const isOurs = again.ok && planShipment(again.value, shipment).kind === "already";
  return isOurs ? { ok: true, already: true } : sent;
}

async function readOrder(
  { client }: TiktokShopParts,
  orderId: string,
  signal: AbortSignal,
): Promise<Answer<TiktokOrder>> {
  const answer = await readOrders(client, [orderId], signal);
  if (!answer.ok) return answer;
  const order = answer.value.find(({ id }) => id === orderId);
  if (order) return { ok: true, value: order };
  const message = `TikTok Shop does not know the order ${orderId}.`;
  return { ok: false, fault: { kind: "rejected", message } };
}

interface Report {
  readonly order: TiktokOrder;
  readonly units: readonly OpenUnit[];
  readonly parcel: { readonly tracking_number: string; readonly shipping_provider_id: string };
}

/** In the way of the shop's market; of one that is not known the first way is tried, which TikTok refuses elsewhere. */
async function report(
  parts: TiktokShopParts,
  { order, units, parcel }: Report,
  signal: AbortSignal,
): Promise<Answer<unknown>> {
  const { client, context } = parts;
  const { region } = context.settings;
  if (region === undefined || marksByOrder.has(region)) {
    const body = { order_line_item_ids: units.map(({ id }) => id), ...parcel };
    const marked = await client.markShipped(order.id, body, signal);
    if (marked.ok || marked.fault.code !== wrongRegionCode) return marked;
  }
  const packages = wholePackages(order, units);
  if (packages === null) {
    const message =
      "In this market TikTok Shop ships whole packages: split the order in Seller Center first, then send the parcel again.";
    return { ok: false, fault: { kind: "rejected", message } };
  }
  for (const packageId of packages) {
    const shipped = await client.shipPackage(packageId, parcel, signal);
    if (!shipped.ok) return shipped;
  }
  return { ok: true, value: null };
}
