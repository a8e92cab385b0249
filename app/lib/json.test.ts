import fc from "fast-check";
import { expect, test } from "vitest";
import { parseJson, parseJsonKeepingBigNumbers } from "./json.ts";

test("a 19-digit id keeps every digit", () => {
  expect(
    parseJsonKeepingBigNumbers('{"id":7494049642642441621,"n":[-9007199254740993,5]}'),
  ).toEqual({
    id: "7494049642642441621",
    n: ["-9007199254740993", 5],
  });
});

test("digits inside a string are left alone", () => {
  const text = String.raw`{"a":"7494049642642441621","b":"say \"7494049642642441621\" \\","c":1.5e3}`;
  expect(parseJsonKeepingBigNumbers(text)).toEqual(JSON.parse(text));
});

test("an ordinary document reads as it always does", () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
      const text = JSON.stringify([value, "1234567890123456"]);
      const exact = JSON.parse(text, (_key, item: unknown) =>
        typeof item === "number" && Number.isInteger(item) && !Number.isSafeInteger(item)
          ? "big"
          : item,
      ) as unknown;
      const ours = parseJsonKeepingBigNumbers(text);
      fc.pre(!JSON.stringify(exact).includes('"big"'));
      expect(ours).toEqual(exact);
    }),
  );
});

test("what is not JSON is undefined", () => {
  for (const text of ["", "<html>", "{", "12345678901234567x"]) {
    expect(parseJson(text)).toBeUndefined();
    expect(parseJsonKeepingBigNumbers(text)).toBeUndefined();
  }
});
