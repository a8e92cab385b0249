import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { hmacSha256 } from "#app/lib/signature.ts";
import { demoAccounts, demoCredentials, demoTiktokWarehouseId } from "#sandbox/catalogue.ts";
import { createRig, type ChannelScenario } from "../conformance-rig.ts";
import { listingOf, startConformanceSandbox } from "../conformance-sandbox.ts";
import { describeChannel } from "../conformance.ts";
import type { OrdersPage, QuantityWrite } from "../contract.ts";
import channel from "./index.ts";

const refusal = (code: number) =>
  JSON.stringify({ code, message: "no", request_id: "R", data: {} });
const signal = () => new AbortController().signal;

const start = async () => {
  const { sandbox, skus, variables } = await startConformanceSandbox();
  return {
    sandbox,
    variables,
    shopDomain: demoAccounts.shopify,
    accountId: demoAccounts.tiktok,
    settings: {
      shopCipher: demoCredentials.tiktok.shopCipher,
      warehouseId: demoTiktokWarehouseId,
    },
    secrets: { refreshToken: demoCredentials.tiktok.refreshToken },
    listings: skus.map(({ code, tiktok }) => listingOf(code, tiktok)),
    unknownListing: listingOf("GONE", {
      productId: "1729592969799999999",
      skuId: "1729592969899999999",
      warehouseId: demoTiktokWarehouseId,
    }),
    close: () => sandbox.stop(),
  };
};

const deliveryBody = JSON.stringify({
  type: 1,
  tts_notification_id: "7327112393057371910",
  shop_id: demoAccounts.tiktok,
  timestamp: 1_767_312_885,
  data: { order_id: "576486316948490001", order_status: "UNPAID", update_time: 1_767_312_885 },
});

const scenario: ChannelScenario = {
  folder: import.meta.dirname,
  topics: ["1", "5", "6", "24"],
  start,
  answers: {
    unauthorised: { status: 401, body: refusal(105002) },
    throttled: { status: 200, body: refusal(36009002) },
    unavailable: { status: 200, body: refusal(36009003) },
  },
  webhook: {
    accountId: demoAccounts.tiktok,
    delivery: ({ TIKTOK_SHOP_APP_KEY: key = "", TIKTOK_SHOP_APP_SECRET: secret = "" }) => ({
      rawBody: Buffer.from(deliveryBody),
      headers: { authorization: hmacSha256(secret, key + deliveryBody, "hex") },
      receivedAt: new Date(),
      url: "https://lockstep.example.com/webhooks/tiktok-shop",
      door: null,
    }),
  },
};

describeChannel(channel, scenario);

type Platform = Awaited<ReturnType<typeof start>>;

async function withPlatform(run: (platform: Platform) => Promise<void>): Promise<void> {
  const platform = await start();
  try {
    await run(platform);
  } finally {
    await platform.close();
  }
}

function writeTo(platform: Platform, index: number, quantity: number): QuantityWrite {
  const listing = platform.listings[index];
  if (!listing) throw new Error(`no listing ${String(index)}`);
  return { ...listing, quantity, delta: 0, idempotencyKey: randomUUID() };
}

describe("channel tiktok-shop, beyond the contract", () => {
  test("SKUs of one product share a call; a refused one fails alone", () =>
    withPlatform(async (platform) => {
      const rig = createRig(channel, scenario, platform);
      await rig.session.readListings(platform.listings.slice(0, 1), signal());
      const before = rig.calls();
      const gone = writeTo(platform, 1, 2);
      const externalIds = { ...gone.externalIds, skuId: "1729592969899999999" };
      const writes = [0, 4, 5].map((index) => writeTo(platform, index, 7));
      const results = await rig.session.pushQuantities(
        [...writes, { ...gone, externalIds }],
        signal(),
      );
      expect(results.map((result) => result.ok)).toEqual([true, true, true, false]);
      expect(results[3]).toMatchObject({ fault: { kind: "unknown-listing", code: "12052556" } });
      expect(rig.calls() - before).toBe(2);
    }));

  test("a call refused as a whole is repeated SKU by SKU", () =>
    withPlatform(async (platform) => {
      const rig = createRig(channel, scenario, platform);
      await rig.session.readListings(platform.listings.slice(0, 1), signal());
      rig.inject({ status: 200, body: refusal(12052393) }, 2);
      const writes = [0, 1, 2].map((index) => writeTo(platform, index, 9));
      const results = await rig.session.pushQuantities(writes, signal());
      expect(results).toMatchObject([
        { ok: false, fault: { kind: "locked" } },
        { ok: true },
        { ok: true },
      ]);
    }));

  test("after a rate limit the rest is not called", () =>
    withPlatform(async (platform) => {
      const rig = createRig(channel, scenario, platform);
      await rig.session.readListings(platform.listings.slice(0, 1), signal());
      const before = rig.calls();
      const products = Array.from({ length: 60 }, (_, index) => ({
        ...writeTo(platform, 0, 1),
        externalIds: { ...platform.unknownListing.externalIds, productId: `1${String(index)}` },
      }));
      rig.inject({ status: 429, body: refusal(36009002) }, 60);
      const results = await rig.session.pushQuantities(products, signal());
      expect(results).toHaveLength(60);
      for (const result of results) {
        expect(result).toMatchObject({ ok: false, fault: { kind: "rate-limited" } });
      }
      expect(rig.calls() - before).toBeLessThanOrEqual(20);
    }));

  test("withdrawn consent is revoked, not an outage", () =>
    withPlatform(async (platform) => {
      platform.sandbox.control.setFaults({ channel: "tiktok-shop", consentRevoked: true });
      const { session } = createRig(channel, scenario, platform);
      const [read] = await session.readListings(platform.listings.slice(0, 1), signal());
      expect(read).toMatchObject({ ok: false, fault: { kind: "revoked", code: "105003" } });
    }));

  test("an order comes out of the poll and the fetch as the same snapshot, and cancels", () =>
    withPlatform(async (platform) => {
      const { session } = createRig(channel, scenario, platform);
      const [listing] = platform.listings;
      const { control } = platform.sandbox;
      const sku = listing?.sku ?? "";
      const placed = control.order({ channel: "tiktok-shop", sku, quantity: 3 });
      if (!placed.accepted) throw new Error("the order was refused");
      const page = await session.listChangedOrders?.(null, signal());
      const fetched = await session.fetchOrders?.([placed.orderId, "579999999999999999"], signal());
      if (!page?.ok || !fetched?.ok) throw new Error("no order");
      const orderKey = listing?.externalIds["skuId"];
      const lines = [{ lineId: orderKey, orderKey, sku, quantity: 3, shipped: 0 }];
      expect(page.orders).toMatchObject([{ orderId: placed.orderId, cancelled: false, lines }]);
      expect(fetched.orders).toEqual(page.orders);

      control.cancel({ channel: "tiktok-shop", orderId: placed.orderId });
      const next = await session.listChangedOrders?.(page.cursor, signal());
      expect(next).toMatchObject({
        ok: true,
        more: false,
        orders: [{ orderId: placed.orderId, cancelled: true }],
      });
    }));

  test("paging ends, and 250 orders of the same seconds are all seen", () =>
    withPlatform(async (platform) => {
      const { session } = createRig(channel, scenario, platform);
      const placed = new Set<string>();
      for (let count = 0; count < 250; count += 1) {
        const sku = platform.listings[count % 8]?.sku ?? "";
        const order = platform.sandbox.control.order({ channel: "tiktok-shop", sku, quantity: 1 });
        if (order.accepted) placed.add(order.orderId);
      }
      const seen = new Set<string>();
      let cursor: string | null = null;
      let pages = 0;
      for (let more = true; more && pages < 10; pages += 1) {
        const page: OrdersPage | undefined = await session.listChangedOrders?.(cursor, signal());
        if (!page?.ok) throw new Error("the page failed");
        for (const order of page.orders) seen.add(order.orderId);
        ({ cursor, more } = page);
      }
      expect(pages).toBeLessThan(10);
      expect(seen).toEqual(placed);
    }));
});
