import fc from "fast-check";
import type { OrderLineSnapshot, OrderSnapshot } from "#app/domain/orders/order-snapshot.ts";
import { unitsTaken, type OrderState } from "#app/domain/orders/order-state.ts";

/** One line of two units of the SKU "s0". */
export function line(change: Partial<OrderLineSnapshot> = {}): OrderLineSnapshot {
  const text = change.sku ?? "s0";
  return {
    ...{ lineId: "1", orderKey: null, sku: text, quantity: 2, shipped: 0 },
    ...{ externalLocationId: null },
    ...change,
  };
}

/** An order of the given lines at revision 1. */
export function snapshot(
  lines: readonly OrderLineSnapshot[],
  change: Partial<OrderSnapshot> = {},
): OrderSnapshot {
  return {
    ...{ orderId: "o1", revision: 1, placedAt: "2026-01-11T10:00:00.000Z" },
    ...{ cancelled: false, test: false, lines },
    ...change,
  };
}

/** Lines of a generated order; line n sells SKU "s<n>". */
const linesMax = 3;
const stepsMax = 5;

/**
 * What a channel says of one order over time, oldest first: lines appear, grow, shrink, are withdrawn and
 * shipped (what was shipped stays ordered), and an order without shipped units may end cancelled.
 */
export const orderHistory: fc.Arbitrary<OrderSnapshot[]> = fc
  .record({
    orderId: fc.uuid(),
    appearsAt: fc.array(fc.nat(stepsMax - 1), { minLength: 1, maxLength: linesMax }),
    steps: fc.array(
      fc.array(fc.record({ wanted: fc.nat(5), shipped: fc.nat(5) }), {
        ...{ minLength: linesMax, maxLength: linesMax },
      }),
      { minLength: 1, maxLength: stepsMax },
    ),
    ends: fc.constantFrom("open", "cancelled"),
  })
  .map(({ orderId, appearsAt, steps, ends }) => {
    const shippedOf = new Array<number>(linesMax).fill(0);
    return steps.map((step, index) => {
      const lines = appearsAt.flatMap((from, number) => {
        if (from > index) return [];
        const before = shippedOf[number] ?? 0;
        const said = step[number] ?? { wanted: 0, shipped: 0 };
        const quantity = Math.max(said.wanted, before);
        const left = ends === "cancelled" ? 0 : Math.min(Math.max(said.shipped, before), quantity);
        shippedOf[number] = left;
        const withdrawn = quantity === 0 ? { withdrawn: true as const } : {};
        const lineId = String(number);
        return [line({ lineId, sku: `s${number}`, quantity, shipped: left, ...withdrawn })];
      });
      const cancelled = ends === "cancelled" && index === steps.length - 1;
      return snapshot(lines, { orderId, revision: 10 + index, cancelled });
    });
  });

/** Every snapshot at least once, some again, in any order. */
export function anyDelivery<T>(items: readonly T[]): fc.Arbitrary<T[]> {
  return fc.array(fc.constantFrom(...items), { maxLength: 4 }).chain((again) => {
    const all = [...items, ...again];
    return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length });
  });
}

/** What an order came to, without the way there: how many changes it took and where units were taken. */
export function outcome(state: OrderState) {
  const { revision, cancelled, test, placedAt, lines } = state;
  const folded = lines
    .map((one) => ({
      ...{ lineId: one.lineId, skuId: one.skuId, quantity: one.quantity, shipped: one.shipped },
      ...{ oversold: one.oversold, taken: unitsTaken(one), problem: one.problem },
    }))
    .sort((a, b) => (a.lineId < b.lineId ? -1 : 1));
  return { revision, cancelled, test, placedAt, lines: folded };
}
