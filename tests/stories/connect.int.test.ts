import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { db } from "#app/db/client.server.ts";
import { disconnect } from "#app/services/connect/disconnect.ts";
import { goLive, previewGoLive } from "#app/services/connect/go-live.ts";
import { setUpConnectionEvents } from "#app/services/connections/set-up-events.ts";
import { startImport } from "#app/services/imports/start-import.ts";
import { pauseListings, resumeListings } from "#app/services/listings/pause-listings.ts";
import { propagateConnection } from "#app/services/propagation/propagate-connection.ts";
import { channels } from "#app/channels/registry.ts";
import { bringLive, connectDemo, imported } from "#scripts/demo-merchant.ts";
import { freshShop } from "../support/merchant.ts";
import { expectInvariants } from "../support/invariants.ts";
import { World } from "../support/world.ts";

// The merchant's way with every channel, from the app's installation to the first number: all of it through the real
// sign-in, import, matching and propagation, against the simulated platforms.

const [skus, stock] = [12, 40];
let world: World;
let shop: { shopId: string; shopifyId: string };

beforeAll(async () => {
  world = await World.start();
}, 60_000);
afterAll(() => world.stop());

/** A shop whose catalogue came in from Shopify. */
beforeEach(async () => {
  world.sandbox.control.reset({ skus, stock });
  world.sandbox.control.setFaults({ rateLimitFactor: 1_000 });
  shop = await freshShop(world.sandbox.url);
});

const shown = (channelId: string, sku: string) => world.sandbox.platform(channelId).shown(sku);

describe("the catalogue comes from Shopify", () => {
  it("with its locations, SKUs, listings and stock, and a second import changes nothing", async () => {
    const where = { shopId: shop.shopId };
    expect(await db().sku.count({ where })).toBe(skus);
    expect(await db().location.count({ where })).toBe(2);
    expect(await db().listing.count({ where: { ...where, skuId: { not: null } } })).toBe(2 * skus);
    const levels = await db().stockLevel.findMany({ where });
    expect(levels.reduce((sum, level) => sum + level.onHand, 0)).toBe(skus * stock);
    const entries = await db().ledgerEntry.count({ where });
    await startImport(shop.shopId, shop.shopifyId);
    const again = await imported(shop.shopId, shop.shopifyId);
    expect(again).toMatchObject({ status: "done", added: 0, missing: 0 });
    expect(await db().ledgerEntry.count({ where })).toBe(entries);
    await expectInvariants();
  });

  it("and nothing is written back to it", async () => {
    await propagateConnection(shop.shopId, shop.shopifyId);
    expect(world.writes("shopify")).toEqual([]);
  });
});

const connectable = channels.filter(({ connect }) => connect !== undefined).map(({ id }) => id);

describe.each(connectable)("%s", (channelId) => {
  it("signs in, imports, matches; writes nothing in review, and the right numbers once live", async () => {
    const id = await connectDemo(shop.shopId, channelId, world.sandbox.url);
    const run = await imported(shop.shopId, id);
    expect(run).toMatchObject({ status: "done", error: null, missing: 0 });
    expect(run.seen).toBeGreaterThanOrEqual(skus);
    const own = { shopId: shop.shopId, connectionId: id };
    expect(
      await db().listing.count({ where: { ...own, skuId: { not: null }, state: "active" } }),
    ).toBeGreaterThanOrEqual(skus);
    const sku = await db().sku.findFirstOrThrow({
      where: { shopId: shop.shopId, code: "TEE-001-S" },
    });
    await db().sku.update({
      where: { shopId_id: { shopId: shop.shopId, id: sku.id } },
      data: { safetyStock: 3 },
    });
    const preview = await previewGoLive(shop.shopId, id, 10);
    expect(preview.lines.map((line) => line.sku)).toContain(sku.code);
    await propagateConnection(shop.shopId, id);
    expect(shown(channelId, sku.code)).toBe(stock);

    expect(await goLive(shop.shopId, id)).toBe(true);
    await propagateConnection(shop.shopId, id);
    expect(shown(channelId, sku.code)).toBe(stock - 3);
    const listing = await db().listing.findFirstOrThrow({ where: { ...own, skuId: sku.id } });
    expect(listing).toMatchObject({ expectedQty: stock - 3, lastError: null });
    await setUpConnectionEvents(shop.shopId, id);
    await expectInvariants();
  });

  it("pauses a listing, resumes it, and leaves everything as it is when it is disconnected", async () => {
    const id = await bringLive(shop.shopId, channelId, world.sandbox.url);
    await propagateConnection(shop.shopId, id);
    const sku = await db().sku.findFirstOrThrow({
      where: { shopId: shop.shopId, code: "TEE-001-M" },
    });
    const listing = await db().listing.findFirstOrThrow({
      where: { shopId: shop.shopId, connectionId: id, skuId: sku.id, state: "active" },
    });
    expect(await pauseListings(shop.shopId, [listing.id], "zero")).toBe(1);
    await propagateConnection(shop.shopId, id);
    expect(shown(channelId, sku.code) ?? 0).toBe(0);
    expect(await resumeListings(shop.shopId, [listing.id])).toBe(1);
    await propagateConnection(shop.shopId, id);
    expect(shown(channelId, sku.code)).toBe(stock);
    expect(await disconnect(shop.shopId, id)).toBe(true);
    expect(await db().listing.count({ where: { connectionId: id } })).toBe(0);
    expect(shown(channelId, sku.code)).toBe(stock);
  });
});
