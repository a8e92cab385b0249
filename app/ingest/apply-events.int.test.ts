import { afterAll, afterEach, describe, expect, it } from "vitest";
import amazon from "#app/channels/amazon/index.ts";
import { closeDb, db } from "#app/db/client.server.ts";
import { newId } from "#app/lib/ids.ts";
import { closeQueues } from "#app/queue/connection.server.ts";
import { expectInvariants, expectOrdersHeld } from "#tests/support/invariants.ts";
import {
  amazonOrder,
  shopOnAmazon,
  type AmazonLine,
  type ShopOnAmazon,
} from "#tests/support/shop.ts";
import { applyEvents, batchEventsMax } from "./apply-events.ts";
import { storeEvent } from "./inbox-writer.ts";
import { receiveEvent } from "./receive.ts";

afterEach(async () => {
  await expectInvariants();
  await expectOrdersHeld();
});
afterAll(async () => {
  await closeQueues();
  await closeDb();
});

/** What Amazon's queue delivers; the same event id is the same delivery. */
async function deliver(shop: ShopOnAmazon, payload: string, externalEventId = newId()) {
  return await receiveEvent(amazon, shop.seller, {
    ...{
      externalEventId,
      topic: "ORDER_CHANGE",
      occurredAt: null,
      payload,
    },
    receivedAt: new Date(),
  });
}

interface Said {
  readonly orderId?: string;
  readonly revision?: number;
  readonly status?: string;
}

function order(shop: ShopOnAmazon, lines: readonly AmazonLine[], said: Said = {}): string {
  return amazonOrder({ seller: shop.seller, orderId: newId(), lines, ...said });
}

const one = (SellerSKU: string, Quantity = 1): AmazonLine => ({ SellerSKU, Quantity });

async function level(shop: ShopOnAmazon, code: string) {
  const levels = await db().stockLevel.findMany({
    where: { shopId: shop.shopId, skuId: shop.skuIds[code] ?? "" },
  });
  const sum = (pick: (one: (typeof levels)[number]) => number) =>
    levels.reduce((total, row) => total + pick(row), 0);
  return { onHand: sum((row) => row.onHand), committed: sum((row) => row.committed) };
}

async function events(shop: ShopOnAmazon) {
  return await db().inboundEvent.findMany({
    where: { shopId: shop.shopId },
    orderBy: { id: "asc" },
  });
}

async function letters(shop: ShopOnAmazon) {
  return await db().deadLetter.findMany({ where: { shopId: shop.shopId } });
}

/** Whatever waits to be tried again is due now. */
async function waitsAreOver(shop: ShopOnAmazon): Promise<void> {
  await db().inboundEvent.updateMany({
    where: { shopId: shop.shopId, nextAttemptAt: { not: null } },
    data: { nextAttemptAt: new Date(0) },
  });
}

/** The database refuses this order: whatever holds it fails as a whole, each time. */
async function poisonOrder(orderId: string): Promise<void> {
  await db().$executeRawUnsafe(`
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'not this one'; END $$`);
  await db().$executeRawUnsafe(`
    CREATE TRIGGER poison BEFORE INSERT ON "order" FOR EACH ROW
      WHEN (NEW.order_id = '${orderId}') EXECUTE FUNCTION refuse()`);
}

describe("applyEvents", () => {
  it("works off more than one batch of orders: every unit sold once, every event done", async () => {
    const shop = await shopOnAmazon(["A", "B"]);
    const orders = batchEventsMax + 30;
    await Promise.all(
      Array.from({ length: orders }, (_, index) =>
        deliver(shop, order(shop, [one(index % 2 === 0 ? "A" : "B")])),
      ),
    );
    await applyEvents(shop.shopId);
    expect(await level(shop, "A")).toEqual({ onHand: 10, committed: 10 });
    expect(await level(shop, "B")).toEqual({ onHand: 10, committed: 10 });
    const lines = await db().orderLine.findMany({ where: { shopId: shop.shopId } });
    expect(lines).toHaveLength(orders);
    expect(lines.reduce((sum, row) => sum + row.oversold, 0)).toBe(orders - 20);
    expect(new Set((await events(shop)).map(({ status }) => status))).toEqual(new Set(["done"]));
    const alerts = await db().alert.findMany({ where: { shopId: shop.shopId } });
    expect(alerts.map(({ severity }) => severity)).toEqual(["critical", "critical"]);
    expect(alerts.reduce((sum, { count }) => sum + count, 0)).toBe(orders - 20);
  });

  it("Once: the same delivery ten times, and the same order through other deliveries, sells once", async () => {
    const shop = await shopOnAmazon(["A"]);
    const body = order(shop, [one("A", 3)], { orderId: "o-1" });
    const outcomes = await Promise.all(
      Array.from({ length: 10 }, () => deliver(shop, body, "delivery-1")),
    );
    expect(outcomes.filter((outcome) => outcome === "accepted")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "duplicate")).toHaveLength(9);
    await applyEvents(shop.shopId);
    for (let again = 0; again < 3; again += 1) {
      await deliver(shop, body);
      await applyEvents(shop.shopId);
    }
    expect(await level(shop, "A")).toEqual({ onHand: 10, committed: 3 });
    expect(await db().ledgerEntry.count({ where: { shopId: shop.shopId } })).toBe(2);
  });

  it("Once: create, edit, ship and cancel in the wrong order and one transaction", async () => {
    const shop = await shopOnAmazon(["A", "B"]);
    const say = (revision: number, Quantity: number, QuantityShipped = 0) =>
      order(shop, [{ ...one("A", Quantity), QuantityShipped }], { orderId: "o-1", revision });
    for (const body of [say(3, 5, 2), say(1, 2), say(2, 4), say(3, 5, 2)])
      await deliver(shop, body);
    const cancelled = { orderId: "o-2", revision: 9, status: "Canceled" };
    await deliver(shop, order(shop, [one("B", 4)], cancelled));
    await deliver(shop, order(shop, [one("B", 4)], { orderId: "o-2" }));
    await applyEvents(shop.shopId);
    expect(await level(shop, "A")).toEqual({ onHand: 8, committed: 3 });
    expect(await level(shop, "B")).toEqual({ onHand: 10, committed: 0 });
    const tombstone = await db().order.findFirstOrThrow({ where: { orderId: "o-2" } });
    expect(tombstone).toMatchObject({ cancelled: true });
  });

  it.each([
    ["an unknown SKU", one("NO-SUCH"), /SKU "NO-SUCH" is not known here; match it and replay/],
    ["no SKU", one(""), /gave no SKU/],
    ["quantity 0", one("A", 0), /quantity 0 sells nothing/],
    ["a negative quantity", one("A", -2), /quantity -2 is not a whole number/],
    ["more units than can be counted", one("A", 9_000_000_000), /9000000000/],
  ])("%s is a dead letter in words; the rest of the order applies", async (_what, bad, reason) => {
    const shop = await shopOnAmazon(["A", "B"]);
    const body = order(shop, [bad, one("B", 2)]);
    await deliver(shop, body);
    await applyEvents(shop.shopId);
    expect(await level(shop, "B")).toEqual({ onHand: 10, committed: 2 });
    expect(await level(shop, "A")).toEqual({ onHand: 10, committed: 0 });
    const [event] = await events(shop);
    expect(event).toMatchObject({ status: "dead", error: expect.stringMatching(reason) });
    expect(await letters(shop)).toMatchObject([
      {
        ...{ subject: "event", subjectId: event?.id, connectionId: shop.amazonId, attempts: 1 },
        ...{ reason: expect.stringMatching(reason), payload: body, settledAt: null },
      },
    ]);
  });

  it.each([
    ["not JSON", "{", /not JSON/],
    ["another shape", '{"Payload":{}}', /cannot be read/],
  ])("what is %s is a dead letter, and keeps its payload", async (_what, payload, reason) => {
    const shop = await shopOnAmazon(["A"]);
    await deliver(shop, payload);
    await applyEvents(shop.shopId);
    expect(await letters(shop)).toMatchObject([{ reason: expect.stringMatching(reason), payload }]);
  });

  it("an unknown topic is ignored with its reason", async () => {
    const shop = await shopOnAmazon(["A"]);
    await receiveEvent(amazon, shop.seller, {
      ...{ externalEventId: newId(), topic: "FEE_PROMOTION" },
      ...{ occurredAt: null, payload: "{}", receivedAt: new Date() },
    });
    await applyEvents(shop.shopId);
    expect(await events(shop)).toMatchObject([
      { status: "ignored", error: expect.stringContaining("FEE_PROMOTION") },
    ]);
    expect(await letters(shop)).toEqual([]);
  });

  it("a poisoned event holds back no neighbour, is retried, and ends as a dead letter with its reason", async () => {
    const shop = await shopOnAmazon(["A"]);
    await deliver(shop, order(shop, [one("A")]));
    await poisonOrder("poison");
    const poisoned = order(shop, [one("A")], { orderId: "poison" });
    await deliver(shop, poisoned);
    await deliver(shop, order(shop, [one("A")]));
    await applyEvents(shop.shopId);
    expect(await level(shop, "A")).toEqual({ onHand: 10, committed: 2 });
    expect((await events(shop)).map(({ status }) => status)).toEqual(["done", "ready", "done"]);
    expect(await letters(shop)).toEqual([]);
    const roundsMax = 20;
    for (let round = 0; round < roundsMax && (await letters(shop)).length === 0; round += 1) {
      await waitsAreOver(shop);
      await applyEvents(shop.shopId);
    }
    const [letter] = await letters(shop);
    expect(letter).toMatchObject({ attempts: 8, payload: poisoned });
    expect(letter?.reason).toMatch(/not this one/);
    expect((await events(shop))[1]).toMatchObject({ status: "dead", attempts: 8 });
    expect(await level(shop, "A")).toEqual({ onHand: 10, committed: 2 });
  });

  it("an order with more lines than are taken is a dead letter and moves nothing", async () => {
    const shop = await shopOnAmazon(["A"]);
    const lines = Array.from({ length: 1_001 }, () => one("A"));
    await deliver(shop, order(shop, lines));
    await applyEvents(shop.shopId);
    expect((await letters(shop))[0]?.reason).toBe("1001 lines; at most 1000 are taken");
    expect(await level(shop, "A")).toEqual({ onHand: 10, committed: 0 });
  });

  it("an event of another shop's stays there (Apart)", async () => {
    const [shop, other] = [await shopOnAmazon(["A"]), await shopOnAmazon(["A"])];
    await deliver(shop, order(shop, [one("A", 2)]));
    await applyEvents(other.shopId);
    expect(await level(shop, "A")).toEqual({ onHand: 10, committed: 0 });
    await applyEvents(shop.shopId);
    expect(await level(shop, "A")).toEqual({ onHand: 10, committed: 2 });
    expect(await level(other, "A")).toEqual({ onHand: 10, committed: 0 });
  });

  it("the channel's own listing is believed to have fallen by itself, the others not", async () => {
    const shop = await shopOnAmazon(["A"]);
    await deliver(shop, order(shop, [one("A", 3)]));
    await applyEvents(shop.shopId);
    const shown = async (connectionId: string) =>
      (await db().listing.findFirstOrThrow({ where: { shopId: shop.shopId, connectionId } }))
        .expectedQty;
    expect(await shown(shop.amazonId)).toBe(7);
    expect(await shown(shop.ebayId)).toBe(10);
  });

  it("Once: twins that work off the same events at the same time do no harm", async () => {
    const shop = await shopOnAmazon(["A"]);
    const orders = 40;
    for (let index = 0; index < orders; index += 1) await deliver(shop, order(shop, [one("A")]));
    await Promise.all(Array.from({ length: 4 }, () => applyEvents(shop.shopId)));
    await applyEvents(shop.shopId);
    expect(await level(shop, "A")).toEqual({ onHand: 10, committed: 10 });
    expect(new Set((await events(shop)).map(({ status }) => status))).toEqual(new Set(["done"]));
    const amazonShows = await db().listing.findFirstOrThrow({
      where: { shopId: shop.shopId, connectionId: shop.amazonId },
    });
    expect(amazonShows.expectedQty).toBe(10 - orders);
    const [alert] = await db().alert.findMany({ where: { shopId: shop.shopId } });
    expect(alert?.count).toBe(orders - 10);
  });

  it("Once: twins over orders that find nothing at all (no entries, no version to check) do no harm", async () => {
    const shop = await shopOnAmazon(["A"]);
    await deliver(shop, order(shop, [one("A", 10)]));
    await applyEvents(shop.shopId);
    const orders = 20;
    for (let index = 0; index < orders; index += 1) await deliver(shop, order(shop, [one("A")]));
    await Promise.all(Array.from({ length: 4 }, () => applyEvents(shop.shopId)));
    const amazonShows = await db().listing.findFirstOrThrow({
      where: { shopId: shop.shopId, connectionId: shop.amazonId },
    });
    expect(amazonShows.expectedQty).toBe(-orders);
    const [alert] = await db().alert.findMany({ where: { shopId: shop.shopId } });
    expect(alert?.count).toBe(orders);
  });

  it("a shop without events is a short look", async () => {
    const shop = await shopOnAmazon(["A"]);
    await applyEvents(shop.shopId);
    expect(await events(shop)).toEqual([]);
  });

  it("a hint that lands in ingest goes to whoever fetches the order", async () => {
    const shop = await shopOnAmazon(["A"]);
    await storeEvent({
      ...{ id: newId(), shopId: shop.shopId, connectionId: shop.shopifyId },
      ...{ externalEventId: newId(), topic: "orders/edited", status: "ready" as const },
      payload: JSON.stringify({ order_edit: { order_id: 820982911946154508n.toString() } }),
      ...{ correlationId: newId(), occurredAt: null, receivedAt: new Date() },
    });
    await applyEvents(shop.shopId);
    expect(await events(shop)).toMatchObject([{ status: "hint" }]);
    const wake = await db().wake.findFirst({
      where: { queue: "resolve", subjectId: shop.shopifyId },
    });
    expect(wake?.awakeUntil.getTime()).toBeGreaterThan(Date.now());
  });
});
