import type { RateLimit } from "./contract.ts";
import type { RateBucketKey, RateLimiter } from "./http.ts";

interface Bucket {
  tokens: number;
  refilledAtMs: number;
  closedUntilMs: number;
}

/** Token buckets of one process, for tests and tools; the app's own live in app/db. */
export function createMemoryRateLimiter(now: () => Date = () => new Date()): RateLimiter {
  const buckets = new Map<string, Bucket>();
  return {
    take(key, cost, limit) {
      const bucket = refilled(buckets, key, limit, now().getTime());
      return Promise.resolve(takeFrom(bucket, Math.min(cost, limit.burst), limit, now().getTime()));
    },
    report(key, { remaining, retryAfterMs }) {
      const bucket = buckets.get(nameOf(key));
      if (bucket && remaining !== undefined) bucket.tokens = Math.min(bucket.tokens, remaining);
      if (bucket && retryAfterMs !== undefined) {
        bucket.closedUntilMs = now().getTime() + retryAfterMs;
      }
      return Promise.resolve();
    },
  };
}

function takeFrom(bucket: Bucket, cost: number, limit: RateLimit, nowMs: number): number {
  if (bucket.closedUntilMs > nowMs) return bucket.closedUntilMs - nowMs;
  if (bucket.tokens >= cost) {
    bucket.tokens -= cost;
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
