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

type Rule = (fault: Fault, attempts: number, jitter: number) => RetryDecision;

const wait: Rule = (fault) => ({
  action: "again",
  afterMs: namedOr(fault, retryDelayMsMin),
  counts: false,
});
const backOff: Rule = (fault, attempts, jitter) => ({
  action: "again",
  afterMs: namedOr(fault, backoff(attempts, jitter)),
  counts: true,
});
const waitForLock: Rule = (fault) => ({
  action: "again",
  afterMs: namedOr(fault, lockedDelayMs),
  counts: true,
});
const pause: Rule = () => ({ action: "pause-connection" });
const missing: Rule = () => ({ action: "listing-missing" });
const bury: Rule = () => ({ action: "dead-letter" });

/** The one table of retries: what each kind of fault leads to, and what its last attempt leads to. */
const policy: Readonly<Record<FaultKind, { readonly rule: Rule; readonly atLast?: Rule }>> = {
  "rate-limited": { rule: wait },
  unavailable: { rule: backOff },
  timeout: { rule: backOff },
  // A token that is never accepted is a matter for the merchant, not for one listing.
  unauthorised: { rule: backOff, atLast: pause },
  revoked: { rule: pause },
  "unknown-listing": { rule: missing },
  locked: { rule: waitForLock },
  rejected: { rule: bury },
  unsupported: { rule: bury },
  unexpected: { rule: backOff },
};

/**
 * Fault kind and number of failed attempts so far → what to do.
 * @param attempts failed attempts before this one, ≥ 0
 * @param jitter 0 ≤ jitter < 1, spreads repeats over half to full delay
 */
export function decideRetry(fault: Fault, attempts: number, jitter: number): RetryDecision {
  const { rule, atLast = bury } = policy[fault.kind];
  const isLast = attempts + 1 >= (attemptsMax[fault.kind] ?? Infinity);
  return (isLast ? atLast : rule)(fault, attempts, jitter);
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
