import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { db } from "#app/db/client.server.ts";
import { newId } from "#app/lib/ids.ts";
import { breakerOutagesMax } from "#app/domain/propagation/retry-policy.ts";
import { forgetSession } from "#app/services/connections/open-session.ts";
import { adjustStock } from "#app/services/stock/adjust-stock.ts";
import { answerLost, isWriteTo, tapFetch } from "#tests/support/fetch-tap.ts";
import { channelIds, type ChannelId } from "#tests/support/seeded-world.ts";
import { World } from "#tests/support/world.ts";

const sku = "TEE-001-S";
const absolute = ["amazon", "ebay", "tiktok-shop"] as const;
const everywhere = (units: number) => Object.fromEntries(channelIds.map((id) => [id, units]));

let world: World;
let untap = () => undefined as void;

beforeAll(async () => {
  world = await World.start();
});
afterAll(() => world.stop());
afterEach(() => untap());

/** Another channel than this one. */
const otherThan = (channel: ChannelId): ChannelId => (channel === "ebay" ? "amazon" : "ebay");

async function sellAndIngest(channel: ChannelId, units: number): Promise<void> {
  await world.heard(world.sells(channel, sku, units));
  await world.ingest();
}

async function adjust(onHandDelta: number, skuCode = sku): Promise<void> {
  const locationId = Object.values(world.seeded.locationIds)[0];
  const outcome = await adjustStock({
    ...{ shopId: world.shopId, skuCode, locationId, onHandDelta, reason: "counted" },
    ...{ idempotencyKey: newId(), actor: "merchant", correlationId: newId() },
  });
  expect(outcome).toMatchObject({ ok: true });
}

async function listingsOf(channel: ChannelId) {
  const { shopId, connections, skuIds } = world.seeded;
  return await db().listing.findMany({
    where: { shopId, connectionId: connections[channel], skuId: skuIds[sku] ?? "" },
    orderBy: { id: "asc" },
  });
}

describe("the source is not special", () => {
  it.each(absolute)(
    "%s: a push that landed after a sale there, before the app knew of it, is put right",
    async (channel) => {
      await world.begin({ skus: 1, stock: 10 });
      await sellAndIngest(otherThan(channel), 3);
      const orderId = world.sells(channel, sku, 2);
      expect(world.shown(sku)[channel]).toBe(8);
      await world.push(channel);
      // The push wiped the sale out: the channel offers two units too many for a moment.
      expect(world.shown(sku)[channel]).toBe(7);
      await world.heard(orderId);
      await world.ingest();
      await world.push(channel);
      expect(world.shown(sku)[channel]).toBe(5);
      await world.converges([sku]);
      expect(world.shown(sku)).toEqual(everywhere(5));
    },
  );

  it("shopify: a difference commutes with a sale nobody has heard of", async () => {
    await world.begin({ skus: 1, stock: 10 });
    await sellAndIngest("ebay", 3);
    const orderId = world.sells("shopify", sku, 2);
    await world.push("shopify");
    expect(world.shown(sku)["shopify"]).toBe(5);
    await world.heard(orderId);
    await world.converges([sku]);
    expect(world.shown(sku)).toEqual(everywhere(5));
  });

  it.each(channelIds)(
    "%s: a sale that is applied while a write is on its way is put right",
    async (channel) => {
      await world.begin({ skus: 1, stock: 10 });
      await sellAndIngest(otherThan(channel), 3);
      untap = tapFetch(isWriteTo(channel), async (send) => {
        await sellAndIngest(channel, 2);
        return await send();
      });
      await world.push(channel);
      expect(world.shown(sku)[channel]).toBe(5);
      await world.converges([sku]);
      expect(world.shown(sku)).toEqual(everywhere(5));
    },
  );

  it.each(channelIds)("%s: a cancelled order is for sale again everywhere", async (channel) => {
    await world.begin({ skus: 1, stock: 10 });
    const orderId = world.sells(channel, sku, 4);
    await world.heard(orderId);
    await world.converges([sku]);
    expect(world.shown(sku)).toEqual(everywhere(6));
    world.sandbox.control.cancel({ channel, orderId });
    await world.heard(orderId, 2);
    await world.converges([sku]);
    expect(world.shown(sku)).toEqual(everywhere(10));
  });
});

describe("cancel before create", () => {
  it.each(["amazon", "shopify"] as const)(
    "%s: the cancellation is applied first and leaves a tombstone; the order then takes nothing",
    async (channel) => {
      await world.begin({ skus: 1, stock: 10 });
      const orderId = world.sells(channel, sku, 4);
      await world.heard(orderId);
      const { shopId } = world;
      const where = { shopId, payload: { contains: orderId } };
      // The order's own news are held up on the way.
      const later = new Date(Date.now() + 3_600_000);
      const held = await db().inboundEvent.findFirstOrThrow({ where });
      await db().inboundEvent.updateMany({ where, data: { nextAttemptAt: later } });
      world.sandbox.control.cancel({ channel, orderId });
      await world.heard(orderId, 2);
      await world.ingest();
      const tombstone = await db().order.findFirstOrThrow({ where: { shopId, orderId } });
      expect(tombstone).toMatchObject({ cancelled: true });
      await db().inboundEvent.updateMany({ where: { id: held.id }, data: { nextAttemptAt: null } });
      await world.ingest();
      expect(await world.stock(sku)).toEqual({ onHand: 10, committed: 0, available: 10 });
      const sales = await db().ledgerEntry.count({ where: { shopId, kind: "sale" } });
      expect(sales).toBe(0);
      await world.converges([sku]);
      expect(world.shown(sku)).toEqual(everywhere(10));
    },
  );

  it.each(["ebay", "tiktok-shop"] as const)(
    "%s: both are known before anything is fetched",
    async (channel) => {
      await world.begin({ skus: 1, stock: 10 });
      const orderId = world.sells(channel, sku, 4);
      world.sandbox.control.cancel({ channel, orderId });
      await world.heard(orderId);
      await world.converges([sku]);
      expect(await world.stock(sku)).toEqual({ onHand: 10, committed: 0, available: 10 });
      expect(world.shown(sku)).toEqual(everywhere(10));
    },
  );
});

describe("a worker that dies", () => {
  /** Everything that the worker wrote after the channel's answer is undone: it died with the answer in its hand. */
  async function diesBeforeRecording(channel: ChannelId): Promise<void> {
    const before = await listingsOf(channel);
    await world.push(channel);
    const connectionId = world.seeded.connections[channel];
    const pushes = await db().push.findMany({ where: { connectionId } });
    expect(pushes.length).toBeGreaterThan(0);
    await db().push.updateMany({
      where: { connectionId },
      data: { outcome: "sending", answeredAt: null, lagMs: null },
    });
    for (const { shopId, id, ...row } of before) {
      const inflight = pushes.find((push) => push.listingId === id);
      if (!inflight) continue;
      await db().listing.update({
        where: { shopId_id: { shopId, id } },
        data: { ...row, externalIds: row.externalIds as object, inflightPushId: inflight.id },
      });
    }
  }

  it.each(absolute)(
    "%s, between sending and recording: the number is written again",
    async (channel) => {
      await world.begin({ skus: 1, stock: 10 });
      await sellAndIngest(otherThan(channel), 3);
      await diesBeforeRecording(channel);
      expect(world.writes(channel)).toHaveLength(1);
      // Meanwhile more is sold: the repeat carries the newest number, not the old one.
      await sellAndIngest(otherThan(channel), 1);
      await world.push(channel);
      expect(world.writes(channel).map(({ shown }) => shown)).toEqual([7, 6]);
      await world.converges([sku]);
      expect(world.shown(sku)).toEqual(everywhere(6));
    },
  );

  it("shopify, between sending and recording: the same key is sent again and applied once", async () => {
    await world.begin({ skus: 1, stock: 10 });
    await sellAndIngest("ebay", 3);
    await diesBeforeRecording("shopify");
    expect(world.shown(sku)["shopify"]).toBe(7);
    const writes = world.writes("shopify").length;
    await sellAndIngest("ebay", 1);
    let repeated = "";
    untap = tapFetch(isWriteTo("shopify"), (send, { body }) => {
      repeated = body;
      return send();
    });
    await world.push("shopify");
    expect(repeated).toContain("inventoryAdjustQuantities");
    // The repeat was answered from memory; then the one more unit went out.
    expect(world.writes("shopify")).toHaveLength(writes + 1);
    expect(world.shown(sku)["shopify"]).toBe(6);
    await world.converges([sku]);
    expect(world.shown(sku)).toEqual(everywhere(6));
  });

  it.each(channelIds)(
    "%s: an answer that never came is found out, and nothing is applied twice",
    async (channel) => {
      await world.begin({ skus: 1, stock: 10 });
      await sellAndIngest(otherThan(channel), 3);
      untap = tapFetch(isWriteTo(channel), answerLost);
      await world.push(channel);
      expect(world.shown(sku)[channel]).toBe(7);
      await world.converges([sku]);
      expect(world.shown(sku)).toEqual(everywhere(7));
      if (channel === "shopify") expect(world.writes(channel)).toHaveLength(1);
    },
  );

  const lateComers = channelIds.flatMap((channel) => [
    [channel, "soon after its twin"] as const,
    [channel, "long after its twin has read back"] as const,
  ]);

  it.each(lateComers)(
    "%s, taken for dead before the channel's door, writes %s: it does no lasting harm",
    async (channel, when) => {
      await world.begin({ skus: 1, stock: 10 });
      await sellAndIngest(otherThan(channel), 3);
      let letGo = () => undefined as void;
      const gate = new Promise<void>((resolve) => (letGo = resolve));
      let standsThere = () => undefined as void;
      const standing = new Promise<void>((resolve) => (standsThere = resolve));
      untap = tapFetch(isWriteTo(channel), async (send) => {
        standsThere();
        await gate;
        return await send();
      });
      const stalled = world.push(channel);
      await standing;
      await sellAndIngest(otherThan(channel), 2);
      // The twin is another process: its writes do not wait for those of this one.
      forgetSession(world.seeded.connections[channel]);
      await world.push(channel);
      expect(world.shown(sku)[channel]).toBe(5);
      if (when !== "soon after its twin") await world.converges([sku]);
      const acked = (await listingsOf(channel)).map(({ ackedSeq }) => ackedSeq);
      letGo();
      await stalled;
      const after = await listingsOf(channel);
      // Newest wins: what was acknowledged never goes back, and the late answer is not believed.
      expect(after.map(({ ackedSeq }) => ackedSeq)).toEqual(acked);
      expect(after.reduce((sum, { expectedQty }) => sum + (expectedQty ?? 0), 0)).toBe(5);
      await world.converges([sku]);
      expect(world.shown(sku)).toEqual(everywhere(5));
      expect(await db().ledgerEntry.count({ where: { kind: "observed" } })).toBe(0);
    },
  );
});

describe("a channel that is down", () => {
  it.each(channelIds)(
    "%s: changes collapse to one write per listing after its return",
    async (channel) => {
      await world.begin({ skus: 2, stock: 30 });
      const { connections } = world.seeded;
      const connection = () =>
        db().connection.findFirstOrThrow({ where: { id: connections[channel] } });
      // Signed in already: only the writes meet the outage.
      await adjust(-1);
      await world.push();
      const before = world.writes(channel).length;
      world.sandbox.control.setFaults({ channel, down: true });
      const changes = 8;
      for (let change = 1; change <= changes; change += 1) {
        await adjust(-1);
        await adjust(-1, "TEE-001-M");
        await world.push();
        // Asked again at once, it is left alone: the breaker is open.
        const { requests = 0 } = world.sandbox.control.stats()[channel] ?? {};
        await world.push(channel);
        expect(world.sandbox.control.stats()[channel]?.requests).toBe(requests);
        await world.timePasses();
      }
      const open = await connection();
      expect(open.outageCount).toBeGreaterThanOrEqual(breakerOutagesMax);
      expect(open.status).toBe("active");
      expect(world.writes(channel)).toHaveLength(before);
      const others = channelIds.filter((id) => id !== channel);
      for (const id of others) expect(world.shown(sku)[id]).toBe(29 - changes);
      world.sandbox.control.setFaults({ channel, down: false });
      await world.push(channel);
      expect((await connection()).outageCount).toBe(0);
      const written = world.writes(channel).slice(before);
      expect(new Set(written.map((write) => `${write.sku} ${write.shown}`))).toEqual(
        new Set([`${sku} ${29 - changes}`, `TEE-001-M ${30 - changes}`]),
      );
      expect(written).toHaveLength(2);
      const letters = await db().deadLetter.count();
      expect(letters).toBe(0);
      await world.converges([sku, "TEE-001-M"]);
    },
  );

  it("one listing that the channel refuses holds back none of its neighbours, and is a dead letter", async () => {
    await world.begin({ skus: 2, stock: 10 });
    const { shopId, connections } = world.seeded;
    const [listing] = await listingsOf("ebay");
    await db().listing.update({
      where: { shopId_id: { shopId, id: listing?.id ?? "" } },
      data: { externalIds: { sku: "GONE", offerId: "1", listingId: "2" } },
    });
    await adjust(-2);
    await adjust(-3, "TEE-001-M");
    await world.push();
    expect(world.shown("TEE-001-M")).toEqual(everywhere(7));
    expect(world.shown(sku)).toMatchObject({ ...everywhere(8), ebay: 10 });
    const [refused] = await listingsOf("ebay");
    const letters = await db().deadLetter.findMany({ where: { connectionId: connections.ebay } });
    expect(refused?.state === "missing" || letters.length === 1).toBe(true);
    expect(refused?.lastError).toBeTruthy();
  });
});

describe("a person changes the number at Shopify", () => {
  const level = async () => (await world.stock(sku)).onHand;

  /** The hint came; the number has been read back once. */
  async function noticed(): Promise<void> {
    const { shopId } = world;
    await expect
      .poll(() => db().inboundEvent.count({ where: { shopId, topic: "inventory_levels/update" } }))
      .toBeGreaterThan(0);
    await world.ingest();
    await world.timePasses(2_000);
    await world.push("shopify");
  }

  it.each([
    ["up", 25],
    ["down", 4],
    ["to nothing", 0],
  ])("%s: observed after the settling time, and every channel follows", async (_way, units) => {
    await world.begin({ skus: 1, stock: 10 });
    world.sandbox.control.setShown({ channel: "shopify", sku, quantity: units });
    await noticed();
    // A late order may still explain it: nothing is booked yet.
    expect(await level()).toBe(10);
    const drifts = (await listingsOf("shopify")).filter(({ driftQty }) => driftQty !== null);
    expect(drifts.length).toBeGreaterThan(0);
    await world.converges([sku]);
    expect(await level()).toBe(units);
    expect(world.shown(sku)).toEqual(everywhere(units));
    const entries = await db().ledgerEntry.findMany({ where: { kind: "observed" } });
    expect(entries.reduce((sum, { onHandDelta }) => sum + onHandDelta, 0)).toBe(units - 10);
    for (const { reason, actor } of entries) {
      expect({ reason, actor }).toMatchObject({
        ...{ actor: "shopify", reason: expect.stringContaining("no order explains it") },
      });
    }
  });

  it("Echo or news: our own writes and Shopify's own sales come back as hints and book nothing", async () => {
    await world.begin({ skus: 1, stock: 10 });
    await world.heard(world.sells("shopify", sku, 2));
    await sellAndIngest("ebay", 3);
    await world.push();
    await noticed();
    await world.converges([sku]);
    expect(world.shown(sku)).toEqual(everywhere(5));
    expect(await db().ledgerEntry.count({ where: { kind: "observed" } })).toBe(0);
  });

  it("a late order explains a difference that is settling: nothing is observed", async () => {
    await world.begin({ skus: 1, stock: 10 });
    const orderId = world.sells("shopify", sku, 2);
    await world.heard(orderId);
    const where = { shopId: world.shopId, payload: { contains: orderId } };
    const later = new Date(Date.now() + 3_600_000);
    await db().inboundEvent.updateMany({ where, data: { nextAttemptAt: later } });
    await noticed();
    const drifts = (await listingsOf("shopify")).map(({ driftQty }) => driftQty);
    expect(drifts.filter((units) => units !== null)).toEqual([-2]);
    await db().inboundEvent.updateMany({ where, data: { nextAttemptAt: null } });
    await world.ingest();
    await world.converges([sku]);
    expect(await world.stock(sku)).toEqual({ onHand: 10, committed: 2, available: 8 });
    expect(await db().ledgerEntry.count({ where: { kind: "observed" } })).toBe(0);
  });
});
