import { expect, test } from "vitest";
import { allocate, type WantedLine } from "./fulfilment-allocation.ts";
import type { FulfilmentOrder } from "./wire-fulfilment.ts";

function order(
  id: string,
  lines: Readonly<Record<string, number>>,
  change: Partial<FulfilmentOrder> = {},
): FulfilmentOrder {
  const nodes = Object.entries(lines).map(([line, remainingQuantity]) => ({
    ...{ id: `${id}/${line}`, remainingQuantity, lineItem: { id: line } },
  }));
  return {
    ...{ id, status: "OPEN", supportedActions: [{ action: "CREATE_FULFILLMENT" }] },
    assignedLocation: { location: { id: "here" } },
    lineItems: { nodes, pageInfo: { hasNextPage: false } },
    ...change,
  };
}

const want = (lineGid: string, quantity: number): WantedLine => ({
  ...{ lineGid, lineId: lineGid, quantity },
});

test("units are taken where they wait, over locations and as far as they go", () => {
  const there = { assignedLocation: { location: { id: "there" } } };
  const orders = [order("1", { a: 2, b: 1 }), order("2", { a: 3 }, there)];
  expect(allocate(orders, [want("a", 4), want("b", 1)])).toEqual({
    ok: true,
    lines: [
      { id: "1/a", fulfilmentOrderId: "1", group: "here", quantity: 2 },
      { id: "2/a", fulfilmentOrderId: "2", group: "there", quantity: 2 },
      { id: "1/b", fulfilmentOrderId: "1", group: "here", quantity: 1 },
    ],
  });
});

test("a line wanted twice is not taken twice", () => {
  const orders = [order("1", { a: 3 })];
  expect(allocate(orders, [want("a", 2), want("a", 1)]).ok).toBe(true);
  expect(allocate(orders, [want("a", 2), want("a", 2)]).ok).toBe(false);
});

test("fulfilment orders of an unknown place each go alone", () => {
  const nowhere = { assignedLocation: null };
  const orders = [order("1", { a: 1 }, nowhere), order("2", { a: 1 }, nowhere)];
  const result = allocate(orders, [want("a", 2)]);
  expect(result.ok && result.lines.map(({ group }) => group)).toEqual(["1", "2"]);
});

test.each([
  ["on hold", { status: "ON_HOLD", supportedActions: [{ action: "RELEASE_HOLD" }] }, "locked"],
  ["scheduled", { status: "SCHEDULED", supportedActions: [] }, "locked"],
  ["closed", { status: "CLOSED", supportedActions: [] }, "rejected"],
  ["with a service", { supportedActions: [{ action: "REQUEST_FULFILLMENT" }] }, "rejected"],
])("an order %s is not sent", (_, change, kind) => {
  expect(allocate([order("1", { a: 5 }, change)], [want("a", 1)])).toMatchObject({
    ok: false,
    fault: { kind },
  });
});

test("all or nothing: what is missing is said in numbers", () => {
  expect(allocate([order("1", { a: 1, b: 9 })], [want("b", 1), want("a", 3)])).toMatchObject({
    ok: false,
    fault: { kind: "rejected", message: "Shopify has 1 of 3 units of line a left to send." },
  });
});
