import type { OrdersPage, OrdersResult } from "../contract.ts";
import { mapBounded } from "../map-bounded.ts";
import { nextPollCursor, readPollCursor } from "../poll-cursor.ts";
import type { AmazonContext } from "./auth.ts";
import type { AmazonClient, AmazonResult } from "./client.ts";
import { snapshotOfOrder } from "./mapping.ts";
import { orderAnswer, ordersAnswer, type AmazonOrder } from "./wire.ts";

const ordersPath = "/orders/2026-01-01/orders";
const pageSizeMax = 100;
const getConcurrencyMax = 5;
/**
 * Parts of an order that only come when asked for. Without FULFILLMENT no order says whether it is cancelled
 * (models/orders_2026-01-01.json, `includedData`). None of these holds a buyer's name or address.
 */
const stateBlocks = "FULFILLMENT,CANCELLATION";

/** The orders of these ids as they are now; those of other marketplaces and those that Amazon ships are left out. */
export async function fetchOrders(
  context: AmazonContext,
  client: AmazonClient,
  { orderIds, signal }: { readonly orderIds: readonly string[]; readonly signal: AbortSignal },
): Promise<OrdersResult> {
  const results = await mapBounded(orderIds, getConcurrencyMax, (orderId) =>
    getOrder(client, { orderId, includedData: stateBlocks, signal }),
  );
  const orders: AmazonOrder[] = [];
  for (const result of results) {
    if (result.ok) orders.push(result.data);
    else if (result.fault.kind !== "unknown-listing") return result;
  }
  return {
    ok: true,
    orders: orders.filter((order) => isOurs(context, order)).map(snapshotOfOrder),
  };
}

/** One order. @param includedData parts to ask for, comma-separated */
export async function getOrder(
  client: AmazonClient,
  wish: { readonly orderId: string; readonly includedData: string; readonly signal: AbortSignal },
): Promise<AmazonResult<AmazonOrder>> {
  const found = await client.call({
    operation: "getOrder",
    method: "GET",
    path: `${ordersPath}/${encodeURIComponent(wish.orderId)}`,
    query: { includedData: wish.includedData },
    data: orderAnswer,
    signal: wish.signal,
  });
  return found.ok ? { ok: true, data: found.data.order } : found;
}

/** A page of the marketplace's merchant-shipped orders changed since the cursor. */
export async function listChangedOrders(
  context: AmazonContext,
  client: AmazonClient,
  { cursor, signal }: { readonly cursor: string | null; readonly signal: AbortSignal },
): Promise<OrdersPage> {
  const from = readPollCursor(cursor, context.now());
  const result = await client.call({
    operation: "searchOrders",
    method: "GET",
    path: ordersPath,
    query: {
      lastUpdatedAfter: from.since,
      marketplaceIds: context.settings.marketplaceId,
      fulfilledBy: "MERCHANT",
      includedData: stateBlocks,
      maxResultsPerPage: String(pageSizeMax),
      ...(from.after === null ? {} : { paginationToken: from.after }),
    },
    data: ordersAnswer,
    signal,
  });
  if (!result.ok && result.fault.kind === "rejected" && from.after !== null) {
    // A page token ends after a day: the next poll begins this run again.
    const again = JSON.stringify({ ...from, after: null, newestMs: 0 });
    return { ok: true, orders: [], cursor: again, more: false };
  }
  if (!result.ok) return result;
  const { orders, pagination } = result.data;
  const after = pagination?.nextToken ?? null;
  return {
    ok: true,
    orders: orders.filter((order) => isOurs(context, order)).map(snapshotOfOrder),
    cursor: nextPollCursor(from, {
      changedMs: orders.map((order) => Date.parse(order.lastUpdatedTime)),
      after,
    }),
    more: after !== null,
  };
}

/** The seller's other marketplaces are connections of their own; what Amazon ships is no stock of the merchant's. */
function isOurs(context: AmazonContext, { salesChannel, fulfillment }: AmazonOrder): boolean {
  const { marketplaceId } = context.settings;
  return (
    (salesChannel?.marketplaceId ?? marketplaceId) === marketplaceId &&
    fulfillment?.fulfilledBy !== "AMAZON"
  );
}
