import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { hmacSha256 } from "#app/lib/signature.ts";
import { demoAccounts, demoTiktokWarehouseId } from "#sandbox/catalogue.ts";
import platformDefinition from "#sandbox/tiktok-shop/index.ts";
import { fbtWarehouseId, overflowWarehouseId } from "#sandbox/tiktok-shop/market.ts";
import { createRig, type ChannelScenario } from "#tests/conformance/rig.ts";
import {
  startPlatform,
  type ScenarioPlatform,
  type StartOptions,
} from "#tests/conformance/sandbox.ts";
import { describeChannel } from "#tests/conformance/describe-channel.ts";
import {
  importPageSizeMax,
  type ChannelSession,
  type ChannelFact,
  type ConnectedAccount,
  type OrdersPage,
  type QuantityWrite,
  type Shipment,
} from "../contract.ts";
import { tiktokCheck } from "./conformance-spec.ts";
import { cancelledPagesMax } from "./health.ts";
import channel from "./index.ts";

const refusal = (code: number, message = "no") =>
  JSON.stringify({ code, message, request_id: "R", data: {} });
const signal = () => new AbortController().signal;

const unknownListing = {
  productId: "1729592969799999999",
  skuId: "1729592969899999999",
  warehouseId: demoTiktokWarehouseId,
};

const deliveryBody = JSON.stringify({
  type: 1,
  tts_notification_id: "7327112393057371910",
  shop_id: demoAccounts.tiktok,
  timestamp: 1_767_312_885,
  data: { order_id: "576486316948490001", order_status: "UNPAID", update_time: 1_767_312_885 },
});

const checkFailed = {
  code: 12052990,
  message: "Check failed",
  detail: { extra_errors: [{ code: 12052097, message: "The warehouse does not exist" }] },
};

const scenario: ChannelScenario = {
  folder: import.meta.dirname,
  platform: platformDefinition,
  signsInWith: "tokens",
  topics: ["1", "5", "6", "7", "11", "12", "24", "27"],
  unknownListing,
  answers: {
    unauthorised: { status: 401, body: refusal(105002) },
    throttled: { status: 200, body: refusal(36009002) },
    unavailable: { status: 200, body: refusal(36009003) },
    refusedWith200: [
      { name: "promotion", status: 200, body: refusal(12052393), kind: "locked" },
      { name: "not active", status: 200, body: refusal(12052901), kind: "locked" },
      { name: "global stock", status: 200, body: refusal(12052141), kind: "unsupported" },
      { name: "combo", status: 200, body: refusal(12052850), kind: "unsupported" },
      { name: "quantity", status: 200, body: refusal(12052055), kind: "rejected" },
      { name: "an unknown code", status: 200, body: refusal(777), kind: "unexpected" },
      {
        name: "errors inside code 0",
        status: 200,
        body: JSON.stringify({ code: 0, message: "Success", data: { errors: [checkFailed] } }),
        kind: "rejected",
      },
    ],
  },
  webhook: {
    accountId: demoAccounts.tiktok,
    delivery: ({ TIKTOK_SHOP_APP_KEY: key = "", TIKTOK_SHOP_APP_SECRET: secret = "" }) => ({
      rawBody: Buffer.from(deliveryBody),
      headers: { authorization: hmacSha256(secret, key + deliveryBody, "hex") },
    }),
  },
  connect: { values: () => ({ market: "US" }) },
  spec: tiktokCheck(),
};

describeChannel(channel, scenario);

async function withPlatform(
  run: (platform: ScenarioPlatform) => Promise<void>,
  options: StartOptions = {},
): Promise<void> {
  const platform = await startPlatform(platformDefinition, options);
  try {
    await run(platform);
  } finally {
    await platform.close();
  }
}

/** What a person does at TikTok, outside the API. */
async function sellerCenter(platform: ScenarioPlatform, action: object): Promise<void> {
  const answer = await fetch(`${platform.sandbox.url}/tiktok-shop/seller-center`, {
    method: "POST",
    body: JSON.stringify(action),
  });
  expect(answer.status).toBe(200);
}

function listingAt(platform: ScenarioPlatform, index: number) {
  const listing = platform.listings[index];
  if (!listing) throw new Error(`no listing ${String(index)}`);
  return listing;
}

function writeTo(platform: ScenarioPlatform, index: number, quantity: number): QuantityWrite {
  const listing = listingAt(platform, index);
  return { ...listing, quantity, delta: 0, idempotencyKey: randomUUID() };
}

function skuIdAt(platform: ScenarioPlatform, index: number): string {
  return listingAt(platform, index).externalIds["skuId"] ?? "";
}

function productIdAt(platform: ScenarioPlatform, index: number): string {
  return listingAt(platform, index).externalIds["productId"] ?? "";
}

function shownAt(platform: ScenarioPlatform, index: number): number | null {
  return platform.sandbox.platform("tiktok-shop").shown(listingAt(platform, index).sku);
}

function placedAt(platform: ScenarioPlatform, index: number, quantity: number): string {
  const { sku } = listingAt(platform, index);
  const placed = platform.sandbox.control.order({ channel: "tiktok-shop", sku, quantity });
  if (!placed.accepted) throw new Error("the order was refused");
  return placed.orderId;
}

/** Without the methods that may be missing: this channel has all but bulk. */
function all(session: ChannelSession): Required<ChannelSession> {
  return session as Required<ChannelSession>;
}

async function readAt(platform: ScenarioPlatform, session: ChannelSession, index: number) {
  const [read] = await session.readListings([listingAt(platform, index)], signal());
  return read;
}

describe("channel tiktok-shop, pushing beyond the contract", () => {
  test("SKUs of one product share a call; a refused one fails alone", () =>
    withPlatform(async (platform) => {
      const rig = createRig(channel, platform);
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
      const rig = createRig(channel, platform);
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
      const rig = createRig(channel, platform);
      await rig.session.readListings(platform.listings.slice(0, 1), signal());
      const before = rig.calls();
      const products = Array.from({ length: 60 }, (_, index) => ({
        ...writeTo(platform, 0, 1),
        externalIds: { ...unknownListing, productId: `1${String(index)}` },
      }));
      rig.inject({ status: 429, body: refusal(36009002) }, 60);
      const results = await rig.session.pushQuantities(products, signal());
      expect(results).toHaveLength(60);
      for (const result of results) {
        expect(result).toMatchObject({ ok: false, fault: { kind: "rate-limited" } });
      }
      expect(rig.calls() - before).toBeLessThanOrEqual(20);
    }));

  test("a promotion keeps stock from falling: locked, and rising works", () =>
    withPlatform(async (platform) => {
      const { session } = createRig(channel, platform);
      await sellerCenter(platform, { do: "promotion", skuId: skuIdAt(platform, 0), on: true });
      const lower = [writeTo(platform, 0, 5), writeTo(platform, 1, 5)];
      expect(await session.pushQuantities(lower, signal())).toMatchObject([
        { ok: false, fault: { kind: "locked", code: "12052393" } },
        { ok: true },
      ]);
      const higher = [writeTo(platform, 0, 70)];
      expect(await session.pushQuantities(higher, signal())).toEqual([{ ok: true }]);
    }));

  test.each([
    [12052141, "please edit stock from global", "unsupported"],
    [12052921, "this product shares the inventory with the source shop", "unsupported"],
    [12052850, "The stock of combo does not support being edited.", "unsupported"],
  ])("%i: stock that another owns is never written", (code, message, kind) =>
    withPlatform(async (platform) => {
      const { session } = createRig(channel, platform);
      const skuId = skuIdAt(platform, 0);
      await sellerCenter(platform, { do: "refuse", skuId, code, message, on: true });
      const results = await session.pushQuantities([writeTo(platform, 0, 5)], signal());
      expect(results).toMatchObject([{ ok: false, fault: { kind, code: String(code) } }]);
      expect(JSON.stringify(results)).toContain(message);
    }),
  );

  test("a deactivated product takes no number", () =>
    withPlatform(async (platform) => {
      const { session } = createRig(channel, platform);
      const productId = productIdAt(platform, 0);
      const status = "SELLER_DEACTIVATED";
      await sellerCenter(platform, { do: "product", productId, status });
      const results = await session.pushQuantities([writeTo(platform, 0, 5)], signal());
      expect(results).toMatchObject([{ ok: false, fault: { kind: "locked", code: "12052901" } }]);
    }));
});

describe("channel tiktok-shop, warehouses", () => {
  test("a SKU in two warehouses gets its number in ours and 0 in the other", () =>
    withPlatform(async (platform) => {
      const { session } = createRig(channel, platform);
      const skuId = skuIdAt(platform, 0);
      await sellerCenter(platform, { do: "overflow", skuId, quantity: 20, on: true });
      const page = await all(session).listListings(null, signal());
      const listing = page.ok ? page.listings.find(({ key }) => key === skuId) : undefined;
      expect(listing).toMatchObject({
        externalIds: { warehouseId: `${demoTiktokWarehouseId},${overflowWarehouseId}` },
        quantity: 60,
        heldByChannel: false,
      });
      const externalIds = listing?.externalIds ?? {};
      const writes = [{ ...writeTo(platform, 0, 9), externalIds }];
      expect(await session.pushQuantities(writes, signal())).toEqual([{ ok: true }]);
      expect(shownAt(platform, 0)).toBe(9);
      const [read] = await session.readListings(writes, signal());
      expect(read).toMatchObject({ ok: true, quantity: 9 });
    }));

  test("a warehouse added since the import is found out and named", () =>
    withPlatform(async (platform) => {
      const rig = createRig(channel, platform);
      const skuId = skuIdAt(platform, 0);
      await sellerCenter(platform, { do: "overflow", skuId, quantity: 20, on: true });
      // Of one product, so in one call: the neighbour is not to suffer.
      const writes = [writeTo(platform, 0, 8), writeTo(platform, 1, 7)];
      expect(await rig.session.pushQuantities(writes, signal())).toEqual([
        { ok: true },
        { ok: true },
      ]);
      expect([shownAt(platform, 0), shownAt(platform, 1)]).toEqual([8, 7]);
      await sellerCenter(platform, { do: "overflow", skuId, quantity: 0, on: false });
      const externalIds = {
        ...writeTo(platform, 0, 6).externalIds,
        warehouseId: `${demoTiktokWarehouseId},${overflowWarehouseId}`,
      };
      const stale = [{ ...writeTo(platform, 0, 6), externalIds }];
      expect(await rig.session.pushQuantities(stale, signal())).toEqual([{ ok: true }]);
      expect(shownAt(platform, 0)).toBe(6);
    }));

  test("what lies with TikTok is imported and shown, and never written", () =>
    withPlatform(async (platform) => {
      const rig = createRig(channel, platform);
      const skuId = skuIdAt(platform, 0);
      await sellerCenter(platform, { do: "fulfilled-by-tiktok", skuId, on: true });
      // Known from the days before: the write finds out.
      const results = await rig.session.pushQuantities([writeTo(platform, 0, 4)], signal());
      expect(results).toMatchObject([{ ok: false, fault: { kind: "unsupported" } }]);
      const page = await all(rig.session).listListings(null, signal());
      const listing = page.ok ? page.listings.find(({ key }) => key === skuId) : undefined;
      expect(listing).toMatchObject({
        heldByChannel: true,
        quantity: 60,
        externalIds: { warehouseId: fbtWarehouseId },
      });
      const held = { ...writeTo(platform, 0, 4), externalIds: listing?.externalIds ?? {} };
      const before = rig.calls();
      expect(await rig.session.pushQuantities([held], signal())).toMatchObject([
        { ok: false, fault: { kind: "unsupported" } },
      ]);
      expect(rig.calls()).toBe(before);
      const [read] = await rig.session.readListings([held], signal());
      expect(read).toMatchObject({ ok: true, quantity: 60 });
      const orderId = placedAt(platform, 0, 1);
      const fetched = await all(rig.session).fetchOrders([orderId], signal());
      expect(fetched).toMatchObject({ ok: true, orders: [{ orderId, lines: [] }] });
    }));
});

describe("channel tiktok-shop, a zero that is refused", () => {
  const rigWith = (platform: ScenarioPlatform, whenZeroRefused: "tell" | "deactivate") => {
    const settings = { ...Object(platform.settings), whenZeroRefused };
    return createRig(channel, platform, { account: { ...platform, settings } });
  };

  test("while other variants sell, a person is told", () =>
    withPlatform(async (platform) => {
      await sellerCenter(platform, { do: "refuse-zero", on: true });
      const { session } = rigWith(platform, "deactivate");
      const writes = [writeTo(platform, 0, 0), writeTo(platform, 1, 5)];
      const results = await session.pushQuantities(writes, signal());
      expect(results).toMatchObject([
        { ok: false, fault: { kind: "rejected", code: "12052055" } },
        { ok: true },
      ]);
      expect(JSON.stringify(results[0])).toContain("Other variants");
      expect(shownAt(platform, 1)).toBe(5);
    }));

  test("the product's last sellable SKUs take it off sale, where the merchant chose that", () =>
    withPlatform(async (platform) => {
      const zeros = () => [0, 1, 2, 3].map((index) => writeTo(platform, index, 0));
      await sellerCenter(platform, { do: "refuse-zero", on: true });
      const careful = await rigWith(platform, "tell").session.pushQuantities(zeros(), signal());
      expect(careful).toMatchObject(
        zeros().map(() => ({ ok: false, fault: { kind: "rejected" } })),
      );
      expect(shownAt(platform, 0)).toBe(60);
      const account = await connectedAccounts(platform, { whenZeroRefused: "deactivate" });
      const { session } = createRig(channel, platform, { account: account[0] });
      const results = await session.pushQuantities(zeros(), signal());
      expect(results).toEqual(zeros().map(() => ({ ok: true })));
      expect(shownAt(platform, 0)).toBe(0);
      expect(await readAt(platform, session, 0)).toMatchObject({ ok: true, state: "ended" });
    }));
});

describe("channel tiktok-shop, prices and states", () => {
  test("a price that a promotion holds is locked; the product's others are set", () =>
    withPlatform(async (platform) => {
      const { session } = createRig(channel, platform);
      await sellerCenter(platform, { do: "promotion", skuId: skuIdAt(platform, 0), on: true });
      const price = { minor: 999, currency: "USD" };
      const writes = [0, 1].map((index) => ({ ...listingAt(platform, index), price }));
      expect(await all(session).setPrices(writes, signal())).toMatchObject([
        { ok: false, fault: { kind: "locked", code: "12052038" } },
        { ok: true },
      ]);
      expect(await readAt(platform, session, 1)).toMatchObject({ price });
    }));

  test("a price that was taken and is not shown is not believed", () =>
    withPlatform(async (platform) => {
      const rig = createRig(channel, platform);
      await readAt(platform, rig.session, 0);
      const price = { minor: 999, currency: "USD" };
      rig.inject({ status: 200, body: JSON.stringify({ code: 0, message: "Success", data: {} }) });
      const [result] = await all(rig.session).setPrices(
        [{ ...listingAt(platform, 0), price }],
        signal(),
      );
      expect(result).toMatchObject({ ok: false, fault: { kind: "unexpected" } });
      expect(JSON.stringify(result)).toContain("still shows 15.00 USD");
    }));

  test.each([
    ["PENDING", "inactive"],
    ["DRAFT", "inactive"],
    ["SELLER_DEACTIVATED", "ended"],
    ["PLATFORM_DEACTIVATED", "suppressed"],
    ["FAILED", "suppressed"],
    ["FREEZE", "suppressed"],
  ])("%s is %s", (status, state) =>
    withPlatform(async (platform) => {
      const { session } = createRig(channel, platform);
      const productId = productIdAt(platform, 0);
      await sellerCenter(platform, { do: "product", productId, status });
      expect(await readAt(platform, session, 0)).toMatchObject({ ok: true, state });
      expect(await readAt(platform, session, 4)).toMatchObject({ ok: true, state: "active" });
    }),
  );

  test("a whole product is ended, reviewed, and back", () =>
    withPlatform(async (platform) => {
      const { session } = createRig(channel, platform);
      const listings = [0, 1, 2, 3].map((index) => listingAt(platform, index));
      for (let round = 0; round < 2; round += 1) {
        expect(await all(session).endListings(listings, signal())).toEqual(
          listings.map(() => ({ ok: true })),
        );
        expect(await readAt(platform, session, 0)).toMatchObject({ state: "ended" });
      }
      expect(shownAt(platform, 0)).toBe(0);
      const writes = [0, 1, 2, 3].map((index) => writeTo(platform, index, 3));
      expect(await all(session).relistListings(writes, signal())).toEqual(
        writes.map(() => ({ ok: true })),
      );
      expect(await readAt(platform, session, 0)).toMatchObject({ state: "inactive" });
      await expect.poll(() => shownAt(platform, 0), { timeout: 5_000 }).toBe(60);
      // The review is over: now the number can be written.
      expect(await all(session).relistListings(writes, signal())).toEqual(
        writes.map(() => ({ ok: true })),
      );
      expect(await readAt(platform, session, 0)).toMatchObject({ state: "active", quantity: 3 });
    }));
});

describe("channel tiktok-shop, importing beyond the contract", () => {
  test("more products than one search gives are all found, in windows", { timeout: 60_000 }, () =>
    withPlatform(
      async (platform) => {
        const rig = createRig(channel, platform);
        const keys = new Set<string>();
        let cursor: string | null = null;
        for (let pages = 0; pages < 1_000; pages += 1) {
          const page = await all(rig.session).listListings(cursor, signal());
          if (!page.ok) throw new Error(page.fault.message);
          expect(page.listings.length).toBeLessThanOrEqual(importPageSizeMax);
          for (const { key } of page.listings) keys.add(key);
          ({ cursor } = page);
          if (cursor === null) break;
        }
        expect(cursor).toBeNull();
        expect(keys.size).toBe(44_000);
        // 11,000 products of 50 a page, the windows' first looks, and the warehouses.
        expect(rig.calls()).toBeLessThan(11_000 / 50 + 30);
      },
      { skus: 44_000 },
    ),
  );

  test("a product that cannot be read does not cost the others", () =>
    withPlatform(async (platform) => {
      const rig = createRig(channel, platform);
      await readAt(platform, rig.session, 0);
      // Ids as bare numbers beyond 2^53, too.
      const body = `{"code":0,"message":"Success","data":{"total_count":2,"products":[
        {"id":[],"skus":"none"},
        {"id":1729592969700000001,"title":"Big","status":"ACTIVATE","skus":[{"id":"7"}]}]}}`;
      rig.inject("pass");
      rig.inject({ status: 200, body });
      const page = await all(rig.session).listListings(null, signal());
      expect(page).toMatchObject({
        listings: [{ title: "Big", externalIds: { productId: "1729592969700000001" } }],
      });
    }));
});

describe("channel tiktok-shop, orders beyond the contract", () => {
  test("withdrawn consent is revoked, not an outage", () =>
    withPlatform(async (platform) => {
      platform.sandbox.control.setFaults({ channel: "tiktok-shop", consentRevoked: true });
      const { session } = createRig(channel, platform);
      const [read] = await session.readListings(platform.listings.slice(0, 1), signal());
      expect(read).toMatchObject({ ok: false, fault: { kind: "revoked", code: "105003" } });
    }));

  test("an order comes out of the poll and the fetch as the same snapshot, and cancels", () =>
    withPlatform(async (platform) => {
      const session = all(createRig(channel, platform).session);
      const { sku, externalIds } = listingAt(platform, 0);
      const orderId = placedAt(platform, 0, 3);
      const page = await session.listChangedOrders(null, signal());
      const fetched = await session.fetchOrders([orderId, "579999999999999999"], signal());
      if (!page.ok || !fetched.ok) throw new Error("no order");
      const orderKey = externalIds["skuId"];
      const lines = [{ lineId: orderKey, orderKey, sku, quantity: 3, shipped: 0 }];
      expect(page.orders).toMatchObject([{ orderId, cancelled: false, lines }]);
      expect(fetched.orders).toEqual(page.orders);

      platform.sandbox.control.cancel({ channel: "tiktok-shop", orderId });
      const next = await session.listChangedOrders(page.cursor, signal());
      expect(next).toMatchObject({ ok: true, more: false, orders: [{ orderId, cancelled: true }] });
    }));

  test("an order of another seller's is one we do not have", () =>
    withPlatform(async (platform) => {
      const rig = createRig(channel, platform);
      await readAt(platform, rig.session, 0);
      rig.inject({ status: 200, body: refusal(21008111) });
      const fetched = await all(rig.session).fetchOrders(["579999999999999999"], signal());
      expect(fetched).toEqual({ ok: true, orders: [] });
    }));

  test.each(["UNPAID", "ON_HOLD"])("%s reserves, and cancels", (status) =>
    withPlatform(async (platform) => {
      const session = all(createRig(channel, platform).session);
      await sellerCenter(platform, { do: "new-orders", status });
      const orderId = placedAt(platform, 0, 2);
      const before = await session.fetchOrders([orderId], signal());
      expect(before).toMatchObject({ orders: [{ cancelled: false, lines: [{ quantity: 2 }] }] });
      platform.sandbox.control.cancel({ channel: "tiktok-shop", orderId });
      const after = await session.fetchOrders([orderId], signal());
      expect(after).toMatchObject({ orders: [{ cancelled: true }] });
    }),
  );

  test("a unit that was cancelled without a change of the order's status is found by its cancellation", () =>
    withPlatform(async (platform) => {
      const rig = createRig(channel, platform);
      await readAt(platform, rig.session, 0);
      const orderId = placedAt(platform, 0, 3);
      platform.sandbox.control.cancel({ channel: "tiktok-shop", orderId, quantity: 1 });
      // TikTok's search of orders does not show it.
      const body = JSON.stringify({ code: 0, message: "Success", data: { orders: [] } });
      rig.inject({ status: 200, body });
      const page = await all(rig.session).listChangedOrders(null, signal());
      expect(page).toMatchObject({ orders: [{ orderId, lines: [{ quantity: 2 }] }], more: false });
      // Without the scope for cancellations the poll goes on.
      rig.inject("pass");
      rig.inject({ status: 403, body: refusal(105005) });
      expect(await all(rig.session).listChangedOrders(null, signal())).toMatchObject({ ok: true });
      rig.inject("pass");
      rig.inject({ status: 503, body: "" });
      expect(await all(rig.session).listChangedOrders(null, signal())).toMatchObject({ ok: false });
    }));

  test("paging ends, and 250 orders of the same seconds are all seen", () =>
    withPlatform(async (platform) => {
      const session = all(createRig(channel, platform).session);
      const placed = new Set<string>();
      for (let count = 0; count < 250; count += 1) {
        placed.add(placedAt(platform, count % 8, 1));
      }
      const seen = new Set<string>();
      let cursor: string | null = null;
      let pages = 0;
      for (let more = true; more && pages < 10; pages += 1) {
        const page: OrdersPage = await session.listChangedOrders(cursor, signal());
        if (!page.ok) throw new Error("the page failed");
        for (const order of page.orders) seen.add(order.orderId);
        ({ cursor, more } = page);
      }
      expect(pages).toBeLessThan(10);
      expect(seen).toEqual(placed);
    }));
});

describe("channel tiktok-shop, health", () => {
  const placedMany = (platform: ScenarioPlatform, count: number) =>
    Array.from({ length: count }, (_, index) => placedAt(platform, index % 8, 1));
  const cancelled = (platform: ScenarioPlatform, by: string, ...orderIds: readonly string[]) =>
    Promise.all(orderIds.map((orderId) => sellerCenter(platform, { do: "cancel", orderId, by })));
  const shareOf = async (session: ChannelSession) => {
    const health = await all(session).readAccountHealth(signal());
    if (!health.ok) throw new Error("no health");
    return [health.standing, ...health.metrics.map(({ value }) => value)];
  };

  test("without orders nothing was cancelled", () =>
    withPlatform(async (platform) => {
      const { session } = createRig(channel, platform);
      expect(await shareOf(session)).toEqual(["good", 0]);
    }));

  test("what the seller cancelled counts, what buyers and TikTok cancelled does not", () =>
    withPlatform(async (platform) => {
      const rig = createRig(channel, platform);
      const [first = "", second = "", third = "", ...others] = placedMany(platform, 40);
      const [byBuyer = "", bySystem = ""] = others;
      platform.sandbox.control.cancel({ channel: "tiktok-shop", orderId: byBuyer });
      await cancelled(platform, "SYSTEM", bySystem);
      expect(await shareOf(rig.session)).toEqual(["good", 0]);
      await cancelled(platform, "SELLER", first);
      expect(await shareOf(rig.session)).toEqual(["good", 0.025]);
      await cancelled(platform, "SELLER", second);
      expect(await shareOf(rig.session)).toEqual(["at-risk", 0.05]);
      await cancelled(platform, "SELLER", third);
      expect(await shareOf(rig.session)).toEqual(["bad", 0.075]);
      const check = scenario.spec ?? (() => []);
      expect(rig.exchanges.flatMap((exchange) => check(exchange))).toEqual([]);
    }));

  test("cancelled orders are counted over all their pages", () =>
    withPlatform(async (platform) => {
      const rig = createRig(channel, platform);
      const orderIds = placedMany(platform, 150);
      await cancelled(platform, "SELLER", ...orderIds.slice(0, 120));
      await readAt(platform, rig.session, 0);
      const before = rig.calls();
      expect(await shareOf(rig.session)).toEqual(["bad", 0.8]);
      expect(rig.calls() - before).toBe(3);
    }));

  test("more cancelled orders than are looked through make no share", () =>
    withPlatform(async (platform) => {
      const rig = createRig(channel, platform);
      await readAt(platform, rig.session, 0);
      const page = (token: string) => {
        const orders = [{ cancellation_initiator: "SELLER" }, { cancellation_initiator: "BUYER" }];
        const data = { total_count: 1_000, next_page_token: token, orders };
        return { status: 200, body: JSON.stringify({ code: 0, message: "Success", data }) };
      };
      for (let count = 0; count <= cancelledPagesMax; count += 1) rig.inject(page(String(count)));
      const before = rig.calls();
      // 50 of 1,000 were seen: that much is so.
      expect(await shareOf(rig.session)).toEqual(["at-risk"]);
      expect(rig.calls() - before).toBe(1 + cancelledPagesMax);
      // A page that leads to itself hides the rest.
      rig.inject(page("again"), 3);
      expect(await shareOf(rig.session)).toEqual(["good"]);
    }));

  test("a call that fails is the answer, whichever it is", () =>
    withPlatform(async (platform) => {
      const rig = createRig(channel, platform);
      placedMany(platform, 1);
      await readAt(platform, rig.session, 0);
      const unavailable = { ok: false, fault: { kind: "unavailable" } };
      rig.inject({ status: 503, body: "" });
      expect(await all(rig.session).readAccountHealth(signal())).toMatchObject(unavailable);
      rig.inject("pass");
      rig.inject({ status: 503, body: "" });
      expect(await all(rig.session).readAccountHealth(signal())).toMatchObject(unavailable);
    }));
});

describe("channel tiktok-shop, shipments beyond the contract", () => {
  function parcelOf(
    platform: ScenarioPlatform,
    orderId: string,
    more: Partial<Shipment> = {},
  ): Shipment {
    return {
      shipmentId: randomUUID(),
      orderId,
      parcelNumber: 1,
      lines: [{ lineId: skuIdAt(platform, 0), quantity: 2 }],
      carrier: "usps",
      carrierName: "United States Postal Service",
      trackingNumber: "9400111899223344556677",
      trackingUrl: null,
      shippedAt: new Date().toISOString(),
      ...more,
    };
  }
  const shipments = (platform: ScenarioPlatform, orderId: string) =>
    platform.sandbox.platform("tiktok-shop").shipments(orderId);

  test("units are named one by one, carriers by TikTok's own ids, looked up once", () =>
    withPlatform(async (platform) => {
      const rig = createRig(channel, platform);
      const orderId = placedAt(platform, 0, 2);
      const parcel = parcelOf(platform, orderId);
      const session = all(rig.session);
      expect(await session.sendShipment(parcel, signal())).toEqual({ ok: true, already: false });
      expect(shipments(platform, orderId)).toMatchObject([
        { carrier: "USPS", lines: [{ quantity: 1 }, { quantity: 1 }] },
      ]);
      const other = placedAt(platform, 0, 2);
      const before = rig.calls();
      await session.sendShipment(parcelOf(platform, other, { trackingNumber: "T2" }), signal());
      expect(rig.calls() - before).toBe(2);
    }));

  test("a report whose answer was lost is not made twice", () =>
    withPlatform(async (platform) => {
      const rig = createRig(channel, platform);
      const orderId = placedAt(platform, 0, 2);
      const parcel = parcelOf(platform, orderId);
      rig.loseAnswersOfWrites(true);
      expect(await all(rig.session).sendShipment(parcel, signal())).toMatchObject({
        ok: false,
        fault: { kind: "timeout" },
      });
      rig.loseAnswersOfWrites(false);
      const again = await all(rig.session).sendShipment(parcel, signal());
      expect(again).toEqual({ ok: true, already: true });
      expect(shipments(platform, orderId)).toHaveLength(1);
    }));

  test("other markets ship packages, and whole ones only", () =>
    withPlatform(async (platform) => {
      await sellerCenter(platform, { do: "region", region: "MY" });
      const session = all(createRig(channel, platform).session);
      const orderId = placedAt(platform, 0, 2);
      const half = parcelOf(platform, orderId, {
        lines: [{ lineId: skuIdAt(platform, 0), quantity: 1 }],
      });
      expect(await session.sendShipment(half, signal())).toMatchObject({
        ok: false,
        fault: { kind: "rejected" },
      });
      const whole = parcelOf(platform, orderId);
      expect(await session.sendShipment(whole, signal())).toEqual({ ok: true, already: false });
      expect(await session.sendShipment(whole, signal())).toEqual({ ok: true, already: true });
      expect(shipments(platform, orderId)).toHaveLength(1);
    }));

  test("what TikTok ships itself, what is held, and what is not there is refused in words", () =>
    withPlatform(async (platform) => {
      const session = all(createRig(channel, platform).session);
      const tooMuch = parcelOf(platform, placedAt(platform, 0, 1));
      expect(await session.sendShipment(tooMuch, signal())).toMatchObject({
        fault: { kind: "rejected" },
      });
      const cancelledId = placedAt(platform, 0, 2);
      platform.sandbox.control.cancel({ channel: "tiktok-shop", orderId: cancelledId });
      expect(await session.sendShipment(parcelOf(platform, cancelledId), signal())).toMatchObject({
        fault: { kind: "rejected" },
      });
      await sellerCenter(platform, { do: "new-orders", status: "ON_HOLD" });
      const held = parcelOf(platform, placedAt(platform, 0, 2));
      expect(await session.sendShipment(held, signal())).toMatchObject({
        fault: { kind: "locked" },
      });
      await sellerCenter(platform, { do: "shipping", type: "TIKTOK" });
      expect(await session.sendShipment(held, signal())).toMatchObject({
        fault: { kind: "unsupported" },
      });
    }));
});

async function connectedAccounts(
  platform: ScenarioPlatform,
  values: Readonly<Record<string, string>> = {},
): Promise<readonly [ConnectedAccount, ...ConnectedAccount[]]> {
  const { context } = createRig(channel, platform);
  const { connect } = channel;
  if (!connect?.authorizeUrl) throw new Error("no sign-in");
  const redirectUrl = "https://lockstep.example.com/connect/tiktok-shop/callback";
  const { app, http, now } = context;
  const request = { state: "s", redirectUrl, handOverUrl: "", values, codeVerifier: "" };
  const answer = await fetch(connect.authorizeUrl(request, app), { redirect: "manual" });
  const back = new URL(answer.headers.get("location") ?? "");
  const returned = Object.fromEntries(back.searchParams);
  const grant = { values, returned, redirectUrl, codeVerifier: "" };
  return connect.complete(grant, { app, http, now, signal: signal() });
}

describe("channel tiktok-shop, connecting beyond the contract", () => {
  test("one consent opens every shop of the seller, all with the same secrets", () =>
    withPlatform(async (platform) => {
      await sellerCenter(platform, { do: "second-shop", on: true });
      const accounts = await connectedAccounts(platform);
      expect(accounts).toMatchObject([
        {
          accountId: demoAccounts.tiktok,
          label: "TikTok Shop US, Lockstep demo",
          settings: { region: "US", sellerType: "CROSS_BORDER", whenZeroRefused: "tell" },
          warnings: [expect.stringContaining("Main warehouse")],
        },
        { label: "TikTok Shop GB, Lockstep demo UK", settings: { region: "GB" }, warnings: [] },
      ]);
      expect(accounts[1]?.secrets).toEqual(accounts[0].secrets);
      const { session } = createRig(channel, platform, { account: accounts[1] });
      const page = await all(session).listListings(null, signal());
      expect(page).toMatchObject({ ok: true, listings: [], cursor: null });
    }));

  test("US sellers sign in at an address of their own, and without a service id by the app's key", () =>
    withPlatform(async (platform) => {
      const { connect } = channel;
      const linkOf = (market: string, more: Readonly<Record<string, string>> = {}) => {
        const request = {
          ...{ state: "s", redirectUrl: "https://a.example/back", handOverUrl: "" },
          ...{ values: { market }, codeVerifier: "" },
        };
        const app = channel.app.parse({ ...platform.variables, ...more });
        return connect?.authorizeUrl?.(request, app) ?? "";
      };
      expect(linkOf("US")).toMatch(/\/us\/open\/authorize\?service_id=7300000000000000001&state=s/);
      expect(linkOf("other")).toMatch(/tiktok-shop\/open\/authorize\?service_id=/);
      const { TIKTOK_SHOP_SERVICE_ID: _, ...bare } = platform.variables;
      const request = {
        ...{ state: "s", redirectUrl: "https://a.example/back", handOverUrl: "" },
        ...{ values: {}, codeVerifier: "" },
      };
      const link = connect?.authorizeUrl?.(request, channel.app.parse(bare)) ?? "";
      expect(link).toMatch(/\/auth\/oauth\/authorize\?app_key=/);
      expect((await fetch(link, { redirect: "manual" })).status).toBe(302);
    }));

  test("a code is good once", () =>
    withPlatform(async (platform) => {
      const { context } = createRig(channel, platform);
      const { app, http, now } = context;
      const returned = { code: "ROW_used", state: "s" };
      const grant = { values: {}, returned, redirectUrl: "", codeVerifier: "" };
      const completing = channel.connect?.complete(grant, { app, http, now, signal: signal() });
      await expect(completing).rejects.toMatchObject({
        fault: { kind: "rejected", code: "36004004" },
      });
    }));
});

describe("channel tiktok-shop, events beyond the contract", () => {
  const door = (url: string) => ({ url, secret: "0".repeat(64) });

  test("a topic that goes elsewhere is brought back, what stands is left alone", () =>
    withPlatform(async (platform) => {
      const rig = createRig(channel, platform);
      const session = all(rig.session);
      await session.setUpEvents(door("https://old.example.com/webhooks/tiktok-shop"), signal());
      const url = "https://lockstep.example.com/webhooks/tiktok-shop";
      const first = await session.setUpEvents(door(url), signal());
      expect(first).toMatchObject({ ok: true });
      const before = rig.calls();
      expect(await session.setUpEvents(door(url), signal())).toEqual(first);
      expect(rig.calls() - before).toBe(1);
    }));

  test("an address that TikTok does not take is refused in its words", () =>
    withPlatform(async (platform) => {
      const session = all(createRig(channel, platform).session);
      const setup = await session.setUpEvents(door("https://shop.example.com:8443/x"), signal());
      expect(setup).toMatchObject({ ok: false, fault: { kind: "unexpected" } });
      expect(JSON.stringify(setup)).toContain("HTTPS without port");
    }));

  test("cancelled units, returns, states and the end of the consent are told as facts", async () => {
    const inbox = await startInbox();
    try {
      await withPlatform(
        async (platform) => {
          const rig = createRig(channel, platform);
          await all(rig.session).setUpEvents(door(inbox.url), signal());
          const { control } = platform.sandbox;
          const told = inbox.factsOf(platform);
          const orderId = placedAt(platform, 0, 2);
          await expect.poll(told).toEqual([{ kind: "order-hint", orderId }]);
          // The order's status stays as it was: this one is told as a cancellation alone.
          control.cancel({ channel: "tiktok-shop", orderId, quantity: 1 });
          await expect.poll(told).toEqual([{ kind: "order-hint", orderId }]);
          const returned = { channel: "tiktok-shop", orderId, returnId: "R1", quantity: 1 };
          control.putReturn({ ...returned, state: "received" });
          await expect
            .poll(told)
            .toMatchObject([
              { kind: "return", return: { returnId: "R1", orderId, state: "received" } },
            ]);
          const productId = productIdAt(platform, 0);
          const status = "PLATFORM_DEACTIVATED";
          await sellerCenter(platform, { do: "product", productId, status });
          await expect.poll(told).toEqual([{ kind: "level-hint", match: { productId } }]);
          await sellerCenter(platform, { do: "authorisation", what: "expiring" });
          await expect.poll(told).toMatchObject([{ kind: "ignored" }]);
          await sellerCenter(platform, { do: "authorisation", what: "removed" });
          await expect.poll(told).toMatchObject([{ kind: "revoked" }]);
        },
        { appUrl: inbox.url },
      );
    } finally {
      await inbox.close();
    }
  });
});

/** Stands where the app's door would; hands out what came since it was last asked, as facts. */
async function startInbox() {
  const taken: { rawBody: Buffer; headers: Record<string, string | undefined> }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const headers = request.headers as Record<string, string | undefined>;
      taken.push({ rawBody: Buffer.concat(chunks), headers });
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/webhooks/tiktok-shop`;
  return {
    url,
    factsOf: (platform: ScenarioPlatform) => async () => {
      const facts: ChannelFact[] = [];
      for (const { rawBody, headers } of taken.splice(0)) {
        const delivery = { rawBody, headers, url, door: null, receivedAt: new Date() };
        const app = channel.app.parse(platform.variables);
        const verified = await channel.webhooks?.verify(delivery, app, fetch);
        if (!verified?.ok) throw new Error("a delivery is not believed");
        const payload = rawBody.toString("utf8");
        facts.push(...channel.parseEvent({ topic: verified.topic, payload }));
      }
      return facts;
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

describe("the simulated TikTok Shop", () => {
  test("comes back after a restart as it was", () =>
    withPlatform(async (platform) => {
      const rig = createRig(channel, platform);
      const session = all(rig.session);
      const price = { minor: 4_200, currency: "USD" };
      await session.setPrices([{ ...listingAt(platform, 0), price }], signal());
      await session.pushQuantities([writeTo(platform, 0, 11)], signal());
      const url = "https://lockstep.example.com/webhooks/tiktok-shop";
      const setup = await session.setUpEvents({ url, secret: "" }, signal());
      const orderId = placedAt(platform, 0, 2);
      platform.sandbox.control.cancel({ channel: "tiktok-shop", orderId, quantity: 1 });
      const [account] = await connectedAccounts(platform);
      const saved = JSON.stringify(platform.sandbox.platform("tiktok-shop").snapshot());
      await withPlatform(async (next) => {
        next.sandbox.platform("tiktok-shop").restore(JSON.parse(saved));
        const after = createRig(channel, next, { account });
        const [read] = await after.session.readListings([listingAt(next, 0)], signal());
        expect(read).toMatchObject({ ok: true, quantity: 10, price });
        const before = after.calls();
        expect(await all(after.session).setUpEvents({ url, secret: "" }, signal())).toEqual(setup);
        expect(after.calls() - before).toBe(1);
        const fetched = await all(after.session).fetchOrders([orderId], signal());
        expect(fetched).toMatchObject({ orders: [{ orderId, lines: [{ quantity: 1 }] }] });
      });
    }));
});
