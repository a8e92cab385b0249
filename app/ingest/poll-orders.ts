import { createHash } from "node:crypto";
import { db } from "#app/db/client.server.ts";
import { claimDuePolls, saveCursor, type DuePoll } from "#app/db/poll.repo.ts";
import type { OrderSnapshot } from "#app/domain/orders/order-snapshot.ts";
import { newId } from "#app/lib/ids.ts";
import { logger } from "#app/lib/logger.ts";
import { openSession } from "#app/services/connections/open-session.ts";
import { polledOrderTopic } from "./facts.ts";
import { storeEvent } from "./inbox-writer.ts";

/** How often somebody looks whether a poll is due. */
export const pollLookEveryMs = 5_000;
/**
 * Each connection is asked for changed orders this often: what no webhook told us comes in at the latest then.
 * Between Amazon's 180 s and eBay's 300 s (reference/channels.md 11.3).
 */
export const pollEveryMs = 240_000;
/** Pages read in one poll; the rest comes with the next one. */
const pagesMax = 50;
/** One page without an answer for this long ends the poll. */
const pageMsMax = 30_000;

/** Polls under way at once in this process, beyond the last look's claim. */
const pollsUnderWayMax = 50;
let pollsUnderWay = 0;

/** Polls the connections that are due: the second door for every order, through the same keys. */
export async function pollDueOrders(): Promise<void> {
  if (pollsUnderWay >= pollsUnderWayMax) return;
  // Not awaited: one channel that does not answer holds up nobody else's polls.
  for (const poll of await claimDuePolls(db(), pollEveryMs)) void pollSafely(poll);
}

async function pollSafely(poll: DuePoll): Promise<void> {
  pollsUnderWay += 1;
  try {
    await pollOrders(poll);
  } catch (error) {
    logger.warn({ err: error, ...poll }, "orders could not be polled");
  } finally {
    pollsUnderWay -= 1;
  }
}

/** @returns orders that were stored, new ones and known ones */
export async function pollOrders(poll: DuePoll): Promise<number> {
  const { session } = await openSession(poll.shopId, poll.connectionId);
  if (!session.listChangedOrders) return 0;
  let { cursor } = poll;
  let stored = 0;
  for (let page = 0; page < pagesMax; page += 1) {
    const result = await session.listChangedOrders(cursor, AbortSignal.timeout(pageMsMax));
    if (!result.ok) {
      logger.warn({ ...poll, fault: result.fault }, "the channel gave no changed orders");
      return stored;
    }
    await Promise.all(result.orders.map((order) => store(poll, order)));
    stored += result.orders.length;
    // Only now: a poll that ends half-way reads the page again.
    await saveCursor(db(), poll, result.cursor);
    if (!result.more) return stored;
    cursor = result.cursor;
  }
  return stored;
}

/** One event per state of an order: the overlap of two polls costs a look at a unique index. */
async function store(poll: DuePoll, order: OrderSnapshot): Promise<void> {
  const now = new Date();
  const payload = JSON.stringify(order);
  // Clocks of whole seconds give two states of an order one revision: the content tells them apart.
  const state = createHash("sha256").update(payload).digest("hex").slice(0, 16);
  await storeEvent({
    id: newId(),
    shopId: poll.shopId,
    connectionId: poll.connectionId,
    externalEventId: `poll:${order.orderId}:${order.revision}:${state}`,
    topic: polledOrderTopic,
    payload,
    status: "ready",
    correlationId: newId(),
    occurredAt: order.placedAt,
    receivedAt: now,
  });
}
