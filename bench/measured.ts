import { percentiles } from "#scripts/flash-sale/percentiles.ts";

/** `uniform`: spread over all SKUs; `hot`: all on one. */
export type Workload = "uniform" | "hot";

export interface Measured {
  readonly linesPerSecond: number;
  /** Of one commit or transaction. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Task {
  readonly lines: number;
  readonly run: () => Promise<unknown>;
}

/** Preparation may take as long again as the measured work; then the measurement ends anyway. */
const wallFactorMax = 3;
const warmUpRuns = 3;

/** Runs prepared tasks for `forMs` of measured time, `workers` at a time. Preparing is not measured. */
export async function timed(
  { forMs, workers }: { readonly forMs: number; readonly workers: number },
  prepare: () => Promise<Task>,
): Promise<Measured> {
  for (let index = 0; index < warmUpRuns; index += 1) await (await prepare()).run();
  const tookMs: number[] = [];
  const wallEndsAt = performance.now() + forMs * wallFactorMax;
  let lines = 0;
  const work = async (): Promise<number> => {
    let measuredMs = 0;
    while (measuredMs < forMs && performance.now() < wallEndsAt) {
      const task = await prepare();
      const startedAt = performance.now();
      await task.run();
      const took = performance.now() - startedAt;
      measuredMs += took;
      tookMs.push(took);
      lines += task.lines;
    }
    return measuredMs;
  };
  const measured = await Promise.all(Array.from({ length: workers }, work));
  const seconds = measured.reduce((sum, ms) => sum + ms, 0) / workers / 1_000;
  const { p50, p99 } = percentiles(tookMs) ?? { p50: 0, p99: 0 };
  return { linesPerSecond: Math.round(lines / seconds), p50Ms: p50, p99Ms: p99 };
}
