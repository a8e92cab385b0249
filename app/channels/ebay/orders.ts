import type { ChannelSession } from "#app/channels/contract.ts";
import { mapBounded } from "#app/channels/map-bounded.ts";
import { nextPollCursor, readPollCursor } from "#app/channels/poll-cursor.ts";
import type { Answer, EbayClient, EbayContext } from "./client.ts";
import { needsCancelRequests, toOrderSnapshot } from "./mapping.ts";
import { order, ordersAnswer, type EbayOrder } from "./wire.ts";

/** Most that getOrders gives (specs/channel-limits.json). */
const pageSizeMax = 200;
/**
 * Orders read again on the next page. An order that changes while we page moves to another place
 * and pulls its followers over the page's edge (channels.md 4.5); the window's overlap heals the rest.
 */
const pageOverlapOrders = 20;
/** Single orders read at once, of those whose cancellation is under way. */
const singleReadsAtOnceMax = 4;
const ordersPath = "/sell/fulfillment/v1/order";
/** "Invalid order id": what eBay says of one that it does not know. */
const unknownOrderCode = "32100";

/** Reading orders: by id after a notification, by modification time as the safety net. */
export function ordersOf(
  context: EbayContext,
  client: EbayClient,
): Required<Pick<ChannelSession, "fetchOrders" | "listChangedOrders">> {
  const { marketplaceId } = context.settings;
  const snapshotOf = (one: EbayOrder) => toOrderSnapshot(one, marketplaceId);
  return {
    async fetchOrders(orderIds, signal) {
      if (orderIds.length === 0) return { ok: true, orders: [] };
      const query = new URLSearchParams({ orderIds: orderIds.join(",") });
      const answer = await getOrders(client, query, signal);
      if (answer.ok) {
        const orders = await withCancelRequests(client, answer.value.orders, signal);
        // An order of another marketplace comes without lines: whoever asked for it must know that it was found.
        return { ok: true, orders: orders.map(snapshotOf) };
      }
      // Asked for a single order that is not there, eBay may refuse instead of giving an empty list.
      const { kind, code } = answer.fault;
      const isUnknown = kind === "unknown-listing" || code === unknownOrderCode;
      return isUnknown && orderIds.length === 1 ? { ok: true, orders: [] } : answer;
    },

    async listChangedOrders(text, signal) {
      const cursor = readPollCursor(text, context.now());
      const offset = Number(cursor.after ?? "0") || 0;
      const query = new URLSearchParams({
        filter: `lastmodifieddate:[${cursor.since}..]`,
        limit: String(pageSizeMax),
        offset: String(offset),
      });
      const answer = await getOrders(client, query, signal);
      if (!answer.ok) return answer;
      const { orders: page, total } = answer.value;
      const read = await withCancelRequests(client, page, signal);
      const orders = read.map(snapshotOf).sort((a, b) => a.revision - b.revision);
      const more = page.length > 0 && offset + page.length < total;
      const nextOffset = offset + Math.max(1, page.length - pageOverlapOrders);
      const next = nextPollCursor(cursor, {
        changedMs: orders.map(({ revision }) => revision),
        after: more ? String(nextOffset) : null,
      });
      // What another marketplace's connection will see is none of this one's business.
      const own = orders.filter(({ lines }) => lines.length > 0);
      return { ok: true, orders: own, cursor: next, more };
    },
  };
}

async function getOrders(
  client: EbayClient,
  query: URLSearchParams,
  signal: AbortSignal,
): Promise<Answer<{ readonly orders: readonly EbayOrder[]; readonly total: number }>> {
  const call = { operation: "getOrders", method: "GET", path: `${ordersPath}?${query}` } as const;
  const answer = await client.rest(call, ordersAnswer, signal);
  if (!answer.ok) return answer;
  return { ok: true, value: { total: answer.value.total, orders: answer.value.orders ?? [] } };
}

/**
 * Lists leave `cancelRequests` empty: an order whose cancellation is under way is read by itself. One that cannot be
 * read now stays as the list had it; the poll comes by again.
 */
async function withCancelRequests(
  client: EbayClient,
  orders: readonly EbayOrder[],
  signal: AbortSignal,
): Promise<readonly EbayOrder[]> {
  return await mapBounded(orders, singleReadsAtOnceMax, async (one) => {
    if (!needsCancelRequests(one)) return one;
    const path = `${ordersPath}/${encodeURIComponent(one.orderId)}`;
    const call = { operation: "getOrder", method: "GET", path } as const;
    const answer = await client.rest(call, order, signal);
    return answer.ok ? answer.value : one;
  });
}
