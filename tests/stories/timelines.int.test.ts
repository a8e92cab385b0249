import { afterAll, beforeAll, expect, it } from "vitest";
import { channelIds } from "#tests/support/seeded-world.ts";
import { World } from "#tests/support/world.ts";

// The seeds' stories, through the sandbox and the real adapters.

const sku = "TEE-001-S";
let world: World;

beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world.stop());

const everywhere = (units: number) => Object.fromEntries(channelIds.map((id) => [id, units]));

it("timeline A: 10 units on two channels; Amazon sells 8, Shopify then sells 5 before it was told", async () => {
  await world.begin({ skus: 1, stock: 10 });
  const onAmazon = world.sells("amazon", sku, 8);
  await world.heard(onAmazon);
  await world.ingest();
  // The numbers are not out yet: Shopify still shows 10.
  const onShopify = world.sells("shopify", sku, 5);
  await world.heard(onShopify);
  await world.ingest();
  expect(await world.oversold(onAmazon)).toBe(0);
  expect(await world.oversold(onShopify)).toBe(3);
  expect(await world.stock(sku)).toEqual({ onHand: 10, committed: 10, available: 0 });
  expect(await world.alerts()).toMatchObject([
    { severity: "critical", count: 1, message: expect.stringContaining(onShopify) },
  ]);
  await world.push();
  expect(world.shown(sku)).toEqual(everywhere(0));
  await world.converges([sku]);
  expect(world.shown(sku)).toEqual(everywhere(0));
  expect(await world.stock(sku)).toEqual({ onHand: 10, committed: 10, available: 0 });
  expect(await world.oversold(onShopify)).toBe(3);
});

it("timeline A, in any order of arrival: what finds too little is recorded, never thrown away", async () => {
  await world.begin({ skus: 1, stock: 10 });
  const onAmazon = world.sells("amazon", sku, 8);
  const onShopify = world.sells("shopify", sku, 5);
  await Promise.all([world.heard(onAmazon), world.heard(onShopify)]);
  await world.ingest();
  expect((await world.oversold(onAmazon)) + (await world.oversold(onShopify))).toBe(3);
  expect(await world.stock(sku)).toEqual({ onHand: 10, committed: 10, available: 0 });
  await world.push();
  expect(world.shown(sku)).toEqual(everywhere(0));
  await world.converges([sku]);
});

it("timeline A, in step: Amazon sells 8, every channel shows 2, and Shopify refuses to sell 5", async () => {
  await world.begin({ skus: 1, stock: 10 });
  await world.heard(world.sells("amazon", sku, 8));
  await world.ingest();
  await world.push();
  expect(world.shown(sku)).toEqual(everywhere(2));
  expect(world.order("shopify", sku, 5)).toBe(null);
  await world.heard(world.sells("shopify", sku, 2));
  await world.converges([sku]);
  expect(world.shown(sku)).toEqual(everywhere(0));
  expect(await world.alerts()).toEqual([]);
});

it("timeline B: 1 unit; Amazon sells it; eBay must not show it", async () => {
  await world.begin({ skus: 1, stock: 1 });
  await world.heard(world.sells("amazon", sku, 1));
  await world.ingest();
  await world.push("ebay");
  expect(world.shown(sku)).toMatchObject({ amazon: 0, ebay: 0 });
  expect(world.order("ebay", sku, 1)).toBe(null);
  await world.converges([sku]);
  expect(world.shown(sku)).toEqual(everywhere(0));
  // Amazon lowered its own number by its own sale: nobody wrote it again.
  expect(world.writes("amazon")).toEqual([]);
});

it.each(channelIds)(
  "a sale on %s lowers every other channel, and its own is not written",
  async (seller) => {
    await world.begin({ skus: 2, stock: 10 });
    await world.heard(world.sells(seller, sku, 3));
    await world.converges([sku, "TEE-001-M"]);
    expect(world.shown(sku)).toEqual(everywhere(7));
    expect(world.shown("TEE-001-M")).toEqual(everywhere(10));
    expect(world.writes(seller)).toEqual([]);
  },
);
