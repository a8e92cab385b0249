import { setTimeout as pause } from "node:timers/promises";

const pollEveryMs = 20;

/**
 * Polls until `look` gives something else than false, null or undefined, and returns it.
 * @throws Error naming `what` when it did not happen within `deadlineMs`
 */
export async function until<T>(
  what: string,
  look: () => Promise<T> | T,
  deadlineMs = 10_000,
): Promise<Exclude<T, false | null | undefined>> {
  const endMs = Date.now() + deadlineMs;
  for (;;) {
    const found = await look();
    if (found !== false && found !== null && found !== undefined) {
      return found as Exclude<T, false | null | undefined>;
    }
    if (Date.now() > endMs) throw new Error(`did not happen within ${deadlineMs} ms: ${what}`);
    await pause(pollEveryMs);
  }
}
