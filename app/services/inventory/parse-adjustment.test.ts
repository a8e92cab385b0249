import { describe, expect, it } from "vitest";
import { parseAdjustment, typedNumber } from "./parse-adjustment.ts";

const good = {
  locationId: "01a1fcd4-8300-77ad-a44c-4ce0577686cd",
  delta: -2,
  reason: " Damaged ",
};

function fieldsOf(value: unknown): string[] {
  const parsed = parseAdjustment(value);
  return parsed.ok ? [] : parsed.errors.map((error) => error.field);
}

describe("parseAdjustment", () => {
  it("takes a good one and trims the reason", () => {
    expect(parseAdjustment(good)).toEqual({ ok: true, input: { ...good, reason: "Damaged" } });
  });

  it.each([
    [{ ...good, delta: 0 }, ["delta"]],
    [{ ...good, delta: 1.5 }, ["delta"]],
    [{ ...good, delta: "2" }, ["delta"]],
    [{ ...good, delta: 2_000_000 }, ["delta"]],
    [{ ...good, reason: "  " }, ["reason"]],
    [{ ...good, reason: "x".repeat(201) }, ["reason"]],
    [{ ...good, expectedVersion: -1 }, ["expectedVersion"]],
    [{ ...good, quantity: 3 }, ["quantity"]],
    [{}, ["delta"]],
    [{ ...good, locationId: "here" }, ["locationId"]],
    [[], ["body"]],
    [null, ["body"]],
  ])("refuses %j and names %j", (value, fields) => {
    expect(fieldsOf(value)).toEqual(fields);
  });
});

it.each([
  ["5", 5],
  ["+5", 5],
  ["-2", -2],
  [" −2 ", -2],
  ["", Number.NaN],
  ["2e3", Number.NaN],
  ["1.5", Number.NaN],
  ["99999999999", Number.NaN],
])("reads %j as %d", (text, number) => {
  expect(typedNumber(text)).toBe(number);
});
