import type { OrdersPage, OrdersResult } from "../contract.ts";
import { mapBounded } from "../map-bounded.ts";
import { nextPollCursor, readPollCursor } from "../poll-cursor.ts";
import type { AmazonContext } from "./auth.ts";
import type { AmazonClient } from "./client.ts";
import { snapshotOfOrder } from "./mapping.ts";
import { orderAnswer, ordersAnswer, type AmazonOrder } from "./wire.ts";

const ordersPath = "/orders/2026-01-01/orders";
const pageSizeMax = 100;
const getConcurrencyMax = 5;

/** The orders of these ids as they are now; those that Amazon itself ships are left out. */
export async function fetchOrders(
  client: AmazonClient,
  { orderIds, signal }: { readonly orderIds: readonly string[]; readonly signal: AbortSignal },
): Promise<OrdersResult> {
  const results = await mapBounded(orderIds, getConcurrencyMax, (orderId) =>
    client({
      operation: "getOrder",
      method: "GET",
      path: `${ordersPath}/${encodeURIComponent(orderId)}`,
      query: {},
      data: orderAnswer,
      signal,
    }),
  );
  const orders: AmazonOrder[] = [];
  for (const result of results) {
    if (result.ok) orders.push(result.data.order);
    else if (result.fault.kind !== "unknown-listing") return result;
  }
  return { ok: true, orders: orders.filter(isShippedByMerchant).map(snapshotOfOrder) };
}

/** A page of merchant-shipped orders changed since the cursor. */
export async function listChangedOrders(
  context: AmazonContext,
  client: AmazonClient,
  { cursor, signal }: { readonly cursor: string | null; readonly signal: AbortSignal },
): Promise<OrdersPage> {
  const from = readPollCursor(cursor, context.now());
  const result = await client({
    operation: "searchOrders",
    method: "GET",
    path: ordersPath,
    query: {
      lastUpdatedAfter: from.since,
      marketplaceIds: context.settings.marketplaceId,
      fulfilledBy: "MERCHANT",
      maxResultsPerPage: String(pageSizeMax),
      ...(from.after === null ? {} : { paginationToken: from.after }),
    },
    data: ordersAnswer,
    signal,
  });
  if (!result.ok) return result;
  const { orders, pagination } = result.data;
  const after = pagination?.nextToken ?? null;
  return {
    ok: true,
    orders: orders.filter(isShippedByMerchant).map(snapshotOfOrder),
    cursor: nextPollCursor(from, {
      changedMs: orders.map((order) => Date.parse(order.lastUpdatedTime)),
      after,
    }),
    more: after !== null,
  };
}

function isShippedByMerchant(order: AmazonOrder): boolean {
  return order.fulfillment?.fulfilledBy !== "AMAZON";
}
