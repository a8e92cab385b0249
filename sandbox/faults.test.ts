import { expect, test } from "vitest";
import { noFaults, planCopies } from "./faults.ts";

test("without faults an event leaves once, at once", () => {
  expect(planCopies(noFaults(0), Math.random)).toEqual([0]);
});

test("dropped, duplicated, reordered and delayed", () => {
  const always = () => 0;
  expect(planCopies({ ...noFaults(0), dropShare: 1 }, always)).toEqual([]);
  expect(planCopies({ ...noFaults(0), duplicateShare: 1 }, always)).toEqual([0, 0]);
  expect(planCopies({ ...noFaults(0), delayMs: 40 }, always)).toEqual([40]);
  expect(planCopies({ ...noFaults(0), reorderShare: 1, delayMs: 10 }, always)).toEqual([60]);
});
