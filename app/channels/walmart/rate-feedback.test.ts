import { describe, expect, test } from "vitest";
import type { ChannelResponse } from "../contract.ts";
import { replenishedAfterMs, walmartRateFeedback } from "./rate-feedback.ts";

const date = "Fri, 02 Jan 2026 03:04:05 GMT";
const atMs = Date.parse(date);

const answer = (status: number, headers: Readonly<Record<string, string>>): ChannelResponse => ({
  status,
  headers: new Headers({ date, ...headers }),
  body: "",
  bytes: Buffer.alloc(0),
  json: undefined,
});

describe("what Walmart says about a bucket", () => {
  test("what is left is taken at its word", () => {
    const headers = { "x-current-token-count": "17", "x-next-replenishment-time": `${atMs + 300}` };
    expect(walmartRateFeedback(answer(200, headers))).toEqual({ remaining: 17 });
  });

  test("an empty bucket is closed until its next token", () => {
    const headers = { "x-current-token-count": "0", "x-next-replenishment-time": `${atMs + 300}` };
    expect(walmartRateFeedback(answer(200, headers))).toEqual({
      remaining: 0,
      retryAfterMs: 300,
    });
  });

  test("a 429 closes it; one that names no wait is left to the shared core", () => {
    expect(walmartRateFeedback(answer(429, { "retry-after": "7" }))).toEqual({
      remaining: 0,
      retryAfterMs: 7_000,
    });
    const next = { "x-next-replenishment-time": new Date(atMs + 2_000).toISOString() };
    expect(walmartRateFeedback(answer(429, next))).toEqual({ remaining: 0, retryAfterMs: 2_000 });
    expect(walmartRateFeedback(answer(429, {}))).toBeUndefined();
  });

  test("without a count it says nothing", () => {
    expect(walmartRateFeedback(answer(200, {}))).toBeUndefined();
    for (const count of ["", "many", "-1"]) {
      expect(walmartRateFeedback(answer(200, { "x-current-token-count": count }))).toBeUndefined();
    }
  });
});

describe("the next token", () => {
  const next = (value: string, name = "x-next-replenishment-time") =>
    replenishedAfterMs(answer(200, { [name]: value }));

  test("as milliseconds or ISO 8601, under either name, by Walmart's own clock", () => {
    expect(next(String(atMs + 1_500))).toBe(1_500);
    expect(next(new Date(atMs + 1_500).toISOString())).toBe(1_500);
    expect(next(String(atMs + 1_500), "x-next-replenish-time")).toBe(1_500);
  });

  test("one that has come is no wait, one that is a day off is nobody's", () => {
    expect(next(String(atMs - 5_000))).toBe(0);
    expect(next(String(atMs + 86_400_000))).toBeUndefined();
    expect(next("soon")).toBeUndefined();
  });
});
