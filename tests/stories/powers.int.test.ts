import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { channelById } from "#app/channels/registry.ts";
import { db } from "#app/db/client.server.ts";
import { pollOrders } from "#app/ingest/poll-orders.ts";
import { applyEvents } from "#app/ingest/apply-events.ts";
import { addFulfilment } from "#app/services/fulfilments/add-fulfilment.ts";
import { sendDueFulfilments } from "#app/services/fulfilments/send-due-fulfilments.ts";
import { pauseListings, resumeListings, setAtZero } from "#app/services/listings/pause-listings.ts";
import { setPrices } from "#app/services/listings/set-prices.ts";
import { writeDuePrices } from "#app/services/listings/write-due-prices.ts";
import { decideMatches } from "#app/services/matching/decide-matches.ts";
import { propagateConnection } from "#app/services/propagation/propagate-connection.ts";
import { settleReturn } from "#app/services/returns/settle-return.ts";
import { adjustStock } from "#app/services/stock/adjust-stock.ts";
import { bringLive } from "#scripts/demo-merchant.ts";
import { freshShop } from "../support/merchant.ts";
import { expectInvariants } from "../support/invariants.ts";
import { until } from "../support/until.ts";
import { World } from "../support/world.ts";

// What a live connection can do beyond single numbers, each through the real adapter against the simulated platform.

let world: World;
let shopId: string;

beforeAll(async () => {
  world = await World.start();
}, 60_000);
afterAll(() => world.stop());

/** A shop with its catalogue from Shopify, one channel of it live and in step. */
async function live(channelId: string, size = { skus: 8, stock: 40 }): Promise<string> {
  world.sandbox.control.reset(size);
  world.sandbox.control.setFaults({ rateLimitFactor: 1_000 });
  const shop = await freshShop(world.sandbox.url);
  shopId = shop.shopId;
  const id = await bringLive(shopId, channelId, world.sandbox.url);
  await propagateConnection(shopId, id);
  return id;
}

const shown = (channelId: string, sku: string) => world.sandbox.platform(channelId).shown(sku);
const skuOf = (code: string) => db().sku.findFirstOrThrow({ where: { shopId, code } });
const location = () => db().location.findFirstOrThrow({ where: { shopId, heldBy: null } });

async function listingOf(connectionId: string, code: string) {
  const sku = await skuOf(code);
  return await db().listing.findFirstOrThrow({
    where: { shopId, connectionId, skuId: sku.id, state: { in: ["active", "ended"] } },
  });
}

/** All units of a SKU at all locations but `left`, through the ledger. */
async function setStock(code: string, left: number): Promise<void> {
  const sku = await skuOf(code);
  const levels = await db().stockLevel.findMany({ where: { shopId, skuId: sku.id } });
  for (const [index, level] of levels.entries()) {
    const wanted = index === 0 ? left : 0;
    const onHandDelta = wanted - (level.onHand - level.committed);
    if (onHandDelta === 0) continue;
    const outcome = await adjustStock({
      ...{ shopId, skuCode: code, locationId: level.locationId, onHandDelta, kind: "adjust" },
      ...{
        reason: "test",
        idempotencyKey: randomUUID(),
        actor: "test",
        correlationId: randomUUID(),
      },
    });
    expect(outcome.ok).toBe(true);
  }
}

/** Everything is kept back a little more: every listing is to show another number. */
async function touchAll(connectionId: string, safetyStock: number): Promise<void> {
  await db().sku.updateMany({ where: { shopId }, data: { safetyStock } });
  await db().listing.updateMany({
    where: { shopId, connectionId, skuId: { not: null }, state: "active" },
    data: { nextAttemptAt: new Date(), dueSince: new Date() },
  });
}

async function jobDone(connectionId: string): Promise<void> {
  await until(
    "the bulk job is done",
    async () => {
      await db().bulkJob.updateMany({
        where: { shopId, status: "running" },
        data: { pollDueAt: new Date(0) },
      });
      await propagateConnection(shopId, connectionId);
      return (await db().bulkJob.count({ where: { shopId, status: "running" } })) === 0;
    },
    60_000,
  );
}

describe.each(["amazon", "walmart"])("a bulk job at %s", (channelId) => {
  it("carries a large change in a tenth of the calls, and a sale meanwhile is not overwritten", async () => {
    // A little more than the channel's smallest job.
    const sizeMin = channelById(channelId).push.bulk?.sizeMin ?? Number.NaN;
    const size = { skus: sizeMin + 100, stock: 40 };
    const id = await live(channelId, size);
    // Walmart's list of items says no quantities: the first numbers went out as a job too.
    await jobDone(id);
    await propagateConnection(shopId, id);
    const calls = () => world.sandbox.control.stats()[channelId]?.requests ?? 0;
    await touchAll(id, 5);
    const before = calls();
    await propagateConnection(shopId, id);
    const [job] = await db().bulkJob.findMany({ where: { shopId, status: "running" } });
    expect(job?.size).toBeGreaterThan(size.skus * 0.9);
    // Sold while the job is under way: the newer number goes out at once, by a call of its own.
    await setStock("TEE-100-S", 9);
    await propagateConnection(shopId, id);
    await jobDone(id);
    await propagateConnection(shopId, id);
    expect(calls() - before).toBeLessThanOrEqual(size.skus / 10);
    expect(shown(channelId, "TEE-050-M")).toBe(35);
    expect(shown(channelId, "TEE-100-S")).toBe(4);
    const wrong = await db().listing.count({
      where: { shopId, connectionId: id, state: "active", inflightPushId: { not: null } },
    });
    expect(wrong).toBe(0);
    await expectInvariants();
  }, 120_000);
});

describe("at zero", () => {
  it("a listing is ended where the merchant chose that, and comes back with the stock", async () => {
    const id = await live("ebay");
    await setAtZero(shopId, id, "end");
    await setStock("TEE-001-L", 0);
    await propagateConnection(shopId, id);
    expect(await listingOf(id, "TEE-001-L")).toMatchObject({ state: "ended", expectedQty: 0 });
    const before = await listingOf(id, "TEE-001-L");
    await setStock("TEE-001-L", 6);
    await propagateConnection(shopId, id);
    const after = await listingOf(id, "TEE-001-L");
    expect(after).toMatchObject({
      id: before.id,
      state: "active",
      expectedQty: 6,
      lastError: null,
    });
    expect(shown("ebay", "TEE-001-L")).toBe(6);
  });

  it("a variant that Shopify lists at several locations stays while one of them has some left", async () => {
    world.sandbox.control.reset({ skus: 8, stock: 40 });
    world.sandbox.control.setFaults({ rateLimitFactor: 1_000 });
    const shop = await freshShop(world.sandbox.url);
    shopId = shop.shopId;
    await setAtZero(shopId, shop.shopifyId, "end");
    const levels = await db().stockLevel.findMany({
      where: { shopId, skuId: (await skuOf("TEE-001-S")).id, onHand: { gt: 0 } },
    });
    expect(levels.length).toBeGreaterThan(1);
    const states = async () => {
      const { id: skuId } = await skuOf("TEE-001-S");
      const rows = await db().listing.findMany({ where: { shopId, skuId } });
      return new Set(rows.map(({ state }) => state));
    };
    await setStock("TEE-001-S", 3); // all at one location
    await propagateConnection(shopId, shop.shopifyId);
    expect(await states()).toEqual(new Set(["active"]));
    await setStock("TEE-001-S", 0);
    await propagateConnection(shopId, shop.shopifyId);
    expect(await states()).toEqual(new Set(["ended"]));
  });

  it("a paused listing is ended and put back too, and other listings stay", async () => {
    const id = await live("ebay");
    const listing = await listingOf(id, "TEE-001-S");
    await pauseListings(shopId, [listing.id], "end");
    await propagateConnection(shopId, id);
    expect(await listingOf(id, "TEE-001-S")).toMatchObject({ state: "ended" });
    expect(shown("ebay", "TEE-001-M")).toBe(40);
    await resumeListings(shopId, [listing.id]);
    await propagateConnection(shopId, id);
    expect(await listingOf(id, "TEE-001-S")).toMatchObject({ state: "active", expectedQty: 40 });
    expect(shown("ebay", "TEE-001-S")).toBe(40);
  });
});

describe("a bundle", () => {
  it("shows what its scarcest component makes, and its sale takes the components", async () => {
    const id = await live("ebay");
    const set = await listingOf(id, "TEE-001-S");
    const [tee, cap] = [await skuOf("TEE-001-M"), await skuOf("TEE-001-L")];
    const components = [
      { skuId: tee.id, quantity: 2 },
      { skuId: cap.id, quantity: 1 },
    ];
    await decideMatches(shopId, [{ listingId: set.id, as: "bundle", components }], "manual");
    await propagateConnection(shopId, id);
    expect(shown("ebay", "TEE-001-S")).toBe(20);

    await setStock("TEE-001-L", 7);
    await propagateConnection(shopId, id);
    expect(shown("ebay", "TEE-001-S")).toBe(7);

    world.sandbox.control.order({ channel: "ebay", sku: "TEE-001-S", quantity: 3 });
    await pollOrders({ shopId, connectionId: id, cursor: null });
    await applyEvents(shopId);
    await propagateConnection(shopId, id);
    const left = async (skuId: string) => {
      const levels = await db().stockLevel.findMany({ where: { shopId, skuId } });
      return levels.reduce((sum, level) => sum + level.onHand - level.committed, 0);
    };
    expect([await left(tee.id), await left(cap.id)]).toEqual([34, 4]);
    expect(["TEE-001-S", "TEE-001-M", "TEE-001-L"].map((code) => shown("ebay", code))).toEqual([
      4, 34, 4,
    ]);
    await expectInvariants();
  });
});

describe("prices", () => {
  it("are written, read back and compared", async () => {
    const id = await live("woocommerce");
    const [one, two] = [await listingOf(id, "TEE-001-S"), await listingOf(id, "TEE-001-M")];
    const refusals = await setPrices(shopId, [
      { listingId: one.id, price: { minor: 2_345, currency: "USD" } },
      { listingId: two.id, price: { minor: 2_345, currency: "EUR" } },
      { listingId: randomUUID(), price: { minor: 1, currency: "USD" } },
    ]);
    expect(refusals).toMatchObject([
      { listingId: two.id, reason: expect.stringContaining("USD") },
      { reason: expect.stringContaining("no such listing") },
    ]);
    await until("the price is shown", async () => {
      await db().listing.updateMany({
        where: { shopId, wantedMinor: { not: null } },
        data: { priceDueAt: new Date(0) },
      });
      await writeDuePrices();
      const listing = await db().listing.findFirstOrThrow({ where: { id: one.id } });
      return listing.wantedMinor === null && listing.priceMinor === 2_345n;
    });
    expect(await db().listing.findFirst({ where: { id: one.id } })).toMatchObject({
      priceError: null,
    });
  });
});

describe("a parcel", () => {
  let id: string;
  let order: { orderId: string; lineId: string };

  beforeEach(async () => {
    id = await live("ebay");
    const placed = world.sandbox.control.order({ channel: "ebay", sku: "TEE-001-S", quantity: 2 });
    await pollOrders({ shopId, connectionId: id, cursor: null });
    await applyEvents(shopId);
    const orderId = placed.accepted ? placed.orderId : "";
    const line = await db().orderLine.findFirstOrThrow({ where: { shopId, connectionId: id } });
    order = { orderId: line.orderId, lineId: line.lineId };
    expect(order.orderId).toContain(orderId);
  });

  const parcel = (quantity: number, trackingNumber: string) => ({
    ...{ shopId, connectionId: id, orderId: order.orderId, trackingNumber },
    lines: [{ lineId: order.lineId, quantity }],
    ...{ carrier: "ups", carrierName: "UPS", trackingUrl: null, shippedAt: new Date() },
  });

  it("is told to the channel once, a second one after it, and no unit twice", async () => {
    const first = await addFulfilment(parcel(1, "1Z999AA10123456784"));
    const second = await addFulfilment(parcel(1, "1Z999AA10123456785"));
    expect([first, second]).toMatchObject([
      { ok: true, parcelNumber: 1 },
      { ok: true, parcelNumber: 2 },
    ]);
    expect(await addFulfilment(parcel(1, "1Z999AA10123456786"))).toMatchObject({ field: "lines" });
    for (let round = 0; round < 3; round += 1) await sendDueFulfilments();
    const told = world.sandbox.platform("ebay").shipments(order.orderId);
    expect(told.map(({ trackingNumber }) => trackingNumber)).toEqual([
      "1Z999AA10123456784",
      "1Z999AA10123456785",
    ]);
    const rows = await db().fulfilment.findMany({ where: { shopId } });
    expect(rows.map(({ status }) => status)).toEqual(["sent", "sent"]);
  });

  it("waits out an outage and is told then", async () => {
    await addFulfilment(parcel(2, "1Z999AA10123456784"));
    world.sandbox.control.setFaults({ channel: "ebay", down: true });
    await sendDueFulfilments();
    expect(await db().fulfilment.findFirst({ where: { shopId } })).toMatchObject({
      status: "waiting",
      error: expect.stringMatching(/503|outage/),
    });
    world.sandbox.control.setFaults({ channel: "ebay", down: false });
    await db().fulfilment.updateMany({ where: { shopId }, data: { nextAttemptAt: new Date(0) } });
    await sendDueFulfilments();
    expect(await db().fulfilment.findFirst({ where: { shopId } })).toMatchObject({
      status: "sent",
    });
  });

  it.each([
    ["carrier", { carrier: "pigeon" }],
    ["carrierName", { carrier: "other", carrierName: " " }],
    ["trackingNumber", { trackingNumber: "<script>" }],
    ["lines", { lines: [] }],
    ["lines", { lines: [{ lineId: "none", quantity: 1 }] }],
    ["connectionId", { connectionId: randomUUID() }],
  ])("with a wrong %s is refused in words", async (field, change) => {
    const added = await addFulfilment({ ...parcel(1, "1Z999AA10123456784"), ...change });
    expect(added).toMatchObject({ ok: false, field, reason: expect.stringMatching(/\.$/) });
    expect(await db().fulfilment.count({ where: { shopId } })).toBe(0);
  });

  it("a return moves stock only when a person says so, and once", async () => {
    await db().orderReturn.create({
      data: {
        ...{ shopId, connectionId: id, returnId: "R1", orderId: order.orderId, state: "received" },
        ...{ lines: [{ lineId: order.lineId, quantity: 1 }], changedAt: new Date() },
      },
    });
    const sku = await skuOf("TEE-001-S");
    const onHand = async () => {
      const levels = await db().stockLevel.findMany({ where: { shopId, skuId: sku.id } });
      return levels.reduce((sum, level) => sum + level.onHand, 0);
    };
    expect(await onHand()).toBe(40);
    const given = {
      ...{ shopId, connectionId: id, returnId: "R1", actor: "merchant" },
      ...{ as: "restocked" as const, locationId: (await location()).id },
    };
    const both = await Promise.all([settleReturn(given), settleReturn(given)]);
    expect(both.map(({ ok }) => ok)).toEqual([true, true]);
    expect(await onHand()).toBe(41);
    expect(await settleReturn({ ...given, as: "written-off" })).toMatchObject({ ok: false });
    await expectInvariants();
  });
});
