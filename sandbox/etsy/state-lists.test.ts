import { expect, test } from "vitest";
import { StateLists } from "./state-lists.ts";

test("listings stand in the order of their numbers, whatever became of them in between", () => {
  const lists = new StateLists<string>(5, "active");
  lists.move(3, "active", "inactive");
  lists.move(1, "active", "sold_out");
  lists.move(5, "active", "inactive");
  lists.move(4, "active", "active");
  expect(lists.of("active")).toEqual([2, 4]);
  expect(lists.of("inactive")).toEqual([3, 5]);
  lists.move(3, "inactive", "active");
  lists.move(1, "sold_out", "active");
  expect(lists.of("active")).toEqual([1, 2, 3, 4]);
  expect(lists.of("sold_out")).toEqual([]);
  expect(lists.of("draft")).toEqual([]);
});
