import { orderLinesMax, type OrderSnapshot } from "#app/domain/orders/order-snapshot.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { OrdersPage, OrdersResult } from "../contract.ts";
import { chunked } from "../map-bounded.ts";
import { nextPollCursor, readPollCursor } from "../poll-cursor.ts";
import type { ShopifyClient } from "./client.ts";
import * as documents from "./documents.ts";
import { needsRefunds, snapshotOfGraphql, type RefundedLine } from "./mapping.ts";
import {
  orderLinesData,
  orderNodesData,
  ordersData,
  refundsData,
  type GraphqlOrder,
} from "./wire.ts";

type Failed = { readonly ok: false; readonly fault: Fault };

/** The orders of these numeric ids as they are now. */
export async function fetchOrders(
  client: ShopifyClient,
  orderIds: readonly string[],
  signal: AbortSignal,
): Promise<OrdersResult> {
  const orders: GraphqlOrder[] = [];
  // Shopify refuses the whole call for an id that is no number; no order has such a one.
  const numbers = orderIds.filter((id) => /^\d+$/.test(id));
  for (const ids of chunked(numbers, documents.ordersPageSizeMax)) {
    const result = await client({
      query: documents.orderNodesQuery,
      variables: { ids: ids.map((id) => `gid://shopify/Order/${id}`) },
      cost: ids.length * documents.orderCostPoints,
      data: orderNodesData,
      signal,
    });
    if (!result.ok) return result;
    orders.push(...result.data.nodes.filter((node) => node !== null));
  }
  return snapshotsOf(client, orders, signal);
}

/** A page of orders by the time of their last change, oldest first. */
export async function listChangedOrders(
  client: ShopifyClient,
  { cursor, now }: { readonly cursor: string | null; readonly now: Date },
  signal: AbortSignal,
): Promise<OrdersPage> {
  const from = readPollCursor(cursor, now);
  const result = await client({
    query: documents.ordersQuery,
    variables: {
      first: documents.ordersPageSizeMax,
      after: from.after,
      query: `updated_at:>='${from.since}'`,
    },
    cost: documents.ordersPageSizeMax * documents.orderCostPoints,
    data: ordersData,
    signal,
  });
  if (!result.ok) return result;
  const { nodes, pageInfo } = result.data.orders;
  const snapshots = await snapshotsOf(client, nodes, signal);
  if (!snapshots.ok) return snapshots;
  const after = pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null;
  return {
    ok: true,
    orders: snapshots.orders,
    cursor: nextPollCursor(from, {
      changedMs: nodes.map((order) => Date.parse(order.updatedAt)),
      after,
    }),
    more: after !== null,
  };
}

/** Completes each order by what did not come with it (more lines, refunds) and maps it. */
async function snapshotsOf(
  client: ShopifyClient,
  orders: readonly GraphqlOrder[],
  signal: AbortSignal,
): Promise<OrdersResult> {
  const snapshots: OrderSnapshot[] = [];
  for (const order of orders) {
    const complete = await withAllLines(client, order, signal);
    if (!complete.ok) return complete;
    const refunds = await refundsOf(client, complete.order, signal);
    if (!refunds.ok) return refunds;
    snapshots.push(snapshotOfGraphql(complete.order, refunds.lines));
  }
  return { ok: true, orders: snapshots };
}

/** Fetches the lines beyond the first page of a long order. */
async function withAllLines(
  client: ShopifyClient,
  order: GraphqlOrder,
  signal: AbortSignal,
): Promise<Failed | { readonly ok: true; readonly order: GraphqlOrder }> {
  let { nodes, pageInfo } = order.lineItems;
  // Bounded: every page brings lines; an order past the bound becomes a dead letter in the domain.
  while (pageInfo.hasNextPage && nodes.length <= orderLinesMax) {
    const result = await client({
      query: documents.orderLinesQuery,
      variables: { id: order.id, first: documents.linesPageSizeMax, after: pageInfo.endCursor },
      cost: documents.linesCostPoints,
      data: orderLinesData,
      signal,
    });
    if (!result.ok) return result;
    const lines = result.data.node?.lineItems;
    if (!lines || lines.nodes.length === 0) break;
    nodes = [...nodes, ...lines.nodes];
    pageInfo = lines.pageInfo;
  }
  return { ok: true, order: { ...order, lineItems: { nodes, pageInfo } } };
}

/** What was refunded, asked for only where units were taken off. */
async function refundsOf(
  client: ShopifyClient,
  order: GraphqlOrder,
  signal: AbortSignal,
): Promise<Failed | { readonly ok: true; readonly lines: readonly RefundedLine[] }> {
  if (!needsRefunds(order)) return { ok: true, lines: [] };
  let lines: readonly RefundedLine[] = [];
  for (const size of documents.refundSizes) {
    const result = await client({
      query: documents.refundsQuery,
      variables: { id: order.id, ...size },
      cost: size.refunds * (1 + size.lines * 2),
      data: refundsData,
      signal,
    });
    if (!result.ok) return result;
    const refunds = result.data.node?.refunds ?? [];
    lines = refunds.flatMap((refund) => refund.refundLineItems.nodes);
    const isWhole =
      refunds.length < size.refunds &&
      !refunds.some(({ refundLineItems }) => refundLineItems.pageInfo.hasNextPage);
    if (isWhole) break;
  }
  return { ok: true, lines };
}
