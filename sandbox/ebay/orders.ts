import { demoAccounts } from "../catalogue.ts";
import { shippedUnits, type ShelfOrder } from "../shelf.ts";
import { ebayError, refuse, type EbayAnswer } from "./frame.ts";
import type { Shop } from "./inventory.ts";

/** specs/channel-limits.json, ebay.batch. */
const orderIdsMax = 50;
const pageSizeMax = 200;
/** Orders one filter can page through in the sandbox. */
const filteredOrdersMax = 50_000;
const domain = "API_FULFILLMENT";

/** `GET /sell/fulfillment/v1/order/{orderId}` */
export function oneOrder(shop: Shop, orderId: string): EbayAnswer {
  const order = shop.shelf.find(orderId);
  if (!order) return refuse(404, ebayError(32100, domain, "Invalid order ID: " + orderId));
  return { status: 200, body: wireOrder(shop, order) };
}

/** `GET /sell/fulfillment/v1/order?orderIds=` or `?filter=lastmodifieddate:[from..to]` */
export function listOrders(shop: Shop, query: URLSearchParams): EbayAnswer {
  const { shelf } = shop;
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
    return page(shop, found, { limit, offset, query });
  }
  const range = lastModifiedRange(query.get("filter"));
  if (!range) return refuse(400, ebayError(30700, domain, "Invalid filter"));
  const changed = shelf
    .changedSince(range.fromMs, { cursor: null, pageSizeMax: filteredOrdersMax })
    .orders.filter((order) => order.updatedAtMs <= range.toMs);
  return page(shop, changed, { limit, offset, query });
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

interface Page {
  readonly limit: number;
  readonly offset: number;
  readonly query: URLSearchParams;
}

function page(
  shop: Shop,
  orders: readonly ShelfOrder[],
  { limit, offset, query }: Page,
): EbayAnswer {
  const shown = orders.slice(offset, offset + limit);
  const base = `${shop.context.sandboxUrl()}/ebay/sell/fulfillment/v1/order`;
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
      orders: shown.map((order) => wireOrder(shop, order)),
    },
  };
}

export function lineItemId(order: ShelfOrder): string {
  return `10${String(order.serial).padStart(12, "0")}`;
}

/** Shape of sell_fulfillment_v1_oas3.json "Order", the parts without buyer data. */
function wireOrder({ listings }: Shop, order: ShelfOrder): unknown {
  const known = listings.bySku(order.sku);
  const value = (((known ? listings.priceMinor(known.sku) : 0) * order.quantity) / 100).toFixed(2);
  const fulfilled = fulfilmentStatus(order);
  return {
    orderId: order.orderId,
    legacyOrderId: order.orderId,
    creationDate: new Date(order.placedAtMs).toISOString(),
    lastModifiedDate: new Date(order.updatedAtMs).toISOString(),
    orderFulfillmentStatus: fulfilled,
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
        legacyItemId: known?.item.listingId ?? "",
        ...(known?.item.hasVariations ? { legacyVariationId: String(order.serial) } : {}),
        sku: order.sku,
        title: known?.sku.title ?? "",
        quantity: order.quantity,
        soldFormat: "FIXED_PRICE",
        listingMarketplaceId: demoAccounts.ebayMarketplace,
        purchaseMarketplaceId: demoAccounts.ebayMarketplace,
        lineItemFulfillmentStatus: fulfilled,
        lineItemCost: { value, currency: "USD" },
        total: { value, currency: "USD" },
      },
    ],
  };
}

function fulfilmentStatus(order: ShelfOrder): string {
  const shipped = shippedUnits(order);
  if (shipped === 0) return "NOT_STARTED";
  return shipped < order.quantity - order.cancelledUnits ? "IN_PROGRESS" : "FULFILLED";
}

/**
 * The data of ORDER_CONFIRMATION (specs/ebay/notification-order-confirmation.example.json): no SKU inside, the app
 * has to fetch the order.
 */
export function confirmationData({ listings }: Pick<Shop, "listings">, order: ShelfOrder): unknown {
  return {
    user: { userId: demoAccounts.ebay, username: demoAccounts.ebay },
    order: {
      orderId: order.orderId,
      orderLineItems: [
        {
          orderLineItemId: lineItemId(order),
          listingId: listings.bySku(order.sku)?.item.listingId ?? "",
          quantity: order.quantity,
        },
      ],
    },
  };
}
