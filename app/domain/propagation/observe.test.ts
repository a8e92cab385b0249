import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bookable, judgeObservations, settleMs, type Drift } from "./observe.ts";

const now = new Date("2026-01-11T10:00:00Z");
const ago = (ms: number) => new Date(now.getTime() - ms);
const later = (ms: number) => new Date(now.getTime() + ms);

/** One listing that is expected to show 5. */
const seen = (shown: number, drift: Drift | null = null) => ({ expected: 5, shown, drift });

describe("judgeObservations", () => {
  it("shows what we expect: in step, whatever was seen before", () => {
    const drift = { quantity: -2, since: ago(settleMs * 2) };
    expect(judgeObservations([seen(5, drift), seen(5)], now)).toEqual({ verdict: "in-step" });
  });

  it("a difference seen for the first time settles: a late order may explain it", () => {
    expect(judgeObservations([seen(3), seen(5)], now)).toEqual({
      ...{ verdict: "settling", drifts: [{ quantity: -2, since: now }, null], afterMs: settleMs },
    });
  });

  it("the same difference settles for what is left of the time, then it is news", () => {
    const since = (ms: number) =>
      judgeObservations([seen(8, { quantity: 3, since: ago(ms) })], now);
    expect(since(4_000)).toEqual({
      ...{ verdict: "settling", drifts: [{ quantity: 3, since: ago(4_000) }] },
      afterMs: settleMs - 4_000,
    });
    expect(since(settleMs - 1)).toMatchObject({ verdict: "settling", afterMs: 1 });
    expect(since(settleMs)).toEqual({ verdict: "observed", quantities: [3] });
  });

  it("another difference begins to settle anew", () => {
    const drift = { quantity: -2, since: ago(settleMs * 2) };
    expect(judgeObservations([seen(2, drift)], now)).toMatchObject({
      ...{ verdict: "settling", drifts: [{ quantity: -3, since: now }] },
    });
  });

  it("all listings of a SKU settle together: the newest difference decides", () => {
    const old = { quantity: -2, since: ago(settleMs * 2) };
    expect(judgeObservations([seen(3, old), seen(7)], now)).toEqual({
      ...{ verdict: "settling", drifts: [old, { quantity: 2, since: now }], afterMs: settleMs },
    });
  });

  const shownAt = fc.array(fc.integer({ min: -20, max: 40 }), { minLength: 1, maxLength: 4 });

  it("Convergence: with nothing else moving, a difference is booked after exactly the settling time", () => {
    fc.assert(
      fc.property(shownAt, (shown) => {
        const first = judgeObservations(
          shown.map((units) => seen(units)),
          now,
        );
        if (shown.every((units) => units === 5)) {
          expect(first).toEqual({ verdict: "in-step" });
          return;
        }
        if (first.verdict !== "settling") throw new Error("must settle first");
        const again = (at: Date) =>
          judgeObservations(
            shown.map((units, index) => seen(units, first.drifts[index] ?? null)),
            at,
          );
        expect(again(later(first.afterMs - 1)).verdict).toBe("settling");
        expect(again(later(first.afterMs))).toEqual({
          ...{ verdict: "observed", quantities: shown.map((units) => units - 5) },
        });
      }),
    );
  });
});

describe("bookable", () => {
  const sum = (list: readonly number[]) => list.reduce((total, units) => total + units, 0);
  const places = fc.array(
    fc.record({
      quantity: fc.integer({ min: -20, max: 20 }),
      available: fc.integer({ min: -5, max: 20 }),
    }),
    { minLength: 1, maxLength: 4 },
  );

  it("Never negative: no location loses more than it has, and none moves the other way", () => {
    fc.assert(
      fc.property(places, (list) => {
        const booked = bookable(
          list.map(({ quantity }) => quantity),
          list.map(({ available }) => available),
        );
        list.forEach(({ quantity, available }, index) => {
          const units = booked[index] ?? 0;
          if (quantity < 0) expect(-units).toBeLessThanOrEqual(Math.max(0, available));
          expect(Math.abs(units)).toBeLessThanOrEqual(Math.abs(quantity));
          if (units !== 0) expect(Math.sign(units)).toBe(Math.sign(quantity));
        });
      }),
    );
  });

  it("never offers units that the channel did not gain: the total moves by no more than the channel's", () => {
    fc.assert(
      fc.property(places, (list) => {
        const quantities = list.map(({ quantity }) => quantity);
        const booked = bookable(
          quantities,
          list.map(({ available }) => available),
        );
        expect(sum(booked)).toBeLessThanOrEqual(Math.max(0, sum(quantities)));
        // With enough at every location, the ledger follows the channel exactly.
        const plenty = quantities.map(() => 1_000);
        expect(sum(bookable(quantities, plenty))).toBe(sum(quantities));
      }),
    );
  });

  it.each([
    [[-3], [10], [-3]],
    [[-3], [2], [-2]],
    [[4], [0], [4]],
    [
      [-2, 2],
      [5, 5],
      [-2, 2],
    ],
    [
      [-2, 2],
      [0, 5],
      [0, 0],
    ],
    [
      [-2, 5],
      [0, 5],
      [0, 3],
    ],
    [
      [0, 0],
      [5, 5],
      [0, 0],
    ],
  ])("of %o with %o available books %o", (quantities, available, booked) => {
    expect(bookable(quantities, available).map((units) => units + 0)).toEqual(booked);
  });
});
