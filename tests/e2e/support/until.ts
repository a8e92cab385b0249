import { setTimeout as pause } from "node:timers/promises";

const pollEveryMs = 50;

/** What is still wrong, in words; null or empty when nothing is. */
type Probe = () => Promise<string | readonly string[] | null>;

/**
 * Asks until nothing is wrong any more.
 * @returns how long it took, in ms
 * @throws Error with what was still wrong at the last look
 */
export async function until(withinMs: number, probe: Probe): Promise<number> {
  const startedAtMs = Date.now();
  for (;;) {
    const wrong = [await probe()].flat().filter((line) => line !== null);
    const tookMs = Date.now() - startedAtMs;
    if (wrong.length === 0) return tookMs;
    if (tookMs > withinMs) {
      throw new Error(`still wrong after ${withinMs} ms:\n  ${wrong.join("\n  ")}`);
    }
    await pause(pollEveryMs);
  }
}
