import type { Level } from "#app/domain/stock/level.ts";
import { levelKey } from "#app/domain/stock/level.ts";
import type { Cause, Entry, Movement } from "#app/domain/stock/movement.ts";

/** A cause for movements whose reason does not matter. */
export const someCause: Cause = {
  channel: null,
  connectionId: null,
  orderId: null,
  actor: "test",
  reason: null,
  correlationId: "test",
  occurredAt: new Date(0),
  receivedAt: new Date(0),
};

let made = 0;

/** A movement of SKU "s" at location "a"; each call has a key of its own. */
export function movement(change: Partial<Movement> = {}): Movement {
  made += 1;
  return {
    ...{ kind: "adjust", skuId: "s", locationId: "a", onHandDelta: 0, committedDelta: 0 },
    ...{ idempotencyKey: `test:${made}`, cause: someCause },
    ...change,
  };
}

/** A level of SKU "s" at location "a". */
export function level(change: Partial<Level> = {}): Level {
  return { skuId: "s", locationId: "a", onHand: 0, committed: 0, version: 1, ...change };
}

/** Levels as the entries alone say they are, by level key, from the given start (Conservation). */
export function summed(
  start: readonly Level[],
  entries: readonly Entry[],
): Map<string, { onHand: number; committed: number }> {
  const sums = new Map<string, { onHand: number; committed: number }>();
  for (const { skuId, locationId, onHand, committed } of start) {
    sums.set(levelKey(skuId, locationId), { onHand, committed });
  }
  for (const { skuId, locationId, onHandDelta, committedDelta } of entries) {
    const key = levelKey(skuId, locationId);
    const sum = sums.get(key) ?? { onHand: 0, committed: 0 };
    sums.set(key, {
      onHand: sum.onHand + onHandDelta,
      committed: sum.committed + committedDelta,
    });
  }
  return sums;
}
