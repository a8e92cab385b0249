import { expect, it } from "vitest";
import { idOf, newId } from "./ids.ts";

it("new ids are unique and sort by the time they were made, also within one millisecond", () => {
  const ids = Array.from({ length: 10_000 }, newId);
  expect(new Set(ids).size).toBe(ids.length);
  expect([...ids].sort()).toEqual(ids);
});

it("the same text always has the same id, another text another one", () => {
  expect(idOf("a")).toBe(idOf("a"));
  expect(idOf("a")).toMatch(
    /^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  expect(new Set(["a", "b", "", " a"].map(idOf)).size).toBe(4);
});
