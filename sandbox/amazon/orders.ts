import type { SandboxContext } from "../context.ts";
import { demoAccounts } from "../catalogue.ts";
import type { Shelf, ShelfOrder } from "../shelf.ts";
import { amazonError, type AmazonAnswer } from "./frame.ts";

/** specs/channel-limits.json, searchOrders_2026.pageMax. */
const pageSizeMax = 100;
/** A "before" time must be at least this far in the past (channels.md 3.6). */
const beforeAgeMsMin = 120_000;

/** `GET /orders/2026-01-01/orders/{orderId}` */
export function getOrder(context: SandboxContext, shelf: Shelf, orderId: string): AmazonAnswer {
  const order = shelf.find(orderId);
  if (!order) return amazonError(404, "NotFound", `Order ${orderId} not found.`);
  return { status: 200, body: { order: wireOrder(context, order) } };
}

/** `GET /orders/2026-01-01/orders?lastUpdatedAfter=`; the token is a position in the change log. */
export function searchOrders(
  context: SandboxContext,
  shelf: Shelf,
  query: URLSearchParams,
): AmazonAnswer {
  const after = query.get("lastUpdatedAfter");
  const created = query.get("createdAfter");
  if ((after === null) === (created === null)) {
    return amazonError(
      400,
      "InvalidInput",
      "Give exactly one of createdAfter and lastUpdatedAfter.",
    );
  }
  const sinceMs = Date.parse(after ?? created ?? "");
  if (Number.isNaN(sinceMs)) return amazonError(400, "InvalidInput", "Invalid date.");
  const before = query.get("lastUpdatedBefore");
  const untilMs = before === null ? Number.MAX_SAFE_INTEGER : Date.parse(before);
  if (Number.isNaN(untilMs) || (before !== null && untilMs > context.now() - beforeAgeMsMin)) {
    return amazonError(400, "InvalidInput", "lastUpdatedBefore must be at least 2 minutes ago.");
  }
  const pageSize = Number(query.get("maxResultsPerPage") ?? "100");
  if (!(pageSize >= 1 && pageSize <= pageSizeMax)) {
    return amazonError(400, "InvalidInput", "maxResultsPerPage must be from 1 to 100.");
  }
  const token = query.get("paginationToken");
  const cursor = token ? Number(Buffer.from(token, "base64url").toString()) : null;
  if (Number.isNaN(cursor)) return amazonError(400, "InvalidInput", "Invalid paginationToken.");
  const page = shelf.changedSince(sinceMs, { cursor, pageSizeMax: pageSize });
  const orders = page.orders.filter(
    (order) => order.updatedAtMs < untilMs && (created === null || order.placedAtMs >= sinceMs),
  );
  return {
    status: 200,
    body: {
      orders: orders.map((order) => wireOrder(context, order)),
      pagination:
        page.next === null
          ? {}
          : { nextToken: Buffer.from(String(page.next)).toString("base64url") },
      ...(before === null ? {} : { lastUpdatedBefore: before }),
    },
  };
}

/** The order's only item. */
export function orderItemId(order: ShelfOrder): string {
  return `6${String(order.serial).padStart(13, "0")}`;
}

/** Shape of specs/amazon/models/orders_2026-01-01.json "Order", the parts that need no restricted role. */
function wireOrder(context: SandboxContext, order: ShelfOrder): unknown {
  const sku = context.skuByCode(order.sku);
  const unitPrice = { amount: ((sku?.priceMinor ?? 0) / 100).toFixed(2), currencyCode: "USD" };
  return {
    orderId: order.orderId,
    createdTime: new Date(order.placedAtMs).toISOString(),
    lastUpdatedTime: new Date(order.updatedAtMs).toISOString(),
    programs: [],
    salesChannel: {
      channelName: "AMAZON",
      marketplaceId: demoAccounts.amazonMarketplace,
      marketplaceName: "Amazon.com",
    },
    fulfillment: {
      fulfillmentStatus: order.cancelled ? "CANCELLED" : "UNSHIPPED",
      fulfilledBy: "MERCHANT",
      fulfillmentServiceLevel: "STANDARD",
    },
    orderItems: [
      {
        orderItemId: orderItemId(order),
        quantityOrdered: order.quantity,
        programs: [],
        product: {
          title: sku?.title ?? "",
          sellerSku: order.sku,
          condition: { conditionType: "NEW" },
          price: { unitPrice },
        },
        fulfillment: {
          quantityFulfilled: 0,
          quantityUnfulfilled: order.cancelled ? 0 : order.quantity,
        },
        ...(order.cancelled
          ? { cancellation: { cancellationExecution: { cancelledBy: "BUYER" } } }
          : {}),
      },
    ],
    packages: [],
  };
}
