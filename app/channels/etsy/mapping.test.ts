import { describe, expect, test } from "vitest";
import { moneyOfWire, toImported, toOrderSnapshot, toReadResults } from "./mapping.ts";
import { datedReceipt, listingsAnswer, receiptsAnswer, type WireListing } from "./wire.ts";

const product = (value: number, quantity: number, change: object = {}) => ({
  product_id: 1001,
  sku: `TEE-${value}`,
  is_deleted: false,
  property_values: [{ property_id: 513, property_name: "Size", value_ids: [value], values: ["M"] }],
  offerings: [
    {
      offering_id: 5001,
      quantity,
      is_enabled: true,
      is_deleted: false,
      price: { amount: 1999, divisor: 100, currency_code: "USD" },
      readiness_state_id: null,
      ...change,
    },
  ],
});

const wireListing = (change: object = {}) => ({
  listing_id: 1_700_000_001,
  state: "active",
  title: "Heron &amp; Co&#39;s &quot;tee&quot;",
  quantity: 10,
  url: "https://www.etsy.com/listing/1700000001",
  price: { amount: 1999, divisor: 100, currency_code: "USD" },
  inventory: {
    products: [product(1, 7), product(2, 3)],
    price_on_property: [],
    quantity_on_property: [513],
    sku_on_property: [513],
  },
  ...change,
});

const rowsOf = (...results: unknown[]) =>
  listingsAnswer.parse({ count: results.length, results }).results;
const listingOf = (change: object = {}): WireListing => {
  const [row] = rowsOf(wireListing(change));
  if (!row?.ok) throw new Error(row?.reason);
  return row.listing;
};
const ref = (variation: string, listingId = "1700000001") => ({
  ...{ listingId: "ours", sku: "", externalIds: { listingId, variation } },
});

describe("listings", () => {
  test("every product is a listing of its own, with a title for people", () => {
    expect(toImported(listingOf())).toMatchObject([
      {
        key: "1700000001/513=1",
        externalIds: { listingId: "1700000001", variation: "513=1" },
        orderKey: "1700000001/513=1",
        sku: "TEE-1",
        title: `Heron & Co's "tee" / M`,
        quantity: 7,
        price: { minor: 1_999, currency: "USD" },
        state: "active",
      },
      { key: "1700000001/513=2", quantity: 3 },
    ]);
  });

  test.each([
    ["active", "active", 7],
    ["sold_out", "active", 0],
    ["inactive", "inactive", 0],
    ["edit", "inactive", 0],
    ["draft", "inactive", 0],
    ["expired", "ended", 0],
    ["removed", "ended", 0],
    ["unavailable", "suppressed", 0],
    ["something new", "suppressed", 0],
  ])("Etsy's %s is %s and shows %i", (state, ours, quantity) => {
    const [read] = toReadResults([ref("513=1")], rowsOf(wireListing({ state })));
    expect(read).toMatchObject({ ok: true, state: ours, quantity });
  });

  test("a variation that buyers do not see is ended, whatever its number", () => {
    const inventory = { products: [product(1, 7, { is_enabled: false }), product(2, 3)] };
    const rows = rowsOf(wireListing({ inventory }));
    expect(toReadResults([ref("513=1"), ref("513=2")], rows)).toMatchObject([
      { ok: true, state: "ended", quantity: 0 },
      { ok: true, state: "active", quantity: 3 },
    ]);
  });

  test("an inactive listing that stands as we leave it is sold out, not switched off", () => {
    const paused = { products: [product(1, 1), product(2, 0)], quantity_on_property: [513] };
    const rows = rowsOf(wireListing({ state: "inactive", inventory: paused }));
    expect(toReadResults([ref("513=1"), ref("513=2")], rows)).toMatchObject([
      { ok: true, state: "active", quantity: 0 },
      { ok: true, state: "active", quantity: 0 },
    ]);
  });

  test("a listing without an inventory record is its own only product", () => {
    const bare = listingOf({ inventory: null });
    expect(toImported(bare)).toMatchObject([
      { key: "1700000001", sku: null, quantity: 10, price: { minor: 1_999, currency: "USD" } },
    ]);
  });

  test("what is deleted is no part of it", () => {
    const inventory = { products: [{ ...product(1, 7), is_deleted: true }, product(2, 3)] };
    expect(toImported(listingOf({ inventory })).map(({ key }) => key)).toEqual([
      "1700000001/513=2",
    ]);
  });

  test("one listing that cannot be read costs no other, and is no missing one", () => {
    const broken = wireListing({ listing_id: 7, inventory: { products: [{ offerings: "?" }] } });
    const rows = rowsOf(broken, wireListing(), "text");
    const reads = toReadResults([ref("513=1", "7"), ref("513=1"), ref("513=1", "8")], rows);
    expect(reads).toMatchObject([
      { ok: false, fault: { kind: "unexpected" } },
      { ok: true, quantity: 7 },
      { ok: false, fault: { kind: "unknown-listing" } },
    ]);
  });

  test("an id beyond 2^53 in a document is not echoed wrongly but refused", () => {
    const inventory = {
      products: [{ ...product(1, 7), property_values: [{ property_id: "9007199254740993" }] }],
    };
    expect(rowsOf(wireListing({ inventory }))[0]?.ok).toBe(false);
  });

  test.each([
    [
      { amount: 1999, divisor: 100, currency_code: "USD" },
      { minor: 1_999, currency: "USD" },
    ],
    [
      { amount: 120_000, divisor: 100, currency_code: "JPY" },
      { minor: 1_200, currency: "JPY" },
    ],
    [
      { amount: 1_200, divisor: 1, currency_code: "JPY" },
      { minor: 1_200, currency: "JPY" },
    ],
    [{ amount: 19_995, divisor: 1_000, currency_code: "USD" }, null],
    [{ amount: 1, divisor: 100, currency_code: "dollars" }, null],
  ])("%j is %j", (wire, money) => {
    expect(moneyOfWire(wire)).toEqual(money);
  });
});

const wireReceipt = (change: object = {}) => ({
  receipt_id: 3_456_789_012,
  status: "paid",
  is_paid: true,
  is_shipped: false,
  created_timestamp: 1_768_000_000,
  updated_timestamp: 1_768_000_100,
  transactions: [
    {
      transaction_id: 4_000_000_001,
      listing_id: 1_700_000_001,
      product_id: 99,
      sku: "TEE-RED-M",
      quantity: 2,
      variations: [{ property_id: 513, value_id: 1216, formatted_value: "M" }],
      product_data: [{ property_id: 513, value_ids: [1216], values: ["M"] }],
    },
  ],
  ...change,
});
const snapshotOf = (change: object = {}) =>
  toOrderSnapshot(datedReceipt.parse(wireReceipt(change)));

describe("receipts", () => {
  test("an order as it is now", () => {
    expect(snapshotOf()).toEqual({
      orderId: "3456789012",
      revision: 1_768_000_100_000,
      placedAt: "2026-01-09T23:06:40.000Z",
      cancelled: false,
      test: false,
      lines: [
        {
          lineId: "4000000001",
          orderKey: "1700000001/513=1216",
          sku: "TEE-RED-M",
          quantity: 2,
          shipped: 0,
          externalLocationId: null,
        },
      ],
    });
  });

  test.each([
    ["open", false, 0],
    ["payment processing", false, 0],
    ["paid", false, 0],
    ["completed", false, 2],
    ["Completed", false, 2],
    ["canceled", true, 0],
    ["Canceled", true, 0],
    ["fully refunded", false, 0],
    ["partially refunded", false, 0],
    ["something new", false, 0],
  ])("%s: cancelled %s, shipped %i", (status, cancelled, shipped) => {
    const order = snapshotOf({ status });
    expect(order.cancelled).toBe(cancelled);
    expect(order.lines[0]).toMatchObject({ quantity: 2, shipped });
  });

  test("of two states within one second the one that cannot be undone is newer", () => {
    const paid = snapshotOf().revision;
    const shipped = snapshotOf({ is_shipped: true }).revision;
    const canceled = snapshotOf({ status: "canceled" }).revision;
    expect(paid).toBeLessThan(shipped);
    expect(shipped).toBeLessThan(canceled);
    expect(snapshotOf({ updated_timestamp: 1_768_000_101 }).revision).toBeGreaterThan(canceled);
  });

  test("older documents' names of the times are read", () => {
    const { created_timestamp, updated_timestamp, ...rest } = wireReceipt();
    const old = {
      ...rest,
      create_timestamp: created_timestamp,
      update_timestamp: updated_timestamp,
    };
    expect(toOrderSnapshot(datedReceipt.parse(old))).toEqual(snapshotOf());
    expect(datedReceipt.safeParse(rest).success).toBe(false);
  });

  const line = (change: object) => {
    const [transaction] = wireReceipt().transactions;
    return snapshotOf({ transactions: [{ ...transaction, ...change }] }).lines[0];
  };

  test("a line without product data is known by its variations", () => {
    expect(line({ product_data: null })?.orderKey).toBe("1700000001/513=1216");
    expect(line({ product_data: [], variations: [] })?.orderKey).toBe("1700000001");
  });

  test("a line of a listing that is gone goes by its SKU, and without one is unreadable", () => {
    expect(line({ listing_id: null })).toMatchObject({ orderKey: null, sku: "TEE-RED-M" });
    expect(line({ listing_id: 0, sku: "" })).toMatchObject({
      orderKey: null,
      unreadable: "the channel gave no SKU",
    });
  });

  test("a line that cannot be read costs no other", () => {
    const [good] = wireReceipt().transactions;
    const bad = { ...good, transaction_id: 5, quantity: "two" };
    const { lines } = snapshotOf({ transactions: [bad, good] });
    expect(lines).toMatchObject([
      { lineId: "5", unreadable: expect.stringContaining("quantity") },
      { lineId: "4000000001", quantity: 2 },
    ]);
  });

  test("a receipt that cannot be read costs no other", () => {
    const page = { count: 2, results: [{ receipt_id: 1 }, wireReceipt()] };
    expect(receiptsAnswer.parse(page).results).toHaveLength(1);
  });
});
