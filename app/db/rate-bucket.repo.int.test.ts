import { afterAll, describe, expect, it } from "vitest";
import type { RateFeedback, RateLimit } from "#app/channels/contract.ts";
import { createMemoryRateLimiter } from "#app/channels/memory-rate-limiter.ts";
import { closeDb, db } from "#app/db/client.server.ts";
import { newId } from "#app/lib/ids.ts";
import { correctBucket, takeTokens } from "./rate-bucket.repo.ts";

// One table of cases for both: what tests and tools count by must be what the app counts by.

const dayMs = 24 * 60 * 60 * 1_000;

/** A bucket under test, and its clock. */
interface Subject {
  /** @returns ms to wait; 0: taken */
  take(limit: RateLimit, cost?: number): Promise<number>;
  report(feedback: RateFeedback, limit: RateLimit): Promise<void>;
  timePasses(ms: number): Promise<void>;
  nowMs(): number;
}

function inMemory(): Subject {
  let nowMs = Date.parse("2026-03-10T15:00:00.000Z");
  const limiter = createMemoryRateLimiter(() => new Date(nowMs));
  const key = { shopId: newId(), connectionId: newId(), operation: "write" };
  return {
    take: (limit, cost = 1) => limiter.take(key, cost, limit),
    report: (feedback, limit) => limiter.report(key, feedback, limit),
    timePasses: (ms) => Promise.resolve(void (nowMs += ms)),
    nowMs: () => nowMs,
  };
}

/** Time passes in Postgres by making everything that it stored older. */
function inPostgres(): Subject {
  const bucket = { shopId: newId(), connectionId: newId(), operation: "write" };
  return {
    take: (limit, cost = 1) => takeTokens(db(), bucket, cost, limit),
    report: (feedback, limit) => correctBucket(db(), bucket, feedback, limit),
    async timePasses(ms) {
      await db().$executeRaw`
        UPDATE rate_bucket SET day = day - ${Math.floor(ms / dayMs)}::int,
          refilled_at = refilled_at - ${ms}::float8 * interval '1 millisecond',
          closed_until = closed_until - ${ms}::float8 * interval '1 millisecond'
        WHERE connection_id = ${bucket.connectionId}::uuid`;
    },
    nowMs: () => Date.now(),
  };
}

/** Tokens that nobody runs out of, and that do not grow within a test. */
const plenty = { ratePerSecond: 0.001, burst: 1_000 };
const quota = { ...plenty, perDay: 3 };
/** Both clocks and the way to the database. */
const toleranceMs = 5_000;

function untilMidnight(nowMs: number): number {
  return dayMs - (nowMs % dayMs);
}

async function useUp(subject: Subject, limit: RateLimit & { perDay: number }): Promise<void> {
  for (let call = 0; call < limit.perDay; call += 1) expect(await subject.take(limit)).toBe(0);
}

/** The day is over: nothing before midnight UTC. */
async function expectShut(subject: Subject, limit: RateLimit): Promise<void> {
  const waitMs = await subject.take(limit);
  expect(Math.abs(waitMs - untilMidnight(subject.nowMs()))).toBeLessThan(toleranceMs);
}

afterAll(closeDb);

const subjects: readonly (readonly [string, () => Subject])[] = [
  ["in memory", inMemory],
  ["in Postgres", inPostgres],
];

describe.each(subjects)("a bucket with a quota for the day, %s", (_name, make) => {
  it("is shut until midnight UTC once the day's calls are made, although tokens are left", async () => {
    const subject = make();
    await useUp(subject, quota);
    await expectShut(subject, quota);
    await expectShut(subject, quota);
    // The same bucket without the quota still has tokens.
    expect(await subject.take(plenty)).toBe(0);
  });

  it("counts calls, not tokens", async () => {
    const subject = make();
    for (let call = 0; call < quota.perDay; call += 1)
      expect(await subject.take(quota, 50)).toBe(0);
    await expectShut(subject, quota);
  });

  it("a call that had to wait for a token is not counted", async () => {
    const subject = make();
    const slow = { ratePerSecond: 1, burst: 1, perDay: 2 };
    expect(await subject.take(slow)).toBe(0);
    for (let again = 0; again < 5; again += 1) {
      const waitMs = await subject.take(slow);
      expect(waitMs).toBeGreaterThan(0);
      expect(waitMs).toBeLessThanOrEqual(1_000);
    }
    await subject.timePasses(1_000);
    expect(await subject.take(slow)).toBe(0);
    await expectShut(subject, slow);
  });

  it("the next day starts anew", async () => {
    const subject = make();
    await useUp(subject, quota);
    await subject.timePasses(dayMs);
    await useUp(subject, quota);
    await expectShut(subject, quota);
  });

  it("the platform's count of today's calls is believed where it is the higher one", async () => {
    const subject = make();
    expect(await subject.take(quota)).toBe(0);
    await subject.report({ remainingToday: 1 }, quota);
    expect(await subject.take(quota)).toBe(0);
    await expectShut(subject, quota);
  });

  it("the platform's count opens no day that is over", async () => {
    const subject = make();
    await useUp(subject, quota);
    await subject.report({ remainingToday: 3 }, quota);
    await expectShut(subject, quota);
  });

  it.each([0, -5])("%d calls left today shut the bucket at once", async (remainingToday) => {
    const subject = make();
    expect(await subject.take(quota)).toBe(0);
    await subject.report({ remainingToday }, quota);
    await expectShut(subject, quota);
    await subject.timePasses(dayMs);
    expect(await subject.take(quota)).toBe(0);
  });

  it("the first word of a new day counts for the new day, whatever yesterday was", async () => {
    const subject = make();
    await useUp(subject, quota);
    await subject.timePasses(dayMs);
    await subject.report({ remainingToday: 1 }, quota);
    expect(await subject.take(quota)).toBe(0);
    await expectShut(subject, quota);
  });

  it("calls left today say nothing where the channel declares no quota", async () => {
    const subject = make();
    expect(await subject.take(plenty)).toBe(0);
    await subject.report({ remainingToday: 0 }, plenty);
    expect(await subject.take(plenty)).toBe(0);
  });

  it("tokens are corrected downwards only", async () => {
    const subject = make();
    const limit = { ...plenty, burst: 10 };
    expect(await subject.take(limit, 8)).toBe(0);
    await subject.report({ remaining: 10 }, limit);
    expect(await subject.take(limit, 3)).toBeGreaterThan(0);
    await subject.report({ remaining: 0 }, limit);
    expect(await subject.take(limit)).toBeGreaterThan(900_000);
  });

  it("stays shut as long as the platform wanted, and a later, shorter word does not open it", async () => {
    const subject = make();
    expect(await subject.take(plenty)).toBe(0);
    await subject.report({ retryAfterMs: 60_000 }, plenty);
    await subject.report({ retryAfterMs: 1_000 }, plenty);
    const waitMs = await subject.take(plenty);
    expect(waitMs).toBeGreaterThan(60_000 - toleranceMs);
    expect(waitMs).toBeLessThanOrEqual(60_000);
    await subject.timePasses(60_000);
    expect(await subject.take(plenty)).toBe(0);
  });

  it("names the longer wait: the day's end comes before a pause that the platform wanted", async () => {
    const subject = make();
    await useUp(subject, quota);
    await subject.report({ retryAfterMs: 1_000 }, quota);
    await expectShut(subject, quota);
  });
});

describe("a bucket that all processes share", () => {
  it("many takes at once take no more than the day has", async () => {
    const subject = inPostgres();
    const limit = { ...plenty, perDay: 7 };
    const waits = await Promise.all(Array.from({ length: 30 }, () => subject.take(limit)));
    expect(waits.filter((waitMs) => waitMs === 0)).toHaveLength(limit.perDay);
  });
});
