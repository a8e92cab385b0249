import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeObservation, settleMs } from "./observe.ts";

const now = new Date("2026-01-11T10:00:00Z");
const ago = (ms: number) => new Date(now.getTime() - ms);

describe("judgeObservation", () => {
  it("shows what we expect: in step, whatever was seen before", () => {
    const drift = { quantity: -2, since: ago(settleMs * 2) };
    expect(judgeObservation({ expected: 5, shown: 5, drift, now })).toEqual({ verdict: "in-step" });
  });

  it("a difference seen for the first time settles: a late order may explain it", () => {
    expect(judgeObservation({ expected: 5, shown: 3, drift: null, now })).toEqual({
      ...{ verdict: "settling", quantity: -2, since: now, afterMs: settleMs },
    });
  });

  it("the same difference settles for what is left of the time, then it is news", () => {
    const seen = (agoMs: number) =>
      judgeObservation({
        ...{ expected: 5, shown: 8, now },
        drift: { quantity: 3, since: ago(agoMs) },
      });
    expect(seen(4_000)).toEqual({
      ...{ verdict: "settling", quantity: 3, since: ago(4_000), afterMs: settleMs - 4_000 },
    });
    expect(seen(settleMs - 1)).toMatchObject({ verdict: "settling", afterMs: 1 });
    expect(seen(settleMs)).toEqual({ verdict: "observed", quantity: 3 });
  });

  it("another difference begins to settle anew", () => {
    const drift = { quantity: -2, since: ago(settleMs * 2) };
    expect(judgeObservation({ expected: 5, shown: 2, drift, now })).toMatchObject({
      ...{ verdict: "settling", quantity: -3, since: now },
    });
  });

  it("Convergence: with nothing else moving, a difference is booked after exactly the settling time", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 1_000 }), (expected, off) => {
        const shown = expected + off;
        const first = judgeObservation({ expected, shown, drift: null, now });
        if (first.verdict !== "settling") throw new Error("must settle");
        const later = new Date(now.getTime() + first.afterMs);
        const drift = { quantity: first.quantity, since: first.since };
        expect(judgeObservation({ expected, shown, drift, now: later })).toEqual({
          ...{ verdict: "observed", quantity: off },
        });
      }),
    );
  });
});
