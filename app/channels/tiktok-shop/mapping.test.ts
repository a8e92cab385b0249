import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { QuantityWrite } from "../contract.ts";
import { groupByProduct, toOrderSnapshot, toReadResults, toUpdateBody } from "./mapping.ts";
import { productData } from "./wire-products.ts";
import { order } from "./wire.ts";

const settings = { shopCipher: "cipher", warehouseId: "W1" };

function write(externalIds: Record<string, string>, quantity: number): QuantityWrite {
  return { listingId: "l", sku: "s", externalIds, quantity, delta: 0, idempotencyKey: "k" };
}

const specs = new URL("../../../../shared/specs/tiktok/endpoints/", import.meta.url);

describe("pushing to TikTok Shop", () => {
  const bodiesOf = (writes: readonly QuantityWrite[]) =>
    groupByProduct(writes).map((group) => [
      group.productId,
      toUpdateBody(group, writes, settings).skus,
    ]);

  test("SKUs are grouped by product", () => {
    const writes = [
      write({ productId: "P1", skuId: "S1", warehouseId: "W1" }, 1),
      write({ productId: "P2", skuId: "S2", warehouseId: "W2" }, 2),
      write({ productId: "P1", skuId: "S3" }, 0),
    ];
    expect(bodiesOf(writes)).toEqual([
      [
        "P1",
        [
          { id: "S1", inventory: [{ warehouse_id: "W1", quantity: 1 }] },
          { id: "S3", inventory: [{ warehouse_id: "W1", quantity: 0 }] },
        ],
      ],
      ["P2", [{ id: "S2", inventory: [{ warehouse_id: "W2", quantity: 2 }] }]],
    ]);
  });

  test("all warehouses of a SKU are named, one listing each or several in one", () => {
    const ids = { productId: "P1", skuId: "S1" };
    const inventory = [
      { warehouse_id: "W1", quantity: 4 },
      { warehouse_id: "W2", quantity: 6 },
    ];
    const each = [write({ ...ids, warehouseId: "W1" }, 4), write({ ...ids, warehouseId: "W2" }, 6)];
    expect(bodiesOf(each)).toEqual([["P1", [{ id: "S1", inventory }]]]);
    const together = [write({ ...ids, warehouseId: "W1,W2" }, 4)];
    const first = [inventory[0], { warehouse_id: "W2", quantity: 0 }];
    expect(bodiesOf(together)).toEqual([["P1", [{ id: "S1", inventory: first }]]]);
  });

  test.skipIf(!existsSync(specs))(
    "the body names what TikTok's document knows, and all it requires",
    () => {
      const { body_params: known } = JSON.parse(
        readFileSync(new URL("update-inventory.json", specs), "utf8"),
      ) as { body_params: { name: string; required: string }[] };
      const writes = [write({ productId: "P1", skuId: "S1", warehouseId: "W1" }, 1)];
      const [group] = groupByProduct(writes);
      if (!group) throw new Error("no group");
      // The document marks depth by carets.
      const named = new Set<string>();
      const collect = (value: unknown, depth: number): void => {
        if (Array.isArray(value)) for (const item of value as unknown[]) collect(item, depth);
        else if (typeof value === "object" && value !== null) {
          for (const [key, item] of Object.entries(value)) {
            named.add("^".repeat(depth) + key);
            collect(item, depth + 1);
          }
        }
      };
      collect(toUpdateBody(group, writes, settings), 0);
      const all = known.map((parameter) => parameter.name);
      const required = known.filter(({ required }) => required === "Y").map(({ name }) => name);
      expect([...named].filter((name) => !all.includes(name))).toEqual([]);
      expect(required.filter((name) => !named.has(name))).toEqual([]);
    },
  );
});

describe("reading from TikTok Shop", () => {
  test("the available number of the listing's warehouse; the total when it is not told apart", () => {
    const ids = { productId: "P1", skuId: "S1" };
    const rows = [
      { warehouse_id: "W1", available_quantity: 4 },
      { warehouse_id: "W2", available_quantity: 6 },
    ];
    const listings = [
      write({ ...ids, warehouseId: "W2" }, 0),
      write({ ...ids, warehouseId: "W1,W2" }, 0),
      write({ ...ids, skuId: "S2" }, 0),
      write({ ...ids, skuId: "S3" }, 0),
    ];
    const skus = [
      { id: "S1", total_available_quantity: 10, warehouse_inventory: rows },
      { id: "S2", total_available_quantity: 8 },
    ];
    const product = { id: "P1", status: "ACTIVATE", skus: ["S1", "S2"].map((id) => ({ id })) };
    const found = { skus, products: new Map([["P1", productData.parse(product)]]) };
    expect(toReadResults(listings, found, settings)).toMatchObject([
      { ok: true, quantity: 6 },
      { ok: true, quantity: 10 },
      { ok: true, quantity: 8 },
      { ok: false, fault: { kind: "unknown-listing" } },
    ]);
  });
});

describe("TikTok Shop orders", () => {
  const unit = (sku_id: string, display_status: string) => ({
    id: "u",
    sku_id,
    seller_sku: `code-${sku_id}`,
    display_status,
  });
  const wire = (more: object) =>
    order.parse({
      id: "576486316948490001",
      status: "AWAITING_SHIPMENT",
      create_time: 1_767_312_885,
      update_time: 1_767_312_990,
      line_items: [],
      ...more,
    });

  test("units become one line per SKU, without the cancelled ones", () => {
    const snapshot = toOrderSnapshot(
      wire({
        line_items: [
          unit("S1", "AWAITING_SHIPMENT"),
          unit("S2", "CANCELLED"),
          unit("S1", "IN_TRANSIT"),
          unit("S1", "CANCELLED"),
        ],
      }),
    );
    expect(snapshot).toMatchObject({
      orderId: "576486316948490001",
      revision: 1_767_312_990_000,
      placedAt: "2026-01-02T00:14:45.000Z",
      cancelled: false,
      lines: [
        { lineId: "S1", orderKey: "S1", sku: "code-S1", quantity: 2, shipped: 1 },
        { lineId: "S2", orderKey: "S2", sku: "code-S2", quantity: 0, withdrawn: true, shipped: 0 },
      ],
    });
  });

  test.each(["UNPAID", "ON_HOLD", "AWAITING_SHIPMENT", "AWAITING_COLLECTION"])(
    "%s reserves",
    (status) => {
      const snapshot = toOrderSnapshot(wire({ status, line_items: [unit("S1", status)] }));
      expect(snapshot).toMatchObject({ cancelled: false, lines: [{ quantity: 1, shipped: 0 }] });
    },
  );

  test("CANCELLED cancels", () => {
    expect(toOrderSnapshot(wire({ status: "CANCELLED" })).cancelled).toBe(true);
  });

  test("a virtual bundle sells its parts", () => {
    const parts = [
      { sku_id: "S1", sku_count: 2, seller_sku: "code-S1" },
      { sku_id: "S9", sku_count: 1, seller_sku: "code-S9" },
    ];
    const bundle = { ...unit("B", "UNPAID"), combined_listing_skus: parts };
    const snapshot = toOrderSnapshot(wire({ line_items: [bundle, unit("S1", "UNPAID")] }));
    expect(snapshot.lines).toMatchObject([
      { lineId: "S1", quantity: 3 },
      { lineId: "S9", quantity: 1 },
    ]);
  });

  test("what TikTok fulfils from its own warehouses has no lines for us", () => {
    const line_items = [unit("S1", "AWAITING_SHIPMENT")];
    const own = wire({ fulfillment_type: "FULFILLMENT_BY_TIKTOK", line_items });
    expect(toOrderSnapshot(own).lines).toEqual([]);
  });
});
