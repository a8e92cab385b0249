import { db } from "#app/db/client.server.ts";
import {
  claimIdle,
  claimIdleConnections,
  fallAsleep,
  stayAwake,
  type Sleeper,
} from "#app/db/wake.repo.ts";
import { addWakeUps } from "#app/queue/connection.server.ts";
import type { QueueName } from "#app/queue/names.ts";
import { logger } from "#app/lib/logger.ts";

/**
 * Wakes whoever is asleep among the given ones; those at work find the news by themselves.
 * A failed wake-up is logged and left to the sweeper: the work itself lies in Postgres.
 */
export async function wake(queue: QueueName, sleepers: readonly Sleeper[]): Promise<void> {
  try {
    const idle = await claimIdle(db(), queue, sleepers);
    if (idle.length > 0) await addWakeUps(queue, idle);
  } catch (error) {
    logger.warn({ err: error, queue }, "wake-up failed; the sweeper will send it again");
  }
}

/** Wakes every active connection of the shop: there are new ledger entries. */
export async function wakePropagation(shopId: string): Promise<void> {
  try {
    const idle = await claimIdleConnections(db(), "propagate", shopId);
    if (idle.length > 0) await addWakeUps("propagate", idle);
  } catch (error) {
    logger.warn({ err: error, shopId }, "wake-up failed; the sweeper will send it again");
  }
}

/** How often a worker at work shows that it is alive, at most. */
const stayAwakeEveryMs = 1_000;

/**
 * Works until there is nothing left: `step` does one bounded piece and says whether it found any work.
 * Before it ends it goes to sleep and looks once more, so that a wake-up that came in between is not lost.
 * @param stepsMax bound of one run; what is left then is woken again
 */
export async function drain(
  queue: QueueName,
  sleeper: Sleeper,
  step: () => Promise<boolean>,
  stepsMax: number,
): Promise<void> {
  // Whoever woke this run has claimed it just now.
  let awakeSince = Date.now();
  for (let steps = 0; steps < stepsMax; steps += 1) {
    if (Date.now() - awakeSince > stayAwakeEveryMs) {
      await stayAwake(db(), queue, sleeper);
      awakeSince = Date.now();
    }
    if (await step()) continue;
    await fallAsleep(db(), queue, sleeper);
    if (!(await step())) return;
    awakeSince = 0;
  }
  await fallAsleep(db(), queue, sleeper);
  await wake(queue, [sleeper]);
}
