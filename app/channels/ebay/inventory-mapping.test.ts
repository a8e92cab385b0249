import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { QuantityWrite } from "../contract.ts";
import {
  offerState,
  toItemReading,
  toOfferReading,
  toPriceBody,
  toPriceQuantityBody,
  toWriteResults,
} from "./inventory-mapping.ts";
import { keyOf, type InventoryKey } from "./listing-keys.ts";
import { offer } from "./wire.ts";

const now = new Date("2026-01-02T03:04:05.000Z");

function write(sku: string, offerId: string | undefined, quantity: number) {
  const externalIds: Record<string, string> = offerId === undefined ? { sku } : { sku, offerId };
  const ref = { listingId: "l", sku, externalIds };
  const item: QuantityWrite = { ...ref, quantity, delta: 0, idempotencyKey: "k" };
  return { item, key: keyOf(ref) as InventoryKey, at: 0 };
}

const specFile = new URL(
  "../../../../shared/specs/ebay/sell_inventory_v1_oas3.json",
  import.meta.url,
);
interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

/** What of `value` the vendor's document does not know: the part of JSON Schema that eBay's file uses. */
function violations(value: unknown, schema: Schema, all: Record<string, Schema>): string[] {
  const name = schema.$ref?.split("/").at(-1);
  if (name !== undefined) return violations(value, all[name] ?? {}, all);
  if (Array.isArray(value)) {
    if (schema.type !== "array") return ["unexpected array"];
    return value.flatMap((item) => violations(item, schema.items ?? {}, all));
  }
  if (typeof value === "object" && value !== null) {
    return Object.entries(value).flatMap(([key, item]) => {
      const property = schema.properties?.[key];
      return property ? violations(item, property, all) : [`unknown property ${key}`];
    });
  }
  const isRight =
    schema.type === "integer" ? Number.isInteger(value) : schema.type === typeof value;
  return isRight ? [] : [`${String(value)} is no ${schema.type ?? "?"}`];
}

describe("pushing to eBay", () => {
  test("the item and its offer get the same number", () => {
    expect(toPriceQuantityBody([write("A", "1", 7), write("B", undefined, 0)])).toEqual({
      requests: [
        {
          sku: "A",
          shipToLocationAvailability: { quantity: 7 },
          offers: [{ offerId: "1", availableQuantity: 7 }],
        },
        { sku: "B", shipToLocationAvailability: { quantity: 0 } },
      ],
    });
  });

  test("two offers of one SKU share its request; the item does not limit either", () => {
    expect(toPriceQuantityBody([write("A", "1", 7), write("A", "2", 5)]).requests).toEqual([
      {
        sku: "A",
        shipToLocationAvailability: { quantity: 7 },
        offers: [
          { offerId: "1", availableQuantity: 7 },
          { offerId: "2", availableQuantity: 5 },
        ],
      },
    ]);
  });

  test.skipIf(!existsSync(specFile))("the body fits eBay's own document", () => {
    const spec = JSON.parse(readFileSync(specFile, "utf8")) as {
      components: { schemas: Record<string, Schema> };
    };
    const all = spec.components.schemas;
    const body: unknown = JSON.parse(
      JSON.stringify(toPriceQuantityBody([write("A", "1", 7), write("B", undefined, 0)])),
    );
    expect(violations(body, all["BulkPriceQuantity"] ?? {}, all)).toEqual([]);
    expect(
      violations({ requests: [{ quantity: "7" }] }, all["BulkPriceQuantity"] ?? {}, all),
    ).toEqual(["unknown property quantity"]);
  });

  const fine = { sku: "A", statusCode: 200, errors: [] };
  const bad = { statusCode: 400, errors: [{ errorId: 25709, message: "Invalid value" }] };
  const rejected = { ok: false, fault: { kind: "rejected", code: "25709" } };
  const unexpected = { ok: false, fault: { kind: "unexpected" } };
  test.each([
    ["both rows fine", [fine, { ...fine, offerId: "1" }], { ok: true }],
    ["the offer's row alone, fine", [{ ...fine, offerId: "1" }], { ok: true }],
    ["the offer's row refused", [fine, { ...fine, ...bad, offerId: "1" }], rejected],
    [
      "the item's row refused",
      [
        { ...fine, ...bad },
        { ...fine, offerId: "1" },
      ],
      rejected,
    ],
    ["the offer's row missing", [fine], unexpected],
    ["no row at all", [], unexpected],
  ])("%s", (_, rows, expected) => {
    expect(toWriteResults([write("A", "1", 7)], rows, now)).toMatchObject([expected]);
  });
});

describe("prices at eBay", () => {
  test("a price belongs to the offer, and no quantity goes with it", () => {
    const { key, item } = write("A", "1", 0);
    const price = { minor: 1_990, currency: "USD" };
    expect(toPriceBody([{ key, item: { ...item, price }, at: 0, offerId: "1" }])).toEqual({
      requests: [
        { sku: "A", offers: [{ offerId: "1", price: { currency: "USD", value: "19.90" } }] },
      ],
    });
  });
});

describe("reading from eBay", () => {
  test("an unknown SKU, an answer without a row, an item never given a number", () => {
    const errors = [{ errorId: 25710, message: "not found" }];
    const rows = [
      { sku: "A", statusCode: 200, inventoryItem: {} },
      { sku: "B", statusCode: 404, errors },
    ];
    expect(["A", "B", "C"].map((sku) => toItemReading(sku, rows, null, now))).toMatchObject([
      { ok: true, quantity: 0 },
      { ok: false, fault: { kind: "unknown-listing", code: "25710" } },
      { ok: false, fault: { kind: "unexpected" } },
    ]);
  });

  const published = {
    offerId: "1",
    availableQuantity: 7,
    pricingSummary: { price: { currency: "USD", value: "19.99" } },
    listing: { listingId: "2", listingStatus: "ACTIVE" },
    status: "PUBLISHED",
  };
  test("an offer says number, price and state", () => {
    expect(toOfferReading(offer.parse(published))).toEqual({
      ok: true,
      quantity: 7,
      asOf: null,
      price: { minor: 1_999, currency: "USD" },
      state: "active",
    });
    expect(toOfferReading(offer.parse({ ...published, availableQuantity: undefined }))).toBeNull();
    expect(offer.safeParse({ ...published, availableQuantity: "7" }).success).toBe(false);
  });

  test.each([
    [{ listing: { listingStatus: "OUT_OF_STOCK" } }, "active"],
    [{ listing: { listingStatus: "ACTIVE", listingOnHold: true } }, "suppressed"],
    [{ listing: { listingStatus: "EBAY_ENDED" } }, "suppressed"],
    [{ listing: { listingStatus: "ENDED" } }, "ended"],
    [{ listing: { listingStatus: "INACTIVE" } }, "inactive"],
    [{ listing: { listingStatus: "SOMETHING_NEW" } }, "active"],
    [{ status: "UNPUBLISHED", listing: undefined }, "ended"],
  ])("an offer with %j is %s", (change, state) => {
    expect(offerState(offer.parse({ ...published, ...change }))).toBe(state);
  });
});

describe("which of eBay's two kinds a listing is", () => {
  test.each([
    [
      { sku: "A", offerId: "1", listingId: "2" },
      { kind: "inventory", sku: "A", offerId: "1" },
    ],
    [
      { sku: "A", offerId: "1", groupKey: "G" },
      { kind: "inventory", groupKey: "G" },
    ],
    [{}, { kind: "inventory", sku: "ours" }],
    [{ itemId: "9" }, { kind: "trading", itemId: "9", nameless: false }],
    [
      { itemId: "9", variationSku: "A" },
      { kind: "trading", variationSku: "A" },
    ],
    [
      { itemId: "9", variation: "Size: M" },
      { kind: "trading", nameless: true },
    ],
  ])("%j", (externalIds, key) => {
    expect(keyOf({ sku: "ours", externalIds })).toMatchObject(key);
  });
});
