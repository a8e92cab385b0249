import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lastUnitsMax, pacedWriteMs, writeDelayMs } from "./write-budget.ts";

const now = new Date("2026-01-11T10:00:00Z");
const ago = (ms: number) => new Date(now.getTime() - ms);
const many = 20;

describe("writeDelayMs", () => {
  it.each([
    ["a fresh day", 0, many, ago(0), 0],
    ["just under half", 124, many, ago(0), 0],
    ["half used, just written", 125, many, ago(0), pacedWriteMs],
    ["half used, written 5 s ago", 125, many, ago(5_000), pacedWriteMs - 5_000],
    ["half used, written long ago", 125, many, ago(3_600_000), 0],
    ["half used, never written", 125, many, null, 0],
    ["half used, last units", 125, lastUnitsMax, ago(0), 0],
    ["a tenth left", 225, many, null, Infinity],
    ["a tenth left, last units", 225, lastUnitsMax, ago(0), 0],
    ["one left, sold out", 249, 0, ago(0), 0],
    ["none left", 250, many, null, Infinity],
    ["none left, sold out", 250, 0, null, Infinity],
    ["more used than there was", 300, 0, null, Infinity],
  ])("%s", (_case, usedToday, wanted, lastWriteAt, delayMs) => {
    expect(writeDelayMs({ usedToday, perDayMax: 250, wanted, lastWriteAt, now })).toBe(delayMs);
  });

  it("Bounded: a channel's daily quota is never overdrawn, and its last tenth is for last units", () => {
    const day = fc.array(fc.record({ wanted: fc.nat(40), gapMs: fc.nat(120_000) }), {
      ...{ minLength: 100, maxLength: 400 },
    });
    fc.assert(
      fc.property(day, fc.integer({ min: 10, max: 60 }), (writes, perDayMax) => {
        let usedToday = 0;
        let at = now;
        let lastWriteAt: Date | null = null;
        for (const { wanted, gapMs } of writes) {
          at = new Date(at.getTime() + gapMs);
          const delayMs = writeDelayMs({ usedToday, perDayMax, wanted, lastWriteAt, now: at });
          expect(delayMs).toBeGreaterThanOrEqual(0);
          if (delayMs > 0) continue;
          if (wanted > lastUnitsMax) expect(perDayMax - usedToday).toBeGreaterThan(perDayMax * 0.1);
          usedToday += 1;
          lastWriteAt = at;
        }
        expect(usedToday).toBeLessThanOrEqual(perDayMax);
      }),
      { numRuns: 30 },
    );
  });
});
