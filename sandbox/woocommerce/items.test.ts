import { expect, test } from "vitest";
import { demoCatalogue } from "../catalogue.ts";
import { idsOfSku, isOnSale, Items, sellableOf, stockHolderOf } from "./items.ts";

test("ids name every SKU once; products are by turns with variations and without", () => {
  const catalogue = demoCatalogue({ skus: 16, stock: 10 });
  const items = new Items(catalogue);
  const keys = catalogue.skus.map((sku) => {
    const { productId, variationId } = idsOfSku(sku);
    const item = items.bySku.get(sku.code);
    expect(item?.id).toBe(variationId ?? productId);
    expect(item?.parent?.id ?? null).toBe(variationId === null ? null : productId);
    return item?.id;
  });
  expect(new Set(keys).size).toBe(16);
  expect(items.products).toHaveLength(10);
  expect(items.variations).toHaveLength(8);
});

test("a variation's number is its own, its product's, or nobody's", () => {
  const items = new Items(demoCatalogue({ skus: 4, stock: 10 }));
  const [variation] = items.variations;
  if (!variation?.parent) throw new Error("no variation");
  expect([stockHolderOf(variation), sellableOf(variation)]).toEqual([variation, 10]);
  variation.manageStock = false;
  expect([stockHolderOf(variation), sellableOf(variation)]).toEqual([null, null]);
  Object.assign(variation.parent, { manageStock: true, stock: -2 });
  expect([stockHolderOf(variation), sellableOf(variation)]).toEqual([variation.parent, 0]);
  expect(isOnSale(variation)).toBe(true);
  variation.parent.status = "draft";
  expect(isOnSale(variation)).toBe(false);
});

test("what changed is saved, and comes back; what is in the bin is in no list", () => {
  const catalogue = demoCatalogue({ skus: 8, stock: 10 });
  const items = new Items(catalogue);
  expect(items.snapshot()).toEqual([]);
  const [first, second] = items.products.filter(({ type }) => type === "simple");
  if (!first || !second) throw new Error("no products");
  first.stock = 3;
  items.changed(first);
  items.bin(second);
  const again = new Items(catalogue);
  again.restore(JSON.parse(JSON.stringify(items.snapshot())) as ReturnType<Items["snapshot"]>);
  expect(again.byId.get(first.id)?.stock).toBe(3);
  expect(again.products.map(({ id }) => id)).toEqual(items.products.map(({ id }) => id));
  expect(again.products).not.toContain(again.byId.get(second.id));
});
