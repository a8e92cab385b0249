import { setTimeout as pause } from "node:timers/promises";
import type { Demand } from "./demand.ts";
import type { SandboxClient } from "./sandbox-client.ts";

/** How the buyers fared so far. */
export interface Tally {
  /** Orders sent to the channels. */
  placed: number;
  answered: number;
  accepted: number;
  /** The channel was sold out. */
  refused: number;
  /** The channel could not be reached. */
  failed: number;
  unitsAccepted: number;
}

/** How exactly arrivals follow the plan. */
const tickMs = 2;

/**
 * Sends every buyer at the planned time and never waits for the one before: a slow channel does not slow
 * the crowd down. Resolves when all are answered.
 * @param tally counts on while the sale goes on
 */
export async function sell(
  demand: readonly Demand[],
  sandbox: SandboxClient,
  tally: Tally,
  signal: AbortSignal,
): Promise<{ readonly lastOrderAtMs: number; readonly tookMs: number }> {
  const startedAt = performance.now();
  const answers: Promise<void>[] = [];
  let lastOrderAtMs = Date.now();
  for (const buyer of demand) {
    while (performance.now() - startedAt < buyer.atMs) {
      const early = buyer.atMs - (performance.now() - startedAt);
      await pause(Math.max(tickMs, early), undefined, { signal });
    }
    tally.placed += 1;
    lastOrderAtMs = Date.now();
    answers.push(buy(buyer, sandbox, tally));
  }
  await Promise.all(answers);
  return { lastOrderAtMs, tookMs: performance.now() - startedAt };
}

async function buy(buyer: Demand, sandbox: SandboxClient, tally: Tally): Promise<void> {
  const { channel, sku, units } = buyer;
  try {
    const outcome = await sandbox.order({ channel, sku, quantity: units });
    if (outcome.accepted) {
      tally.accepted += 1;
      tally.unitsAccepted += units;
    } else tally.refused += 1;
  } catch {
    tally.failed += 1;
  }
  tally.answered += 1;
}
