import { expect, test } from "vitest";
import { demoCatalogue } from "./catalogue.ts";

test("two builds are equal, every id is unique, stock adds up", () => {
  const catalogue = demoCatalogue({ skus: 200, stock: 60 });
  expect(demoCatalogue({ skus: 200, stock: 60 })).toEqual(catalogue);
  expect(catalogue.products).toHaveLength(50);
  const ids = catalogue.skus.flatMap(({ code, shopify, ebay, tiktok }) => [
    code,
    shopify.variantGid,
    shopify.inventoryItemGid,
    ebay.offerId,
    ebay.listingId,
    tiktok.skuId,
  ]);
  expect(new Set(ids).size).toBe(200 * 6);
  expect(catalogue.skus[0]?.code).toBe("TEE-001-S");
  expect(Object.values(catalogue.skus[0]?.stockByLocation ?? {})).toEqual([42, 18]);
});

test("a number of SKUs that fills no whole product is exact", () => {
  expect(demoCatalogue({ skus: 6, stock: 1 }).skus).toHaveLength(6);
});
