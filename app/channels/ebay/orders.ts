import type { ChannelSession } from "#app/channels/contract.ts";
import { nextPollCursor, readPollCursor } from "#app/channels/poll-cursor.ts";
import type { EbayClient, EbayContext } from "./client.ts";
import { toOrderSnapshot } from "./mapping.ts";

/** Most that getOrders gives (specs/channel-limits.json). */
const pageSizeMax = 200;
/**
 * Orders read again on the next page. An order that changes while we page moves to another place
 * and pulls its followers over the page's edge (channels.md 4.5); the window's overlap heals the rest.
 */
const pageOverlapOrders = 20;

/** Reading orders: by id after a notification, by modification time as the safety net. */
export function ordersOf(
  context: EbayContext,
  client: EbayClient,
): Required<Pick<ChannelSession, "fetchOrders" | "listChangedOrders">> {
  return {
    async fetchOrders(orderIds, signal) {
      if (orderIds.length === 0) return { ok: true, orders: [] };
      const answer = await client.getOrdersById(orderIds, signal);
      if (answer.ok) return { ok: true, orders: answer.value.orders.map(toOrderSnapshot) };
      // Asked for a single order that is not there, eBay may answer 404 instead of an empty list.
      const isUnknown = orderIds.length === 1 && answer.fault.kind === "unknown-listing";
      return isUnknown ? { ok: true, orders: [] } : answer;
    },
    async listChangedOrders(text, signal) {
      const cursor = readPollCursor(text, context.now());
      const from = cursor.since;
      const offset = Number(cursor.after ?? "0") || 0;
      const answer = await client.getOrdersModified({ from, offset, limit: pageSizeMax }, signal);
      if (!answer.ok) return answer;
      const { orders: page, total } = answer.value;
      const orders = page.map(toOrderSnapshot).sort((a, b) => a.revision - b.revision);
      const more = orders.length > 0 && offset + orders.length < total;
      const nextOffset = offset + Math.max(1, orders.length - pageOverlapOrders);
      const next = nextPollCursor(cursor, {
        changedMs: orders.map((order) => order.revision),
        after: more ? String(nextOffset) : null,
      });
      return { ok: true, orders, cursor: next, more };
    },
  };
}
