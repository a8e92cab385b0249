import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decimalOf, minorDigitsOf, moneyOf } from "./money.ts";

const currencies = ["USD", "EUR", "JPY", "KWD"] as const;

describe("money", () => {
  it.each([
    ["19.99", "USD", 1_999],
    [19.99, "USD", 1_999],
    ["19.9900", "USD", 1_999],
    ["7", "EUR", 700],
    ["1200", "JPY", 1_200],
    ["1200.00", "JPY", 1_200],
    ["1.234", "KWD", 1_234],
    ["0.05", "USD", 5],
  ] as const)("%s %s is %i minor units", (decimal, currency, minor) => {
    expect(moneyOf(decimal, currency)).toEqual({ minor, currency });
  });

  it.each([
    ["-1", "USD"],
    ["19.999", "USD"],
    ["1.5", "JPY"],
    ["1e3", "USD"],
    ["", "USD"],
    ["19,99", "EUR"],
    ["1", "usd"],
    [Number.NaN, "USD"],
  ])("%s %s is no amount", (decimal, currency) => {
    expect(moneyOf(decimal, currency)).toBe(null);
  });

  it("what is written is what is read", () => {
    const amounts = fc.record({
      minor: fc.nat({ max: 10_000_000_000 }),
      currency: fc.constantFrom(...currencies),
    });
    fc.assert(
      fc.property(amounts, (money) => {
        const text = decimalOf(money);
        expect(moneyOf(text, money.currency)).toEqual(money);
        expect(text.split(".")[1]?.length ?? 0).toBe(minorDigitsOf(money.currency));
      }),
    );
  });
});
