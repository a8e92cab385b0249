import type { SandboxContext } from "../context.ts";
import { readPageToken, writePageToken } from "../page-token.ts";
import { shippedUnits, type Shelf, type ShelfOrder } from "../shelf.ts";
import { currency, listOf, marketplaceId } from "./account.ts";
import { amazonError, shapeOf, type AmazonAnswer, type Call, type PartedRequest } from "./frame.ts";
import { decimal } from "./offers.ts";
import type { PackageReferences } from "./package-references.ts";

/** specs/channel-limits.json, amazon.operations (documented), per seller and application. */
const limits = {
  searchOrders: { ratePerSecond: 0.0056, burst: 20 },
  getOrder: { ratePerSecond: 0.5, burst: 30 },
};
/** specs/channel-limits.json, searchOrders_2026.pageMax. */
const pageSizeMax = 100;
/** A "before" time must be at least this far in the past (channels.md 3.6). */
const beforeAgeMsMin = 120_000;

/** What an order's wire form is made from. */
export interface OrderBook {
  readonly context: SandboxContext;
  readonly shelf: Shelf;
  readonly references: PackageReferences;
}

/** `/orders/2026-01-01/orders[/{orderId}]` */
export function orderCall(book: OrderBook, { request, names, query }: PartedRequest): Call | null {
  const call = (operation: keyof typeof limits, run: () => AmazonAnswer): Call => ({
    ...{ operation, limit: limits[operation], token: "seller", run },
  });
  switch (shapeOf(request.method, names)) {
    case "GET /*":
      return call("getOrder", () => getOrder(book, names[0] ?? "", query));
    case "GET ":
      return call("searchOrders", () => searchOrders(book, query));
    default:
      return null;
  }
}

function getOrder(book: OrderBook, orderId: string, query: URLSearchParams): AmazonAnswer {
  const order = book.shelf.find(orderId);
  if (!order) return amazonError(404, "NotFound", `Order ${orderId} not found.`);
  return { status: 200, body: { order: wireOrder(book, order, query) } };
}

/** `GET /orders/2026-01-01/orders?lastUpdatedAfter=`; the token is a position in the change log. */
function searchOrders(book: OrderBook, query: URLSearchParams): AmazonAnswer {
  const span = readSpan(query, book.context.now());
  if ("status" in span) return span;
  const asked = readPage(query);
  if ("status" in asked) return asked;
  const page = book.shelf.changedSince(span.sinceMs, asked);
  const orders = page.orders.filter(
    (order) =>
      order.updatedAtMs < span.untilMs && (!span.byCreation || order.placedAtMs >= span.sinceMs),
  );
  return {
    status: 200,
    body: {
      orders: orders.map((order) => wireOrder(book, order, query)),
      ...(page.next !== null && { pagination: { nextToken: writePageToken(page.next) } }),
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

type OrderState = "CANCELLED" | "UNSHIPPED" | "PARTIALLY_SHIPPED" | "SHIPPED";

/** How an order stands, in the Orders API's words. */
export function orderState(order: ShelfOrder): OrderState {
  if (order.cancelled) return "CANCELLED";
  const shipped = shippedUnits(order);
  if (shipped === 0) return "UNSHIPPED";
  return shipped < order.quantity ? "PARTIALLY_SHIPPED" : "SHIPPED";
}

/**
 * Shape of specs/amazon/models/orders_2026-01-01.json "Order", the parts that need no restricted role. Amazon gives
 * `fulfillment` only to those who ask for it; here it comes always.
 */
function wireOrder(
  { context, references }: OrderBook,
  order: ShelfOrder,
  query: URLSearchParams,
): unknown {
  const sku = context.skuByCode(order.sku);
  const blocks = listOf(query, "includedData");
  const state = orderState(order);
  const shipped = shippedUnits(order);
  const amount = decimal(sku?.priceMinor ?? 0);
  const unitPrice = { amount, currencyCode: currency };
  const isCancelled = order.cancelled && blocks.includes("CANCELLATION");
  return {
    orderId: order.orderId,
    createdTime: new Date(order.placedAtMs).toISOString(),
    lastUpdatedTime: new Date(order.updatedAtMs).toISOString(),
    programs: [],
    salesChannel: {
      channelName: "AMAZON",
      marketplaceId,
      marketplaceName: "Amazon.com",
    },
    fulfillment: {
      fulfillmentStatus: state,
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
          quantityFulfilled: shipped,
          quantityUnfulfilled: order.cancelled ? 0 : order.quantity - shipped,
        },
        ...(isCancelled && {
          cancellation: { cancellationExecution: { cancelledBy: "BUYER" } },
        }),
      },
    ],
    ...(blocks.includes("PACKAGES") && { packages: references.wire(order) }),
  };
}
