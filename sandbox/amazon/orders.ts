import type { SandboxContext } from "../context.ts";
import { demoAccounts } from "../catalogue.ts";
import { readPageToken, writePageToken } from "../page-token.ts";
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
  const span = readSpan(query, context.now());
  if ("status" in span) return span;
  const asked = readPage(query);
  if ("status" in asked) return asked;
  const page = shelf.changedSince(span.sinceMs, asked);
  const orders = page.orders.filter(
    (order) =>
      order.updatedAtMs < span.untilMs && (!span.byCreation || order.placedAtMs >= span.sinceMs),
  );
  return {
    status: 200,
    body: {
      orders: orders.map((order) => wireOrder(context, order)),
      pagination: page.next === null ? {} : { nextToken: writePageToken(page.next) },
      ...(span.before === null ? {} : { lastUpdatedBefore: span.before }),
    },
  };
}

interface Span {
  readonly sinceMs: number;
  readonly untilMs: number;
  /** `sinceMs` bounds the creation too, not the last change alone. */
  readonly byCreation: boolean;
  /** The end as it was asked for; the answer repeats it. */
  readonly before: string | null;
}

function readSpan(query: URLSearchParams, nowMs: number): Span | AmazonAnswer {
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
  if (Number.isNaN(untilMs) || (before !== null && untilMs > nowMs - beforeAgeMsMin)) {
    return amazonError(400, "InvalidInput", "lastUpdatedBefore must be at least 2 minutes ago.");
  }
  return { sinceMs, untilMs, byCreation: created !== null, before };
}

function readPage(
  query: URLSearchParams,
): { readonly cursor: number | null; readonly pageSizeMax: number } | AmazonAnswer {
  const pageSize = Number(query.get("maxResultsPerPage") ?? "100");
  if (!(pageSize >= 1 && pageSize <= pageSizeMax)) {
    return amazonError(400, "InvalidInput", "maxResultsPerPage must be from 1 to 100.");
  }
  const cursor = readPageToken(query.get("paginationToken"));
  if (Number.isNaN(cursor)) return amazonError(400, "InvalidInput", "Invalid paginationToken.");
  return { cursor, pageSizeMax: pageSize };
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
