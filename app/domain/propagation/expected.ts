/** Clocks of channels are trusted to this many ms (the conformance suite skews them by five minutes). */
export const clockSkewMsMax = 300_000;

export interface OwnOrder {
  readonly mode: "absolute" | "difference";
  readonly expected: number | null;
  /** Units the channel took off (+) or put back (−) by itself for this order. */
  readonly units: number;
  readonly placedAt: Date;
  /** When the channel last answered a write of ours, or null. */
  readonly ackedAt: Date | null;
  /** A write is on its way right now. */
  readonly inFlight: boolean;
}

/**
 * What we believe a channel shows after one of its own orders. It lowered its number by itself, so a
 * difference channel simply moves. On an absolute channel a write of ours may have landed after the
 * sale and wiped it out; when that cannot be excluded nothing is believed, and the number is written again.
 */
export function expectedAfterOwnOrder(order: OwnOrder): number | null {
  if (order.expected === null) return null;
  if (order.mode === "difference") return order.expected - order.units;
  // Whether a channel puts a cancelled unit back on sale depends on its settings.
  if (order.units < 0) return null;
  const writtenSince =
    order.ackedAt !== null && order.ackedAt.getTime() > order.placedAt.getTime() - clockSkewMsMax;
  return order.inFlight || writtenSince ? null : order.expected - order.units;
}
