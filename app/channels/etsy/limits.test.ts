import { describe, expect, test } from "vitest";
import { etsyLimits, rateFeedbackOf } from "./limits.ts";

function answer(status: number, headers: Record<string, string>, json?: unknown) {
  return { status, headers: new Headers(headers), body: "", bytes: Buffer.alloc(0), json };
}

describe("Etsy's limits", () => {
  test("what is left, of the second and of the day", () => {
    const headers = {
      "x-limit-per-second": "10",
      "x-remaining-this-second": "4",
      "x-limit-per-day": "10000",
      "x-remaining-today": "9349",
    };
    expect(rateFeedbackOf(answer(200, headers))).toEqual({ remaining: 4, remainingToday: 9_349 });
  });

  test("an answer without the headers says nothing", () => {
    expect(rateFeedbackOf(answer(200, { "x-remaining-today": "many" }))).toBeUndefined();
  });

  test("a refusal names its wait, or has a known one", () => {
    const daily = answer(429, { "retry-after": "120", "x-remaining-today": "0" });
    expect(rateFeedbackOf(daily)).toEqual({ remainingToday: 0, retryAfterMs: 120_000 });
    const second = answer(429, {}, { error: "Exceeded per second rate limit" });
    expect(rateFeedbackOf(second)).toEqual({ retryAfterMs: 1_000 });
  });

  test("no second that Etsy can look at holds more than ten calls", () => {
    const { call } = etsyLimits;
    expect((call?.burst ?? 0) + (call?.ratePerSecond ?? 0)).toBeLessThanOrEqual(10);
  });
});
