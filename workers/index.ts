import { setInterval as every } from "node:timers/promises";
import { closeDb } from "#app/db/client.server.ts";
import { applyEvents } from "#app/ingest/apply-events.ts";
import { pollDueOrders, pollLookEveryMs } from "#app/ingest/poll-orders.ts";
import { pollQueue, queueChannels } from "#app/ingest/poll-queue.ts";
import { resolveEvents } from "#app/ingest/resolve-events.ts";
import { logger } from "#app/lib/logger.ts";
import { closeQueues, queueBackend, startWorker } from "#app/queue/connection.server.ts";
import { beat, beatEveryMs } from "#app/services/health/beat.ts";
import { readDueHealth, healthLookEveryMs } from "#app/services/connections/read-account-health.ts";
import { eventSetupLookEveryMs, setUpDueEvents } from "#app/services/connections/set-up-events.ts";
import {
  fulfilmentLookEveryMs,
  sendDueFulfilments,
} from "#app/services/fulfilments/send-due-fulfilments.ts";
import { importLookEveryMs, runDueImports } from "#app/services/imports/run-imports.ts";
import { priceLookEveryMs, writeDuePrices } from "#app/services/listings/write-due-prices.ts";
import { requireConfiguration } from "#app/services/health/check-configuration.ts";
import { propagateConnection } from "#app/services/propagation/propagate-connection.ts";
import { sweep, sweepEveryMs } from "#app/services/wake/sweep.ts";

// Wake-ups handled at the same time in this process. Shops and connections are many, each is handled
// one at a time; most of a propagation's time is waiting for the channel.
const ingestSlots = 4;
const resolveSlots = 16;
const propagateSlots = 32;
/** A clean stop waits this long for what is being handled; what is cut off then is picked up again. */
const stopMsMax = 15_000;

async function run(): Promise<void> {
  requireConfiguration();
  const stopping = new AbortController();
  startWorker("ingest", ({ shopId }) => applyEvents(shopId), ingestSlots);
  startWorker("resolve", ({ shopId, subjectId }) => resolveEvents(shopId, subjectId), resolveSlots);
  startWorker(
    "propagate",
    ({ shopId, subjectId }) => propagateConnection(shopId, subjectId),
    propagateSlots,
  );
  const loops = [
    repeat("sweep", sweepEveryMs, stopping.signal, sweep),
    repeat("heartbeat", beatEveryMs, stopping.signal, () => beat(`worker:${process.pid}`)),
    repeat("order poll", pollLookEveryMs, stopping.signal, pollDueOrders),
    repeat("imports", importLookEveryMs, stopping.signal, runDueImports),
    repeat("prices", priceLookEveryMs, stopping.signal, writeDuePrices),
    repeat("fulfilments", fulfilmentLookEveryMs, stopping.signal, sendDueFulfilments),
    repeat("subscriptions", eventSetupLookEveryMs, stopping.signal, setUpDueEvents),
    repeat("account health", healthLookEveryMs, stopping.signal, readDueHealth),
    ...queueChannels().map((channel) => pollQueue(channel, stopping.signal)),
  ];
  logger.info({ queue: queueBackend() }, "worker started");
  await stopSignal();
  stopping.abort();
  const finished = Promise.all([closeQueues(), ...loops]).then(closeDb);
  await Promise.race([finished, timeout(stopMsMax)]);
  logger.info("worker stopped");
  process.exit(0);
}

async function repeat(
  name: string,
  everyMs: number,
  signal: AbortSignal,
  work: () => Promise<unknown>,
): Promise<void> {
  const ticks = every(everyMs, undefined, { signal });
  try {
    await guarded(name, work);
    for await (const _tick of ticks) await guarded(name, work);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** A round that fails is logged; the next one comes. */
async function guarded(name: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    logger.warn({ err: error }, `${name} failed`);
  }
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    // Not once: the launcher passes on what the terminal has sent already, and a second one must not kill.
    process.on("SIGTERM", () => resolve());
    process.on("SIGINT", () => resolve());
  });
}

function timeout(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

run().catch((error: unknown) => {
  logger.fatal({ err: error }, "the worker ended");
  process.exit(1);
});
