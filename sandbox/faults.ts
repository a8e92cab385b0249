import { z } from "zod";

const share = z.number().min(0).max(1);
/** Longest delay a fault may ask for. */
const faultDelayMsMax = 60_000;
/** Widest gap between two clocks that is played. */
const clockSkewMsMax = 3_600_000;
const delay = z.number().min(0).max(faultDelayMsMax);

/** How a platform misbehaves. Shares are probabilities per event or request. */
export const faultSettingsShape = z.object({
  /** Events sent twice. */
  duplicateShare: share,
  /** Events held back so that later ones overtake them. */
  reorderShare: share,
  /** Events never sent. */
  dropShare: share,
  /** Every event leaves this much later. */
  delayMs: delay,
  /** Every API answer takes this long. */
  latencyMs: delay,
  /** Requests answered 500 and not done. */
  errorShare: share,
  /** Writes that are done, then never answered. */
  timeoutAfterWriteShare: share,
  /** Requests refused as over the limit although they are not. */
  throttleShare: share,
  /** The API answers nothing but 503. */
  down: z.boolean(),
  /** The merchant withdrew the app's consent: tokens are refused, refreshing answers the platform's own "revoked". */
  consentRevoked: z.boolean(),
  /** A write is answered at once and seen by buyers this much later (Amazon only). */
  visibleAfterMs: delay,
  /** The platform's clock is ahead of ours by this much (behind where negative). */
  clockSkewMs: z.number().min(-clockSkewMsMax).max(clockSkewMsMax),
  /** Multiplies the published rate limits. */
  rateLimitFactor: z.number().min(0.01).max(1_000_000),
});

export type FaultSettings = z.infer<typeof faultSettingsShape>;

/** A well-behaved platform. @param latencyMs how long its answers take */
export function noFaults(latencyMs: number): FaultSettings {
  return {
    duplicateShare: 0,
    reorderShare: 0,
    dropShare: 0,
    delayMs: 0,
    latencyMs,
    errorShare: 0,
    timeoutAfterWriteShare: 0,
    throttleShare: 0,
    down: false,
    consentRevoked: false,
    visibleAfterMs: 0,
    clockSkewMs: 0,
    rateLimitFactor: 1,
  };
}

/** An event that is reordered waits between these two times, so that later events overtake it. */
const reorderDelayMsMin = 50;
const reorderDelayMsMax = 500;
/** A duplicate follows the first within this time. */
const duplicateDelayMsMax = 300;

/**
 * When the copies of one event leave, in milliseconds from now: none (dropped), one, or two (duplicated).
 * @param random gives numbers in [0, 1)
 */
export function planCopies(faults: FaultSettings, random: () => number): number[] {
  if (random() < faults.dropShare) return [];
  const held =
    random() < faults.reorderShare
      ? reorderDelayMsMin + random() * (reorderDelayMsMax - reorderDelayMsMin)
      : 0;
  const first = Math.round(faults.delayMs + held);
  if (random() >= faults.duplicateShare) return [first];
  return [first, first + Math.round(random() * duplicateDelayMsMax)];
}
