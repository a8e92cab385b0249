import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { db } from "#app/db/client.server.ts";
import { newId } from "#app/lib/ids.ts";
import { adjustStock } from "#app/services/stock/adjust-stock.ts";
import { channelIds, type ChannelId } from "#tests/support/seeded-world.ts";
import { World } from "#tests/support/world.ts";

const sku = "TEE-001-S";
const everywhere = (units: number) => Object.fromEntries(channelIds.map((id) => [id, units]));
let world: World;

beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world.stop());
beforeEach(() => world.begin({ skus: 4, stock: 100 }));

async function adjust(onHandDelta: number, skuCode = sku): Promise<void> {
  await adjustStock({
    ...{ shopId: world.shopId, skuCode, onHandDelta, reason: "counted" },
    ...{ idempotencyKey: newId(), actor: "merchant", correlationId: newId() },
  });
}

async function connection(channel: ChannelId) {
  return await db().connection.findFirstOrThrow({
    where: { id: world.seeded.connections[channel] },
  });
}

async function listing(channel: ChannelId) {
  const { shopId, connections, skuIds } = world.seeded;
  return await db().listing.findFirstOrThrow({
    where: { shopId, connectionId: connections[channel], skuId: skuIds[sku] ?? "" },
    // Shopify: the main warehouse's listing came first.
    orderBy: { id: "asc" },
  });
}

async function pushes(channel: ChannelId) {
  return await db().push.findMany({
    where: { shopId: world.shopId, connectionId: world.seeded.connections[channel] },
    orderBy: { id: "asc" },
  });
}

it("a burst of changes of one SKU is one push of the newest number per listing", async () => {
  for (let change = 0; change < 30; change += 1) await adjust(-1);
  await world.push();
  expect(world.shown(sku)).toEqual(everywhere(70));
  for (const channel of channelIds) expect(await pushes(channel)).toHaveLength(1);
  const head = await db().ledgerHead.findFirstOrThrow({ where: { shopId: world.shopId } });
  for (const channel of channelIds) expect((await connection(channel)).offsetSeq).toBe(head.seq);
});

it("Explained: the push says which entries it carries, what it wrote, when it was answered and how late", async () => {
  const before = await db().ledgerHead.findFirstOrThrow({ where: { shopId: world.shopId } });
  await adjust(-5);
  await adjust(-2);
  await world.push("ebay");
  const [push] = await pushes("ebay");
  expect(push).toMatchObject({
    ...{ quantity: 93, delta: -7, outcome: "acknowledged", toSeq: before.seq + 2n },
  });
  expect(push?.answeredAt?.getTime()).toBeGreaterThanOrEqual(push?.sentAt.getTime() ?? Infinity);
  expect(push?.lagMs).toBeGreaterThanOrEqual(0);
  expect(await listing("ebay")).toMatchObject({
    ...{ expectedQty: 93, ackedQty: 93, ackedSeq: before.seq + 2n, attempts: 0, lastError: null },
    ...{ inflightPushId: null, dueSince: null, nextAttemptAt: null, lagMs: push?.lagMs },
  });
});

it("a change that comes out even is no push, and counts as shown", async () => {
  await adjust(-5);
  await adjust(5);
  await world.push("amazon");
  expect(await pushes("amazon")).toEqual([]);
  const head = await db().ledgerHead.findFirstOrThrow({ where: { shopId: world.shopId } });
  expect(await listing("amazon")).toMatchObject({ expectedQty: 100, ackedSeq: head.seq });
});

it("nothing to do is a short look: no call, no push", async () => {
  // Amazon's queue is read all the time, whether there is something to push or not.
  const quiet = channelIds.filter((id) => id !== "amazon");
  const requests = () => quiet.map((id) => world.sandbox.control.stats()[id]?.requests);
  const before = requests();
  await world.push();
  expect(requests()).toEqual(before);
  for (const channel of channelIds) expect(await pushes(channel)).toEqual([]);
});

it("the safety stock is kept back from every channel that pools its locations", async () => {
  await db().sku.updateMany({ where: { code: sku }, data: { safetyStock: 10 } });
  await adjust(-5);
  await world.push();
  expect(world.shown(sku)).toMatchObject({ amazon: 85, ebay: 85, "tiktok-shop": 85 });
});

it.each(["amazon", "ebay", "tiktok-shop"] as const)(
  "%s: a listing of which nothing is known is written, and shows what it should",
  async (channel) => {
    const { id } = await listing(channel);
    world.sandbox.control.setShown({ channel, sku, quantity: 55 });
    await db().listing.updateMany({
      where: { id },
      data: { expectedQty: null, nextAttemptAt: new Date() },
    });
    await world.push(channel);
    expect(world.shown(sku)[channel]).toBe(100);
    expect(await listing(channel)).toMatchObject({ expectedQty: 100 });
  },
);

it("shopify: a listing of which nothing is known is read before it is written", async () => {
  const { id, expectedQty } = await listing("shopify");
  await db().listing.updateMany({
    where: { id },
    data: { expectedQty: null, nextAttemptAt: new Date() },
  });
  await world.push("shopify");
  expect(world.writes("shopify")).toEqual([]);
  expect((await listing("shopify")).expectedQty).toBe(expectedQty);
  await adjust(-3);
  await world.push("shopify");
  expect(world.shown(sku)["shopify"]).toBe(97);
});

it.each(["amazon", "ebay", "tiktok-shop"] as const)(
  // Shopify's own way is the app/uninstalled event, which ingest handles (revoke-connection.int.test.ts).
  "%s: consent taken away pauses the connection in words; the others go on",
  async (channel) => {
    await adjust(-1);
    await world.push();
    world.sandbox.control.setFaults({ channel, consentRevoked: true });
    // What was signed in with is remembered: the platform refuses it at the next call.
    for (let round = 0; round < 4; round += 1) {
      await adjust(-1);
      await world.push();
      await world.timePasses();
    }
    const paused = await connection(channel);
    expect(paused.status).toBe("paused");
    expect(paused.pausedReason?.length).toBeGreaterThan(20);
    const others = channelIds.filter((id) => id !== channel);
    for (const other of others) {
      expect((await connection(other)).status).toBe("active");
      expect(world.shown(sku)[other]).toBe(95);
    }
    expect(await db().deadLetter.count()).toBe(0);
    // Connected again, it catches up with the newest number at once.
    world.sandbox.control.setFaults({ channel, consentRevoked: false });
    await db().connection.updateMany({
      where: { id: paused.id },
      data: { status: "active", pausedReason: null },
    });
    await world.converges([sku]);
  },
);

it.each(channelIds)(
  "%s: 'too fast' is waited out and never counts as a failed attempt",
  async (channel) => {
    await adjust(-1);
    await world.push();
    world.sandbox.control.setFaults({ channel, throttleShare: 1 });
    for (let round = 0; round < 3; round += 1) {
      await adjust(-1);
      await world.push(channel);
      await world.timePasses();
    }
    expect(await listing(channel)).toMatchObject({ attempts: 0, state: "active" });
    world.sandbox.control.setFaults({ channel, throttleShare: 0 });
    // The platform's own word for how long to wait is kept, in the shared buckets.
    await db().rateBucket.updateMany({ data: { closedUntil: new Date(0), tokens: 1_000 } });
    await world.converges([sku]);
    expect(world.shown(sku)[channel]).toBe(96);
    expect(await db().deadLetter.count()).toBe(0);
  },
);
