import { z } from "zod";
import { readPageToken, writePageToken } from "../page-token.ts";
import { shippedUnits, type ShelfOrder } from "../shelf.ts";
import { invalid, type CallResult } from "./frame.ts";
import type { ShopFloor } from "./inventory.ts";
import type { CancellationInitiator } from "./market.ts";

/** specs/channel-limits.json, tiktok.batch. */
const detailIdsMax = 50;
const searchPageSizeMax = 100;
/** specs/tiktok/endpoints/search-cancellations.json */
const cancellationsPageSizeMax = 50;
/** The seller's own way of shipping, and TikTok's. */
export const deliveryOptions = {
  SELLER: { id: "7091146663229654701", name: "Shipped by seller", type: "SEND_BY_SELLER" },
  TIKTOK: { id: "7091146663229654702", name: "Standard shipping", type: "STANDARD" },
} as const;

/** `GET /order/202507/orders?ids=`: unknown ids are left out. */
export function orderDetails(floor: ShopFloor, query: URLSearchParams): CallResult {
  const ids = (query.get("ids") ?? "").split(",").filter(Boolean);
  if (ids.length === 0 || ids.length > detailIdsMax) return invalid("ids must name 1 to 50.");
  const orders = ids.flatMap((id) => {
    const order = floor.shelf.find(id);
    return order ? [wireOrder(floor, order)] : [];
  });
  return { data: { orders } };
}

const windowShape = z.looseObject({
  update_time_ge: z.number().optional(),
  update_time_lt: z.number().optional(),
});

/** The other filters that are served; specs/tiktok/endpoints/get-order-list.json. */
const filterShape = z.looseObject({
  create_time_ge: z.number().int().optional(),
  create_time_lt: z.number().int().optional(),
  order_status: z
    .enum([
      "UNPAID",
      "ON_HOLD",
      "AWAITING_SHIPMENT",
      "PARTIALLY_SHIPPING",
      "AWAITING_COLLECTION",
      "IN_TRANSIT",
      "DELIVERED",
      "COMPLETED",
      "CANCELLED",
    ])
    .optional(),
});
type Filter = z.infer<typeof filterShape>;

/**
 * `POST /order/202309/orders/search`, oldest change first whatever the order asked for; the page token is a position in
 * the change log.
 */
export function searchOrders(floor: ShopFloor, query: URLSearchParams, body: unknown): CallResult {
  const filter = filterShape.safeParse(body ?? {});
  if (!filter.success) return invalid("create_time_ge, create_time_lt or order_status.");
  const page = readWindow(floor, query, body, {
    sizeMax: searchPageSizeMax,
    isMeant: (order) => isWithin(filter.data, order.placedAtMs, orderStatus(floor, order)),
  });
  if (page === null) return invalid("page_size, page_token or a time.");
  return {
    data: {
      next_page_token: page.next,
      total_count: page.total,
      orders: page.orders.map((order) => wireOrder(floor, order)),
    },
  };
}

function isWithin(filter: Filter, placedAtMs: number, status: string): boolean {
  const placedAtS = Math.floor(placedAtMs / 1_000);
  const {
    create_time_ge: fromS = 0,
    create_time_lt: untilS = Number.MAX_SAFE_INTEGER,
    order_status: wanted = status,
  } = filter;
  return placedAtS >= fromS && placedAtS < untilS && status === wanted;
}

/** What a search is for, beside the time of update. */
interface Search {
  readonly sizeMax: number;
  readonly isMeant: (order: ShelfOrder) => boolean;
}

interface WindowPage {
  readonly orders: readonly ShelfOrder[];
  readonly next: string;
  /** Over all pages. */
  readonly total: number;
}

/** A page of changed orders; null for a parameter that is not as documented. */
function readWindow(
  { shelf }: ShopFloor,
  query: URLSearchParams,
  body: unknown,
  { sizeMax, isMeant }: Search,
): WindowPage | null {
  const parsed = windowShape.safeParse(body ?? {});
  const size = Number(query.get("page_size") ?? "10");
  const cursor = readPageToken(query.get("page_token"));
  if (!parsed.success || !(size >= 1 && size <= sizeMax) || Number.isNaN(cursor)) return null;
  const { update_time_ge: fromS = 0, update_time_lt: untilS = Number.MAX_SAFE_INTEGER } =
    parsed.data;
  const isFound = (order: ShelfOrder) => order.updatedAtMs < untilS * 1_000 && isMeant(order);
  const all = shelf.changedSince(fromS * 1_000, { cursor: null, pageSizeMax: Infinity });
  const page = readFull(shelf, { fromMs: fromS * 1_000, cursor, size, isFound });
  return { ...page, total: all.orders.filter(isFound).length };
}

/** A page is full, as the platform's are, while there is more to find. */
function readFull(
  shelf: ShopFloor["shelf"],
  { fromMs, cursor, size, isFound }: FullPage,
): Pick<WindowPage, "orders" | "next"> {
  const orders: ShelfOrder[] = [];
  let next = cursor;
  do {
    const pageSizeMax = size - orders.length;
    const page = shelf.changedSince(fromMs, { cursor: next, pageSizeMax });
    orders.push(...page.orders.filter(isFound));
    ({ next } = page);
  } while (next !== null && orders.length < size);
  return { orders, next: next === null ? "" : writePageToken(next) };
}

interface FullPage {
  readonly fromMs: number;
  readonly cursor: number | null;
  readonly size: number;
  readonly isFound: (order: ShelfOrder) => boolean;
}

/** 18 digits, above 2^53 as the real ones. */
export function orderIdOf(serial: number): string {
  return `57${String(serial).padStart(16, "0")}`;
}

/** The platform's id of one unit of an order. @param unit from 0 */
export function unitId(order: ShelfOrder, unit: number): string {
  return `58${String(order.serial).padStart(14, "0")}${String(unit).padStart(3, "0")}`;
}

/** One unit as it stands: in which parcel, if any, and whether it was cancelled. */
interface Unit {
  readonly id: string;
  readonly parcel: ShelfOrder["parcels"][number] | undefined;
  readonly cancelled: boolean;
}

/** Cancelled are the last of the units that were not shipped. */
function unitsOf(order: ShelfOrder): readonly Unit[] {
  const ids = Array.from({ length: order.quantity }, (_, unit) => unitId(order, unit));
  const parcelOf = (id: string) =>
    order.parcels.find(({ lines }) => lines.some(({ lineId }) => lineId === id));
  const open = ids.filter((id) => parcelOf(id) === undefined);
  const cancelled = new Set(open.slice(open.length - order.cancelledUnits));
  return ids.map((id) => ({ id, parcel: parcelOf(id), cancelled: cancelled.has(id) }));
}

/** The order's status in the API's words. */
export function orderStatus({ market }: ShopFloor, order: ShelfOrder): string {
  if (order.cancelled) return "CANCELLED";
  const shipped = shippedUnits(order);
  if (shipped === 0) return market.openOrders.get(order.orderId) ?? "AWAITING_SHIPMENT";
  return shipped < order.quantity - order.cancelledUnits
    ? "PARTIALLY_SHIPPING"
    : "AWAITING_COLLECTION";
}

/** Shape of specs/tiktok/endpoints/get-order-detail.json, the parts without buyer data. */
function wireOrder(floor: ShopFloor, order: ShelfOrder): unknown {
  const { context, market } = floor;
  const sku = context.skuByCode(order.sku);
  const status = orderStatus(floor, order);
  const priceMinor = sku?.priceMinor ?? 0;
  const option = deliveryOptions[market.shippingType];
  const changedAtS = Math.floor(order.updatedAtMs / 1_000);
  const placedAtS = Math.floor(order.placedAtMs / 1_000);
  const isHeld = market.heldByTiktok.has(sku?.tiktok.skuId ?? "");
  return {
    id: order.orderId,
    status,
    order_type: "NORMAL",
    commerce_platform: "TIKTOK_SHOP",
    fulfillment_type: isHeld ? "FULFILLMENT_BY_TIKTOK" : "FULFILLMENT_BY_SELLER",
    shipping_type: market.shippingType,
    delivery_option_id: option.id,
    delivery_option_name: option.name,
    warehouse_id: sku?.tiktok.warehouseId ?? "",
    is_on_hold_order: status === "ON_HOLD",
    is_sample_order: false,
    is_cod: false,
    create_time: placedAtS,
    ...(status !== "UNPAID" && { paid_time: placedAtS }),
    update_time: changedAtS,
    ...(order.cancelled && {
      cancel_time: changedAtS,
      cancellation_initiator: initiatorOf(floor, order),
    }),
    payment: {
      currency: "USD",
      total_amount: ((priceMinor * order.quantity) / 100).toFixed(2),
    },
    packages: isSplitLate(market.region) ? [] : [{ id: packageId(order) }],
    // One entry per unit, no quantity field: the platform's own way.
    line_items: unitsOf(order).map((unit) => wireUnit(floor, order, unit)),
  };
}

/** Who cancelled it, or units of it: the buyer, unless the Seller Center says otherwise. */
export function initiatorOf({ market }: ShopFloor, { orderId }: ShelfOrder): CancellationInitiator {
  return market.cancelledBy.get(orderId) ?? "BUYER";
}

function wireUnit(floor: ShopFloor, order: ShelfOrder, unit: Unit): unknown {
  const { context, market } = floor;
  const price = ((context.skuByCode(order.sku)?.priceMinor ?? 0) / 100).toFixed(2);
  const { parcel } = unit;
  const hasPackage = parcel !== undefined || !isSplitLate(market.region);
  return {
    id: unit.id,
    ...namesOf(floor, order),
    sku_type: "NORMAL",
    display_status: unitStatus(floor, order, unit),
    original_price: price,
    sale_price: price,
    currency: "USD",
    is_gift: false,
    ...(hasPackage && {
      package_id: packageId(order),
      package_status: parcel ? "PROCESSING" : "TO_FULFILL",
    }),
    ...(parcel && {
      tracking_number: parcel.trackingNumber,
      shipping_provider_name: parcel.carrier,
    }),
  };
}

function namesOf({ context }: ShopFloor, order: ShelfOrder) {
  const sku = context.skuByCode(order.sku);
  return {
    sku_id: sku?.tiktok.skuId ?? "",
    product_id: sku?.tiktok.productId ?? "",
    product_name: sku?.title ?? "",
    sku_name: sku?.code ?? "",
    seller_sku: order.sku,
  };
}

function unitStatus({ market }: ShopFloor, order: ShelfOrder, unit: Unit): string {
  if (unit.cancelled) return "CANCELLED";
  if (unit.parcel) return "AWAITING_COLLECTION";
  return market.openOrders.get(order.orderId) ?? "AWAITING_SHIPMENT";
}

/** US and UK orders have no package before they are shipped (get-order-detail.json, package_id). */
export function isSplitLate(region: string): boolean {
  return region === "US" || region === "GB";
}

/** Elsewhere an order is one package from the start. */
export function packageId(order: ShelfOrder): string {
  return `11${String(order.serial).padStart(16, "0")}`;
}

/** `POST /return_refund/202309/cancellations/search` by update time: orders of which units were cancelled. */
export function searchCancellations(
  floor: ShopFloor,
  query: URLSearchParams,
  body: unknown,
): CallResult {
  const page = readWindow(floor, query, body, {
    sizeMax: cancellationsPageSizeMax,
    isMeant: (order) => order.cancelledUnits > 0,
  });
  if (page === null) return invalid("page_size, page_token or a time.");
  const cancellations = page.orders.map((order) => wireCancellation(floor, order));
  return { data: { next_page_token: page.next, total_count: page.total, cancellations } };
}

/** The platform's id of an order's cancellation. */
export function cancellationId(order: ShelfOrder): string {
  return `40${String(order.serial).padStart(16, "0")}`;
}

function wireCancellation(floor: ShopFloor, order: ShelfOrder): unknown {
  const sku = floor.context.skuByCode(order.sku);
  const role = initiatorOf(floor, order);
  const changedAtS = Math.floor(order.updatedAtMs / 1_000);
  return {
    cancel_id: cancellationId(order),
    order_id: order.orderId,
    cancel_type: role === "BUYER" ? "BUYER_CANCEL" : "CANCEL",
    cancel_status: "CANCELLATION_REQUEST_SUCCESS",
    role,
    create_time: changedAtS,
    update_time: changedAtS,
    cancel_line_items: unitsOf(order)
      .filter((unit) => unit.cancelled)
      .map((unit) => ({
        cancel_line_item_id: `41${unit.id}`,
        order_line_item_id: unit.id,
        sku_id: sku?.tiktok.skuId ?? "",
        seller_sku: order.sku,
      })),
  };
}
