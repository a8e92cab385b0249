import type { FaultSettings } from "./faults.ts";

/** A token bucket as a platform publishes it. */
export interface PublishedLimit {
  readonly ratePerSecond: number;
  readonly burst: number;
}

export type Admission =
  | { readonly granted: true; readonly tokensLeft: number }
  | { readonly granted: false; readonly tokensLeft: number; readonly retryAfterMs: number };

/** One platform's token buckets, per account and operation. */
export interface RateLimiter {
  /**
   * Takes `cost` tokens (1 when left out) or refuses. The platform answers a refusal in its own way.
   * Refusals are counted in the statistics.
   */
  take(account: string, operation: string, limit: PublishedLimit, cost?: number): Admission;
  /** Most requests (granted or not) seen within any one second, by operation. */
  maxRequestsPerSecond(): Record<string, number>;
  readonly throttled: () => number;
}

interface Bucket {
  tokens: number;
  filledAtMs: number;
  /** Times of the requests of the last second, oldest first, from `head`. */
  times: number[];
  head: number;
  max: number;
}

/** Buckets kept; more accounts and operations than this do not exist in one sandbox. */
const bucketsMax = 1_000;
const windowMs = 1_000;
/** A window's array is compacted when this many of its entries are spent. */
const spentEntriesMax = 4_096;

/** @param faults read at every request: `rateLimitFactor` and `throttleShare` apply at once */
export function createRateLimiter(options: {
  readonly faults: () => FaultSettings;
  readonly now: () => number;
  readonly random: () => number;
}): RateLimiter {
  const buckets = new Map<string, Bucket>();
  let throttled = 0;

  function bucketOf(key: string, burst: number, now: number): Bucket {
    const known = buckets.get(key);
    if (known) return known;
    if (buckets.size >= bucketsMax) buckets.clear();
    const fresh: Bucket = { tokens: burst, filledAtMs: now, times: [], head: 0, max: 0 };
    buckets.set(key, fresh);
    return fresh;
  }

  return {
    take(account, operation, limit, cost = 1) {
      const now = options.now();
      const { rateLimitFactor, throttleShare } = options.faults();
      const rate = limit.ratePerSecond * rateLimitFactor;
      const burst = Math.max(1, limit.burst * rateLimitFactor);
      const bucket = bucketOf(`${operation}\u0000${account}`, burst, now);
      countRequest(bucket, now);
      const elapsedMs = Math.max(0, now - bucket.filledAtMs);
      bucket.tokens = Math.min(burst, bucket.tokens + (elapsedMs * rate) / 1_000);
      bucket.filledAtMs = now;
      if (throttleShare > 0 && options.random() < throttleShare) {
        throttled += 1;
        return { granted: false, tokensLeft: bucket.tokens, retryAfterMs: 1_000 / rate };
      }
      if (bucket.tokens < cost) {
        throttled += 1;
        const retryAfterMs = Math.ceil(((cost - bucket.tokens) / rate) * 1_000);
        return { granted: false, tokensLeft: bucket.tokens, retryAfterMs };
      }
      bucket.tokens -= cost;
      return { granted: true, tokensLeft: bucket.tokens };
    },
    maxRequestsPerSecond() {
      const result: Record<string, number> = {};
      for (const [key, bucket] of buckets) {
        const operation = key.split("\u0000", 1)[0] ?? key;
        result[operation] = Math.max(result[operation] ?? 0, bucket.max);
      }
      return result;
    },
    throttled: () => throttled,
  };
}

function countRequest(bucket: Bucket, now: number): void {
  bucket.times.push(now);
  while ((bucket.times[bucket.head] ?? now) <= now - windowMs) bucket.head += 1;
  bucket.max = Math.max(bucket.max, bucket.times.length - bucket.head);
  if (bucket.head > spentEntriesMax) {
    bucket.times = bucket.times.slice(bucket.head);
    bucket.head = 0;
  }
}
