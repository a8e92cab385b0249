import { expect, test } from "vitest";
import { newId } from "#app/lib/ids.ts";
import { VersionClock } from "./version.ts";

test("a key of ours carries the time of its decision, and repeats carry the same", () => {
  const clock = new VersionClock();
  const before = Date.now();
  const key = newId();
  const version = clock.ofKey(key, Date.now());
  expect(version).toBeGreaterThanOrEqual(before);
  expect(version).toBeLessThanOrEqual(Date.now());
  expect(clock.ofKey(key, Date.now() + 60_000)).toBe(version);
});

test("the time in a key is read as RFC 9562 writes it", () => {
  // The RFC's own example (A.6): 2022-02-22T19:22:22.00Z.
  const key = "017F22E2-79B0-7CC3-98C4-DC0C0C07398F";
  expect(new VersionClock().ofKey(key, Date.now())).toBe(1_645_557_742_000);
});

test.each([
  ["another kind of key", "4a1f0f64-0d6c-4b0e-9f3d-0c3f5d1f2a11"],
  ["a time that cannot be", "00000000-0000-7cc3-98c4-dc0c0c07398f"],
  ["a time far ahead", "ffffffff-ffff-7cc3-98c4-dc0c0c07398f"],
  ["no key at all", ""],
])("%s: the clock counts, and never twice the same", (_, key) => {
  const clock = new VersionClock();
  const nowMs = Date.UTC(2026, 5, 1);
  expect([clock.ofKey(key, nowMs), clock.ofKey(key, nowMs), clock.ofKey(key, nowMs - 10)]).toEqual([
    nowMs,
    nowMs + 1,
    nowMs + 2,
  ]);
});
