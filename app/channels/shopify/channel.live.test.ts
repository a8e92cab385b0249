import { describe, expect, test } from "vitest";
import { liveHttp, liveKeys } from "#tests/conformance/live.ts";
import type { ChannelSession, ImportedListing, ListingRef, ListingsPage } from "../contract.ts";
import channel from "./index.ts";

// For people with a development store: what the sandbox only plays, asked of Shopify itself. Run by hand:
//   LIVE_SHOPIFY_SHOP=my-store.myshopify.com LIVE_SHOPIFY_ACCESS_TOKEN=shpat_… npm run test:live
// The token is one of a custom app of that store (Settings, Apps, Develop apps) with the permissions read_products,
// read_inventory, write_inventory, read_locations, read_orders. Nothing is left changed: one unit is
// added to one item and taken off again.

const needed = ["LIVE_SHOPIFY_SHOP", "LIVE_SHOPIFY_ACCESS_TOKEN"] as const;
const { title, areMissing, given } = liveKeys("Shopify", needed);
const signal = () => AbortSignal.timeout(60_000);
/** A bulk query of a development store takes seconds. */
const importMsMax = 300_000;

function liveSession(): ChannelSession {
  const shop = given("LIVE_SHOPIFY_SHOP");
  const accessToken = given("LIVE_SHOPIFY_ACCESS_TOKEN");
  return channel.open({
    shopDomain: shop,
    accountId: shop,
    // Never sent: a custom app's token needs no refresh.
    app: channel.app.parse({ SHOPIFY_API_KEY: "unused", SHOPIFY_API_SECRET: "unused" }),
    settings: {},
    secrets: { refreshToken: "unused" },
    http: liveHttp(channel),
    tokens: {
      accessToken: () => Promise.resolve(accessToken),
      discard: () => Promise.resolve(),
    },
    now: () => new Date(),
  });
}

async function importAll(session: ChannelSession): Promise<ImportedListing[]> {
  const listings: ImportedListing[] = [];
  const until = Date.now() + importMsMax;
  let cursor: string | null = null;
  while (Date.now() < until) {
    const page: ListingsPage | undefined = await session.listListings?.(cursor, signal());
    if (!page?.ok) throw new Error(JSON.stringify(page));
    listings.push(...page.listings);
    if (page.cursor === null) return listings;
    cursor = page.cursor;
    if (page.waitMs !== undefined) await new Promise((done) => setTimeout(done, page.waitMs));
  }
  throw new Error("the export took too long");
}

describe.skipIf(areMissing)(title, { timeout: importMsMax + 60_000 }, () => {
  const session = areMissing ? ({} as ChannelSession) : liveSession();

  test("the import, a read, and a write of what was there", async () => {
    const listings = await importAll(session);
    expect(listings.length).toBeGreaterThan(0);
    const ours = listings.find(
      ({ heldByChannel, quantity }) => !heldByChannel && quantity !== null,
    );
    if (!ours) throw new Error("the store has no tracked item");
    const { key, sku, externalIds } = ours;
    const listing: ListingRef = { listingId: key, sku: sku ?? key, externalIds };
    const read = async () => {
      const [result] = await session.readListings([listing], signal());
      if (!result?.ok) throw new Error(JSON.stringify(result));
      return result;
    };
    const before = await read();
    expect(before).toMatchObject({ quantity: ours.quantity, state: ours.state });
    for (const delta of [1, -1]) {
      const quantity = before.quantity + Math.max(delta, 0);
      const write = { ...listing, quantity, delta, idempotencyKey: crypto.randomUUID() };
      // Twice under one key: done once.
      expect(await session.pushQuantities([write], signal())).toEqual([{ ok: true }]);
      expect(await session.pushQuantities([write], signal())).toEqual([{ ok: true }]);
      expect(await read()).toMatchObject({ quantity });
    }
  });

  test("orders of the last days", async () => {
    const page = await session.listChangedOrders?.(null, signal());
    if (!page?.ok) throw new Error(JSON.stringify(page));
    const ids = page.orders.map(({ orderId }) => orderId);
    expect(await session.fetchOrders?.([...ids, "1"], signal())).toMatchObject({ ok: true });
  });
});
