import { setTimeout as pause } from "node:timers/promises";
import type { SaleDatabase, Standing } from "./sale-database.ts";
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
  const onTheWay = waitingIn(await database.standing(), orders);
  return onTheWay.length > 0 ? onTheWay : await wronglyShown(database, sandbox);
}

function waitingIn(standing: Standing, orders: number): string[] {
  const { waitingEvents, unsettled, behind } = standing;
  const unknown = orders - standing.orders;
  return [
    ...(unknown > 0 ? [`${unknown} orders not known`] : []),
    ...(waitingEvents > 0 ? [`${waitingEvents} events wait`] : []),
    ...(unsettled > 0 ? [`${unsettled} pushes on their way`] : []),
    ...behind.flatMap(({ channel, entries }) =>
      entries > 0 ? [`${channel} is ${entries} entries behind`] : [],
    ),
  ];
}

async function wronglyShown(database: SaleDatabase, sandbox: SandboxClient): Promise<string[]> {
  const [stats, shown, sellable] = await Promise.all([
    sandbox.stats(),
    sandbox.shown(),
    database.sellable(),
  ]);
  return [
    ...Object.entries(stats).flatMap(([channel, { webhooksPending: pending }]) =>
      pending > 0 ? [`${channel} has ${pending} events to send`] : [],
    ),
    ...sellable.flatMap(({ channel, sku, units }) => {
      const number = shown.skus[sku]?.[channel] ?? null;
      if (number === units) return [];
      return [`${channel} shows ${number ?? "nothing"} of ${sku}, sellable is ${units}`];
    }),
  ];
}
