import { describe, expect, test } from "vitest";
import { keyOf, variationOf, variationOfLine } from "./variation.ts";

const value = (property_id: number, value_ids: number[], values: string[] = []) => ({
  ...{ property_id, value_ids, values },
});

describe("which product of a listing", () => {
  test("values in any order are the same product", () => {
    const size = value(513, [1216], ["M"]);
    const colour = value(200, [88], ["Red"]);
    expect(variationOf([size, colour])).toBe("200=88,513=1216");
    expect(variationOf([colour, size])).toBe("200=88,513=1216");
  });

  test("a value without an id goes by its text, several by all of them", () => {
    expect(variationOf([value(513, [], ["M"])])).toBe("513=M");
    expect(variationOf([value(513, [1, 2])])).toBe("513=1+2");
  });

  test("a listing without variations has but one product", () => {
    expect(variationOf([])).toBe("");
    expect(keyOf("1700000001", "")).toBe("1700000001");
    expect(keyOf("1700000001", "513=1216")).toBe("1700000001/513=1216");
  });

  test("an order line says the same, and what the buyer typed is no variation", () => {
    const line = [
      { property_id: 513, value_id: 1216, formatted_value: "M" },
      { property_id: 54, value_id: null, formatted_value: "For Anna" },
      { property_id: null, value_id: null, formatted_value: null },
    ];
    expect(variationOfLine(line)).toBe("513=1216");
    expect(variationOfLine([{ property_id: 514, value_id: null, formatted_value: "Oak" }])).toBe(
      "514=Oak",
    );
  });

  test("a key never grows beyond what is stored", () => {
    const long = variationOf([value(513, [], ["x".repeat(500)])]);
    expect(long).toMatch(/^#[0-9a-f]{64}$/);
    expect(keyOf("9".repeat(20), long).length).toBeLessThanOrEqual(200);
  });
});
