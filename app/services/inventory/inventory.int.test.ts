import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { closeDb, db } from "#app/db/client.server.ts";
import { newId } from "#app/lib/ids.ts";
import { closeQueues } from "#app/queue/connection.server.ts";
import { adjustStock } from "#app/services/stock/adjust-stock.ts";
import { shopWithStock, stockPerSku, type ShopWithStock } from "#tests/fixtures/shop-with-stock.ts";
import { listSkus, skuPageSizeMax } from "./list-skus.ts";
import { readSkuPage } from "./read-sku-page.ts";
import { readSku } from "./read-sku.ts";

let shop: ShopWithStock;
let other: ShopWithStock;

beforeAll(async () => {
  shop = await shopWithStock(["A-1", "B-1"]);
  other = await shopWithStock(["A-1", "ONLY-THERE"]);
});

afterAll(async () => {
  await closeQueues();
  await closeDb();
});

describe("readSku", () => {
  it("sums levels, versions and oversold units, and places the listing", async () => {
    const { shopId, ebayId, skuIds } = shop;
    const skuId = skuIds["A-1"] ?? "";
    await db().orderLine.create({
      data: {
        ...{ shopId, connectionId: ebayId, orderId: "o", lineId: "1", skuId },
        ...{ quantity: 3, oversold: 2 },
      },
    });
    const sku = await readSku(shopId, "A-1");
    expect(sku).toMatchObject({ onHand: stockPerSku, committed: 0, available: stockPerSku });
    expect(sku).toMatchObject({ oversold: 2, version: 1, seq: 1 });
    expect(sku?.levels.map((level) => level.location)).toEqual(["Main warehouse"]);
    expect(sku?.listings).toMatchObject([
      { channel: "ebay", shown: stockPerSku, expected: stockPerSku, standing: "in-step" },
    ]);
  });

  it("does not find another shop's SKU", async () => {
    expect(await readSku(shop.shopId, "ONLY-THERE")).toBeNull();
  });
});

describe("readSkuPage", () => {
  it("shows ledger and pushes newest first and pages the ledger by number", async () => {
    const { shopId, mainId } = shop;
    for (let change = 0; change < 30; change += 1) {
      await adjustStock({
        ...{ shopId, skuCode: "B-1", locationId: mainId, onHandDelta: 1, reason: "count" },
        ...{ idempotencyKey: newId(), actor: "merchant", correlationId: newId() },
      });
    }
    const read = async (before: number | null) => {
      const page = await readSkuPage({ shopId, code: "B-1", before });
      if (page === null) throw new Error("the SKU is there");
      return { ...page.history, why: page.listings.map((listing) => listing.why).join() };
    };
    const newest = await read(null);
    const seqs = newest.entries.map((entry) => entry.seq);
    expect(seqs).toHaveLength(25);
    expect(seqs).toEqual(seqs.toSorted((a, b) => b - a));
    expect(newest.why).toMatch(/It should show 40; the write is on its way\.$/);
    const older = await read(newest.older);
    expect(older.entries).toHaveLength(6);
    expect(older.entries.at(-1)?.kind).toBe("receive");
    expect(older.older).toBeNull();
    // The reasons speak of now, whatever page of the ledger is open.
    expect(older.why).toBe(newest.why);
  });
});

describe("listSkus", () => {
  it("walks a shop forwards and backwards without leaving any SKU out", async () => {
    const { shopId } = other;
    const many = Array.from({ length: skuPageSizeMax + 5 }, (_, index) => ({
      ...{ shopId, id: newId(), code: `M-${String(index).padStart(3, "0")}` },
    }));
    await db().sku.createMany({ data: many });
    const first = await listSkus({ shopId, search: "m-" });
    expect(first.rows).toHaveLength(skuPageSizeMax);
    expect(first.previous).toBeNull();
    const second = await listSkus({ shopId, search: "m-", after: first.next ?? "" });
    expect(second.rows.map((row) => row.code)).toEqual(many.slice(-5).map((sku) => sku.code));
    expect(second.next).toBeNull();
    const back = await listSkus({ shopId, search: "m-", before: second.previous ?? "" });
    expect(back.rows).toEqual(first.rows);
    expect(back.previous).toBeNull();
  });

  it("shows per connection what it shows", async () => {
    const page = await listSkus({ shopId: shop.shopId, search: "a-1" });
    expect(page.connections.map((one) => one.label)).toEqual(["Shopify", "eBay"]);
    expect(page.rows).toMatchObject([
      { code: "A-1", available: stockPerSku, shown: { [shop.ebayId]: stockPerSku } },
    ]);
  });

  it("takes the characters of LIKE in a search as themselves", async () => {
    for (const search of ["%", "_-1", "\\"]) {
      expect((await listSkus({ shopId: shop.shopId, search })).rows).toEqual([]);
    }
  });
});
