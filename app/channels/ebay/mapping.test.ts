import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { QuantityWrite } from "../contract.ts";
import { toOrderSnapshot, toPriceQuantityBody, toReadResults, toWriteResults } from "./mapping.ts";
import { order } from "./wire.ts";

const now = new Date("2026-01-02T03:04:05.000Z");

function write(sku: string, offerId: string | undefined, quantity: number): QuantityWrite {
  const externalIds: Record<string, string> = offerId === undefined ? { sku } : { sku, offerId };
  return { listingId: "l", sku, externalIds, quantity, delta: 0, idempotencyKey: "k" };
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

describe("reading from eBay", () => {
  test("an unknown SKU, an answer without a row, an item never given a number", () => {
    const errors = [{ errorId: 25710, message: "not found" }];
    const rows = [
      { sku: "A", statusCode: 200, inventoryItem: {} },
      { sku: "B", statusCode: 404, errors },
    ];
    const listings = ["A", "B", "C"].map((sku) => write(sku, "1", 0));
    expect(toReadResults(listings, rows, now)).toMatchObject([
      { ok: true, quantity: 0 },
      { ok: false, fault: { kind: "unknown-listing", code: "25710" } },
      { ok: false, fault: { kind: "unexpected" } },
    ]);
  });
});

describe("eBay orders", () => {
  const wire = {
    orderId: "12-34567-89012",
    creationDate: "2026-01-02T03:04:05.000Z",
    lastModifiedDate: "2026-01-02T03:05:05.500Z",
    cancelStatus: { cancelState: "NONE_REQUESTED" },
    lineItems: [
      {
        lineItemId: "10000000000001",
        legacyItemId: "200000000001",
        sku: "TEE-RED-M",
        quantity: 2,
        lineItemFulfillmentStatus: "FULFILLED",
      },
      {
        lineItemId: "10000000000002",
        legacyItemId: "200000000002",
        legacyVariationId: "5",
        quantity: 1,
        lineItemFulfillmentStatus: "NOT_STARTED",
      },
    ],
  };

  test("lines keep their ids; without SKU the listing is the key", () => {
    expect(toOrderSnapshot(order.parse(wire))).toEqual({
      orderId: "12-34567-89012",
      revision: Date.parse("2026-01-02T03:05:05.500Z"),
      placedAt: "2026-01-02T03:04:05.000Z",
      cancelled: false,
      test: false,
      lines: [
        {
          lineId: "10000000000001",
          orderKey: "TEE-RED-M",
          sku: "TEE-RED-M",
          quantity: 2,
          shipped: 2,
          externalLocationId: null,
        },
        {
          lineId: "10000000000002",
          orderKey: "200000000002/5",
          sku: null,
          quantity: 1,
          shipped: 0,
          externalLocationId: null,
        },
      ],
    });
  });

  test.each([
    ["CANCELED", true],
    ["CANCEL_REQUESTED", false],
    ["NONE_REQUESTED", false],
  ])("cancel state %s", (cancelState, cancelled) => {
    const parsed = order.parse({ ...wire, cancelStatus: { cancelState } });
    expect(toOrderSnapshot(parsed).cancelled).toBe(cancelled);
  });
});
