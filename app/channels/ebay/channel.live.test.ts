import { describe, expect, test } from "vitest";
import { liveHttp, liveKeys } from "#tests/conformance/live.ts";
import { createMemoryTokens } from "#tests/conformance/tokens.ts";
import type { ChannelSession, ImportedListing, ListingRef, ListingsPage } from "../contract.ts";
import channel from "./index.ts";

// The same calls as in channel.test.ts, against eBay itself, for people with a test user in eBay's sandbox (or a seller
// account of their own: every call reads, or writes back what it read).
//
//   LIVE_EBAY_CLIENT_ID, LIVE_EBAY_CLIENT_SECRET   the keyset, of the sandbox or of production
//   LIVE_EBAY_RU_NAME                              its RuName
//   LIVE_EBAY_REFRESH_TOKEN                        from the test user's consent to our scopes (auth.ts)
//   LIVE_EBAY_MARKETPLACE_ID                       EBAY_US, EBAY_GB, …
//   LIVE_EBAY_ITEM_ID                              optional: a listing made outside the Inventory API, without variations
//   LIVE_EBAY_API_URL                              optional; https://api.sandbox.ebay.com when left out
const names = [
  "LIVE_EBAY_CLIENT_ID",
  "LIVE_EBAY_CLIENT_SECRET",
  "LIVE_EBAY_RU_NAME",
  "LIVE_EBAY_REFRESH_TOKEN",
  "LIVE_EBAY_MARKETPLACE_ID",
] as const;
const { title, areMissing, given } = liveKeys("eBay", names);
const apiUrl = given("LIVE_EBAY_API_URL") || "https://api.sandbox.ebay.com";

const signal = () => AbortSignal.timeout(60_000);
/** Pages of the import that are looked at. */
const pagesMax = 3;

function openSession(): ChannelSession {
  const secrets = { refreshToken: given("LIVE_EBAY_REFRESH_TOKEN") };
  return channel.open({
    shopDomain: "live.myshopify.com",
    accountId: "live",
    app: channel.app.parse({
      EBAY_API_URL: apiUrl,
      EBAY_CLIENT_ID: given("LIVE_EBAY_CLIENT_ID"),
      EBAY_CLIENT_SECRET: given("LIVE_EBAY_CLIENT_SECRET"),
      EBAY_RU_NAME: given("LIVE_EBAY_RU_NAME"),
      EBAY_VERIFICATION_TOKEN: "0".repeat(32),
      EBAY_WEBHOOK_URL: "https://lockstep.example.com/webhooks/ebay",
    }),
    settings: channel.settings.parse({ marketplaceId: given("LIVE_EBAY_MARKETPLACE_ID") }),
    secrets: channel.secrets.parse(secrets),
    http: liveHttp(channel),
    tokens: createMemoryTokens(secrets),
    now: () => new Date(),
  });
}

describe.skipIf(areMissing)(title, () => {
  const session = areMissing ? undefined : openSession();
  const refOf = ({ sku, externalIds }: ImportedListing): ListingRef => ({
    ...{ listingId: "live", sku: sku ?? "", externalIds },
  });

  async function imported(): Promise<readonly ImportedListing[]> {
    const listings: ImportedListing[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < pagesMax; page += 1) {
      const result: ListingsPage | undefined = await session?.listListings?.(cursor, signal());
      if (!result?.ok) throw new Error(JSON.stringify(result));
      listings.push(...result.listings);
      if (result.cursor === null) break;
      ({ cursor } = result);
    }
    return listings;
  }

  /** Writes back what stands there: by the listing's own API, and both have to take it. */
  async function writeBack(listing: ListingRef): Promise<void> {
    const [read] = (await session?.readListings([listing], signal())) ?? [];
    if (!read?.ok) throw new Error(JSON.stringify(read));
    const write = { ...listing, quantity: read.quantity, delta: 0, idempotencyKey: "live" };
    expect(await session?.pushQuantities([write], signal())).toEqual([{ ok: true }]);
    // What the Trading API calls a quantity counts sold units in: read again, it must not have grown.
    const [again] = (await session?.readListings([listing], signal())) ?? [];
    expect(again).toMatchObject({ ok: true, quantity: read.quantity });
    if (read.price === null) return;
    expect(await session?.setPrices?.([{ ...listing, price: read.price }], signal())).toEqual([
      { ok: true },
    ]);
  }

  test("the import tells both kinds of listing apart, and sold-out ones are in it", async () => {
    const listings = await imported();
    for (const { title: text, externalIds } of listings) {
      expect(text).not.toBe("");
      expect(externalIds["offerId"] ?? externalIds["itemId"]).toBeDefined();
    }
    const kinds = listings.map(({ externalIds }) => (externalIds["itemId"] ? "trading" : "api"));
    const soldOut = listings.filter(({ quantity }) => quantity === 0).length;
    console.info({ api: kinds.filter((it) => it === "api").length, all: kinds.length, soldOut });
  }, 120_000);

  test("a listing of the Inventory API takes its quantity and price back", async () => {
    const listing = (await imported()).find(({ externalIds }) => externalIds["offerId"]);
    if (listing) await writeBack(refOf(listing));
  }, 120_000);

  test.skipIf(given("LIVE_EBAY_ITEM_ID") === "")(
    "a listing made elsewhere takes its quantity and price back through the Trading API",
    () =>
      writeBack({
        listingId: "live",
        sku: "",
        externalIds: { itemId: given("LIVE_EBAY_ITEM_ID") },
      }),
    60_000,
  );

  test("changed orders are read", async () => {
    expect(await session?.listChangedOrders?.(null, signal())).toMatchObject({ ok: true });
  }, 60_000);

  test("the account's standing is read, or eBay says why not", async () => {
    const health = await session?.readAccountHealth?.(signal());
    if (health?.ok) expect(["good", "at-risk", "bad"]).toContain(health.standing);
    else expect(health?.fault.kind).toBe("rejected");
  }, 60_000);
});
