/** A late order may explain a difference for this long before it is booked as a change (DESIGN 7). */
export const settleMs = 10_000;

/** What a reading says about one listing of a SKU. */
export interface Observation {
  readonly expected: number;
  readonly shown: number;
  /** The difference seen before and since when, or null. */
  readonly drift: Drift | null;
}

export interface Drift {
  readonly quantity: number;
  readonly since: Date;
}

export type Verdict =
  | { readonly verdict: "in-step" }
  /** Look again in `afterMs`; `drifts` has an entry per listing, null where it shows what is expected. */
  | {
      readonly verdict: "settling";
      readonly drifts: readonly (Drift | null)[];
      readonly afterMs: number;
    }
  /** Nobody explained it: the channel changed, by `quantities` (one per listing, 0 where it did not). */
  | { readonly verdict: "observed"; readonly quantities: readonly number[] };

/**
 * Echo or news? Judges all listings of one SKU on a connection together: an order that the channel took from another
 * location than we predicted shows as a loss here and a gain there, and is no news at all.
 */
export function judgeObservations(observations: readonly Observation[], now: Date): Verdict {
  const quantities = observations.map(({ shown, expected }) => shown - expected);
  if (quantities.every((quantity) => quantity === 0)) return { verdict: "in-step" };
  const drifts = observations.map(({ drift }, index): Drift | null => {
    const quantity = quantities[index] ?? 0;
    if (quantity === 0) return null;
    return drift?.quantity === quantity ? drift : { quantity, since: now };
  });
  const newestMs = Math.max(...drifts.map((drift) => drift?.since.getTime() ?? 0));
  const waitedMs = now.getTime() - newestMs;
  if (waitedMs >= settleMs) return { verdict: "observed", quantities };
  return { verdict: "settling", drifts, afterMs: settleMs - waitedMs };
}

/**
 * What of an observed change goes into the ledger. Losses are booked as far as units are available; gains only so far
 * that the SKU's total moves by what the channel's total moved, and never up for want of a bookable loss (invariant 2).
 * @param quantities the change per listing
 * @param available units available at each listing's location
 * @returns units to book per listing, losses negative
 */
export function bookable(
  quantities: readonly number[],
  available: readonly number[],
): readonly number[] {
  const booked = quantities.map((quantity, index) =>
    quantity < 0 ? -Math.min(-quantity, Math.max(0, available[index] ?? 0)) : 0,
  );
  const net = quantities.reduce((sum, quantity) => sum + quantity, 0);
  const lost = -booked.reduce((sum, units) => sum + units, 0);
  let gains = Math.max(0, lost + net);
  return quantities.map((quantity, index) => {
    if (quantity <= 0) return booked[index] ?? 0;
    const units = Math.min(quantity, gains);
    gains -= units;
    return units;
  });
}
