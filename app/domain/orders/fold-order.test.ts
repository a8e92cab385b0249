import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyDelivery, line, orderHistory, outcome, snapshot } from "#tests/support/orders.ts";
import { level, someCause, summed } from "#tests/support/stock.ts";
import { available, type Level } from "../stock/level.ts";
import { StockBook } from "../stock/stock-book.ts";
import { foldOrder, type FoldContext, type Folded } from "./fold-order.ts";
import type { OrderSnapshot } from "./order-snapshot.ts";
import { unitsTaken, type OrderState } from "./order-state.ts";

const locations = [
  { id: "a", externalId: "gid://shopify/Location/1" },
  { id: "b", externalId: "gid://shopify/Location/2" },
];

function contextOf(book: StockBook): FoldContext {
  return {
    book,
    locations,
    skuOf: ({ sku }) => (sku?.trim().startsWith("s") ? sku.trim() : null),
    keyPrefix: "ebay:demo",
    cause: someCause,
  };
}

/** Folds deliveries one after the other, as ingest does. */
class Fold {
  readonly book: StockBook;
  readonly #states = new Map<string, OrderState>();
  constructor(levels: readonly Level[]) {
    this.book = new StockBook(levels);
  }
  take(order: OrderSnapshot): Folded {
    const known = this.#states.get(order.orderId) ?? null;
    const folded = foldOrder(known, order, contextOf(this.book));
    this.#states.set(order.orderId, folded.state);
    return folded;
  }
  state(orderId = "o1"): OrderState {
    const state = this.#states.get(orderId);
    if (!state) throw new Error(`no order ${orderId}`);
    return state;
  }
  states(): readonly OrderState[] {
    return [...this.#states.values()];
  }
  available(skuId = "s0"): number {
    return locations.reduce((sum, { id }) => sum + this.book.available(skuId, id), 0);
  }
}

/** Stock of the SKUs s0…s2, a few units at each of two locations: often too few. */
const shelves = fc.array(fc.nat(6), { minLength: 6, maxLength: 6 }).map((units) =>
  units.map((onHand, index) =>
    level({
      ...{ skuId: `s${index % 3}`, locationId: index < 3 ? "a" : "b" },
      ...{ onHand, committed: 0 },
    }),
  ),
);

/** An order of up to two lines that is cancelled and opened again, oldest word first; the number may change too. */
const reopenedHistory = fc
  .array(
    fc.record({
      cancelled: fc.boolean(),
      wanted: fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })),
    }),
    { minLength: 2, maxLength: 6 },
  )
  .map((steps) =>
    steps.map(({ cancelled, wanted }, index) =>
      snapshot(
        wanted.map((quantity, number) =>
          line({ lineId: String(number), sku: `s${number}`, quantity }),
        ),
        { revision: 10 + index, cancelled },
      ),
    ),
  );

const plenty = [level({ skuId: "s0", onHand: 10 }), level({ skuId: "s1", onHand: 10 })];

/** What the entries add up to, by SKU: the sum over its locations. */
function totals(fold: Fold): Record<string, { onHand: number; committed: number }> {
  const result: Record<string, { onHand: number; committed: number }> = {};
  for (const [key, sum] of summed([], fold.book.entries)) {
    const skuId = key.split("@")[0] ?? key;
    const before = result[skuId] ?? { onHand: 0, committed: 0 };
    result[skuId] = {
      onHand: before.onHand + sum.onHand,
      committed: before.committed + sum.committed,
    };
  }
  // A unit taken and given back is as if nothing had been.
  return Object.fromEntries(
    Object.entries(result).filter(([, { onHand, committed }]) => onHand !== 0 || committed !== 0),
  );
}

describe("foldOrder over any delivery", () => {
  const deliveries = orderHistory.chain((history) =>
    fc.record({
      history: fc.constant(history),
      delivered: anyDelivery(history),
      levels: shelves,
    }),
  );

  it("Once: any order and any repetition of the same snapshots come to the same order and movements", () => {
    fc.assert(
      fc.property(deliveries, ({ history, delivered, levels }) => {
        const straight = new Fold(levels);
        for (const order of history) straight.take(order);
        const shuffled = new Fold(levels);
        for (const order of delivered) shuffled.take(order);
        const [{ orderId = "" } = {}] = history;
        expect(outcome(shuffled.state(orderId))).toEqual(outcome(straight.state(orderId)));
        expect(totals(shuffled)).toEqual(totals(straight));
      }),
      { numRuns: 500 },
    );
  });

  it("Once: no two movements share a key, and repeating everything moves nothing more", () => {
    fc.assert(
      fc.property(deliveries, ({ delivered, levels }) => {
        const fold = new Fold(levels);
        for (const order of delivered) fold.take(order);
        const entries = fold.book.entries.length;
        const keys = new Set(fold.book.entries.map(({ idempotencyKey }) => idempotencyKey));
        expect(keys.size).toBe(entries);
        for (const order of delivered) {
          const again = fold.take(order);
          expect([...again.sold.values(), ...again.oversold.values()]).toEqual([]);
        }
        expect(fold.book.entries.length).toBe(entries);
      }),
    );
  });

  it("Conservation, Never negative: many orders on little stock take what is there, record the rest and never throw", () => {
    const orders = fc.array(orderHistory, { minLength: 1, maxLength: 8 });
    const delivered = orders.chain((histories) => anyDelivery(histories.flat()));
    fc.assert(
      fc.property(shelves, delivered, (levels, snapshots) => {
        const fold = new Fold(levels);
        for (const order of snapshots) fold.take(order);
        for (const { skuId, locationId, ...sum } of fold.book.changes) {
          expect(
            available({ onHand: sum.onHand, committed: sum.committed }),
          ).toBeGreaterThanOrEqual(0);
          expect(summed(levels, fold.book.entries).get(`${skuId}@${locationId}`)).toEqual({
            onHand: sum.onHand,
            committed: sum.committed,
          });
        }
        const lines = fold.states().flatMap((state) => state.lines);
        for (const one of lines) {
          expect(unitsTaken(one) + one.oversold).toBe(one.quantity);
          expect(one.shipped).toBeLessThanOrEqual(unitsTaken(one));
        }
        const committed = fold.book.changes.reduce((sum, change) => sum + change.committed, 0);
        const unshipped = lines.reduce((sum, one) => sum + unitsTaken(one) - one.shipped, 0);
        expect(committed).toBe(unshipped);
      }),
    );
  });

  it("the newest word says whether an order stands: cancelled and opened again any number of times, in any order", () => {
    const changing = reopenedHistory.chain((history) =>
      fc.record({
        history: fc.constant(history),
        delivered: anyDelivery(history),
        levels: shelves,
      }),
    );
    fc.assert(
      fc.property(changing, ({ history, delivered, levels }) => {
        const newest = history.at(-1);
        const [straight, shuffled] = [new Fold(levels), new Fold(levels)];
        for (const order of history) straight.take(order);
        for (const order of delivered) shuffled.take(order);
        expect(shuffled.state().cancelled).toBe(newest?.cancelled);
        for (const one of shuffled.state().lines) {
          const said = newest?.lines.find(({ lineId }) => lineId === one.lineId);
          expect(one.quantity).toBe(newest?.cancelled ? 0 : said?.quantity);
        }
        expect(outcome(shuffled.state())).toEqual(outcome(straight.state()));
        expect(totals(shuffled)).toEqual(totals(straight));
      }),
      { numRuns: 500 },
    );
  });

  it("tells what was sold and oversold: over all folds it adds up to what the lines hold", () => {
    fc.assert(
      fc.property(deliveries, ({ delivered, levels }) => {
        const fold = new Fold(levels);
        const sold = new Map<string, number>();
        for (const order of delivered) {
          for (const [skuId, units] of fold.take(order).sold) {
            sold.set(skuId, (sold.get(skuId) ?? 0) + units);
          }
        }
        for (const { skuId, quantity } of fold.states().flatMap((state) => state.lines)) {
          expect(sold.get(skuId ?? "") ?? 0).toBe(quantity);
        }
      }),
    );
  });
});

describe("foldOrder", () => {
  it("takes from the most wanted location first and overflows into the next", () => {
    const fold = new Fold([
      level({ skuId: "s0", locationId: "a", onHand: 3 }),
      level({ skuId: "s0", locationId: "b", onHand: 3 }),
    ]);
    const { state, sold } = fold.take(snapshot([line({ quantity: 4 })]));
    expect(state.lines[0]?.allocations).toEqual({
      a: { units: 3, shipped: 0 },
      b: { units: 1, shipped: 0 },
    });
    expect(fold.book.entries.map(({ kind, committedDelta }) => [kind, committedDelta])).toEqual([
      ["sale", 3],
      ["sale", 1],
    ]);
    expect(sold).toEqual(new Map([["s0", 4]]));
  });

  it("takes where the channel says the line is fulfilled, when it says so", () => {
    const fold = new Fold([
      level({ skuId: "s0", locationId: "a", onHand: 3 }),
      level({ skuId: "s0", locationId: "b", onHand: 3 }),
    ]);
    fold.take(snapshot([line({ externalLocationId: "gid://shopify/Location/2" })]));
    expect(fold.book.available("s0", "b")).toBe(1);
    expect(fold.book.available("s0", "a")).toBe(3);
  });

  it("Never negative: a shortage takes what is there and becomes oversold", () => {
    const fold = new Fold([level({ skuId: "s0", onHand: 2 })]);
    const { state, oversold, sold, problems } = fold.take(snapshot([line({ quantity: 5 })]));
    expect(state.lines[0]).toMatchObject({ quantity: 5, oversold: 3, problem: null });
    expect(oversold).toEqual(new Map([["s0", 3]]));
    expect(sold).toEqual(new Map([["s0", 5]]));
    expect(problems).toEqual([]);
    expect(fold.available()).toBe(0);
  });

  it("gives up oversold units before those that were taken", () => {
    const fold = new Fold([level({ skuId: "s0", onHand: 2 })]);
    fold.take(snapshot([line({ quantity: 5 })]));
    const { state, sold } = fold.take(snapshot([line({ quantity: 1 })], { revision: 2 }));
    expect(state.lines[0]).toMatchObject({ quantity: 1, oversold: 0 });
    expect(sold).toEqual(new Map([["s0", -4]]));
    expect(fold.available()).toBe(1);
  });

  it("moves only the difference when an order is edited up and down", () => {
    const fold = new Fold(plenty);
    fold.take(snapshot([line({ quantity: 2 })]));
    fold.take(snapshot([line({ quantity: 5 })], { revision: 2 }));
    fold.take(snapshot([line({ quantity: 1 })], { revision: 3 }));
    expect(fold.book.entries.map(({ kind, committedDelta }) => [kind, committedDelta])).toEqual([
      ["sale", 2],
      ["sale", 3],
      ["release", -4],
    ]);
  });

  it("a line that was withdrawn gives everything back", () => {
    const fold = new Fold(plenty);
    fold.take(snapshot([line({ quantity: 2 })]));
    const gone = line({ quantity: 0, withdrawn: true });
    expect(fold.take(snapshot([gone], { revision: 2 })).problems).toEqual([]);
    expect(fold.available()).toBe(10);
  });

  it("ships what was taken: on hand and committed fall together, once", () => {
    const fold = new Fold(plenty);
    fold.take(snapshot([line({ quantity: 3 })]));
    for (const shipped of [1, 3, 3]) {
      fold.take(snapshot([line({ quantity: 3, shipped })], { revision: 1 + shipped }));
    }
    expect(fold.book.level("s0", "a")).toMatchObject({ onHand: 7, committed: 0 });
    expect(fold.available()).toBe(7);
  });

  it("what has left the house does not come back by a cancellation", () => {
    const fold = new Fold(plenty);
    fold.take(snapshot([line({ quantity: 3, shipped: 2 })]));
    fold.take(snapshot([line({ quantity: 3 })], { revision: 2, cancelled: true }));
    expect(fold.book.level("s0", "a")).toMatchObject({ onHand: 8, committed: 0 });
  });

  it("Once: a cancellation that overtakes its order leaves a tombstone, and the order takes nothing", () => {
    const fold = new Fold(plenty);
    fold.take(snapshot([line()], { revision: 5, cancelled: true }));
    expect(fold.state()).toMatchObject({ cancelled: true });
    const { sold } = fold.take(snapshot([line(), line({ lineId: "2", sku: "s1" })]));
    expect(sold.size).toBe(0);
    expect(fold.book.entries).toEqual([]);
    expect(fold.state().lines.map(({ quantity }) => quantity)).toEqual([0, 0]);
  });

  it("a newer word opens a cancelled order again: its units are taken anew, each movement once", () => {
    const fold = new Fold(plenty);
    const placed = snapshot([line()]);
    const cancelled = snapshot([line()], { revision: 2, cancelled: true });
    const reopened = snapshot([line()], { revision: 3 });
    for (const order of [placed, cancelled, reopened, cancelled, placed, reopened])
      fold.take(order);
    expect(fold.state()).toMatchObject({ cancelled: false, revision: 3 });
    expect(fold.state().lines[0]).toMatchObject({ quantity: 2, oversold: 0 });
    expect(fold.available()).toBe(8);
    expect(fold.book.entries.map(({ kind, committedDelta }) => [kind, committedDelta])).toEqual([
      ["sale", 2],
      ["release", -2],
      ["sale", 2],
    ]);
  });

  it("an order that was opened again after its units were sold elsewhere is oversold", () => {
    const fold = new Fold([level({ skuId: "s0", onHand: 2 })]);
    fold.take(snapshot([line()]));
    fold.take(snapshot([line()], { revision: 2, cancelled: true }));
    fold.take(snapshot([line({ quantity: 1 })], { orderId: "o2" }));
    const { oversold, sold } = fold.take(snapshot([line()], { revision: 3 }));
    expect([oversold.get("s0"), sold.get("s0")]).toEqual([1, 2]);
    expect(fold.available()).toBe(0);
  });

  it("a cancellation that comes late does not cancel what is newer", () => {
    const fold = new Fold(plenty);
    fold.take(snapshot([line({ quantity: 3 })], { revision: 5 }));
    const { sold } = fold.take(snapshot([line()], { revision: 4, cancelled: true }));
    expect(sold.size).toBe(0);
    expect(fold.state()).toMatchObject({ cancelled: false, revision: 5 });
    expect(fold.available()).toBe(7);
  });

  it.each([[[false, true]], [[true, false]]])(
    "of two words of one instant the cancellation counts, whichever comes first (%o)",
    (order) => {
      const fold = new Fold(plenty);
      for (const cancelled of order) fold.take(snapshot([line()], { cancelled }));
      expect(fold.state().cancelled).toBe(true);
      expect(fold.available()).toBe(10);
    },
  );

  it("an order that is opened again ships like any other", () => {
    const fold = new Fold(plenty);
    fold.take(snapshot([line()]));
    fold.take(snapshot([line()], { revision: 2, cancelled: true }));
    fold.take(snapshot([line({ shipped: 2 })], { revision: 3 }));
    expect(fold.book.level("s0", "a")).toMatchObject({ onHand: 8, committed: 0 });
  });

  it("a cancellation that names no lines still gives everything back", () => {
    const fold = new Fold(plenty);
    fold.take(snapshot([line(), line({ lineId: "2", sku: "s1" })]));
    fold.take(snapshot([], { revision: 2, cancelled: true }));
    expect(fold.available("s0")).toBe(10);
    expect(fold.available("s1")).toBe(10);
  });

  it("a stale snapshot changes nothing that is known, but may bring a line nobody told us about", () => {
    const fold = new Fold(plenty);
    fold.take(snapshot([line({ quantity: 2 })], { revision: 5 }));
    fold.take(
      snapshot([line({ quantity: 9 }), line({ lineId: "2", sku: "s1", quantity: 1 })], {
        revision: 4,
      }),
    );
    expect(fold.available("s0")).toBe(8);
    expect(fold.available("s1")).toBe(9);
    expect(fold.state().revision).toBe(5);
  });

  it("test orders are recorded and move nothing, cancelled ones neither", () => {
    const fold = new Fold(plenty);
    fold.take(snapshot([line()], { test: true }));
    fold.take(snapshot([line()], { test: true, revision: 2, cancelled: true }));
    expect(fold.state()).toMatchObject({ test: true, cancelled: true });
    expect(fold.book.entries).toEqual([]);
  });

  it.each([
    [{ sku: "unknown" }, 'line 2: SKU "unknown" is not known here; match it and replay'],
    [{ sku: " " }, "line 2: the channel gave no SKU and no listing that is known here"],
    [{ quantity: 0 }, "line 2: quantity 0 sells nothing"],
    [{ quantity: -3 }, "line 2: quantity -3 is not a whole number of units"],
    [{ quantity: 1.5 }, "line 2: quantity 1.5 is not a whole number of units"],
    [{ quantity: 1_000_001 }, "line 2: 1000001 units are more than the 1000000 a line may have"],
    [{ unreadable: "what it sells cannot be read" }, "line 2: what it sells cannot be read"],
    [{ quantity: Number.NaN }, "line 2: quantity NaN is not a whole number of units"],
  ])("a bad line %o is a problem in words; the other lines still apply", (change, problem) => {
    const fold = new Fold(plenty);
    const bad = line({ lineId: "2", ...change });
    const { problems, state } = fold.take(
      snapshot([line(), bad, line({ lineId: "3", sku: "s1" })]),
    );
    expect(problems).toEqual([problem]);
    expect(fold.available("s0")).toBe(8);
    expect(fold.available("s1")).toBe(8);
    expect(state.lines[1]).toMatchObject({ lineId: "2", problem, allocations: {} });
  });

  it("a line whose SKU became known applies when the same snapshot is replayed", () => {
    const book = new StockBook(plenty);
    const order = snapshot([line({ sku: "new" })]);
    const first = foldOrder(null, order, { ...contextOf(book), skuOf: () => null });
    expect(first.problems).toHaveLength(1);
    const again = foldOrder(first.state, order, { ...contextOf(book), skuOf: () => "s0" });
    expect(again.problems).toEqual([]);
    expect(again.state.lines[0]).toMatchObject({ skuId: "s0", quantity: 2, problem: null });
    expect(book.available("s0", "a")).toBe(8);
  });

  it("Explained: every movement names its order", () => {
    const fold = new Fold(plenty);
    fold.take(snapshot([line()], { orderId: "7-7" }));
    expect(fold.book.entries[0]).toMatchObject({
      idempotencyKey: "ebay:demo:7-7:1:sale:1:a",
      cause: { orderId: "7-7" },
    });
  });
});
