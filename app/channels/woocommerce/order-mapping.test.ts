import { describe, expect, test } from "vitest";
import {
  isDraft,
  parcelMetaPrefix,
  parcelsOf,
  shippedOf,
  toOrderSnapshot,
} from "./order-mapping.ts";
import { order } from "./wire.ts";

const base = {
  id: 727,
  status: "processing",
  date_created_gmt: "2026-11-22T19:28:02",
  date_modified_gmt: "2026-11-22T19:28:08",
  line_items: [
    { id: 315, product_id: 93, variation_id: 0, quantity: 3, sku: "TEE-001-M", meta_data: [] },
  ],
};
const read = (changes: object) => toOrderSnapshot(order.parse({ ...base, ...changes }));
const lineWith = (meta: readonly (readonly [string, unknown])[], changes: object = {}) => ({
  line_items: [
    {
      ...base.line_items[0],
      ...changes,
      meta_data: meta.map(([key, value], index) => ({ id: index, key, value })),
    },
  ],
});

describe("what a status does to stock", () => {
  test.each([
    ["processing", 3, 0],
    ["on-hold", 3, 0],
    ["completed", 3, 3],
    ["refunded", 3, 0],
    ["pending", 0, 0],
    ["cancelled", 0, 0],
    ["failed", 0, 0],
    ["trash", 0, 0],
    ["awaiting-pickup", 0, 0],
  ])("%s wants %i, of which %i are shipped", (status, quantity, shipped) => {
    const snapshot = read({ status });
    expect(snapshot.cancelled).toBe(false);
    expect(snapshot.lines).toEqual([
      {
        lineId: "315",
        orderKey: "93",
        sku: "TEE-001-M",
        quantity,
        ...(quantity === 0 && { withdrawn: true }),
        shipped,
        externalLocationId: null,
      },
    ]);
  });

  test("a status of a plugin counts as sold where the order's own marks say so", () => {
    expect(
      read({ status: "wc-packed", date_paid_gmt: base.date_created_gmt }).lines[0]?.quantity,
    ).toBe(3);
    expect(
      read({ status: "packed", ...lineWith([["_reduced_stock", "3"]]) }).lines[0]?.quantity,
    ).toBe(3);
  });

  test("a refunded order that was completed is shipped", () => {
    const completed = { status: "refunded", date_completed_gmt: base.date_modified_gmt };
    expect(read(completed).lines[0]).toMatchObject({ quantity: 3, shipped: 3 });
  });

  test("baskets are no orders", () => {
    expect(isDraft(order.parse({ ...base, status: "checkout-draft" }))).toBe(true);
    expect(isDraft(order.parse(base))).toBe(false);
  });
});

describe("lines", () => {
  test.each([
    ["1", 2],
    [2, 1],
    ["3", 0],
    ["7", 0],
    ["-2", 3],
    ["many", 3],
    [null, 3],
    [{ a: 1 }, 3],
  ])("%j units put back by refunds leave %i", (value, quantity) => {
    const [line] = read(lineWith([["_restock_refunded_items", value]])).lines;
    expect(line?.quantity).toBe(quantity);
    expect(line?.withdrawn).toBe(quantity === 0 ? true : undefined);
  });

  test("a variation is sold under its own number", () => {
    const [line] = read(lineWith([], { product_id: 22, variation_id: 23 })).lines;
    expect(line?.orderKey).toBe("23");
  });

  test("a line with parts of units, or of nothing, costs the others nothing", () => {
    const lines = [
      { ...base.line_items[0], quantity: 1.5 },
      { ...base.line_items[0], id: 316, product_id: 0, sku: null },
      { ...base.line_items[0], id: 317 },
    ];
    expect(read({ line_items: lines }).lines).toMatchObject([
      { lineId: "315", unreadable: "quantity 1.5 is not a whole number" },
      { lineId: "316", unreadable: "the channel gave no SKU" },
      { lineId: "317", quantity: 3 },
    ]);
  });
});

describe("parcels in the order's own data", () => {
  const note = (quantity: number) => ({
    tracking_number: "1Z",
    carrier: "UPS",
    lines: [{ line_id: "315", quantity }],
  });
  const meta = (id: string, value: unknown) => ({ key: `${parcelMetaPrefix}${id}`, value });

  test("add up, as text or as an object, and are never more than the line", () => {
    const meta_data = [meta("a", JSON.stringify(note(1))), meta("b", note(1))];
    expect(read({ meta_data }).lines[0]).toMatchObject({ quantity: 3, shipped: 2 });
    const twice = [...meta_data, meta("c", note(9))];
    expect(read({ meta_data: twice }).lines[0]?.shipped).toBe(3);
  });

  test("that cannot be read, or are others', count for nothing", () => {
    const meta_data = [
      meta("a", "garbage"),
      meta("b", { lines: "none" }),
      { key: "_other", value: JSON.stringify(note(2)) },
    ];
    const found = parcelsOf(order.parse({ ...base, meta_data }));
    expect(found.size).toBe(0);
    expect(shippedOf(found, "315")).toBe(0);
  });
});

test("times without a zone are UTC, and with one are believed", () => {
  expect(read({}).placedAt).toBe("2026-11-22T19:28:02.000Z");
  const zoned = read({ date_modified_gmt: "2026-11-22T20:28:08+01:00" });
  expect(zoned.revision).toBe(Date.parse("2026-11-22T19:28:08Z"));
});
