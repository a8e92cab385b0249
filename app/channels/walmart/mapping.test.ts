import { describe, expect, test } from "vitest";
import type { QuantityWrite } from "../contract.ts";
import {
  newestBySku,
  priceOf,
  stateOf,
  stockOf,
  toFeedFile,
  toImportedListing,
  toNodeResult,
  toReadResult,
  toWire,
} from "./mapping.ts";
import { item, itemAnswer, nodeInventory, nodeUpdates, priceUpdate, wfsInventory } from "./wire.ts";

const each = (amount: number) => ({ unit: "EACH", amount });
const node = (shipNode: string, input: number, reserved?: number) => ({
  shipNode,
  inputQty: each(input),
  availToSellQty: each(input - (reserved ?? 0)),
  ...(reserved === undefined ? {} : { reservedQty: each(reserved) }),
});
const inventory = (...nodes: unknown[]) => nodeInventory.parse({ sku: "TEE", nodes });

describe("what Walmart counts (channels.md 6.2)", () => {
  test("the sample of 436 units, 3 of them reserved", () => {
    expect(stockOf(inventory(node("1", 436, 3)), "1")).toEqual({
      ok: true,
      stock: { input: 436, available: 433, reserved: 3 },
    });
    expect(toWire(433, 3)).toBe(436);
  });

  test("nothing reserved, nothing said; oversold is nothing for sale", () => {
    expect(stockOf(inventory(node("1", 5)), "1")).toMatchObject({ stock: { reserved: 0 } });
    expect(stockOf(inventory(node("1", 2, 5)), "1")).toMatchObject({
      stock: { available: 0, reserved: 5 },
    });
  });

  test("of several centres the connection's own", () => {
    const several = inventory(node("1", 5), node("2", 9, 1));
    expect(stockOf(several, "2")).toMatchObject({ stock: { available: 8 } });
    expect(stockOf(several, "3")).toMatchObject({ stock: { available: 0, reserved: 0 } });
    expect(stockOf(several, null)).toMatchObject({ ok: false, fault: { kind: "rejected" } });
    expect(stockOf(inventory(node("1", 5)), null)).toMatchObject({ stock: { available: 5 } });
    expect(stockOf(inventory(), null)).toMatchObject({ stock: { available: 0 } });
  });

  test("a centre that carries an error is no zero", () => {
    const broken = { ...node("1", 0), errors: [{ code: "SYSTEM_ERROR.X", description: "down" }] };
    expect(stockOf(inventory(broken), "1")).toMatchObject({
      ok: false,
      fault: { kind: "unavailable" },
    });
  });

  test.each(["many", -1.5, null, {}, "1e3"])("%o is no number of units", (amount) => {
    const odd = { ...node("1", 1), availToSellQty: { unit: "EACH", amount } };
    expect(nodeInventory.safeParse({ sku: "TEE", nodes: [odd] }).success).toBe(false);
  });
});

describe("what Walmart took", () => {
  const result = (...nodes: unknown[]) => toNodeResult(nodeUpdates.parse({ nodes }), "1");

  test("success in any spelling, and nothing else", () => {
    expect(result({ shipNode: "1", status: "Success" })).toEqual({ ok: true });
    expect(result({ shipNode: "1", status: "SUCCESS" })).toEqual({ ok: true });
    expect(result({ shipNode: "1", status: "Failure" })).toMatchObject({
      fault: { kind: "unexpected" },
    });
    expect(result({ shipNode: "1" })).toMatchObject({ fault: { kind: "unexpected" } });
    expect(result({ shipNode: "2", status: "Success" })).toMatchObject({ ok: false });
  });

  test("the reason of a failure", () => {
    const errors = [{ code: "INVALID_REQUEST_PARAM.X", description: "no such node" }];
    expect(result({ shipNode: "1", status: "Failure", errors })).toMatchObject({
      fault: { kind: "rejected", message: "Walmart: no such node" },
    });
  });
});

describe("items", () => {
  const tee = (change: Record<string, unknown> = {}) =>
    item.parse({
      sku: " TEE ",
      productName: "Tee",
      upc: "012345678905",
      gtin: "00012345678905",
      price: { currency: "USD", amount: 19.99 },
      publishedStatus: "PUBLISHED",
      lifecycleStatus: "ACTIVE",
      ...change,
    });

  test.each([
    ["PUBLISHED", "ACTIVE", "active"],
    ["UNPUBLISHED", "ACTIVE", "suppressed"],
    ["SYSTEM_PROBLEM", "ACTIVE", "suppressed"],
    ["IN_PROGRESS", "ACTIVE", "inactive"],
    ["STAGE", "ACTIVE", "inactive"],
    ["PUBLISHED", "RETIRED", "ended"],
    ["UNPUBLISHED", "ARCHIVED", "ended"],
    [null, null, "inactive"],
  ])("%s and %s is %s", (publishedStatus, lifecycleStatus, state) => {
    expect(stateOf(tee({ publishedStatus, lifecycleStatus }))).toBe(state);
  });

  test("its SKU is kept with its blanks", () => {
    expect(toImportedListing(tee(), undefined)).toEqual({
      key: " TEE ",
      externalIds: { sku: " TEE " },
      orderKey: " TEE ",
      sku: " TEE ",
      title: "Tee",
      barcode: "00012345678905",
      quantity: null,
      price: { minor: 1_999, currency: "USD" },
      state: "active",
      heldByChannel: false,
      externalLocationId: null,
      url: null,
    });
  });

  test("one that Walmart holds, and one that says little", () => {
    expect(toImportedListing(tee(), 7)).toMatchObject({
      externalIds: { sku: " TEE ", fulfilment: "wfs" },
      quantity: 7,
      heldByChannel: true,
    });
    expect(toImportedListing(item.parse({ sku: "A" }), undefined)).toMatchObject({
      title: "A",
      barcode: null,
      price: null,
      state: "inactive",
    });
  });

  test("an odd price is none, and costs no item", () => {
    expect(priceOf(tee({ price: { currency: "USD", amount: "a lot" } }))).toBeNull();
    expect(priceOf(tee({ price: "free" }))).toBeNull();
    expect(priceOf(tee({ price: { currency: "USD", amount: "5.5" } }))).toEqual({
      minor: 550,
      currency: "USD",
    });
    expect(toReadResult(3, tee({ price: null }))).toMatchObject({ quantity: 3, price: null });
  });

  test("one item comes in a list or by itself", () => {
    const bare = { sku: "A" };
    expect(itemAnswer.parse({ ItemResponse: [bare] })).toMatchObject(bare);
    expect(itemAnswer.parse({ responseRecord: bare })).toMatchObject(bare);
    expect(itemAnswer.safeParse({ ItemResponse: [] }).success).toBe(false);
    expect(priceUpdate.parse({ ItemPriceResponse: { sku: "A" } }).sku).toBe("A");
    expect(priceUpdate.parse({ sku: "A", message: "Thank you." }).sku).toBe("A");
  });

  test("what lies at Walmart's centres is a list of numbers", () => {
    const rows = [{ sku: "A", shipNodes: [{ availToSellQty: 3 }, { availToSellQty: "4" }] }];
    expect(wfsInventory.safeParse({ payload: { inventory: rows } }).success).toBe(true);
    expect(wfsInventory.safeParse({ payload: {} }).success).toBe(true);
    expect(wfsInventory.safeParse({}).success).toBe(false);
  });
});

describe("feeds", () => {
  const write = (sku: string, quantity: number): QuantityWrite => ({
    listingId: sku,
    sku,
    externalIds: { sku },
    quantity,
    delta: 0,
    idempotencyKey: "key",
  });

  test("the newest number of a SKU", () => {
    const newest = newestBySku([write("A", 1), write("B", 2), write("A", 3)]);
    expect([...newest]).toEqual([
      ["A", 3],
      ["B", 2],
    ]);
  });

  test("its keys are spelt as its version wants them", () => {
    const amounts = new Map([["A", 3]]);
    expect(JSON.parse(toFeedFile(amounts, "10000003527"))).toEqual({
      inventoryHeader: { version: "1.5" },
      inventory: [{ sku: "A", shipNodes: [{ shipNode: "10000003527", quantity: each(3) }] }],
    });
    expect(JSON.parse(toFeedFile(amounts, null))).toEqual({
      InventoryHeader: { version: "1.4" },
      Inventory: [{ sku: "A", quantity: each(3) }],
    });
  });
});
