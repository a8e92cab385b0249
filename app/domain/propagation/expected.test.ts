import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { clockSkewMsMax, expectedAfterOwnOrder, type OwnOrder } from "./expected.ts";

const placedAt = new Date("2026-01-11T10:00:00Z");
const sale: OwnOrder = {
  ...{ mode: "absolute", expected: 10, units: 3, placedAt, ackedAt: null, inFlight: false },
};
const after = (ms: number) => new Date(placedAt.getTime() + ms);

describe("expectedAfterOwnOrder", () => {
  it.each([
    ["nothing known stays unknown", { expected: null }, null],
    ["nothing known stays unknown, by difference", { expected: null, mode: "difference" }, null],
    ["the channel lowered its own number", {}, 7],
    ["a channel may go below 0", { units: 12 }, -2],
    ["our last write is old enough", { ackedAt: after(-clockSkewMsMax) }, 7],
    ["our write may have wiped out the sale", { ackedAt: after(1_000) }, null],
    ["…within the skew of clocks too", { ackedAt: after(1 - clockSkewMsMax) }, null],
    ["a write of ours is on its way", { inFlight: true }, null],
    ["a cancelled unit may or may not be back on sale", { units: -3 }, null],
    ["a difference commutes with everything", { mode: "difference", inFlight: true }, 7],
    ["a difference commutes with our writes", { mode: "difference", ackedAt: after(0) }, 7],
    ["a cancelled unit is back by difference", { mode: "difference", units: -3 }, 13],
  ] as const)("%s", (_case, change, expected) => {
    expect(expectedAfterOwnOrder({ ...sale, ...change })).toBe(expected);
  });

  it("by difference: any order of sales and releases comes to the same number", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -9, max: 9 })), (units) => {
        const fold = (list: readonly number[]) =>
          list.reduce<number | null>((expected, one) => {
            return expectedAfterOwnOrder({ ...sale, mode: "difference", expected, units: one });
          }, 10);
        expect(fold([...units].reverse())).toBe(fold(units));
        expect(fold(units)).toBe(10 - units.reduce((sum, one) => sum + one, 0));
      }),
    );
  });

  it("absolute: never believes a number that a write of ours may have overwritten", () => {
    const orders = fc.record({
      expected: fc.option(fc.integer({ min: 0, max: 50 }), { nil: null }),
      units: fc.integer({ min: -9, max: 9 }).filter((units) => units !== 0),
      ackedAt: fc.option(fc.integer({ min: -600_000, max: 600_000 }).map(after), { nil: null }),
      inFlight: fc.boolean(),
    });
    fc.assert(
      fc.property(orders, (order) => {
        const expected = expectedAfterOwnOrder({ ...sale, ...order });
        if (expected === null) return;
        expect(order.inFlight).toBe(false);
        const writtenMs = order.ackedAt?.getTime() ?? -Infinity;
        expect(writtenMs + clockSkewMsMax).toBeLessThanOrEqual(placedAt.getTime());
        expect(expected).toBe((order.expected ?? Number.NaN) - order.units);
      }),
    );
  });
});
