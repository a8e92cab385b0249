import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { liveHttp, liveKeys } from "#tests/conformance/live.ts";
import { ChannelFault, type ChannelSession, type ImportedListing } from "../contract.ts";
import channel from "./index.ts";

// For people with a development shop (Partner Center > Development shops; TikTok has no sandbox host). Reads listings
// and orders, and writes one quantity back as it is. An access token rather than a refresh token, so that a run does not
// rotate the pair that an installation lives by; it is good for about a week.
//
//   LIVE_TIKTOK_SHOP_APP_KEY, LIVE_TIKTOK_SHOP_APP_SECRET   the app's page in the Partner Center
//   LIVE_TIKTOK_SHOP_ACCESS_TOKEN                           from token/get after a consent
//   LIVE_TIKTOK_SHOP_CIPHER                                 GET /authorization/202309/shops, `cipher`
//   LIVE_TIKTOK_SHOP_WAREHOUSE_ID                           GET /logistics/202309/warehouses, a SALES_WAREHOUSE
const names = ["APP_KEY", "APP_SECRET", "ACCESS_TOKEN", "CIPHER", "WAREHOUSE_ID"].map(
  (name) => `LIVE_TIKTOK_SHOP_${name}`,
);
const { title, areMissing, given } = liveKeys("TikTok Shop", names);
const [appKey, appSecret, accessToken, shopCipher, warehouseId] = names.map(given);

function openSession(): Required<ChannelSession> {
  const session = channel.open({
    shopDomain: "live.myshopify.com",
    accountId: "live",
    app: channel.app.parse({
      TIKTOK_SHOP_API_URL: "https://open-api.tiktokglobalshop.com",
      TIKTOK_SHOP_AUTH_URL: "https://auth.tiktok-shops.com",
      TIKTOK_SHOP_APP_KEY: appKey,
      TIKTOK_SHOP_APP_SECRET: appSecret,
    }),
    settings: channel.settings.parse({ shopCipher, warehouseId }),
    secrets: channel.secrets.parse({ refreshToken: "not used" }),
    http: liveHttp(channel),
    tokens: {
      accessToken: () => Promise.resolve(accessToken ?? ""),
      discard: () =>
        Promise.reject(
          new ChannelFault({
            kind: "revoked",
            message: "The access token is over: sign in again.",
          }),
        ),
    },
    now: () => new Date(),
  });
  return session as Required<ChannelSession>;
}

const signal = () => AbortSignal.timeout(30_000);

describe.skipIf(areMissing)(title, () => {
  let listings: readonly ImportedListing[] = [];

  test("the first page of the import", async () => {
    const page = await openSession().listListings(null, signal());
    if (!page.ok) throw new Error(page.fault.message);
    ({ listings } = page);
    expect(listings.length).toBeGreaterThan(0);
  });

  test("listings read back, and one quantity written as it is", async () => {
    const session = openSession();
    const own = listings.filter((it) => !it.heldByChannel && it.state === "active");
    const refs = own.slice(0, 20).map((it) => ({
      listingId: it.key,
      sku: it.sku ?? it.key,
      externalIds: it.externalIds,
    }));
    const reads = await session.readListings(refs, signal());
    expect(reads.map((read) => read.ok)).toEqual(refs.map(() => true));
    const [first] = refs;
    const [read] = reads;
    if (!first || !read?.ok) return;
    const write = { ...first, quantity: read.quantity, delta: 0, idempotencyKey: randomUUID() };
    expect(await session.pushQuantities([write], signal())).toEqual([{ ok: true }]);
    expect(await session.readListings([first], signal())).toMatchObject([
      { ok: true, quantity: read.quantity },
    ]);
  });

  test("orders changed of late, and the same ones by id", async () => {
    const session = openSession();
    const since = new Date(Date.now() - 30 * 24 * 3_600_000).toISOString();
    const cursor = JSON.stringify({ since, after: null, newestMs: 0 });
    const page = await session.listChangedOrders(cursor, signal());
    if (!page.ok) throw new Error(page.fault.message);
    const ids = page.orders.slice(0, 5).map((order) => order.orderId);
    const fetched = await session.fetchOrders(ids, signal());
    expect(fetched.ok && fetched.orders.map((order) => order.orderId).sort()).toEqual(ids.sort());
  });
});
