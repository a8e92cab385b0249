import type { ChannelSession } from "#app/channels/contract.ts";
import { nextPollCursor, readPollCursor } from "#app/channels/poll-cursor.ts";
import type { Answer, OrdersWirePage, TiktokShopClient, TiktokShopContext } from "./client.ts";
import { toOrderSnapshot } from "./mapping.ts";

/** Reading orders: by id after a webhook, by update time as the safety net. */
export function ordersOf(
  context: TiktokShopContext,
  client: TiktokShopClient,
): Required<Pick<ChannelSession, "fetchOrders" | "listChangedOrders">> {
  return {
    async fetchOrders(orderIds, signal) {
      if (orderIds.length === 0) return { ok: true, orders: [] };
      const answer = await client.getOrders(orderIds, signal);
      if (!answer.ok) return answer;
      return { ok: true, orders: answer.value.orders.map(toOrderSnapshot) };
    },
    async listChangedOrders(text, signal) {
      const cursor = readPollCursor(text, context.now());
      // TikTok's filter is inclusive and in whole seconds.
      const updatedFromS = Math.floor(Date.parse(cursor.since) / 1_000);
      const answer = await readPage(client, updatedFromS, cursor.after, signal);
      if (!answer.ok) return answer;
      const orders = answer.value.orders.map(toOrderSnapshot);
      const { nextPageToken } = answer.value;
      // The same token again would page for ever.
      const more = nextPageToken !== null && nextPageToken !== cursor.after;
      const next = nextPollCursor(cursor, {
        changedMs: orders.map((order) => order.revision),
        after: more ? nextPageToken : null,
      });
      return { ok: true, orders, cursor: next, more };
    },
  };
}

/** TikTok's code for a parameter it does not take. */
const badParameterCode = "36009004";

/** A page token that TikTok no longer takes must not block polling: the window is then read anew. */
async function readPage(
  client: TiktokShopClient,
  updatedFromS: number,
  pageToken: string | null,
  signal: AbortSignal,
): Promise<Answer<OrdersWirePage>> {
  const answer = await client.searchOrders({ updatedFromS, pageToken }, signal);
  const isTokenDead = !answer.ok && pageToken !== null && answer.fault.code === badParameterCode;
  return isTokenDead ? client.searchOrders({ updatedFromS, pageToken: null }, signal) : answer;
}
