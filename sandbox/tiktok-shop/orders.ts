import { z } from "zod";
import type { SandboxContext } from "../context.ts";
import { readPageToken, writePageToken } from "../page-token.ts";
import type { Shelf, ShelfOrder } from "../shelf.ts";
import type { TiktokFailure } from "./frame.ts";

/** specs/channel-limits.json, tiktok.batch. */
const detailIdsMax = 50;
const searchPageSizeMax = 100;

/** `GET /order/202507/orders?ids=`: unknown ids are left out. */
export function orderDetails(
  context: SandboxContext,
  shelf: Shelf,
  query: URLSearchParams,
): { readonly data: unknown } | TiktokFailure {
  const ids = (query.get("ids") ?? "").split(",").filter(Boolean);
  if (ids.length === 0 || ids.length > detailIdsMax) {
    return { status: 400, code: 36009004, message: "ids must name 1 to 50 orders" };
  }
  const orders = ids.flatMap((id) => {
    const order = shelf.find(id);
    return order ? [wireOrder(context, order)] : [];
  });
  return { data: { orders } };
}

const searchShape = z.looseObject({
  update_time_ge: z.number().optional(),
  update_time_lt: z.number().optional(),
});

/** `POST /order/202309/orders/search` by update time, ascending; the page token is a position in the change log. */
export function searchOrders(
  context: SandboxContext,
  shelf: Shelf,
  query: URLSearchParams,
  body: unknown,
): { readonly data: unknown } | TiktokFailure {
  const parsed = searchShape.safeParse(body ?? {});
  const pageSize = Number(query.get("page_size") ?? "20");
  if (!parsed.success || !(pageSize >= 1 && pageSize <= searchPageSizeMax)) {
    return { status: 400, code: 36009004, message: "Invalid parameter" };
  }
  const { update_time_ge: fromS = 0, update_time_lt: untilS = Number.MAX_SAFE_INTEGER } =
    parsed.data;
  const cursor = readPageToken(query.get("page_token"));
  if (Number.isNaN(cursor)) return { status: 400, code: 36009004, message: "Invalid page_token" };
  const page = shelf.changedSince(fromS * 1_000, { cursor, pageSizeMax: pageSize });
  const orders = page.orders.filter((order) => order.updatedAtMs < untilS * 1_000);
  return {
    data: {
      next_page_token: page.next === null ? "" : writePageToken(page.next),
      total_count: orders.length,
      orders: orders.map((order) => wireOrder(context, order)),
    },
  };
}

/** Shape of specs/tiktok/endpoints/get-order-detail.json, the parts without buyer data. */
function wireOrder(context: SandboxContext, order: ShelfOrder): unknown {
  const sku = context.skuByCode(order.sku);
  const status = order.cancelled ? "CANCELLED" : "AWAITING_SHIPMENT";
  const price = ((sku?.priceMinor ?? 0) / 100).toFixed(2);
  const line = (unit: number) => ({
    id: `58${String(order.serial).padStart(14, "0")}${String(unit).padStart(3, "0")}`,
    sku_id: sku?.tiktok.skuId ?? "",
    product_id: sku?.tiktok.productId ?? "",
    product_name: sku?.title ?? "",
    sku_name: sku?.code ?? "",
    seller_sku: order.sku,
    sku_type: "NORMAL",
    display_status: order.cancelled ? "CANCELLED" : "AWAITING_SHIPMENT",
    original_price: price,
    sale_price: price,
    currency: "USD",
    is_gift: false,
  });
  return {
    id: order.orderId,
    status,
    order_type: "NORMAL",
    commerce_platform: "TIKTOK_SHOP",
    fulfillment_type: "FULFILLMENT_BY_SELLER",
    shipping_type: "SELLER",
    warehouse_id: sku?.tiktok.warehouseId ?? "",
    is_on_hold_order: false,
    is_sample_order: false,
    is_cod: false,
    create_time: Math.floor(order.placedAtMs / 1_000),
    paid_time: Math.floor(order.placedAtMs / 1_000),
    update_time: Math.floor(order.updatedAtMs / 1_000),
    ...(order.cancelled
      ? { cancel_time: Math.floor(order.updatedAtMs / 1_000), cancellation_initiator: "BUYER" }
      : {}),
    payment: {
      currency: "USD",
      total_amount: (((sku?.priceMinor ?? 0) * order.quantity) / 100).toFixed(2),
    },
    // One entry per unit, no quantity field: the platform's own way.
    line_items: Array.from({ length: order.quantity }, (_, unit) => line(unit)),
  };
}
