import { z } from "zod";
import { parseJson } from "../answer.ts";
import type { SandboxParcel } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import type { Shelf, ShelfOrder } from "../shelf.ts";
import { marketplaceId } from "./account.ts";
import { amazonError, shapeOf, type AmazonAnswer, type Call, type PartedRequest } from "./frame.ts";
import { orderItemId } from "./orders.ts";
import type { PackageReferences } from "./package-references.ts";

/** specs/channel-limits.json, confirmShipment_v0. */
const limit = { ratePerSecond: 2, burst: 10 };
/** A ship date this far ahead of Amazon's clock is no slip of a clock any more. */
const aheadMsMax = 10 * 60 * 1_000;
/** And this far before the order: clocks differ. */
const behindMsMax = 10 * 60 * 1_000;

/** specs/amazon/models/ordersV0.json, ConfirmShipmentRequest. */
const confirmShape = z.looseObject({
  marketplaceId: z.literal(marketplaceId),
  packageDetail: z
    .looseObject({
      packageReferenceId: z.string().regex(/^[1-9]\d*$/),
      carrierCode: z.string().min(1),
      carrierName: z.string().min(1).optional(),
      trackingNumber: z.string().min(1),
      shipDate: z.iso.datetime(),
      orderItems: z
        .array(z.looseObject({ orderItemId: z.string(), quantity: z.number().int().min(1) }))
        .min(1),
    })
    .refine(({ carrierCode, carrierName }) => carrierCode !== "Other" || carrierName !== undefined),
});
type PackageDetail = z.infer<typeof confirmShape>["packageDetail"];

/** Carriers that Amazon knows by a code. */
const carrierCodes = new Set([
  "UPS",
  "USPS",
  "FedEx",
  "DHL",
  "Royal Mail",
  "DPD",
  "GLS",
  "Hermes Logistik Gruppe",
  "Canada Post",
  "Australia Post",
  "Delhivery",
  "BlueDart",
  "Other",
]);

interface ShipmentBook {
  readonly context: SandboxContext;
  readonly shelf: Shelf;
  readonly references: PackageReferences;
}

/** `POST /orders/v0/orders/{orderId}/shipmentConfirmation` */
export function shipmentCall(book: ShipmentBook, { request, names }: PartedRequest): Call | null {
  const [orderId = "", what = ""] = names;
  const isConfirmation = what === "shipmentConfirmation";
  if (shapeOf(request.method, names) !== "POST /*/*" || !isConfirmation) return null;
  const run = () => confirm(book, orderId, parseJson(request.rawBody));
  return { operation: "confirmShipment", limit, token: "seller", run };
}

function confirm(book: ShipmentBook, orderId: string, body: unknown): AmazonAnswer {
  const parsed = confirmShape.safeParse(body);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join(".") ?? "body";
    return amazonError(400, "InvalidInput", `Invalid value provided at '${where}'.`);
  }
  const order = book.shelf.find(orderId);
  if (!order) return amazonError(404, "NotFound", `Order ${orderId} not found.`);
  const { packageDetail } = parsed.data;
  const problem = problemOf(book, order, packageDetail);
  if (problem !== null) return amazonError(400, "InvalidInput", problem);
  const parcel: SandboxParcel = {
    trackingNumber: packageDetail.trackingNumber,
    carrier: packageDetail.carrierName ?? packageDetail.carrierCode,
    lines: packageDetail.orderItems.map((item) => ({
      lineId: item.orderItemId,
      quantity: item.quantity,
    })),
  };
  return put(book, order, { reference: packageDetail.packageReferenceId, parcel });
}

function problemOf(
  { context }: ShipmentBook,
  order: ShelfOrder,
  { carrierCode, shipDate, orderItems }: PackageDetail,
): string | null {
  const shippedAtMs = Date.parse(shipDate);
  if (order.cancelled) return "The order is cancelled.";
  if (!carrierCodes.has(carrierCode)) return `Carrier '${carrierCode}' is not known.`;
  if (shippedAtMs > context.now() + aheadMsMax) return "The ship date is in the future.";
  if (shippedAtMs < order.placedAtMs - behindMsMax) return "The ship date is before the order.";
  const isStray = orderItems.some((item) => item.orderItemId !== orderItemId(order));
  return isStray ? "An order item does not belong to the order." : null;
}

/** The same number again is a correction of that parcel, not another one. */
function put(
  { context, shelf, references }: ShipmentBook,
  order: ShelfOrder,
  { reference, parcel }: { readonly reference: string; readonly parcel: SandboxParcel },
): AmazonAnswer {
  const at = references.of(order.orderId).indexOf(reference);
  if (at !== -1) {
    order.parcels = order.parcels.map((one, index) => (index === at ? parcel : one));
    context.changed();
    return { status: 204 };
  }
  // Before it is announced, so that whoever reads the order at once finds the number.
  references.add(order.orderId, reference);
  if (shelf.ship(order.orderId, parcel)) return { status: 204 };
  references.restore([[order.orderId, references.of(order.orderId).slice(0, -1)]]);
  return amazonError(400, "InvalidInput", "More units than are left to ship.");
}
