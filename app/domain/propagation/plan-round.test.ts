import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { planRound, type PlannableListing, type RoundLimits } from "./plan-round.ts";
import { needsPush, sellable, urgency } from "./sellable.ts";

const now = new Date("2026-01-11T10:00:00Z");

const listing = fc.record({
  expected: fc.option(fc.integer({ min: -5, max: 40 }), { nil: null }),
  available: fc.array(fc.nat(20), { maxLength: 2 }),
  safetyStock: fc.nat(5),
  writesToday: fc.nat(260),
  paused: fc.boolean(),
  lockedUntil: fc.constant(null),
  ackedAt: fc.option(
    fc.nat(120_000).map((agoMs) => new Date(now.getTime() - agoMs)),
    { nil: null },
  ),
});

const limits = fc.record({
  batchSizeMax: fc.integer({ min: 1, max: 10 }),
  perListingPerDayMax: fc.constantFrom(undefined, 250),
  mode: fc.constantFrom("absolute" as const, "difference" as const),
  bulk: fc.constantFrom(undefined, { sizeMin: 3, sizeMax: 5 }),
});

const wantedOf = (one: PlannableListing) => (one.paused ? 0 : sellable(one));

const plain: RoundLimits = {
  ...{ batchSizeMax: 20, perListingPerDayMax: undefined, mode: "absolute", now },
};

function shows(expected: number | null, available: number): PlannableListing {
  return {
    expected,
    available: [available],
    safetyStock: 0,
    writesToday: 0,
    ackedAt: null,
    lockedUntil: null,
    paused: false,
  };
}

describe("planRound", () => {
  it("Nothing is lost: every listing is in exactly one part of the plan", () => {
    fc.assert(
      fc.property(fc.array(listing, { maxLength: 30 }), limits, (listings, given) => {
        const round = planRound(listings, { ...given, now });
        const all = [
          ...round.push.map((one) => one.listing),
          ...round.bulk.map((one) => one.listing),
          ...round.inStep,
          ...round.deferred.map((one) => one.listing),
          ...round.unread,
        ];
        expect(all).toHaveLength(listings.length);
        expect(new Set(all)).toEqual(new Set(listings));
      }),
    );
  });

  it("pushes the newest sellable only, never more than a batch, most urgent first", () => {
    fc.assert(
      fc.property(fc.array(listing, { maxLength: 30 }), limits, (listings, given) => {
        const { push, deferred, inStep, unread } = planRound(listings, { ...given, now });
        expect(push.length).toBeLessThanOrEqual(given.batchSizeMax);
        const places = push.map(({ listing: one, quantity }) => {
          expect(quantity).toBe(wantedOf(one));
          expect(needsPush(one.expected, quantity)).toBe(true);
          return urgency(one.expected, quantity);
        });
        expect(places).toEqual([...places].sort((a, b) => a - b));
        const last = places.at(-1) ?? 0;
        for (const { listing: one, afterMs } of deferred) {
          expect(afterMs).toBeGreaterThanOrEqual(0);
          expect(Number.isFinite(afterMs)).toBe(true);
          if (afterMs === 0)
            expect(urgency(one.expected, wantedOf(one))).toBeGreaterThanOrEqual(last);
        }
        for (const one of inStep) expect(needsPush(one.expected, wantedOf(one))).toBe(false);
        for (const one of unread) expect(one.expected).toBe(null);
      }),
    );
  });

  it("a bulk job holds many that can wait, none that is sold out, and never more than it may", () => {
    fc.assert(
      fc.property(fc.array(listing, { maxLength: 30 }), limits, (listings, given) => {
        const { bulk, push } = planRound(listings, { ...given, now });
        if (given.bulk === undefined) expect(bulk).toEqual([]);
        expect(bulk.length).toBeLessThanOrEqual(given.bulk?.sizeMax ?? 0);
        if (bulk.length > 0) expect(push).toHaveLength(given.batchSizeMax);
        for (const { listing: one, quantity } of bulk) {
          expect(quantity).toBeGreaterThan(0);
          expect(quantity).toBe(wantedOf(one));
        }
      }),
    );
  });

  it("a paused listing shows 0 whatever there is", () => {
    const paused = { ...shows(9, 9), paused: true };
    expect(planRound([paused], plain).push).toMatchObject([{ listing: paused, quantity: 0 }]);
    expect(planRound([{ ...paused, expected: 0 }], plain).inStep).toHaveLength(1);
  });

  it("a difference channel is read before it is written when nothing is known of it", () => {
    const unknown = shows(null, 3);
    expect(planRound([unknown], { ...plain, mode: "difference" })).toMatchObject({
      push: [],
      unread: [unknown],
    });
    expect(planRound([unknown], plain).push).toMatchObject([{ listing: unknown, quantity: 3 }]);
  });

  it("what is sold out goes into the only place of the batch; the others follow at once", () => {
    const listings = [shows(1, 9), shows(9, 5), shows(9, 0)];
    const round = planRound(listings, { ...plain, batchSizeMax: 1 });
    expect(round.push).toMatchObject([{ listing: listings[2], quantity: 0 }]);
    expect(round.deferred).toEqual([
      { listing: listings[1], afterMs: 0 },
      { listing: listings[0], afterMs: 0 },
    ]);
  });

  it("a spent daily budget defers, but never for longer than the named wait", () => {
    const spent = { ...shows(9, 5), writesToday: 250 };
    const round = planRound([spent], { ...plain, perListingPerDayMax: 250 });
    expect(round.push).toEqual([]);
    expect(round.deferred).toEqual([{ listing: spent, afterMs: 15 * 60_000 }]);
  });
});
