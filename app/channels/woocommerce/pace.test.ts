import { expect, test } from "vitest";
import { endsRound, Pace } from "./pace.ts";

const site = "https://shop.example.com";

test("a shop that takes its time gets smaller batches, down to a few", () => {
  const pace = new Pace();
  expect(pace.rowsFor(site)).toBe(50);
  pace.learn(site, { rows: 50, tookMs: 4_000, lost: false });
  expect(pace.rowsFor(site)).toBe(25);
  for (let times = 0; times < 9; times += 1) {
    pace.learn(site, { rows: pace.rowsFor(site), tookMs: 10_000, lost: true });
  }
  expect(pace.rowsFor(site)).toBe(5);
  expect(pace.rowsFor("https://other.example.com")).toBe(50);
});

test("a quick one gets larger batches, up to what WooCommerce takes; small batches prove nothing", () => {
  const pace = new Pace();
  pace.learn(site, { rows: 3, tookMs: 10, lost: false });
  expect(pace.rowsFor(site)).toBe(50);
  for (let times = 0; times < 9; times += 1) {
    pace.learn(site, { rows: pace.rowsFor(site), tookMs: 100, lost: false });
  }
  expect(pace.rowsFor(site)).toBe(100);
  pace.learn(site, { rows: 100, tookMs: 2_000, lost: false });
  expect(pace.rowsFor(site)).toBe(100);
});

test("faults of the whole shop end a round, those of one product do not", () => {
  const ends = (kind: Parameters<typeof endsRound>[0]["kind"]) => endsRound({ kind, message: "" });
  expect(ends("unavailable")).toBe(true);
  expect(ends("revoked")).toBe(true);
  expect(ends("unknown-listing")).toBe(false);
  expect(ends("unexpected")).toBe(false);
});
