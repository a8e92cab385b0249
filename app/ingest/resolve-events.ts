import { ChannelFault, type ChannelSession, type OrdersResult } from "#app/channels/contract.ts";
import { db } from "#app/db/client.server.ts";
import { buryAll } from "#app/db/dead-letter.repo.ts";
import {
  readWaiting,
  writeVerdicts,
  type EventVerdict,
  type WaitingEvent,
} from "#app/db/inbox.repo.ts";
import type { OrderSnapshot } from "#app/domain/orders/order-snapshot.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { decideRetry } from "#app/domain/propagation/retry-policy.ts";
import { openSession } from "#app/services/connections/open-session.ts";
import { sourceOf } from "#app/services/connections/source-of.ts";
import { drain, wake } from "#app/services/wake/wake.ts";
import { readFacts } from "./facts.ts";

/** Orders fetched by one call; eBay and TikTok Shop take 50 (reference/channels.md 4.5, 5.5). */
const ordersPerFetchMax = 50;
const batchesMax = 200;
/** A fetch without an answer for this long is given up. */
const fetchMsMax = 20_000;
/** An order that the channel announced but does not give yet is asked for again this often. */
const absentAttemptsMax = 8;

/**
 * Fetches the orders that a connection's events only hint at, and hands the events on to ingest. Apart from it,
 * so that a slow channel holds back no other channel's events.
 */
export async function resolveEvents(shopId: string, connectionId: string): Promise<void> {
  const step = async () => {
    const events = await readWaiting(db(), shopId, ordersPerFetchMax, connectionId);
    if (events.length === 0) return false;
    const verdicts = await resolveBatch(shopId, connectionId, events);
    await writeVerdicts(db(), shopId, verdicts);
    await buryAll(
      db(),
      shopId,
      verdicts.flatMap((verdict, index) => {
        const event = events[index];
        if (verdict.status !== "dead" || !event) return [];
        const { id: subjectId, payload } = event;
        const reason = verdict.error ?? "unknown";
        const { attempts } = verdict;
        return [{ subject: "event" as const, subjectId, connectionId, reason, payload, attempts }];
      }),
    );
    if (verdicts.some((verdict) => verdict.status === "ready")) {
      await wake("ingest", [{ shopId, subjectId: shopId }]);
    }
    return true;
  };
  await drain("resolve", { shopId, subjectId: connectionId }, step, batchesMax);
}

async function resolveBatch(
  shopId: string,
  connectionId: string,
  events: readonly WaitingEvent[],
): Promise<EventVerdict[]> {
  const { channel, session } = await openSession(shopId, connectionId);
  const { settings } = await sourceOf(shopId, connectionId);
  const wanted = events.map((event) => orderIdOf({ channel, settings }, event));
  const ids = [...new Set(wanted.filter((id) => id !== null))];
  if (ids.length === 0) return events.map((event) => verdict(event, { status: "ready" }));
  const result = await fetchApart(session, channel.label, ids);
  const orders = result.ok ? new Map(result.orders.map((order) => [order.orderId, order])) : null;
  return events.map((event, index) => {
    const id = wanted[index];
    // Not a hint after all: ingest says what it is.
    if (id === null || id === undefined) return verdict(event, { status: "ready" });
    const fault = result.ok ? result.faults?.get(id) : result.fault;
    if (fault) return afterFault(event, fault);
    return fetched(event, id, orders?.get(id));
  });
}

/** Faults of one order that fail the whole call: each order is then asked for alone. */
const orderFaults: readonly string[] = ["rejected", "unknown-listing", "unexpected"];

async function fetchApart(
  session: ChannelSession,
  label: string,
  ids: readonly string[],
): Promise<OrdersResult & { readonly faults?: ReadonlyMap<string, Fault> }> {
  const together = await fetchSafely(session, label, ids);
  if (together.ok || ids.length === 1 || !orderFaults.includes(together.fault.kind))
    return together;
  const orders: OrderSnapshot[] = [];
  const faults = new Map<string, Fault>();
  for (const id of ids) {
    const alone = await fetchSafely(session, label, [id]);
    if (alone.ok) orders.push(...alone.orders);
    else faults.set(id, alone.fault);
  }
  return { ok: true, orders, faults };
}

async function fetchSafely(
  session: ChannelSession,
  label: string,
  orderIds: readonly string[],
): Promise<OrdersResult> {
  if (!session.fetchOrders) {
    return { ok: false, fault: { kind: "unsupported", message: `${label} gives no orders` } };
  }
  try {
    return await session.fetchOrders(orderIds, AbortSignal.timeout(fetchMsMax));
  } catch (error) {
    if (error instanceof ChannelFault) return { ok: false, fault: error.fault };
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, fault: { kind: "unexpected", message } };
  }
}

function orderIdOf(source: Parameters<typeof readFacts>[0], event: WaitingEvent): string | null {
  const hint = readFacts(source, event).find(({ kind }) => kind === "order-hint");
  return hint?.kind === "order-hint" ? hint.orderId : null;
}

function fetched(event: WaitingEvent, orderId: string, order?: OrderSnapshot): EventVerdict {
  if (order) return verdict(event, { status: "ready", resolved: order });
  const message = `the channel announced order ${orderId} but does not give it`;
  if (event.attempts + 1 >= absentAttemptsMax)
    return verdict(event, { status: "dead", error: message });
  return afterFault(event, { kind: "unavailable", message });
}

function afterFault(event: WaitingEvent, fault: Fault): EventVerdict {
  const retry = decideRetry(fault, event.attempts, Math.random());
  if (retry.action === "again") {
    return verdict(event, {
      status: "hint",
      error: fault.message,
      attempts: event.attempts + (retry.counts ? 1 : 0),
      retryAfterMs: retry.afterMs,
    });
  }
  // A paused connection keeps its events: they are fetched once it is connected again.
  if (retry.action === "pause-connection") {
    return verdict(event, { status: "hint", error: fault.message, retryAfterMs: 60_000 });
  }
  return verdict(event, { status: "dead", error: fault.message });
}

function verdict(event: WaitingEvent, change: Partial<EventVerdict>): EventVerdict {
  return {
    id: event.id,
    status: "hint",
    error: null,
    attempts: event.attempts + (change.status === "dead" ? 1 : 0),
    retryAfterMs: null,
    resolved: null,
    ...change,
  };
}
