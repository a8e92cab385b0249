import type { RateFeedback, RateLimit } from "./contract.ts";
import type { RateBucketKey, RateLimiter } from "./http.ts";

interface Bucket {
  tokens: number;
  refilledAtMs: number;
  closedUntilMs: number;
  /** UTC days since the epoch, and the calls made on that one. */
  day: number;
  dayCount: number;
}

const dayMs = 24 * 60 * 60 * 1_000;

/** Token buckets of one process, for tests and tools; the app's own live in app/db. */
export function createMemoryRateLimiter(now: () => Date = () => new Date()): RateLimiter {
  const buckets = new Map<string, Bucket>();
  return {
    take(key, cost, limit) {
      const bucket = refilled(buckets, key, limit, now().getTime());
      return Promise.resolve(takeFrom(bucket, Math.min(cost, limit.burst), limit, now().getTime()));
    },
    report(key, feedback, limit) {
      const bucket = buckets.get(nameOf(key));
      if (bucket) correct(bucket, feedback, limit, now().getTime());
      return Promise.resolve();
    },
  };
}

/** The platform's word takes away and never gives: a late answer tells of a time when more was left. */
function correct(
  bucket: Bucket,
  { remaining, remainingToday, retryAfterMs }: RateFeedback,
  { perDay }: RateLimit,
  nowMs: number,
): void {
  beginDay(bucket, nowMs);
  if (remainingToday !== undefined && perDay !== undefined) {
    bucket.dayCount = Math.max(bucket.dayCount, perDay - remainingToday);
  }
  if (remaining !== undefined) bucket.tokens = Math.min(bucket.tokens, remaining);
  if (retryAfterMs !== undefined) {
    bucket.closedUntilMs = Math.max(bucket.closedUntilMs, nowMs + retryAfterMs);
  }
}

/** Today, in UTC days since the epoch; the count of another day is forgotten. */
function beginDay(bucket: Bucket, nowMs: number): number {
  const day = Math.floor(nowMs / dayMs);
  if (bucket.day !== day) Object.assign(bucket, { day, dayCount: 0 });
  return day;
}

function takeFrom(bucket: Bucket, cost: number, limit: RateLimit, nowMs: number): number {
  const day = beginDay(bucket, nowMs);
  if (limit.perDay !== undefined && bucket.dayCount >= limit.perDay) {
    return (day + 1) * dayMs - nowMs;
  }
  if (bucket.closedUntilMs > nowMs) return bucket.closedUntilMs - nowMs;
  if (bucket.tokens >= cost) {
    bucket.tokens -= cost;
    bucket.dayCount += 1;
    return 0;
  }
  return ((cost - bucket.tokens) / limit.ratePerSecond) * 1_000;
}

function refilled(
  buckets: Map<string, Bucket>,
  key: RateBucketKey,
  limit: RateLimit,
  nowMs: number,
): Bucket {
  const name = nameOf(key);
  const bucket = buckets.get(name) ?? {
    tokens: limit.burst,
    refilledAtMs: nowMs,
    closedUntilMs: 0,
    day: Math.floor(nowMs / dayMs),
    dayCount: 0,
  };
  buckets.set(name, bucket);
  const grown = ((nowMs - bucket.refilledAtMs) / 1_000) * limit.ratePerSecond;
  bucket.tokens = Math.min(limit.burst, bucket.tokens + grown);
  bucket.refilledAtMs = nowMs;
  return bucket;
}

function nameOf(key: RateBucketKey): string {
  return `${key.shopId} ${key.connectionId} ${key.operation}`;
}
