import { afterAll, afterEach, describe, expect, it } from "vitest";

import { closeDb, db } from "#app/db/client.server.ts";
import { claimDuePolls } from "#app/db/poll.repo.ts";
import { inTransaction } from "#app/db/client.server.ts";
import { env } from "#app/env.server.ts";
import { newId } from "#app/lib/ids.ts";
import { seal } from "#app/lib/secret-box.ts";
import { closeQueues } from "#app/queue/connection.server.ts";
import { tokenSource } from "#app/services/connections/token-source.ts";
import { revokeConnection } from "#app/services/connections/revoke-connection.ts";
import { shopWithStock } from "#tests/fixtures/shop-with-stock.ts";
import { pollOrders } from "./poll-orders.ts";

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
      shopId,
      id,
      channel,
      accountId: newId(),
      label: channel,
      settings,
      secrets: sealed({ refreshToken: "r" }),
      accessToken: seal("t", env().ENCRYPTION_KEY),
      accessTokenUntil: new Date(Date.now() + 3_600_000),
      ...change,
    },
  });
  return id;
}
describe("ingest", () => {
  it("two states of an order within one second (TikTok's clock) both come in by polling", async () => {
    const { shopId } = await shopWithStock(["A"]);
    const id = await marketplace(shopId, "tiktok-shop", { shopCipher: "c", warehouseId: "w" });
    let status = "UNPAID";
    globalThis.fetch = () =>
      Promise.resolve(
        new Response(
          JSON.stringify({
            code: 0,
            message: "",
            data: {
              orders: [
                {
                  id: "o1",
                  status,
                  create_time: 1_700_000_000,
                  update_time: 1_700_000_000,
                  line_items: [{ sku_id: "s", seller_sku: "A" }],
                },
              ],
            },
          }),
        ),
      );
    const poll = { shopId, connectionId: id, cursor: null };
    await pollOrders(poll);
    status = "CANCELLED";
    await pollOrders(poll);
    const events = await db().inboundEvent.findMany({ where: { shopId }, orderBy: { id: "asc" } });
    expect(
      events.map(({ payload }) => (JSON.parse(payload) as { cancelled: boolean }).cancelled),
    ).toEqual([false, true]);
  });

  it("thirteen calls that need a new token at once do not tie up every database connection", async () => {
    const { shopId } = await shopWithStock(["A"]);
    const id = await marketplace(
      shopId,
      "amazon",
      {},
      { accessToken: null, accessTokenUntil: null },
    );
    const source = tokenSource({ shopId, id, channel: "amazon", accountId: "x" });
    const refresh = async () => {
      await db().rateBucket.count(); // as http.send does: the token bucket
      return { accessToken: "fresh", expiresAt: new Date(Date.now() + 3_600_000) };
    };
    const startedAt = Date.now();
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () => source.accessToken(refresh)),
    );
    const failed = results.filter(({ status }) => status === "rejected").length;
    expect({ failed, slow: Date.now() - startedAt > 3_000 }).toEqual({ failed: 0, slow: false });
  });

  it("thirteen sellers whose sign-in is slow do not hold up everybody's database", async () => {
    const { shopId } = await shopWithStock(["A"]);
    const ids = await Promise.all(
      Array.from({ length: 13 }, () =>
        marketplace(shopId, "amazon", {}, { accessToken: null, accessTokenUntil: null }),
      ),
    );
    const refresh = async () => {
      await new Promise((resolve) => setTimeout(resolve, 4_000)); // Amazon's sign-in is slow
      return { accessToken: "fresh", expiresAt: new Date(Date.now() + 3_600_000) };
    };
    const calls = ids.map((id) =>
      tokenSource({ shopId, id, channel: "amazon", accountId: "x" }).accessToken(refresh),
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    const startedAt = Date.now();
    await db().shop.count();
    const waited = Date.now() - startedAt;
    await Promise.allSettled(calls);
    expect(waited).toBeLessThan(1_000);
  });

  it("a refused old token does not throw away the fresh one", async () => {
    const { shopId } = await shopWithStock(["A"]);
    const id = await marketplace(shopId, "amazon", {});
    const source = tokenSource({ shopId, id, channel: "amazon", accountId: "x" });
    let refreshed = 0;
    const refresh = () =>
      Promise.resolve({
        accessToken: `t${(refreshed += 1)}`,
        expiresAt: new Date(Date.now() + 3_600_000),
      });
    for (let call = 0; call < 5; call += 1) {
      await source.discard("t"); // five calls under way with the same old token, each refused
      await source.accessToken(refresh);
    }
    expect(refreshed).toBe(1);
  });

  it("a shop that left is not polled on its other channels", async () => {
    const { shopId } = await shopWithStock(["A"]);
    await db().connection.updateMany({ data: { pollDueAt: new Date(Date.now() + 3_600_000) } });
    const amazonId = await marketplace(shopId, "amazon", {});
    const shopify = await db().connection.findFirstOrThrow({
      where: { shopId, channel: "shopify" },
    });
    await revokeConnection({
      shopId,
      connectionId: shopify.id,
      reason: "uninstalled",
      at: new Date(Date.now() + 1_000),
    });
    const due = await claimDuePolls(db(), 1_000);
    expect(due.map(({ connectionId }) => connectionId)).not.toContain(amazonId);
  });

  it("a rotated refresh token is kept although the wait for the lock took most of the transaction", async () => {
    const { shopId } = await shopWithStock(["A"]);
    const id = await marketplace(
      shopId,
      "tiktok-shop",
      {},
      { accessToken: null, accessTokenUntil: null },
    );
    // The other process: its sign-in takes the 10 s a call may take, and fails.
    const other = inTransaction(async (tx) => {
      await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtextextended(${id}, 0))`;
      await new Promise((resolve) => setTimeout(resolve, 10_000));
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const source = tokenSource({ shopId, id, channel: "tiktok-shop", accountId: "x" });
    const refresh = async () => {
      await new Promise((resolve) => setTimeout(resolve, 6_000));
      return {
        accessToken: "fresh",
        expiresAt: new Date(Date.now() + 3_600_000),
        secrets: { refreshToken: "rotated" },
      };
    };
    const got = await source
      .accessToken(refresh)
      .catch((error: unknown) => `lost: ${String(error).slice(-160)}`);
    await other;
    expect(got).toBe("fresh");
  });

  it("four slow sign-ins at one channel do not hold up another channel's live token", async () => {
    const { shopId } = await shopWithStock(["A"]);
    const slow = await Promise.all(
      Array.from({ length: 12 }, () =>
        marketplace(shopId, "amazon", {}, { accessToken: null, accessTokenUntil: null }),
      ),
    );
    const ebayId = await marketplace(shopId, "ebay", {});
    const refresh = async () => {
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      return { accessToken: "fresh", expiresAt: new Date(Date.now() + 3_600_000) };
    };
    const calls = slow.map((id) =>
      tokenSource({ shopId, id, channel: "amazon", accountId: "x" }).accessToken(refresh),
    );
    const startedAt = Date.now();
    await tokenSource({ shopId, id: ebayId, channel: "ebay", accountId: "x" }).accessToken(refresh);
    const waited = Date.now() - startedAt;
    await Promise.allSettled(calls);
    expect(waited).toBeLessThan(1_000);
  });

  it("no buyer's data is stored", async () => {
    const { domain, shopId } = await shopWithStock(["A"]);
    const { receiveEvent } = await import("./receive.ts");
    const shopify = (await import("#app/channels/shopify/index.ts")).default;
    for (const topic of ["orders/create", "customers/redact"]) {
      await receiveEvent(shopify, domain, {
        externalEventId: newId(),
        topic,
        occurredAt: null,
        receivedAt: new Date(),
        payload: JSON.stringify({
          id: 1,
          created_at: "2026-01-01T00:00:00Z",
          updated_at: "2026-01-01T00:00:00Z",
          line_items: [],
          email: "buyer@example.com",
          customer: { phone: "1" },
          shipping_address: { address1: "x" },
        }),
      });
    }
    const rows = await db().inboundEvent.findMany({ where: { shopId } });
    expect(
      rows.filter(({ payload }) => payload.includes("buyer@example.com")).map(({ topic }) => topic),
    ).toEqual([]);
  });

  it("one channel that does not answer does not hold up everybody's polls", async () => {
    const { pollDueOrders } = await import("./poll-orders.ts");
    await db().connection.updateMany({ data: { pollDueAt: new Date(Date.now() + 3_600_000) } });
    const { shopId } = await shopWithStock(["A"]);
    await db().connection.updateMany({
      where: { shopId },
      data: { pollDueAt: new Date(Date.now() + 3_600_000) },
    });
    await marketplace(shopId, "ebay", { marketplaceId: "EBAY_US" }, { pollDueAt: new Date(0) });
    globalThis.fetch = ((_input: unknown, init: { signal: AbortSignal }) =>
      new Promise((_resolve, reject) =>
        init.signal.addEventListener("abort", () => {
          reject(new Error("aborted"));
        }),
      )) as typeof fetch;
    const startedAt = Date.now();
    await pollDueOrders(); // the worker looks again only after this
    expect(Date.now() - startedAt).toBeLessThan(5_000);
  });
});
