import { describe, expect, test } from "vitest";
import { liveHttp, liveKeys } from "#tests/conformance/live.ts";
import { createMemoryTokens } from "#tests/conformance/tokens.ts";
import type { ChannelSession, ImportedListing, ListingRef, OrdersPage } from "../contract.ts";
import type { WooContext } from "./client.ts";
import { wooApp, wooSecrets, wooSettings, type WooSecrets } from "./config.ts";
import channel from "./index.ts";

// For people with a shop of their own (any WordPress with WooCommerce, a test site is enough):
//   LIVE_WOOCOMMERCE_SITE_URL         https://shop.example.com
//   LIVE_WOOCOMMERCE_CONSUMER_KEY     WooCommerce -> Settings -> Advanced -> REST API, read and write
//   LIVE_WOOCOMMERCE_CONSUMER_SECRET
// Writes one quantity and one price back as they were; makes no orders and no webhooks.
const wanted = [
  "LIVE_WOOCOMMERCE_SITE_URL",
  "LIVE_WOOCOMMERCE_CONSUMER_KEY",
  "LIVE_WOOCOMMERCE_CONSUMER_SECRET",
] as const;
const { title, areMissing, given } = liveKeys("WooCommerce", wanted);

describe.skipIf(areMissing)(title, () => {
  // Does the hand-over's other half work with hosts as they are: header dropped, permalinks off, a firewall?
  test("the keys open the shop, and it says what it sells in", async () => {
    const account = await connected();
    expect(account.accountId).not.toBe("");
    expect(wooSettings.parse(account.settings).currency).toMatch(/^[A-Z]{3}$/);
  });

  // Do the fields we ask for by name exist, is there a list of all variations, does "parent" look as documented?
  test("the import's first page is read, and the same listings are read back alike", async () => {
    const session = await open();
    const some = (await firstPage(session)).slice(0, 50);
    expect(some.length).toBeGreaterThan(0);
    const reads = await session.readListings(some.map(refOf), signal());
    for (const [index, read] of reads.entries()) {
      const imported = some[index];
      if (!read.ok) {
        // What the shop does not count has no number to read.
        expect(imported?.quantity).toBeNull();
        continue;
      }
      const { quantity, price, state } = read;
      expect({ quantity, price, state }).toEqual({
        quantity: imported?.quantity,
        price: imported?.price,
        state: imported?.state,
      });
    }
  });

  // Does a batch answer with the number it was told, for a product and for a variation?
  test("the same quantity and price are written back, and read again", async () => {
    const session = await open();
    const page = await firstPage(session);
    const counted = page.filter((one) => one.quantity !== null && one.price !== null);
    for (const isVariation of [false, true]) {
      const one = counted.find((it) => "variationId" in it.externalIds === isVariation);
      if (!one || one.quantity === null || one.price === null) continue;
      const { quantity, price } = one;
      const write = { ...refOf(one), quantity, delta: 0, idempotencyKey: crypto.randomUUID() };
      expect(await session.pushQuantities([write], signal())).toEqual([{ ok: true }]);
      expect(await session.setPrices?.([{ ...refOf(one), price }], signal())).toEqual([
        { ok: true },
      ]);
      expect(await session.readListings([refOf(one)], signal())).toMatchObject([
        { quantity, price },
      ]);
    }
  });

  // Do orders carry `_reduced_stock` and `_restock_refunded_items`, and is `modified_after` in UTC?
  test("changed orders can be read to the end, and again by id", async () => {
    const session = await open();
    const since = new Date(Date.now() - 30 * 24 * 3_600_000).toISOString();
    let cursor: string | null = JSON.stringify({ since, after: null, newestMs: 0 });
    const ids: string[] = [];
    for (let pages = 0; pages < 20; pages += 1) {
      const page: OrdersPage | undefined = await session.listChangedOrders?.(cursor, signal());
      if (!page?.ok) throw new Error(JSON.stringify(page));
      ids.push(...page.orders.map(({ orderId }) => orderId));
      ({ cursor } = page);
      if (!page.more) break;
    }
    const some = [...new Set(ids)].slice(0, 10);
    const fetched = await session.fetchOrders?.(some, signal());
    expect(fetched?.ok && fetched.orders.map(({ orderId }) => orderId).sort()).toEqual(some.sort());
  });
});

const signal = () => AbortSignal.timeout(30_000);
const keys = () => ({
  consumerKey: given("LIVE_WOOCOMMERCE_CONSUMER_KEY"),
  consumerSecret: given("LIVE_WOOCOMMERCE_CONSUMER_SECRET"),
});
const secrets = () => wooSecrets.parse(keys());

const http = liveHttp(channel);

async function connected() {
  const { consumerKey, consumerSecret } = secrets();
  const values = { siteUrl: given("LIVE_WOOCOMMERCE_SITE_URL"), consumerKey, consumerSecret };
  const grant = { values, returned: {}, redirectUrl: "", codeVerifier: "" };
  const context = { app: wooApp.parse({}), http, now: () => new Date(), signal: signal() };
  const accounts = await channel.connect?.complete(grant, context);
  if (!accounts) throw new Error("no accounts");
  return accounts[0];
}

const tokens = createMemoryTokens<WooSecrets>(keys());

async function open(): Promise<ChannelSession> {
  const account = await connected();
  const context: WooContext = {
    shopDomain: "live.myshopify.com",
    accountId: account.accountId,
    app: {},
    settings: wooSettings.parse(account.settings),
    secrets: secrets(),
    http,
    tokens,
    now: () => new Date(),
  };
  return channel.open(context);
}

async function firstPage(session: ChannelSession): Promise<readonly ImportedListing[]> {
  const page = await session.listListings?.(null, signal());
  if (!page?.ok) throw new Error(JSON.stringify(page));
  return page.listings;
}

function refOf({ externalIds, sku }: ImportedListing): ListingRef {
  return { listingId: "live", sku: sku ?? "", externalIds };
}
