import { expect, test } from "vitest";
import { noFaults } from "./faults.ts";
import { createRateLimiter } from "./rate-limit.ts";

const fivePerSecond = { ratePerSecond: 5, burst: 5 };

function limiterAt(clock: { ms: number }, faults = noFaults(0)) {
  return createRateLimiter({ faults: () => faults, now: () => clock.ms, random: () => 0.5 });
}

test("a burst is granted, the next is refused with the wait, time refills", () => {
  const clock = { ms: 0 };
  const limiter = limiterAt(clock);
  const take = () => limiter.take("seller", "patch", fivePerSecond);
  expect(Array.from({ length: 5 }, take).every((one) => one.granted)).toBe(true);
  expect(take()).toMatchObject({ granted: false, retryAfterMs: 200 });
  clock.ms = 200;
  expect(take().granted).toBe(true);
  expect(take().granted).toBe(false);
  expect(limiter.throttled()).toBe(2);
});

test("operations and accounts have buckets of their own", () => {
  const limiter = limiterAt({ ms: 0 });
  for (let call = 0; call < 5; call += 1) limiter.take("seller", "patch", fivePerSecond);
  expect(limiter.take("seller", "read", fivePerSecond).granted).toBe(true);
  expect(limiter.take("other", "patch", fivePerSecond).granted).toBe(true);
});

test("the most requests within any one second are counted, refused ones too", () => {
  const clock = { ms: 0 };
  const limiter = limiterAt(clock);
  const callAt = (ms: number) => {
    clock.ms = ms;
    limiter.take("seller", "patch", fivePerSecond);
  };
  [0, 100, 900, 950, 1_050, 1_099, 5_000].forEach(callAt);
  // 100, 900, 950, 1050, 1099 lie within one second; 0 and 5000 do not.
  expect(limiter.maxRequestsPerSecond()).toEqual({ patch: 5 });
});

test("the factor multiplies rate and burst; the throttle fault refuses what the bucket would grant", () => {
  const generous = limiterAt({ ms: 0 }, { ...noFaults(0), rateLimitFactor: 2 });
  const granted = Array.from({ length: 12 }, () => generous.take("a", "op", fivePerSecond).granted);
  expect(granted.filter(Boolean)).toHaveLength(10);
  const refusing = limiterAt({ ms: 0 }, { ...noFaults(0), throttleShare: 1 });
  expect(refusing.take("a", "op", fivePerSecond).granted).toBe(false);
});
