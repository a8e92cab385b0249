import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { needsPush, sellable, urgency } from "./sellable.ts";

const units = fc.integer({ min: -50, max: 200_000 });
const pools = fc.array(units, { maxLength: 6 });
const buffers = fc.nat(1_000);
const shown = fc.option(fc.integer({ min: -20, max: 50 }), { nil: null });
const wanted = fc.nat(50);

describe("sellable", () => {
  it("Never negative: is a whole number, never below 0", () => {
    fc.assert(
      fc.property(pools, buffers, (available, safetyStock) => {
        const quantity = sellable({ available, safetyStock });
        expect(quantity).toBeGreaterThanOrEqual(0);
        expect(Number.isInteger(quantity)).toBe(true);
      }),
    );
  });

  it("never offers more than there is, less the safety stock", () => {
    fc.assert(
      fc.property(pools, buffers, (available, safetyStock) => {
        const positive = available.filter((one) => one > 0).reduce((sum, one) => sum + one, 0);
        expect(sellable({ available, safetyStock })).toBeLessThanOrEqual(
          Math.max(0, positive - safetyStock),
        );
      }),
    );
  });

  it("an unit more never lowers it, and the order of locations does not matter", () => {
    fc.assert(
      fc.property(pools, buffers, units, (available, safetyStock, more) => {
        const before = sellable({ available, safetyStock });
        const after = sellable({ available: [...available, Math.abs(more)], safetyStock });
        expect(after).toBeGreaterThanOrEqual(before);
        expect(sellable({ available: [...available].reverse(), safetyStock })).toBe(before);
      }),
    );
  });

  it.each([
    [[3, 4], 0, 7],
    [[3, 4], 5, 2],
    [[3, 4], 7, 0],
    [[3, 4], 100, 0],
    [[-2, 5], 0, 5],
    [[], 0, 0],
    [[200_000], 0, 200_000],
  ])("of %o less %i is %i", (available, safetyStock, quantity) => {
    expect(sellable({ available, safetyStock })).toBe(quantity);
  });
});

it("shows no more than the channel can", () => {
  expect(sellable({ available: [200_000], safetyStock: 0, quantityMax: 99_999 })).toBe(99_999);
});

describe("needsPush", () => {
  it("Convergence: what was pushed needs no push, what is unknown needs one", () => {
    fc.assert(
      fc.property(shown, wanted, (expected, quantity) => {
        expect(needsPush(quantity, quantity)).toBe(false);
        expect(needsPush(null, quantity)).toBe(true);
        expect(needsPush(expected, quantity)).toBe(expected !== quantity);
      }),
    );
  });

  it("a location below 0 hides another location's units, and is written", () => {
    expect(needsPush(-3, 0)).toBe(true);
  });
});

describe("urgency", () => {
  it("sold out comes before too much, and too much before too little", () => {
    fc.assert(
      fc.property(shown, fc.integer({ min: 1, max: 50 }), (expected, quantity) => {
        const place = urgency(expected, quantity);
        expect(place).toBeGreaterThan(urgency(expected, 0));
        expect(place).toBeLessThanOrEqual(3);
        if (expected === null || expected > quantity) {
          expect(place).toBeLessThan(urgency(quantity - 1, quantity));
        }
      }),
    );
  });

  it("of two that offer too much, the one with the larger share too much is first", () => {
    expect(urgency(10, 1)).toBeLessThan(urgency(100, 50));
    expect(urgency(10, 5)).toBeLessThan(urgency(10, 9));
  });
});
