import { describe, expect, test } from "vitest";
import { snapshotOfOrder } from "./mapping.ts";
import { order } from "./wire.ts";

const time = "2026-01-02T03:04:05.000Z";

function snapshot(status: string, item: Record<string, unknown> = {}) {
  const orderItems = [
    { orderItemId: "1", quantityOrdered: 3, product: { sellerSku: "A" }, ...item },
  ];
  const fulfillment = { fulfillmentStatus: status, fulfilledBy: "MERCHANT" };
  const given = { orderId: "9", createdTime: time, lastUpdatedTime: time, fulfillment, orderItems };
  return snapshotOfOrder(order.parse(given));
}

const done = (quantityFulfilled: number, quantityUnfulfilled: number) => ({
  fulfillment: { quantityFulfilled, quantityUnfulfilled },
});
const executed = { cancellation: { cancellationExecution: { cancelledBy: "MERCHANT" } } };
const requested = { cancellation: { cancellationRequest: { requester: "BUYER" } } };

describe("an order of the Orders API", () => {
  test.each([
    ["PENDING_AVAILABILITY", {}, { quantity: 3, shipped: 0 }],
    ["PENDING", {}, { quantity: 3, shipped: 0 }],
    ["UNSHIPPED", requested, { quantity: 3, shipped: 0 }],
    ["PARTIALLY_SHIPPED", done(1, 2), { quantity: 3, shipped: 1 }],
    ["SHIPPED", done(3, 0), { quantity: 3, shipped: 3 }],
    ["UNSHIPPED", executed, { quantity: 0, shipped: 0, withdrawn: true }],
    ["UNSHIPPED", { quantityOrdered: 0, ...done(0, 0) }, { quantity: 0, withdrawn: true }],
    ["PARTIALLY_SHIPPED", { ...executed, ...done(1, 0) }, { quantity: 1, shipped: 1 }],
  ])("%s with %j", (status, item, line) => {
    expect(snapshot(status, item)).toMatchObject({ cancelled: false, lines: [line] });
  });

  test("a cancelled one is cancelled, in either spelling", () => {
    for (const status of ["CANCELLED", "Canceled"]) {
      expect(snapshot(status)).toMatchObject({
        ...{ cancelled: true, lines: [{ quantity: 0, withdrawn: true }] },
      });
    }
  });

  test("one that cannot be fulfilled moves no stock and waits for a person", () => {
    expect(snapshot("UNFULFILLABLE")).toMatchObject({
      cancelled: false,
      lines: [{ quantity: 0, unreadable: expect.stringContaining("by hand") as string }],
    });
  });

  test("a line of nothing that is not said to be cancelled is nobody's guess", () => {
    const [line] = snapshot("UNSHIPPED", { quantityOrdered: 0 }).lines;
    expect(line).toMatchObject({ quantity: 0 });
    expect(line).not.toHaveProperty("withdrawn");
  });
});
