export interface WriteBudget {
  readonly usedToday: number;
  readonly perDayMax: number;
  /** What the listing should show. */
  readonly wanted: number;
  /** When its last write was answered, or null. */
  readonly lastWriteAt: Date | null;
  readonly now: Date;
}

/** Share of a daily quota that only last-unit updates may use (DESIGN 6). */
export const reservedShare = 0.1;
/** A listing with at most this many units left is a last-unit update. */
export const lastUnitsMax = 5;
/** Past half of its quota a listing is written at most this often, unless it is down to its last units. */
export const pacedWriteMs = 15_000;

/**
 * How long a counted write has to wait, in ms: 0 = now, Infinity = not today. Channels that count
 * writes per listing and day (eBay: 250 revisions) would otherwise be used up in a flash sale's first minute.
 */
export function writeDelayMs(budget: WriteBudget): number {
  const left = budget.perDayMax - budget.usedToday;
  if (left <= 0) return Infinity;
  if (budget.wanted <= lastUnitsMax) return 0;
  if (left <= budget.perDayMax * reservedShare) return Infinity;
  if (budget.usedToday < budget.perDayMax / 2 || budget.lastWriteAt === null) return 0;
  return Math.max(0, budget.lastWriteAt.getTime() + pacedWriteMs - budget.now.getTime());
}
