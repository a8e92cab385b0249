/** A late order may explain a difference for this long before it is booked as a change (DESIGN 7). */
export const settleMs = 10_000;

export interface Observation {
  readonly expected: number;
  readonly shown: number;
  /** The difference seen before and since when, or null. */
  readonly drift: { readonly quantity: number; readonly since: Date } | null;
  readonly now: Date;
}

export type ObservationVerdict =
  | { readonly verdict: "in-step" }
  /** Look again in `afterMs`. */
  | {
      readonly verdict: "settling";
      readonly quantity: number;
      readonly since: Date;
      readonly afterMs: number;
    }
  /** Nobody explained it: it is a change of that many units at the channel. */
  | { readonly verdict: "observed"; readonly quantity: number };

/** Echo or news? What a read-back shows beyond what we expect, after the settling time. */
export function judgeObservation(observation: Observation): ObservationVerdict {
  const quantity = observation.shown - observation.expected;
  if (quantity === 0) return { verdict: "in-step" };
  const { drift, now } = observation;
  if (drift?.quantity !== quantity) {
    return { verdict: "settling", quantity, since: now, afterMs: settleMs };
  }
  const waitedMs = now.getTime() - drift.since.getTime();
  if (waitedMs >= settleMs) return { verdict: "observed", quantity };
  return { verdict: "settling", quantity, since: drift.since, afterMs: settleMs - waitedMs };
}
