import { channelById } from "#app/channels/registry.ts";
import { raiseAlerts } from "#app/db/alert.repo.ts";
import { db, type Database } from "#app/db/client.server.ts";
import { buryAll, type NewDeadLetter } from "#app/db/dead-letter.repo.ts";
import {
  readWaiting,
  writeVerdicts,
  type EventVerdict,
  type WaitingEvent,
} from "#app/db/inbox.repo.ts";
import { applyOwnSales, markReadDue } from "#app/db/listing.repo.ts";
import { saveOrders } from "#app/db/order.repo.ts";
import { saveReturns } from "#app/db/return.repo.ts";
import { decideRetry } from "#app/domain/propagation/retry-policy.ts";
import { logger } from "#app/lib/logger.ts";
import { sourceOf } from "#app/services/connections/source-of.ts";
import { revokeConnection } from "#app/services/connections/revoke-connection.ts";
import { commitMovements } from "#app/services/stock/commit-movements.ts";
import { drain, wake, wakePropagation } from "#app/services/wake/wake.ts";
import { readFacts, type ReadEvent } from "./facts.ts";
import { foldEvents, type FoldedEvents } from "./fold-events.ts";

/** Events decided together in one transaction. */
export const batchEventsMax = 200;
/** Batches one wake-up may work off before it makes room for other shops. */
const batchesMax = 500;

/**
 * Works off a shop's waiting events, in order of arrival, many to a transaction (group commit: a batch is
 * what arrived while the last one committed). One shop is worked off by one worker at a time; a twin does no harm.
 */
export async function applyEvents(shopId: string): Promise<void> {
  const step = async () => {
    const events = await readWaiting(db(), shopId, batchEventsMax, null);
    if (events.length === 0) return false;
    await applyBatch(shopId, events);
    return true;
  };
  await drain("ingest", { shopId, subjectId: shopId }, step, batchesMax);
}

async function applyBatch(shopId: string, events: readonly WaitingEvent[]): Promise<void> {
  try {
    await applyTogether(shopId, await readAll(shopId, events));
  } catch (error) {
    // What is left of the batch is read again.
    if (error instanceof Overtaken) return;
    // One poisoned event must not hold back its neighbours: find it by taking each alone.
    if (events.length > 1) for (const event of events) await applyBatch(shopId, [event]);
    else if (events[0]) await putBack(shopId, events[0], error);
  }
}

/** A twin dealt with some of the batch's events in between: applying them here too would count them twice. */
class Overtaken extends Error {}

async function readAll(shopId: string, events: readonly WaitingEvent[]): Promise<ReadEvent[]> {
  return await Promise.all(
    events.map(async (event) => {
      const { channelId, accountId, settings } = await sourceOf(shopId, event.connectionId);
      const channel = channelById(channelId);
      return { event, channel, accountId, facts: readFacts({ channel, settings }, event) };
    }),
  );
}

async function applyTogether(shopId: string, events: readonly ReadEvent[]): Promise<void> {
  await revokeAll(shopId, events);
  let hinted = new Set<string>();
  await commitMovements(shopId, async () => {
    const folded = await foldEvents(shopId, events);
    return {
      book: folded.book,
      alongside: async (tx) => {
        hinted = await writeAlongside(tx, shopId, events, folded);
      },
    };
  });
  if (hinted.size > 0) {
    await wake(
      "resolve",
      [...hinted].map((subjectId) => ({ shopId, subjectId })),
    );
  }
  await wakePropagation(shopId);
}

/** Before the events are marked done: a crash in between repeats it, and a repeat changes nothing. */
async function revokeAll(shopId: string, events: readonly ReadEvent[]): Promise<void> {
  for (const { event, facts } of events) {
    for (const fact of facts) {
      if (fact.kind !== "revoked") continue;
      const at = event.occurredAt ?? event.receivedAt;
      const { connectionId } = event;
      await revokeConnection({ shopId, connectionId, reason: fact.reason, at });
    }
  }
}

/** @returns the connections that have orders to fetch */
async function writeAlongside(
  tx: Database,
  shopId: string,
  events: readonly ReadEvent[],
  folded: FoldedEvents,
): Promise<Set<string>> {
  const verdicts = events.map((event) =>
    verdictOf(event, folded.problems.get(event.event.id) ?? []),
  );
  if ((await writeVerdicts(tx, shopId, verdicts)) < verdicts.length) throw new Overtaken();
  await saveOrders(tx, shopId, folded.orders);
  await applyOwnSales(tx, shopId, folded.ownSales);
  await markReadDue(
    tx,
    shopId,
    events.flatMap(({ event, facts }) =>
      facts.flatMap((fact) =>
        fact.kind === "level-hint" ? [{ connectionId: event.connectionId, match: fact.match }] : [],
      ),
    ),
  );
  await takeReturns(tx, shopId, events);
  await buryAll(tx, shopId, deadLettersOf(events, verdicts));
  await raiseAlerts(
    tx,
    shopId,
    folded.oversells.map(({ orderId, skuId, units }) => ({
      severity: "critical" as const,
      dedupeKey: `oversold:${skuId}`,
      message: `Order ${orderId} sold ${units} more than there was. Resolve it with the buyer; every listing shows 0 now.`,
    })),
  );
  return new Set(
    events.flatMap(({ event }, index) =>
      verdicts[index]?.status === "hint" ? [event.connectionId] : [],
    ),
  );
}

/** Returns move no stock: they are shown, and a person says what becomes of the goods (services/returns). */
async function takeReturns(
  tx: Database,
  shopId: string,
  events: readonly ReadEvent[],
): Promise<void> {
  const reported = events.flatMap(({ event, facts }) =>
    facts.flatMap((fact) =>
      fact.kind === "return" ? [{ connectionId: event.connectionId, ...fact.return }] : [],
    ),
  );
  const news = await saveReturns(tx, shopId, reported);
  const arrived = news.filter(({ state }) => state === "received");
  await raiseAlerts(
    tx,
    shopId,
    arrived.map(({ returnId }) => ({
      severity: "info" as const,
      dedupeKey: `returned:${returnId}`,
      message: `Return ${returnId} has arrived. Say whether its goods can be sold again; until then stock stays as it is.`,
    })),
  );
}

function verdictOf({ event, facts }: ReadEvent, problems: readonly string[]): EventVerdict {
  const same = { id: event.id, attempts: event.attempts, retryAfterMs: null, resolved: null };
  const reasons = [
    ...problems,
    ...facts.flatMap((fact) => (fact.kind === "unreadable" ? [fact.reason] : [])),
  ];
  if (reasons.length > 0) return { ...same, status: "dead", error: reasons.join("; ") };
  if (facts.some((fact) => fact.kind === "order-hint")) {
    return { ...same, status: "hint", error: null };
  }
  const ignored = facts.find((fact) => fact.kind === "ignored");
  if (ignored && facts.length === 1) return { ...same, status: "ignored", error: ignored.reason };
  return { ...same, status: "done", error: null };
}

function deadLettersOf(
  events: readonly ReadEvent[],
  verdicts: readonly EventVerdict[],
): NewDeadLetter[] {
  return events.flatMap(({ event }, index) => {
    const verdict = verdicts[index];
    if (verdict?.status !== "dead") return [];
    return [letterFor(event, verdict.error ?? "unknown", event.attempts + 1)];
  });
}

function letterFor(event: WaitingEvent, reason: string, attempts: number): NewDeadLetter {
  const { id: subjectId, connectionId, payload } = event;
  return { subject: "event", subjectId, connectionId, reason, payload, attempts };
}

/** An event that could not be applied waits and is tried again, or becomes a dead letter. */
async function putBack(shopId: string, event: WaitingEvent, error: unknown): Promise<void> {
  const message = error instanceof Error ? error.message : String(error);
  logger.error(
    { err: error, shopId, eventId: event.id, correlationId: event.correlationId },
    "an event could not be applied",
  );
  const retry = decideRetry({ kind: "unexpected", message }, event.attempts, Math.random());
  const attempts = event.attempts + 1;
  const again = retry.action === "again";
  await writeVerdicts(db(), shopId, [
    {
      id: event.id,
      status: again ? "ready" : "dead",
      error: message,
      attempts,
      retryAfterMs: again ? retry.afterMs : null,
      resolved: null,
    },
  ]);
  if (!again) await buryAll(db(), shopId, [letterFor(event, message, attempts)]);
}
