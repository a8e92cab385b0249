import type { Fault, FaultKind } from "./faults.ts";

/** What becomes of a listing update or an event after a fault. */
export type RetryDecision =
  | { readonly action: "again"; readonly afterMs: number; readonly counts: boolean }
  | { readonly action: "pause-connection" }
  | { readonly action: "listing-missing" }
  | { readonly action: "dead-letter" };

/** First wait after a fault; doubles with every attempt up to {@link retryDelayMsMax} (DESIGN 6). */
export const retryDelayMsMin = 1_000;
export const retryDelayMsMax = 30_000;
/** A lock the channel gave no end for (promotion, daily limit) is tried again after this long. */
export const lockedDelayMs = 15 * 60_000;
/** A channel may name a longer wait than this; we look again at the latest after it. */
export const namedDelayMsMax = 24 * 3_600_000;

/** Attempts that may fail before a person has to look, by kind. Outages never die: they wait. */
export const attemptsMax: Readonly<Partial<Record<FaultKind, number>>> = {
  unauthorised: 3,
  unexpected: 8,
  locked: 96,
};

/**
 * The one table of retries: fault kind and number of failed attempts so far → what to do.
 * @param attempts failed attempts before this one, ≥ 0
 * @param jitter 0 ≤ jitter < 1, spreads repeats over half to full delay
 */
export function decideRetry(fault: Fault, attempts: number, jitter: number): RetryDecision {
  const max = attemptsMax[fault.kind];
  if (max !== undefined && attempts + 1 >= max) {
    return fault.kind === "unauthorised"
      ? { action: "pause-connection" }
      : { action: "dead-letter" };
  }
  switch (fault.kind) {
    case "rate-limited":
      return { action: "again", afterMs: namedOr(fault, retryDelayMsMin), counts: false };
    case "unavailable":
    case "timeout":
    case "unauthorised":
    case "unexpected":
      return { action: "again", afterMs: namedOr(fault, backoff(attempts, jitter)), counts: true };
    case "locked":
      return { action: "again", afterMs: namedOr(fault, lockedDelayMs), counts: true };
    case "revoked":
      return { action: "pause-connection" };
    case "unknown-listing":
      return { action: "listing-missing" };
    case "rejected":
    case "unsupported":
      return { action: "dead-letter" };
  }
}

function backoff(attempts: number, jitter: number): number {
  const full = Math.min(retryDelayMsMin * 2 ** Math.min(attempts, 30), retryDelayMsMax);
  return Math.round(full / 2 + (full / 2) * jitter);
}

function namedOr(fault: Fault, otherwise: number): number {
  return Math.min(Math.max(fault.retryAfterMs ?? otherwise, 0), namedDelayMsMax);
}

/** Faults that say the channel as a whole is down: they count for the circuit breaker. */
export function isOutage(kind: FaultKind): boolean {
  return kind === "unavailable" || kind === "timeout";
}

/** Outage rounds in a row after which a connection is left alone but for one probe at a time. */
export const breakerOutagesMax = 5;
