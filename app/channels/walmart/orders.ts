import type { ChannelSession, OrdersPage } from "#app/channels/contract.ts";
import { mapBounded } from "#app/channels/map-bounded.ts";
import { nextPollCursor, readPollCursor, type PollCursor } from "#app/channels/poll-cursor.ts";
import { acknowledgeReleased } from "./acknowledge.ts";
import { encoded, type WalmartClient, type WalmartContext } from "./client.ts";
import { nextQuery, ordersPageSizeMax, readOrdersPage } from "./open-orders.ts";
import { toOrderSnapshot } from "./order-mapping.ts";
import { orderAnswer } from "./order-wire.ts";

/** Orders asked for by id at once. */
const ordersAtOnceMax = 8;
const dayMs = 24 * 60 * 60 * 1_000;
/** Left out, Walmart takes the last 7 days only. Older orders still ship and cancel; 180 days is its limit. */
const createdDaysMax = 120;
/** A poll that stood still for longer starts here: Walmart refuses older times. */
const modifiedDaysMax = 170;
/** Marks a poll whose pages are read and which now acknowledges; a number of rounds follows. */
const acknowledging = "acknowledge:";
/** Rounds of acknowledgements in one poll; the rest comes with the next one. */
const roundsMax = 15;

/** Reading orders: by id after a notification, by the time of their last change as the safety net. */
export function ordersOf(
  context: WalmartContext,
  client: WalmartClient,
): Required<Pick<ChannelSession, "fetchOrders" | "listChangedOrders">> {
  return {
    async fetchOrders(orderIds, signal) {
      const answers = await mapBounded(orderIds, ordersAtOnceMax, (orderId) =>
        client.call(
          {
            operation: "getOrder",
            method: "GET",
            path: `/v3/orders/${encoded(orderId)}`,
            schema: orderAnswer,
          },
          signal,
        ),
      );
      const orders = [];
      for (const answer of answers) {
        if (answer.ok) orders.push(toOrderSnapshot(answer.value));
        else if (answer.fault.kind !== "unknown-listing") return answer;
      }
      return { ok: true, orders };
    },
    listChangedOrders(text, signal) {
      const cursor = readPollCursor(text, context.now());
      return cursor.after?.startsWith(acknowledging)
        ? acknowledgeRound(context, { client, cursor }, signal)
        : changedPage(context, { client, cursor }, signal);
    },
  };
}

interface Poll {
  readonly client: WalmartClient;
  readonly cursor: PollCursor;
}

async function changedPage(
  context: WalmartContext,
  { client, cursor }: Poll,
  signal: AbortSignal,
): Promise<OrdersPage> {
  const query = cursor.after ?? firstQuery(cursor, context.now());
  const page = await readOrdersPage(client, query, signal);
  if (!page.ok) return page;
  const orders = page.value.orders.map(toOrderSnapshot).sort((a, b) => a.revision - b.revision);
  const next = nextPollCursor(cursor, {
    changedMs: orders.map((order) => order.revision),
    // Acknowledging changes orders, and changed orders move to other pages: it waits until all pages are read.
    after: nextQuery(page.value) ?? `${acknowledging}1`,
  });
  return { ok: true, orders, cursor: next, more: true };
}

function firstQuery({ since }: PollCursor, now: Date): string {
  const daysBefore = (days: number) => new Date(now.getTime() - days * dayMs);
  const oldest = daysBefore(modifiedDaysMax);
  return new URLSearchParams({
    lastModifiedStartDate: (new Date(since) < oldest ? oldest : new Date(since)).toISOString(),
    createdStartDate: daysBefore(createdDaysMax).toISOString(),
    limit: String(ordersPageSizeMax),
    productInfo: "false",
  }).toString();
}

/**
 * Walmart wants every order acknowledged within four hours. The poll does it: it comes by every few minutes, nobody waits
 * for it, and what it does not get to it finds again. After a notification nothing may stand between an order and the
 * other channels' stock.
 */
async function acknowledgeRound(
  context: WalmartContext,
  { client, cursor }: Poll,
  signal: AbortSignal,
): Promise<OrdersPage> {
  const round = Number(cursor.after?.slice(acknowledging.length)) || roundsMax;
  const acknowledged = await acknowledgeReleased(client, context.now(), signal);
  if (!acknowledged.ok) return acknowledged;
  const more = acknowledged.value.more && round < roundsMax;
  const after = more ? `${acknowledging}${round + 1}` : null;
  return { ok: true, orders: [], cursor: nextPollCursor(cursor, { changedMs: [], after }), more };
}
