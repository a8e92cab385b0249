import { afterAll, afterEach, describe, expect, it } from "vitest";
import tiktok from "#app/channels/tiktok-shop/index.ts";
import { closeDb, db } from "#app/db/client.server.ts";
import { takeLease, settleRound } from "#app/db/propagation.repo.ts";
import { recordOutcomes } from "#app/db/push.repo.ts";
import { applyOwnSales, markReadDue } from "#app/db/listing.repo.ts";
import { claimDuePolls } from "#app/db/poll.repo.ts";
import { inTransaction } from "#app/db/client.server.ts";
import { env } from "#app/env.server.ts";
import { newId } from "#app/lib/ids.ts";
import { seal } from "#app/lib/secret-box.ts";
import { closeQueues } from "#app/queue/connection.server.ts";
import { tokenSource } from "#app/services/connections/token-source.ts";
import { revokeConnection } from "#app/services/connections/revoke-connection.ts";
import { shopWithStock } from "#tests/fixtures/shop-with-stock.ts";
import { storeEvent } from "./inbox-writer.ts";
import { pollQueue } from "./poll-queue.ts";
import { pollOrders } from "./poll-orders.ts";
import { resolveEvents } from "./resolve-events.ts";
import amazon from "#app/channels/amazon/index.ts";

const realFetch = globalThis.fetch;
afterEach(() => {
  globalThis.fetch = realFetch;
});
afterAll(async () => {
  await closeQueues();
  await closeDb();
});

const sealed = (value: unknown) => seal(JSON.stringify(value), env().ENCRYPTION_KEY);
async function marketplace(shopId: string, channel: string, settings: object, change: object = {}) {
  const id = newId();
  await db().connection.create({
    data: {
      shopId, id, channel, accountId: newId(), label: channel, settings, secrets: sealed({ refreshToken: "r" }),
      accessToken: seal("t", env().ENCRYPTION_KEY), accessTokenUntil: new Date(Date.now() + 3_600_000), ...change,
    },
  });
  return id;
}
const ebayOrder = (orderId: string, change: object = {}) => ({
  orderId, creationDate: "2026-01-01T00:00:00.000Z", lastModifiedDate: "2026-01-01T00:00:00.000Z",
  lineItems: [{ lineItemId: `l-${orderId}`, sku: "A", quantity: 1 }], ...change,
});

describe("review: ingest", () => {
  it("30 one order that eBay describes strangely does not take its neighbours down", async () => {
    const { shopId } = await shopWithStock(["A"]);
    const ebayId = await marketplace(shopId, "ebay", { marketplaceId: "EBAY_US" });
    globalThis.fetch = ((input: unknown) => {
      const ids = new URL(String(input)).searchParams.get("orderIds")?.split(",") ?? [];
      const orders = ids.map((id) => (id === "bad" ? ebayOrder(id, { lineItems: [{ lineItemId: "x", sku: "A", quantity: "1.0" }] }) : ebayOrder(id)));
      return Promise.resolve(new Response(JSON.stringify({ total: orders.length, orders })));
    }) as typeof fetch;
    for (const orderId of ["good-1", "bad", "good-2"]) {
      await storeEvent({
        id: newId(), shopId, connectionId: ebayId, externalEventId: newId(), topic: "ORDER_CONFIRMATION", status: "hint",
        payload: JSON.stringify({ metadata: { topic: "ORDER_CONFIRMATION" }, notification: { notificationId: newId(), data: { user: { username: "u" }, order: { orderId } } } }),
        correlationId: newId(), occurredAt: null, receivedAt: new Date(),
      });
    }
    for (let n = 0; n < 10; n += 1) {
      await db().inboundEvent.updateMany({ where: { shopId, nextAttemptAt: { not: null } }, data: { nextAttemptAt: new Date(0) } });
      await resolveEvents(shopId, ebayId);
    }
    const statuses = await db().inboundEvent.groupBy({ by: ["status"], where: { shopId }, _count: true });
    expect(statuses.find(({ status }) => status === "dead")?._count).toBe(1);
  });

  it("31 one seller's broken connection does not stop Amazon's queue for all shops", async () => {
    const one = await shopWithStock(["A"]);
    const two = await shopWithStock(["A"]);
    const settings = { marketplaceId: "ATVPDKIKX0DER", region: "na" };
    await marketplace(one.shopId, "amazon", {}); // settings that do not fit
    await marketplace(two.shopId, "amazon", settings);
    let asked = 0;
    const channel = {
      ...amazon,
      open: (context: never) => ({
        ...amazon.open(context),
        receiveMessages: () => ((asked += 1), Promise.resolve([])),
      }),
    };
    const registry = await import("#app/channels/registry.ts");
    const original = registry.channelById("amazon") as { open: unknown };
    const open = original.open;
    original.open = channel.open;
    const stop = new AbortController();
    const loop = pollQueue(amazon, stop.signal);
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    stop.abort();
    await loop.catch(() => undefined);
    original.open = open;
    expect(asked).toBeGreaterThan(0);
  });

  it("32 two states of an order within one second (TikTok's clock) both come in by polling", async () => {
    const { shopId } = await shopWithStock(["A"]);
    const id = await marketplace(shopId, "tiktok-shop", { shopCipher: "c", warehouseId: "w" });
    let status = "UNPAID";
    globalThis.fetch = (() =>
      Promise.resolve(new Response(JSON.stringify({ code: 0, message: "", data: { orders: [{ id: "o1", status, create_time: 1_700_000_000, update_time: 1_700_000_000, line_items: [{ sku_id: "s", seller_sku: "A" }] }] } })))) as typeof fetch;
    const poll = { shopId, connectionId: id, cursor: null };
    await pollOrders(poll);
    status = "CANCELLED";
    await pollOrders(poll);
    const events = await db().inboundEvent.findMany({ where: { shopId } });
    expect(events.map(({ payload }) => (JSON.parse(payload) as { cancelled: boolean }).cancelled)).toEqual([false, true]);
    void tiktok;
  });

  it("33 thirteen calls that need a new token at once do not tie up every database connection", async () => {
    const { shopId } = await shopWithStock(["A"]);
    const id = await marketplace(shopId, "amazon", {}, { accessToken: null, accessTokenUntil: null });
    const source = tokenSource({ shopId, id, channel: "amazon", accountId: "x" });
    const refresh = async () => {
      await db().rateBucket.count(); // as http.send does: the token bucket
      return { accessToken: "fresh", expiresAt: new Date(Date.now() + 3_600_000) };
    };
    const startedAt = Date.now();
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => source.accessToken(refresh)));
    const failed = results.filter(({ status }) => status === "rejected").length;
    expect({ failed, slow: Date.now() - startedAt > 3_000 }).toEqual({ failed: 0, slow: false });
  });

  it("34 thirteen sellers whose sign-in is slow do not hold up everybody's database", async () => {
    const { shopId } = await shopWithStock(["A"]);
    const ids = await Promise.all(Array.from({ length: 13 }, () => marketplace(shopId, "amazon", {}, { accessToken: null, accessTokenUntil: null })));
    const refresh = async () => {
      await new Promise((resolve) => setTimeout(resolve, 4_000)); // Amazon's sign-in is slow
      return { accessToken: "fresh", expiresAt: new Date(Date.now() + 3_600_000) };
    };
    const calls = ids.map((id) => tokenSource({ shopId, id, channel: "amazon", accountId: "x" }).accessToken(refresh));
    await new Promise((resolve) => setTimeout(resolve, 300));
    const startedAt = Date.now();
    await db().shop.count();
    const waited = Date.now() - startedAt;
    await Promise.allSettled(calls);
    expect(waited).toBeLessThan(1_000);
  });

  it("35 a refused old token does not throw away the fresh one", async () => {
    const { shopId } = await shopWithStock(["A"]);
    const id = await marketplace(shopId, "amazon", {});
    const source = tokenSource({ shopId, id, channel: "amazon", accountId: "x" });
    let refreshed = 0;
    const refresh = () => Promise.resolve({ accessToken: `t${(refreshed += 1)}`, expiresAt: new Date(Date.now() + 3_600_000) });
    for (let call = 0; call < 5; call += 1) {
      await source.discard("t"); // five calls under way with the same old token, each refused
      await source.accessToken(refresh);
    }
    expect(refreshed).toBe(1);
  });

  it("36 a shop that left is not polled on its other channels", async () => {
    const { shopId } = await shopWithStock(["A"]);
    await db().connection.updateMany({ data: { pollDueAt: new Date(Date.now() + 3_600_000) } });
    const amazonId = await marketplace(shopId, "amazon", {});
    const shopify = await db().connection.findFirstOrThrow({ where: { shopId, channel: "shopify" } });
    await revokeConnection({ shopId, connectionId: shopify.id, reason: "uninstalled", at: new Date(Date.now() + 1_000) });
    const due = await claimDuePolls(db(), 1_000);
    expect(due.map(({ connectionId }) => connectionId)).not.toContain(amazonId);
  });

  it("37 ingest (own sales, then level hints) and propagation (rounds, answers) never deadlock", async () => {
    const { shopId } = await shopWithStock([]);
    const shopify = await db().connection.findFirstOrThrow({ where: { shopId, channel: "shopify" } });
    const listings = await Promise.all(
      Array.from({ length: 60 }, async (_, n) => {
        const [id, skuId] = [newId(), newId()];
        await db().sku.create({ data: { shopId, id: skuId, code: `D${n}` } });
        await db().listing.create({ data: { shopId, id, connectionId: shopify.id, skuId, orderKey: String(n), externalIds: { n: String(n) }, expectedQty: 1 } });
        return { id, skuId, n };
      }),
    );
    const lease = { shopId, connectionId: shopify.id, token: newId() };
    await takeLease(db(), lease);
    const errors: string[] = [];
    const shuffled = <T>(items: readonly T[]) => [...items].sort(() => Math.random() - 0.5);
    const endsAt = Date.now() + 6_000;
    const note = (who: string) => (error: unknown) => errors.push(`${who}: ${/40P01|deadlock/i.test(String(error)) ? "deadlock" : String(error).slice(0, 200)}`);
    const ingest = async () => {
      while (Date.now() < endsAt) {
        await inTransaction(async (tx) => {
          const some = shuffled(listings).slice(0, 10);
          await applyOwnSales(tx, shopId, some.map(({ skuId }) => ({ connectionId: shopify.id, skuId, locationId: null, units: 1, placedAt: new Date(), receivedAt: new Date(), mode: "difference" as const })));
          await markReadDue(tx, shopId, shuffled(listings).slice(0, 10).map(({ n }) => ({ connectionId: shopify.id, match: { n: String(n) } })));
        }).catch(note("ingest"));
      }
    };
    const work = async () => {
      while (Date.now() < endsAt) {
        const some = shuffled(listings).slice(0, 20);
        const batchId = newId();
        const pushes = some.map(({ id, skuId }) => ({ id: newId(), batchId, listingId: id, skuId, fromSeq: 0n, toSeq: 1n, quantity: 1, delta: 0 }));
        const rest = shuffled(listings.filter((one) => !some.includes(one))).slice(0, 20);
        await settleRound(db(), lease, { toSeq: 1n, pushes, inStep: rest.map(({ id }) => id), deferred: [], unread: [] }).catch(note("settleRound"));
        await recordOutcomes(db(), lease, "difference", pushes.map(({ id, listingId }) => ({
          pushId: id, listingId, outcome: "acknowledged", faultKind: null, answer: null, dueSince: null, retryAfterMs: null, attempts: 0, state: "active", readAfterMs: null,
        }))).catch(note("recordOutcomes"));
        await db().listing.updateMany({ where: { shopId }, data: { readDueAt: null } }).catch(() => undefined);
      }
    };
    await Promise.all([ingest(), work()]);
    expect(errors).toEqual([]);
  });
});
