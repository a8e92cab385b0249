import type { SandboxContext } from "../context.ts";
import { demoAccounts } from "../catalogue.ts";
import type { Shelf, ShelfOrder } from "../shelf.ts";
import { ebayError, refuse, type EbayAnswer } from "./frame.ts";
import type { SigningKey } from "./signing-key.ts";

/** specs/channel-limits.json, ebay.batch. */
const orderIdsMax = 50;
const pageSizeMax = 200;
/** Orders one filter can page through in the sandbox. */
const filteredOrdersMax = 50_000;
const domain = "API_FULFILLMENT";

/** `GET /sell/fulfillment/v1/order/{orderId}` */
export function oneOrder(context: SandboxContext, shelf: Shelf, orderId: string): EbayAnswer {
  const order = shelf.find(orderId);
  if (!order) return refuse(404, ebayError(32100, domain, "Invalid order ID: " + orderId));
  return { status: 200, body: wireOrder(context, order) };
}

/** `GET /sell/fulfillment/v1/order?orderIds=` or `?filter=lastmodifieddate:[from..to]` */
export function listOrders(
  context: SandboxContext,
  shelf: Shelf,
  query: URLSearchParams,
): EbayAnswer {
  const limit = Number(query.get("limit") ?? "50");
  const offset = Number(query.get("offset") ?? "0");
  if (!(limit >= 1 && limit <= pageSizeMax) || !(offset >= 0)) {
    return refuse(400, ebayError(30700, domain, "Invalid limit or offset"));
  }
  const ids = query.get("orderIds");
  if (ids !== null) {
    const wanted = ids.split(",").filter(Boolean);
    if (wanted.length > orderIdsMax) {
      return refuse(400, ebayError(30700, domain, "At most 50 orderIds"));
    }
    const found = wanted.flatMap((id) => shelf.find(id) ?? []);
    return page(context, found, limit, offset, query);
  }
  const range = lastModifiedRange(query.get("filter"));
  if (!range) return refuse(400, ebayError(30700, domain, "Invalid filter"));
  const changed = shelf
    .changedSince(range.fromMs, { cursor: null, pageSizeMax: filteredOrdersMax })
    .orders.filter((order) => order.updatedAtMs <= range.toMs);
  return page(context, changed, limit, offset, query);
}

/** null: the filter is not understood. No filter means the last 90 days. */
function lastModifiedRange(filter: string | null): { fromMs: number; toMs: number } | null {
  if (filter === null || filter === "") return { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER };
  const match = /lastmodifieddate:\[([^\].]*(?:\.\d+)?Z?)\.\.([^\]]*)\]/.exec(filter);
  if (!match) return null;
  const fromMs = Date.parse(match[1] ?? "");
  const toMs = match[2] ? Date.parse(match[2]) : Number.MAX_SAFE_INTEGER;
  return Number.isNaN(fromMs) || Number.isNaN(toMs) ? null : { fromMs, toMs };
}

function page(
  context: SandboxContext,
  orders: readonly ShelfOrder[],
  limit: number,
  offset: number,
  query: URLSearchParams,
): EbayAnswer {
  const shown = orders.slice(offset, offset + limit);
  const base = `${context.sandboxUrl()}/ebay/sell/fulfillment/v1/order`;
  const address = (from: number) => {
    const next = new URLSearchParams(query);
    next.set("offset", String(from));
    next.set("limit", String(limit));
    return `${base}?${next.toString()}`;
  };
  return {
    status: 200,
    body: {
      href: address(offset),
      total: orders.length,
      limit,
      offset,
      ...(offset + limit < orders.length ? { next: address(offset + limit) } : {}),
      orders: shown.map((order) => wireOrder(context, order)),
    },
  };
}

function lineItemId(order: ShelfOrder): string {
  return `10${String(order.serial).padStart(12, "0")}`;
}

/** Shape of sell_fulfillment_v1_oas3.json "Order", the parts without buyer data. */
function wireOrder(context: SandboxContext, order: ShelfOrder): unknown {
  const sku = context.skuByCode(order.sku);
  const value = (((sku?.priceMinor ?? 0) * order.quantity) / 100).toFixed(2);
  return {
    orderId: order.orderId,
    legacyOrderId: order.orderId,
    creationDate: new Date(order.placedAtMs).toISOString(),
    lastModifiedDate: new Date(order.updatedAtMs).toISOString(),
    orderFulfillmentStatus: "NOT_STARTED",
    orderPaymentStatus: order.cancelled ? "FULLY_REFUNDED" : "PAID",
    sellerId: demoAccounts.ebay,
    pricingSummary: { total: { value, currency: "USD" } },
    cancelStatus: {
      cancelState: order.cancelled ? "CANCELED" : "NONE_REQUESTED",
      cancelRequests: [],
      ...(order.cancelled ? { cancelledDate: new Date(order.updatedAtMs).toISOString() } : {}),
    },
    lineItems: [
      {
        lineItemId: lineItemId(order),
        legacyItemId: sku?.ebay.listingId ?? "",
        sku: order.sku,
        title: sku?.title ?? "",
        quantity: order.quantity,
        soldFormat: "FIXED_PRICE",
        listingMarketplaceId: demoAccounts.ebayMarketplace,
        purchaseMarketplaceId: demoAccounts.ebayMarketplace,
        lineItemFulfillmentStatus: "NOT_STARTED",
        lineItemCost: { value, currency: "USD" },
        total: { value, currency: "USD" },
      },
    ],
  };
}

/**
 * ORDER_CONFIRMATION (specs/ebay/notification-order-confirmation.example.json): no SKU inside, the app
 * has to fetch the order. Also sent after a cancellation, so that the app fetches again; the real
 * platform has other topics for that, whose effect on the app is the same.
 */
export function announceOrder(context: SandboxContext, key: SigningKey, order: ShelfOrder): void {
  const sku = context.skuByCode(order.sku);
  const suffix = order.cancelled ? "c" : "a";
  const content = (attempt: number) => {
    const body = JSON.stringify({
      metadata: { topic: "ORDER_CONFIRMATION", schemaVersion: "1.0", deprecated: false },
      notification: {
        // A repeat keeps its id.
        notificationId: `${order.orderId}-${String(order.serial)}-${suffix}`,
        eventDate: new Date(order.updatedAtMs).toISOString(),
        publishDate: new Date(context.now()).toISOString(),
        publishAttemptCount: attempt,
        data: {
          user: { userId: demoAccounts.ebay, username: demoAccounts.ebay },
          order: {
            orderId: order.orderId,
            orderLineItems: [
              {
                orderLineItemId: lineItemId(order),
                listingId: sku?.ebay.listingId ?? "",
                quantity: order.quantity,
              },
            ],
          },
        },
      },
    });
    return { body, headers: { "x-ebay-signature": key.signatureHeader(body) } };
  };
  context.emitter.send({ path: "/webhooks/ebay", ...content(1), again: content });
}
