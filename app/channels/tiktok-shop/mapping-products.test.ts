import { describe, expect, test } from "vitest";
import {
  inFillingOrder,
  priceOf,
  stateOf,
  toImportedListings,
  toPriceBody,
} from "./mapping-products.ts";
import { productData } from "./wire-products.ts";

const own = { sales: new Set(["W1", "W2"]), defaultId: "W2" };
const settings = { warehouseId: "W1" };
const product = (status: string | undefined, ...skus: object[]) =>
  productData.parse({ id: "P1", title: "Shirt", status, skus });
const rows = (...ids: string[]) => ids.map((warehouse_id) => ({ warehouse_id, quantity: 4 }));

describe("importing from TikTok Shop", () => {
  test("a SKU as a listing", () => {
    const sku = {
      id: "S1",
      seller_sku: " RED-M ",
      price: { currency: "USD", tax_exclusive_price: "111.01", sale_price: "121.11" },
      inventory: rows("W2", "W1"),
    };
    expect(toImportedListings(product("ACTIVATE", sku), own, settings)).toEqual([
      {
        key: "S1",
        externalIds: { productId: "P1", skuId: "S1", warehouseId: "W1,W2" },
        orderKey: "S1",
        sku: " RED-M ",
        title: "Shirt",
        barcode: null,
        quantity: 8,
        price: { minor: 12_111, currency: "USD" },
        state: "active",
        heldByChannel: false,
        externalLocationId: null,
        url: null,
      },
    ]);
  });

  test.each([
    ["only TikTok's warehouse", rows("FBT"), { heldByChannel: true, quantity: 4 }, "FBT"],
    ["ours and TikTok's", rows("FBT", "W2"), { heldByChannel: false, quantity: 4 }, "W2"],
    ["none that is told", undefined, { heldByChannel: false, quantity: null }, "W1"],
  ])("stock in %s", (_, inventory, held, warehouseId) => {
    const [listing] = toImportedListings(
      product("ACTIVATE", { id: "S1", inventory }),
      own,
      settings,
    );
    expect(listing).toMatchObject({ ...held, externalIds: { warehouseId } });
  });

  test("deleted products are left out, and odd fields cost no listing", () => {
    expect(toImportedListings(product("DELETED", { id: "S1" }), own, settings)).toEqual([]);
    const odd = product(undefined, { id: 5, seller_sku: 7, price: "free", inventory: "lots" });
    expect(toImportedListings(odd, own, settings)).toMatchObject([
      { key: "5", sku: null, price: null, quantity: null, state: "inactive" },
    ]);
  });

  test.each([
    ["NORMAL", undefined, "active"],
    ["DEACTIVATED", "SELLER", "inactive"],
    ["DEACTIVATED", "COMBO_RELATION", "inactive"],
    ["DEACTIVATED", "PLATFORM", "suppressed"],
  ])("a SKU that is %s by %s is %s", (status, deactivation_source, state) => {
    const read = product("ACTIVATE", { id: "S1", status_info: { status, deactivation_source } });
    const [sku] = read.skus ?? [];
    expect(sku && stateOf(read, sku)).toBe(state);
  });

  test("what local sellers' buyers see is the price before tax's name", () => {
    const price = { currency: "GBP", tax_exclusive_price: "9.50", sale_price: "" };
    const [sku] = product("ACTIVATE", { id: "S1", price }).skus ?? [];
    expect(sku && priceOf(sku)).toEqual({ minor: 950, currency: "GBP" });
  });
});

test("the warehouse we fill: the connection's, else the default, else the first", () => {
  expect(inFillingOrder(["W2", "W1", "W1"], own, settings)).toEqual(["W1", "W2"]);
  expect(inFillingOrder(["W3", "W2"], own, settings)).toEqual(["W2", "W3"]);
  expect(inFillingOrder(["W4", "W3"], own, settings)).toEqual(["W4", "W3"]);
});

test.each([
  ["LOCAL", { amount: "1999", currency: "JPY" }],
  ["CROSS_BORDER", { sale_price: "1999", currency: "JPY" }],
] as const)("%s sellers name prices so", (sellerType, price) => {
  const write = {
    listingId: "l",
    sku: "s",
    externalIds: {},
    price: { minor: 1_999, currency: "JPY" },
  };
  expect(toPriceBody([write], () => "S1", { sellerType })).toEqual({ skus: [{ id: "S1", price }] });
});
