/**
 * Against Flipkart itself, for people with an account: sees drift between the real platform and what we believe of it.
 * Reads listings and shipments, and writes one listing's quantity back as it is. Nothing else is changed.
 *
 * LIVE_FLIPKART_APP_ID, LIVE_FLIPKART_APP_SECRET   the application ("Developer Access" in the seller dashboard)
 * LIVE_FLIPKART_LOCATION_ID                        one of the seller's locations ("LOC…")
 * LIVE_FLIPKART_REFRESH_TOKEN                      of a third-party app; left out: the app is the seller's own
 * LIVE_FLIPKART_API_URL                            left out: Flipkart's sandbox
 */
import { beforeAll, describe, expect, test } from "vitest";
import { liveHttp, liveKeys } from "#tests/conformance/live.ts";
import { createMemoryTokens } from "#tests/conformance/tokens.ts";
import type { ChannelSession, ImportedListing, ListingRef } from "../contract.ts";
import channel from "./index.ts";

const {
  LIVE_FLIPKART_API_URL: apiUrl = "https://sandbox-api.flipkart.net",
  LIVE_FLIPKART_REFRESH_TOKEN: refreshToken,
} = process.env;
const needed = ["LIVE_FLIPKART_APP_ID", "LIVE_FLIPKART_APP_SECRET", "LIVE_FLIPKART_LOCATION_ID"];
const { title, areMissing, given } = liveKeys("Flipkart", needed);

const timeoutMs = 60_000;
const signal = () => AbortSignal.timeout(timeoutMs);

function openSession(): ChannelSession {
  const locationId = given("LIVE_FLIPKART_LOCATION_ID");
  const secrets: Record<string, string> = refreshToken ? { refreshToken } : { access: "own" };
  return channel.open({
    shopDomain: "live.myshopify.com",
    accountId: locationId,
    app: channel.app.parse({
      FLIPKART_API_URL: apiUrl,
      FLIPKART_APP_ID: given("LIVE_FLIPKART_APP_ID"),
      FLIPKART_APP_SECRET: given("LIVE_FLIPKART_APP_SECRET"),
      FLIPKART_ACCESS: refreshToken ? "third-party" : "own",
    }),
    settings: channel.settings.parse({ locationIds: [locationId] }),
    secrets: channel.secrets.parse(secrets),
    http: liveHttp(channel),
    tokens: createMemoryTokens(secrets),
    now: () => new Date(),
  });
}

describe.skipIf(areMissing)(title, () => {
  let session: ChannelSession;
  let listings: readonly ImportedListing[] = [];
  const refOf = ({ key, sku, externalIds }: ImportedListing): ListingRef => ({
    listingId: key,
    sku: sku ?? "",
    externalIds,
  });
  const writable = () => listings.find((one) => !one.heldByChannel && one.state === "active");

  beforeAll(async () => {
    session = openSession();
    const page = await session.listListings?.(null, signal());
    if (!page?.ok) throw new Error(`no listings: ${JSON.stringify(page?.fault)}`);
    listings = page.listings;
  }, timeoutMs);

  test("the import knows listings, with numbers and prices", () => {
    expect(listings.length).toBeGreaterThan(0);
    for (const one of listings) expect(one.externalIds).toHaveProperty("productId");
    expect(listings.some(({ quantity }) => quantity !== null)).toBe(true);
    expect(listings.some(({ price }) => price?.currency === "INR")).toBe(true);
  });

  test(
    "a quantity is read, written back as it is, and still there",
    async () => {
      const target = writable();
      if (!target) throw new Error("the account has no active listing of its own stock");
      const [before] = await session.readListings([refOf(target)], signal());
      if (!before?.ok) throw new Error(JSON.stringify(before?.fault));
      const { quantity } = before;
      const write = { ...refOf(target), quantity, delta: 0, idempotencyKey: crypto.randomUUID() };
      expect(await session.pushQuantities([write], signal())).toEqual([{ ok: true }]);
      const [after] = await session.readListings([refOf(target)], signal());
      expect(after).toMatchObject({ ok: true, quantity });
    },
    timeoutMs,
  );

  test(
    "every search for changed shipments is understood, and their ids can be read",
    async () => {
      let cursor: string | null = null;
      const seen: string[] = [];
      for (let pages = 0; pages < 30; pages += 1) {
        const page: Awaited<ReturnType<NonNullable<ChannelSession["listChangedOrders"]>>> =
          (await session.listChangedOrders?.(cursor, signal())) ?? neverThere();
        if (!page.ok) throw new Error(JSON.stringify(page.fault));
        seen.push(...page.orders.map(({ orderId }) => orderId));
        if (!page.more) break;
        cursor = page.cursor;
      }
      const fetched = await session.fetchOrders?.(seen.slice(0, 50), signal());
      expect(fetched).toMatchObject({ ok: true });
    },
    timeoutMs,
  );

  test(
    "a shipment that is not there is left out, not an error",
    async () => {
      const unknown = "00000000-0000-0000-0000-000000000000";
      expect(await session.fetchOrders?.([unknown], signal())).toEqual({ ok: true, orders: [] });
    },
    timeoutMs,
  );
});

function neverThere(): never {
  throw new Error("the power is there");
}
