import { setTimeout as pause } from "node:timers/promises";
import type { SaleDatabase } from "./sale-database.ts";
import type { SandboxClient } from "./sandbox-client.ts";

export interface Convergence {
  readonly converged: boolean;
  /** From the last buyer's order to the moment everything agreed. */
  readonly convergeMs: number;
  /** What still differed at the end, in words; empty when converged. */
  readonly differences: readonly string[];
}

/** Convergence that takes longer is a failure. */
export const convergeMsMax = 120_000;
const lookEveryMs = 100;
const differencesShownMax = 20;

/**
 * Waits until nothing is on its way any more and every channel shows what Lockstep says it should.
 * @param expected orders the channels accepted: each has to be known
 */
export async function untilConverged(
  database: SaleDatabase,
  sandbox: SandboxClient,
  expected: { readonly orders: number; readonly lastOrderAtMs: number },
  signal: AbortSignal,
): Promise<Convergence> {
  const deadlineMs = Date.now() + convergeMsMax;
  for (;;) {
    const lookedAtMs = Date.now();
    const differences = await findDifferences(database, sandbox, expected.orders);
    const convergeMs = Math.max(0, lookedAtMs - expected.lastOrderAtMs);
    if (differences.length === 0) return { converged: true, convergeMs, differences };
    if (Date.now() > deadlineMs) {
      return {
        converged: false,
        convergeMs,
        differences: differences.slice(0, differencesShownMax),
      };
    }
    await pause(lookEveryMs, undefined, { signal });
  }
}

async function findDifferences(
  database: SaleDatabase,
  sandbox: SandboxClient,
  orders: number,
): Promise<string[]> {
  const standing = await database.standing();
  const differences: string[] = [];
  if (standing.orders < orders) differences.push(`${orders - standing.orders} orders not known`);
  if (standing.waitingEvents > 0) differences.push(`${standing.waitingEvents} events wait`);
  if (standing.unsettled > 0) differences.push(`${standing.unsettled} pushes on their way`);
  for (const { channel, entries } of standing.behind) {
    if (entries > 0) differences.push(`${channel} is ${entries} entries behind`);
  }
  if (differences.length > 0) return differences;
  const [stats, shown, sellable] = await Promise.all([
    sandbox.stats(),
    sandbox.shown(),
    database.sellable(),
  ]);
  for (const [channel, { webhooksPending }] of Object.entries(stats)) {
    if (webhooksPending > 0) differences.push(`${channel} has ${webhooksPending} events to send`);
  }
  for (const { channel, sku, units } of sellable) {
    const number = shown.skus[sku]?.[channel] ?? null;
    if (number !== units) {
      differences.push(`${channel} shows ${number ?? "nothing"} of ${sku}, sellable is ${units}`);
    }
  }
  return differences;
}
