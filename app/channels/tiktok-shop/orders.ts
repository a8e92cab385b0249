import type { ChannelSession, OrdersPage } from "#app/channels/contract.ts";
import { chunked } from "#app/channels/map-bounded.ts";
import { nextPollCursor, readPollCursor, type PollCursor } from "#app/channels/poll-cursor.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { Answer, OrdersWirePage, TiktokShopClient } from "./client.ts";
import { badParameterCode, foreignOrderCode } from "./error-codes.ts";
import type { TiktokShopParts } from "./inventory.ts";
import { toOrderSnapshot } from "./mapping.ts";
import type { TiktokOrder } from "./wire.ts";

/** Orders in one read by id (specs/channel-limits.json). */
const idsMax = 50;
/** What a cursor's page token begins with when it is one of the cancellations', which are paged after the orders. */
const cancellationsMark = "cancellations:";

/** Reading orders: by id after a webhook, by update time as the safety net. */
export function ordersOf({
  context,
  client,
}: TiktokShopParts): Required<Pick<ChannelSession, "fetchOrders" | "listChangedOrders">> {
  return {
    async fetchOrders(orderIds, signal) {
      const answer = await readOrders(client, orderIds, signal);
      return answer.ok ? { ok: true, orders: answer.value.map(toOrderSnapshot) } : answer;
    },
    async listChangedOrders(text, signal) {
      const cursor = readPollCursor(text, context.now());
      const changed = cursor.after?.startsWith(cancellationsMark)
        ? noOrders
        : await readPage(client, cursor, signal);
      if (!changed.ok) return changed;
      const { orders, nextPageToken } = changed.value;
      // The same token again would page for ever.
      const isMore = nextPageToken !== null && nextPageToken !== cursor.after;
      if (isMore) return toPage(cursor, orders, nextPageToken);
      const cancelled = await readCancelled(client, cursor, orders, signal);
      if (!cancelled.ok) return cancelled;
      return toPage(cursor, [...orders, ...cancelled.value.orders], cancelled.value.after);
    },
  };
}

const noOrders: Answer<OrdersWirePage> = { ok: true, value: { orders: [], nextPageToken: null } };

/** Orders by id, in any order; those that TikTok does not know are left out. */
export async function readOrders(
  client: TiktokShopClient,
  orderIds: readonly string[],
  signal: AbortSignal,
): Promise<Answer<readonly TiktokOrder[]>> {
  const orders: TiktokOrder[] = [];
  for (const ids of chunked(orderIds, idsMax)) {
    const answer = await client.getOrders(ids, signal);
    if (answer.ok) orders.push(...answer.value.orders);
    // Of an id that is not this shop's TikTok refuses the whole call; alone, it is an order we do not have.
    else if (ids.length > 1 || answer.fault.code !== foreignOrderCode) return answer;
  }
  return { ok: true, value: orders };
}

/** TikTok's filter is inclusive and in whole seconds. */
function sinceS(cursor: PollCursor): number {
  return Math.floor(Date.parse(cursor.since) / 1_000);
}

function toPage(
  cursor: PollCursor,
  wire: readonly TiktokOrder[],
  after: string | null,
): OrdersPage {
  const orders = wire.map(toOrderSnapshot).sort((a, b) => a.revision - b.revision);
  const changedMs = orders.map((order) => order.revision);
  const next = nextPollCursor(cursor, { changedMs, after });
  return { ok: true, orders, cursor: next, more: after !== null };
}

/** A page token that TikTok no longer takes must not block polling: the window is then read anew. */
async function readPage(
  client: TiktokShopClient,
  cursor: PollCursor,
  signal: AbortSignal,
): Promise<Answer<OrdersWirePage>> {
  const updatedFromS = sinceS(cursor);
  const { after: pageToken } = cursor;
  const answer = await client.searchOrders({ updatedFromS, pageToken }, signal);
  const isTokenDead = !answer.ok && pageToken !== null && answer.fault.code === badParameterCode;
  return isTokenDead ? client.searchOrders({ updatedFromS, pageToken: null }, signal) : answer;
}

/** Faults that pass: the poll is then repeated as a whole. */
const passing: readonly Fault["kind"][] = ["rate-limited", "unavailable", "timeout"];

/**
 * Orders of which single units were cancelled. TikTok's update time is that of the order's status, which such a
 * cancellation leaves as it was (get-order-detail.json, `update_time`), so the search above need not show them. A shop
 * that did not grant the scope for it is polled without.
 */
async function readCancelled(
  client: TiktokShopClient,
  cursor: PollCursor,
  seen: readonly TiktokOrder[],
  signal: AbortSignal,
): Promise<Answer<{ readonly orders: readonly TiktokOrder[]; readonly after: string | null }>> {
  const pageToken = cursor.after?.startsWith(cancellationsMark)
    ? cursor.after.slice(cancellationsMark.length)
    : null;
  const page = { updatedFromS: sinceS(cursor), pageToken };
  const answer = await client.searchCancellations(page, signal);
  if (!answer.ok) {
    const none = { ok: true as const, value: { orders: [], after: null } };
    return passing.includes(answer.fault.kind) ? answer : none;
  }
  const known = new Set(seen.map(({ id }) => id));
  const ids = [...new Set(answer.value.orderIds)].filter((id) => !known.has(id));
  const orders = await readOrders(client, ids, signal);
  if (!orders.ok) return orders;
  const { nextPageToken: next } = answer.value;
  const after = next !== null && next !== pageToken ? `${cancellationsMark}${next}` : null;
  return { ok: true, value: { orders: orders.value, after } };
}
