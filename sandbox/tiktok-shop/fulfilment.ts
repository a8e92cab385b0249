import { z } from "zod";
import type { SandboxParcel } from "../channel.ts";
import type { ShelfOrder } from "../shelf.ts";
import type { CallResult, TiktokFailure } from "./frame.ts";
import type { ShopFloor } from "./inventory.ts";
import { deliveryOptions, isSplitLate, orderIdOf, packageId, unitId } from "./orders.ts";
import { salesWarehouses } from "./market.ts";

/** Regions that report seller-shipped packages by the order (mark-package-as-shipped.json, its description). */
const marksByOrder: ReadonlySet<string> = new Set([
  ...["US", "GB", "ES", "IE", "IT", "DE", "FR", "JP"],
]);

/** Carriers that a seller may name, as a US shop lists them. */
const providers = [
  { id: "7117858858072016601", name: "USPS" },
  { id: "7117858858072016602", name: "UPS" },
  { id: "7117858858072016603", name: "FedEx" },
  { id: "7117858858072016604", name: "DHL eCommerce" },
  { id: "7117858858072016605", name: "DHL Express" },
  { id: "7117858858072016606", name: "Royal Mail" },
  { id: "7117858858072016699", name: "Other" },
] as const;

/** `GET /logistics/202309/warehouses/{warehouse_id}/delivery_options` */
export function listDeliveryOptions(warehouseId: string): CallResult {
  const isOwn = salesWarehouses.some(({ id }) => id === warehouseId);
  const options = isOwn ? Object.values(deliveryOptions) : [];
  return {
    data: {
      delivery_options: options.map((option) => ({ ...option, platform: ["TIKTOK_SHOP"] })),
    },
  };
}

/** `GET /logistics/202309/delivery_options/{delivery_option_id}/shipping_providers` */
export function listProviders(deliveryOptionId: string): CallResult {
  if (deliveryOptionId === deliveryOptions.TIKTOK.id) {
    const message =
      "The delivery of the specified delivery_option_id is fulfilled by TikTok. No shipping provider will be returned.";
    return { status: 200, code: 21008117, message };
  }
  if (deliveryOptionId !== deliveryOptions.SELLER.id) {
    const message = "No Subscription without specified delivery option.";
    return { status: 200, code: 21008116, message };
  }
  return { data: { shipping_providers: providers } };
}

const markShape = z.strictObject({
  order_line_item_ids: z.array(z.string()).min(1).optional(),
  tracking_number: z.string().min(1),
  shipping_provider_id: z.string(),
});

/** `POST /fulfillment/202309/orders/{order_id}/packages`: some units, or all, go in one parcel. */
export function markShipped(floor: ShopFloor, orderId: string, body: unknown): CallResult {
  const parsed = markShape.safeParse(body);
  if (!parsed.success) return failure(21001001, "Invalid parameters.");
  if (!marksByOrder.has(floor.market.region)) {
    return failure(21008106, "This interface cannot be used in this region.");
  }
  const order = floor.shelf.find(orderId);
  if (!order) return failure(21011029, "order does not belong to fulfill unit");
  const all = allUnits(order);
  const ids = parsed.data.order_line_item_ids ?? all;
  if (!ids.every((id) => all.includes(id))) return failure(21001001, "Invalid parameters.");
  const { tracking_number: trackingNumber, shipping_provider_id: providerId } = parsed.data;
  const refusal = ship(floor, order, { ids, trackingNumber, providerId });
  if (refusal) return refusal;
  return {
    data: { order_id: orderId, order_line_item_ids: ids, package_id: packageId(order) },
  };
}

const shipShape = z.strictObject({
  handover_method: z.enum(["PICKUP", "DROP_OFF"]).optional(),
  self_shipment: z.strictObject({
    tracking_number: z.string().min(1),
    shipping_provider_id: z.string(),
  }),
});

/** `POST /fulfillment/202309/packages/{package_id}/ship`: the whole package. */
export function shipPackage(floor: ShopFloor, id: string, body: unknown): CallResult {
  const parsed = shipShape.safeParse(body);
  if (!parsed.success) return failure(11050001, "invalid param");
  // A package has its order's number: this platform never combines orders.
  const order = floor.shelf.find(orderIdOf(Number(id.slice(2))));
  if (!order || packageId(order) !== id || isSplitLate(floor.market.region)) {
    return failure(21011028, "The package does not belong to the current shop.");
  }
  const { tracking_number: trackingNumber, shipping_provider_id: providerId } =
    parsed.data.self_shipment;
  const ids = allUnits(order).slice(0, order.quantity - order.cancelledUnits);
  return ship(floor, order, { ids, trackingNumber, providerId }) ?? { data: {} };
}

function allUnits(order: ShelfOrder): readonly string[] {
  return Array.from({ length: order.quantity }, (_, unit) => unitId(order, unit));
}

interface Parcel {
  readonly ids: readonly string[];
  readonly trackingNumber: string;
  readonly providerId: string;
}

function ship(
  { market, shelf, context }: ShopFloor,
  order: ShelfOrder,
  parcel: Parcel,
): TiktokFailure | null {
  const { ids, trackingNumber, providerId } = parcel;
  if (market.shippingType === "TIKTOK") {
    const message =
      "This API cannot be used to update package shipping information for packages that are not shipped by sellers.";
    return failure(21011004, message);
  }
  const provider = providers.find(({ id }) => id === providerId);
  if (!provider) return failure(21011022, "Invalid tracking number or provider ID.");
  if (!/^[A-Za-z0-9-]+$/.test(trackingNumber)) {
    return failure(21004012, "Tracking number has special characters, verify failed.");
  }
  const shipped = new Set(order.parcels.flatMap(({ lines }) => lines.map(({ lineId }) => lineId)));
  if (ids.some((id) => shipped.has(id))) {
    return failure(21011020, "These orders are already shipped.");
  }
  if ((market.openOrders.get(order.orderId) ?? "AWAITING_SHIPMENT") !== "AWAITING_SHIPMENT") {
    return failure(21011003, "fulfill_unit action not allowed");
  }
  const told: SandboxParcel = {
    trackingNumber,
    carrier: provider.name,
    lines: ids.map((lineId) => ({ lineId, quantity: 1 })),
  };
  if (!shelf.ship(order.orderId, told)) {
    return failure(21011041, "Cannot complete the operation when order is cancelled. ");
  }
  context.recordWrite(order.sku, shelf.shown(order.sku) ?? 0);
  return null;
}

function failure(code: number, message: string): TiktokFailure {
  return { status: 200, code, message };
}
