import { describe, expect, test } from "vitest";
import type { ChannelSession, ImportedListing, ListingRef, ListingsPage } from "../contract.ts";
import { createChannelHttp } from "../http.ts";
import { createMemoryRateLimiter } from "../memory-rate-limiter.ts";
import channel from "./index.ts";

// For people with a development store: what the sandbox only plays, asked of Shopify itself. Run by hand:
//   LIVE_SHOPIFY_SHOP=my-store.myshopify.com LIVE_SHOPIFY_ACCESS_TOKEN=shpat_… npm run test:live
// The token is one of a custom app of that store (Settings, Apps, Develop apps) with the permissions read_products,
// read_inventory, write_inventory, read_locations, read_orders. Nothing is left changed: one unit is
// added to one item and taken off again.

const needed = ["LIVE_SHOPIFY_SHOP", "LIVE_SHOPIFY_ACCESS_TOKEN"] as const;
const missing = needed.filter((name) => !process.env[name]);
const signal = () => AbortSignal.timeout(60_000);
/** A bulk query of a development store takes seconds. */
const importMsMax = 300_000;

function liveSession(): ChannelSession {
  const shop = process.env["LIVE_SHOPIFY_SHOP"] ?? "";
  const accessToken = process.env["LIVE_SHOPIFY_ACCESS_TOKEN"] ?? "";
  const quiet = { debug: () => undefined, warn: () => undefined };
  return channel.open({
    shopDomain: shop,
    accountId: shop,
    // Never sent: a custom app's token needs no refresh.
    app: channel.app.parse({ SHOPIFY_API_KEY: "unused", SHOPIFY_API_SECRET: "unused" }),
    settings: {},
    secrets: { refreshToken: "unused" },
    http: createChannelHttp({
      limiter: createMemoryRateLimiter(),
      connectionKey: { shopId: "live", connectionId: "live" },
      limits: channel.limits,
      fetch,
      logger: quiet,
      now: () => new Date(),
      ...(channel.rateFeedback && { feedback: channel.rateFeedback }),
    }),
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

const title =
  missing.length === 0
    ? "Shopify itself"
    : `Shopify itself (skipped: ${missing.join(" and ")} not set)`;

describe.skipIf(missing.length > 0)(title, { timeout: importMsMax + 60_000 }, () => {
  const session = missing.length === 0 ? liveSession() : ({} as ChannelSession);

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
