import type { Demand } from "./demand.ts";

/** How often an ordinary sync tool looks (reference/product.md B). */
export const pollingIntervalMs = 15 * 60_000;

export interface PollingOutcome {
  /** Units the channels accepted. */
  readonly unitsAccepted: number;
  /** Units they accepted beyond what was there. */
  readonly unitsOversold: number;
  readonly skusOversold: number;
}

/**
 * The same buyers, in the same order, against channels that hear of each other only every `intervalMs`: each
 * sells from its own number and lowers that alone. All of them start right.
 * @param demand by time, refused requests included
 * @param stock units of each SKU at the start
 */
export function replayPolling(
  demand: readonly Demand[],
  stock: ReadonlyMap<string, number>,
  intervalMs = pollingIntervalMs,
): PollingOutcome {
  const accepted = new Map<string, number>();
  /** What the last sync told every channel, and what each sold from since. */
  let synced = stock;
  const shown = new Map<string, number>();
  let nextSyncMs = intervalMs;
  for (const { atMs, channel, sku, units } of demand) {
    for (; atMs >= nextSyncMs; nextSyncMs += intervalMs) {
      const left = (code: string, start: number) => Math.max(0, start - (accepted.get(code) ?? 0));
      synced = new Map([...stock].map(([code, start]) => [code, left(code, start)]));
      shown.clear();
    }
    const key = `${channel} ${sku}`;
    const number = shown.get(key) ?? synced.get(sku) ?? 0;
    if (number < units) continue;
    shown.set(key, number - units);
    accepted.set(sku, (accepted.get(sku) ?? 0) + units);
  }
  const beyond = [...accepted].map(([sku, units]) => Math.max(0, units - (stock.get(sku) ?? 0)));
  return {
    unitsAccepted: sum([...accepted.values()]),
    unitsOversold: sum(beyond),
    skusOversold: beyond.filter((units) => units > 0).length,
  };
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
