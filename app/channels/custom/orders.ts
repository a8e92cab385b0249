import type { ChannelSession } from "#app/channels/contract.ts";
import { nextPollCursor, readPollCursor } from "#app/channels/poll-cursor.ts";
import { readableOrders } from "#app/channels/wire-fields.ts";
import type { CustomClient } from "./client.ts";
import type { CustomContext } from "./context.ts";
import { standingStill } from "./listings.ts";
import { toOrderSnapshot } from "./mapping.ts";
import { order } from "./wire.ts";

/** Orders asked for in one page. */
const pageOrdersMax = 100;

const readable = readableOrders(order, "custom");

/** Reading orders: by id, and by the time of change as the second door. */
export function ordersOf(
  { now }: CustomContext,
  client: CustomClient,
): Required<Pick<ChannelSession, "fetchOrders" | "listChangedOrders">> {
  return {
    async fetchOrders(orderIds, signal) {
      if (orderIds.length === 0) return { ok: true, orders: [] };
      const answer = await client.readOrders(orderIds, signal);
      if (!answer.ok) return answer;
      const wanted = new Set(orderIds);
      const orders = readable.parse(answer.value.orders).filter(({ id }) => wanted.has(id));
      return { ok: true, orders: orders.map(toOrderSnapshot) };
    },

    async listChangedOrders(text, signal) {
      const cursor = readPollCursor(text, now());
      const page = { changedSince: cursor.since, cursor: cursor.after, limit: pageOrdersMax };
      const answer = await client.listOrders(page, signal);
      if (!answer.ok) return answer;
      const after = answer.value.cursor ?? null;
      if (after !== null && after === cursor.after) return { ok: false, fault: standingStill };
      const orders = readable.parse(answer.value.orders).map(toOrderSnapshot);
      const changedMs = orders.map(({ revision }) => revision);
      const next = nextPollCursor(cursor, { changedMs, after });
      return { ok: true, orders, cursor: next, more: after !== null };
    },
  };
}
