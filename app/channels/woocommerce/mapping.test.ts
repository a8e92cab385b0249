import { describe, expect, test } from "vitest";
import type { ListingRef, WriteResult } from "../contract.ts";
import {
  keysOf,
  listingOfProduct,
  listingOfVariation,
  mergedChange,
  priceChange,
  priceProblem,
  quantityChange,
  relistChange,
  resultOfRow,
  toReadResult,
  type Shelf,
} from "./mapping.ts";
import { batchAnswer, product, variation } from "./wire.ts";

const listing = (externalIds: Record<string, string>): ListingRef => ({
  listingId: "l",
  sku: "S",
  externalIds,
});
const own = { productId: "22", variationId: "733", stock: "own" } as const;

const wireProduct = (changes: object = {}) =>
  product.parse({
    id: 93,
    name: "Heron &amp; Co",
    type: "simple",
    status: "publish",
    sku: "TEE-001",
    regular_price: "21.99",
    purchasable: true,
    permalink: "https://shop.example.com/product/heron/",
    manage_stock: true,
    stock_quantity: 7,
    stock_status: "instock",
    ...changes,
  });
const wireVariation = (changes: object = {}) =>
  variation.parse({
    id: 733,
    parent_id: 22,
    status: "publish",
    sku: "TEE-001-M",
    regular_price: "21.99",
    purchasable: true,
    manage_stock: true,
    stock_quantity: 7,
    stock_status: "instock",
    attributes: [{ option: "M" }, { option: "Blue" }],
    ...changes,
  });

describe("keys", () => {
  test.each([
    [{}, null],
    [{ productId: "x" }, null],
    [{ productId: "../../wp/v2/users" }, null],
    [{ productId: "22", variationId: "0" }, null],
    [{ productId: "93" }, { productId: "93", variationId: null, stock: "own" }],
    [own, own],
  ])("%j", (externalIds: Record<string, string>, keys) => {
    expect(keysOf({ externalIds })).toEqual(keys);
  });
});

describe("changes", () => {
  test("go to the product, the variation, or the product whose stock a variation shares", () => {
    expect(quantityChange({ ...own, variationId: null }, 7)).toEqual({
      parentId: null,
      change: { id: 22, manage_stock: true, stock_quantity: 7 },
    });
    expect(quantityChange(own, 7)).toEqual({
      parentId: "22",
      change: { id: 733, stock_quantity: 7 },
    });
    expect(quantityChange({ ...own, stock: "none" }, 7)).toEqual({
      parentId: "22",
      change: { id: 733, manage_stock: true, stock_quantity: 7 },
    });
    expect(quantityChange({ ...own, stock: "parent" }, 7)).toEqual({
      parentId: null,
      change: { id: 22, stock_quantity: 7 },
    });
  });

  test("of prices and states stay with the variation itself", () => {
    const shared = { ...own, stock: "parent" } as const;
    expect(priceChange(shared, { minor: 1_050, currency: "USD" })).toEqual({
      parentId: "22",
      change: { id: 733, regular_price: "10.50" },
    });
    expect(relistChange(shared, 4)).toEqual({
      parentId: "22",
      change: { id: 733, status: "publish" },
    });
    expect(relistChange(own, 4)).toEqual({
      parentId: "22",
      change: { id: 733, stock_quantity: 4, status: "publish" },
    });
  });

  test("that meet in one product keep the lowest number", () => {
    const merged = mergedChange({ id: 22, stock_quantity: 9 }, { id: 22, stock_quantity: 4 });
    expect(merged).toEqual({ id: 22, stock_quantity: 4 });
  });

  test("of prices need the shop's currency", () => {
    const write = { ...listing(own), price: { minor: 1, currency: "EUR" } };
    expect(priceProblem(write, "EUR")).toBeNull();
    expect(priceProblem(write, "USD")).toMatchObject({ kind: "rejected" });
    expect(priceProblem(write, undefined)).toMatchObject({ kind: "rejected" });
  });
});

describe("a row of a batch's answer", () => {
  const change = { id: 733, stock_quantity: 7 };
  const kindOf = (result: WriteResult) => (result.ok ? "ok" : result.fault.kind);
  const row = (changes: object) =>
    batchAnswer.parse({
      update: [{ id: 733, manage_stock: true, stock_quantity: 7, ...changes }],
    }).update[0];

  test.each([
    [{}, "ok"],
    [{ stock_quantity: "7" }, "ok"],
    [{ stock_quantity: 8 }, "unexpected"],
    [{ stock_quantity: null }, "unexpected"],
    [{ manage_stock: false, stock_quantity: null }, "rejected"],
    [{ manage_stock: "parent" }, "rejected"],
    [{ error: { code: "woocommerce_rest_product_variation_invalid_id" } }, "unknown-listing"],
    [{ id: 734 }, "unexpected"],
  ])("%j means %s", (changes, kind) => {
    expect(kindOf(resultOfRow(change, row(changes)))).toBe(kind);
  });

  test("that is missing says nothing, and is no success", () => {
    expect(kindOf(resultOfRow(change, undefined))).toBe("unexpected");
  });

  test("must show the price that was set, however it is written", () => {
    const priced = { id: 733, regular_price: "10.50" };
    expect(kindOf(resultOfRow(priced, row({ regular_price: "10.5" })))).toBe("ok");
    expect(kindOf(resultOfRow(priced, row({ regular_price: "9" })))).toBe("unexpected");
  });
});

describe("a reading", () => {
  const shelf = (
    productChanges: object,
    variationChanges?: object,
    faults: Shelf["faults"] = new Map(),
  ): Shelf => ({
    products: new Map([["22", { ok: true, value: wireProduct({ id: 22, ...productChanges }) }]]),
    variations: new Map(
      variationChanges ? [["733", { ok: true, value: wireVariation(variationChanges) }]] : [],
    ),
    faults,
  });

  test.each([
    [{}, {}, { quantity: 7, state: "active", price: { minor: 2_199, currency: "USD" } }],
    [{}, { stock_quantity: -3 }, { quantity: 0, state: "active" }],
    [{}, { stock_quantity: 2.5 }, { quantity: 2 }],
    [{}, { manage_stock: "parent", stock_quantity: 30 }, { quantity: 30 }],
    [{}, { manage_stock: false, stock_status: "outofstock" }, { quantity: 0 }],
    [{}, { regular_price: "", purchasable: false }, { price: null, state: "suppressed" }],
    [{}, { status: "private" }, { state: "inactive" }],
    [{ status: "draft" }, {}, { state: "inactive" }],
  ])("of product %j with variation %j", (productChanges, variationChanges, expected) => {
    const read = toReadResult(listing(own), shelf(productChanges, variationChanges), "USD");
    expect(read).toMatchObject({ ok: true, ...expected });
  });

  test("of what the shop does not count is a refusal, not a zero", () => {
    const read = toReadResult(listing(own), shelf({}, { manage_stock: false }), "USD");
    expect(read).toMatchObject({ ok: false, fault: { kind: "rejected" } });
  });

  test("of what is gone, unreadable or could not be asked says so", () => {
    const gone = { products: new Map(), variations: new Map(), faults: new Map() };
    expect(toReadResult(listing(own), gone, "USD")).toMatchObject({
      fault: { kind: "unknown-listing" },
    });
    expect(toReadResult(listing(own), shelf({}), "USD")).toMatchObject({
      fault: { kind: "unknown-listing" },
    });
    const fault = { kind: "timeout", message: "late" } as const;
    expect(
      toReadResult(listing(own), shelf({}, undefined, new Map([["22", fault]])), "USD"),
    ).toEqual({ ok: false, fault });
    const odd: Shelf = { ...shelf({}), variations: new Map([["733", { ok: false, id: "733" }]]) };
    expect(toReadResult(listing(own), odd, "USD")).toMatchObject({ fault: { kind: "unexpected" } });
  });
});

describe("an import", () => {
  test("of a product", () => {
    expect(listingOfProduct(wireProduct({ global_unique_id: "0123456789012" }), "USD")).toEqual({
      key: "93",
      externalIds: { productId: "93", stock: "own" },
      orderKey: "93",
      sku: "TEE-001",
      title: "Heron & Co",
      barcode: "0123456789012",
      quantity: 7,
      price: { minor: 2_199, currency: "USD" },
      state: "active",
      heldByChannel: false,
      externalLocationId: null,
      url: "https://shop.example.com/product/heron/",
    });
  });

  test.each(["external", "grouped", "bundle", "composite", "variable", "variable-subscription"])(
    "leaves a product of type %s out: it has no number of its own",
    (type) => {
      expect(listingOfProduct(wireProduct({ type }), "USD")).toBeNull();
    },
  );

  test("keeps space and case of a SKU; without one there is none", () => {
    expect(listingOfProduct(wireProduct({ sku: " Tee 1 " }), "USD")?.sku).toBe(" Tee 1 ");
    expect(listingOfProduct(wireProduct({ sku: "" }), "USD")?.sku).toBeNull();
    expect(listingOfProduct(wireProduct({ name: "" }), undefined)).toMatchObject({
      title: "Product 93",
      price: null,
    });
  });

  test("of a variation", () => {
    const parent = wireProduct({ id: 22, type: "variable", manage_stock: false });
    expect(listingOfVariation(wireVariation(), parent, "USD")).toMatchObject({
      key: "733",
      externalIds: { productId: "22", variationId: "733", stock: "own" },
      orderKey: "733",
      sku: "TEE-001-M",
      title: "Heron & Co / M, Blue",
      state: "active",
    });
    const draft = wireProduct({ id: 22, type: "variable", status: "draft" });
    expect(listingOfVariation(wireVariation(), draft, "USD").state).toBe("inactive");
  });

  test("a SKU that a variation has from its product names it only where they share the stock", () => {
    const parent = wireProduct({ id: 22, type: "variable" });
    const skuOf = (manage_stock: boolean | "parent") =>
      listingOfVariation(wireVariation({ sku: "TEE-001", manage_stock }), parent, "USD").sku;
    expect(skuOf(true)).toBeNull();
    expect(skuOf("parent")).toBe("TEE-001");
  });
});
