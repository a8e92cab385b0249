import { setTimeout as pause } from "node:timers/promises";
import { lastLines, StartError } from "./run-command.ts";

const pollEveryMs = 100;
const answerWithinMs = 2_000;

/** Whether the web process answers at all: healthy (200), or naming what is still down (503). */
export async function webAnswers(appUrl: string, signal: AbortSignal): Promise<boolean> {
  const { status } = await fetch(`${appUrl}/healthz`, { signal });
  return status === 200 || status === 503;
}

/** Waits until every part is up. @throws StartError with what /healthz says is down. */
export async function untilHealthy(
  appUrl: string,
  withinMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const deadlineMs = Date.now() + withinMs;
  let last = "no answer";
  while (Date.now() < deadlineMs) {
    signal?.throwIfAborted();
    try {
      const answer = await fetch(`${appUrl}/healthz`, {
        signal: AbortSignal.timeout(answerWithinMs),
      });
      if (answer.status === 200) return;
      last = await answer.text();
    } catch (error) {
      last = String(error);
    }
    await pause(pollEveryMs);
  }
  throw new StartError(
    `Not every part came up. ${appUrl}/healthz says:\n${lastLines(last)}`,
    "The logs are in the data folder's logs/ (.lockstep/logs).",
  );
}
