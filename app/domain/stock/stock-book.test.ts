import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { level, movement, summed } from "#tests/support/stock.ts";
import { available, levelKey } from "./level.ts";
import { movementContent, movementKinds } from "./movement.ts";
import { levelUnitsMax, refusals, StockBook } from "./stock-book.ts";

const skus = ["s", "t"];
const locations = ["a", "b"];

const levels = fc
  .array(
    fc.record({
      skuId: fc.constantFrom(...skus),
      locationId: fc.constantFrom(...locations),
      onHand: fc.nat(30),
      committed: fc.nat(30),
      version: fc.integer({ min: 1, max: 50 }),
    }),
  )
  .map((list) =>
    // A level read from the database holds the invariants already, and there is one per key.
    [...new Map(list.map((one) => [levelKey(one.skuId, one.locationId), one])).values()].map(
      (one) => ({ ...one, committed: Math.min(one.committed, one.onHand) }),
    ),
  );

const movements = fc.array(
  fc
    .record({
      kind: fc.constantFrom(...movementKinds),
      skuId: fc.constantFrom(...skus),
      locationId: fc.constantFrom(...locations),
      onHandDelta: fc.integer({ min: -20, max: 20 }),
      committedDelta: fc.integer({ min: -20, max: 20 }),
    })
    .map((change) => movement(change)),
  { maxLength: 60 },
);

describe("StockBook", () => {
  it("Conservation: every level is the sum of its entries, whatever was asked and refused", () => {
    fc.assert(
      fc.property(levels, movements, (start, asked) => {
        const book = new StockBook(start);
        for (const one of asked) book.apply(one);
        const sums = summed(start, book.entries);
        for (const change of book.changes) {
          const { onHand, committed } = change;
          expect(sums.get(levelKey(change.skuId, change.locationId))).toEqual({
            onHand,
            committed,
          });
        }
      }),
    );
  });

  it("Never negative: no sequence of movements takes on hand, committed or available below 0", () => {
    fc.assert(
      fc.property(levels, movements, (start, asked) => {
        const book = new StockBook(start);
        for (const one of asked) {
          book.apply(one);
          const now = book.level(one.skuId, one.locationId);
          expect(now.onHand).toBeGreaterThanOrEqual(0);
          expect(now.committed).toBeGreaterThanOrEqual(0);
          expect(available(now)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it("gives entries their level's numbers and gapless versions; changes carry the version that was read", () => {
    fc.assert(
      fc.property(levels, movements, (start, asked) => {
        const book = new StockBook(start);
        const versions = new Map(
          start.map((one) => [levelKey(one.skuId, one.locationId), one.version]),
        );
        const read = new Map(versions);
        for (const one of asked) {
          const before = book.level(one.skuId, one.locationId);
          const applied = book.apply(one);
          if (!applied.ok) {
            expect(book.level(one.skuId, one.locationId)).toEqual(before);
            continue;
          }
          const key = levelKey(one.skuId, one.locationId);
          versions.set(key, (versions.get(key) ?? 0) + 1);
          expect(applied.entry).toMatchObject({
            levelVersion: versions.get(key),
            onHandAfter: before.onHand + one.onHandDelta,
            committedAfter: before.committed + one.committedDelta,
          });
        }
        for (const change of book.changes) {
          const key = levelKey(change.skuId, change.locationId);
          expect(change.version).toBe(versions.get(key));
          expect(change.readVersion).toBe(read.get(key) ?? 0);
          expect(change.version).toBeGreaterThan(change.readVersion);
        }
        expect(new Set(book.changes.map((one) => levelKey(one.skuId, one.locationId))).size).toBe(
          book.changes.length,
        );
      }),
    );
  });

  const table = [
    ["not-whole", { onHandDelta: 0.5 }],
    ["not-whole", { onHandDelta: Number.NaN }],
    ["not-whole", { committedDelta: Number.MAX_SAFE_INTEGER }],
    ["not-whole", { onHandDelta: -1.5, committedDelta: -1.5 }],
    ["too-large", { onHandDelta: levelUnitsMax }],
    ["too-large", { onHandDelta: -11, committedDelta: levelUnitsMax }],
    ["on-hand-below-zero", { onHandDelta: -11 }],
    ["on-hand-below-zero", { onHandDelta: -11, committedDelta: -5 }],
    ["committed-below-zero", { committedDelta: -5 }],
    ["committed-below-zero", { onHandDelta: -10, committedDelta: -5 }],
    ["oversell", { committedDelta: 7 }],
    ["oversell", { onHandDelta: -7 }],
  ] as const;

  it.each(table)("refuses %s: %o on 10 on hand, 4 committed", (refusal, change) => {
    const start = level({ onHand: 10, committed: 4 });
    const book = new StockBook([start]);
    expect(book.apply(movement(change))).toEqual({ ok: false, refusal });
    expect(book.level("s", "a")).toEqual(start);
    expect(book.entries).toEqual([]);
    expect(book.changes).toEqual([]);
  });

  it("has a case for every refusal, and they are ordered by precedence", () => {
    expect([...new Set(table.map(([refusal]) => refusal))]).toEqual([...refusals]);
  });

  it("takes the last unit, and ships what is committed although nothing is available", () => {
    const book = new StockBook([level({ onHand: 10, committed: 4 })]);
    expect(book.apply(movement({ committedDelta: 6 })).ok).toBe(true);
    expect(book.apply(movement({ onHandDelta: -10, committedDelta: -10 })).ok).toBe(true);
    expect(book.level("s", "a")).toMatchObject({ onHand: 0, committed: 0 });
  });

  it("lets a level that is already oversold recover step by step, never get worse", () => {
    const book = new StockBook([level({ onHand: 2, committed: 5 })]);
    expect(book.apply(movement({ onHandDelta: 1 })).ok).toBe(true);
    expect(book.apply(movement({ committedDelta: -1 })).ok).toBe(true);
    expect(book.apply(movement({ committedDelta: 1 }))).toEqual({ ok: false, refusal: "oversell" });
  });

  it("counts a location without a level as nothing, read at version 0", () => {
    const book = new StockBook([]);
    expect(book.apply(movement({ onHandDelta: 3 })).ok).toBe(true);
    expect(book.changes).toEqual([
      { skuId: "s", locationId: "a", onHand: 3, committed: 0, version: 1, readVersion: 0 },
    ]);
  });
});

describe("movementContent", () => {
  it("Once: differs exactly when what the key stands for differs", () => {
    const base = movement({ onHandDelta: 1 });
    const other = { ...base, idempotencyKey: "another", cause: { ...base.cause, actor: "x" } };
    expect(movementContent(other)).toBe(movementContent(base));
    const changes = [
      { kind: "count" as const },
      { skuId: "x" },
      { locationId: "x" },
      { onHandDelta: 2 },
      { committedDelta: 2 },
    ];
    const contents = changes.map((change) => movementContent({ ...base, ...change }));
    expect(new Set([movementContent(base), ...contents]).size).toBe(changes.length + 1);
  });
});
