import { z } from "zod";
import type { SandboxParcel } from "../channel.ts";
import type { ShelfOrder } from "../shelf.ts";
import { created, ebayError, refuse, type EbayAnswer } from "./frame.ts";
import type { Shop } from "./inventory.ts";
import { lineItemId } from "./orders.ts";

const domain = "API_FULFILLMENT";
/** Parcels one order may have; the real number is not documented. */
const parcelsMax = 100;

const bodyShape = z.strictObject({
  lineItems: z
    .array(z.strictObject({ lineItemId: z.string(), quantity: z.number().int().min(1).default(1) }))
    .min(1),
  shippedDate: z.iso.datetime().optional(),
  shippingCarrierCode: z.string().min(1).max(50).optional(),
  trackingNumber: z.string().optional(),
});

/** `GET /order/{orderId}/shipping_fulfillment` */
export function listFulfilments(shop: Shop, orderId: string): EbayAnswer {
  const order = shop.shelf.find(orderId);
  if (!order) return unknownOrder(orderId);
  const fulfillments = order.parcels.map((parcel) => ({
    fulfillmentId: parcel.trackingNumber,
    shipmentTrackingNumber: parcel.trackingNumber,
    shippingCarrierCode: parcel.carrier,
    lineItems: parcel.lines.map(({ lineId, quantity }) => ({ lineItemId: lineId, quantity })),
  }));
  return { status: 200, body: { fulfillments, total: fulfillments.length } };
}

/** `POST /order/{orderId}/shipping_fulfillment` */
export function createFulfilment(shop: Shop, orderId: string, body: unknown): EbayAnswer {
  const order = shop.shelf.find(orderId);
  if (!order) return unknownOrder(orderId);
  const parsed = bodyShape.safeParse(body);
  if (!parsed.success) return refuse(400, ebayError(32600, domain, "Invalid input data"));
  const { lineItems, trackingNumber = "", shippingCarrierCode = "" } = parsed.data;
  if (!isTrackable(trackingNumber, shippingCarrierCode)) {
    return refuse(400, ebayError(32300, domain, "Invalid shipment tracking number or carrier"));
  }
  const lines = lineItems.map((line) => ({ lineId: line.lineItemId, quantity: line.quantity }));
  const refusal = refusedLines(order, lines);
  if (refusal) return refusal;
  const parcel = { trackingNumber, carrier: shippingCarrierCode, lines };
  if (order.parcels.length >= parcelsMax) {
    return refuse(400, ebayError(34100, domain, "Maximum tracking number for order is exceeded"));
  }
  if (!shop.shelf.ship(orderId, parcel)) {
    const text = "Please use PUT operation for updating shipping fulfillment";
    return refuse(400, ebayError(34500, domain, text));
  }
  shop.context.recordWrite(order.sku, shop.shelf.shown(order.sku) ?? 0);
  const base = `${shop.context.sandboxUrl()}/ebay/sell/fulfillment/v1/order`;
  return created(201, `${base}/${orderId}/shipping_fulfillment/${trackingNumber || "999"}`);
}

/** Both or none, and nothing but letters and digits (channels.md 4.5). */
function isTrackable(trackingNumber: string, carrier: string): boolean {
  if (trackingNumber === "" && carrier === "") return true;
  return /^[A-Za-z0-9]+$/.test(trackingNumber) && carrier !== "";
}

function refusedLines(order: ShelfOrder, lines: SandboxParcel["lines"]): EbayAnswer | null {
  const ids = lines.map(({ lineId }) => lineId);
  if (new Set(ids).size < ids.length) {
    return refuse(400, ebayError(32210, domain, "Duplicate line item in the request"));
  }
  const stranger = ids.find((id) => id !== lineItemId(order));
  if (stranger === undefined) return null;
  return refuse(400, ebayError(32200, domain, `Invalid line item id: ${stranger}`));
}

function unknownOrder(orderId: string): EbayAnswer {
  return refuse(404, ebayError(32100, domain, `Invalid order ID: ${orderId}`));
}
