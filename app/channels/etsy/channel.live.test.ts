import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { liveHttp, liveKeys } from "#tests/conformance/live.ts";
import type { FreshToken, OrdersPage } from "../contract.ts";
import { createClient, type EtsyContext } from "./client.ts";
import { etsyApp, etsySecrets, etsySettings, type EtsySecrets } from "./config.ts";
import { bodyOf, openDocument, shows } from "./document.ts";
import channel from "./index.ts";

// For people with an Etsy shop: Etsy has no sandbox, so take one of your own with a listing that nobody minds.
//   LIVE_ETSY_KEYSTRING, LIVE_ETSY_SHARED_SECRET  of an app at www.etsy.com/developers/your-apps
//   LIVE_ETSY_SHOP_ID                             the shop's number
//   LIVE_ETSY_TOKEN_FILE                          a file with the refresh token; Etsy replaces it with every use, and so
//                                                 does this test
//   LIVE_ETSY_LISTING_ID                          the listing whose inventory document is written back as it is
// Each test is there because Etsy's documents and the field disagree about what it looks at (README.md, "Open").
const wanted = [
  "LIVE_ETSY_KEYSTRING",
  "LIVE_ETSY_SHARED_SECRET",
  "LIVE_ETSY_SHOP_ID",
  "LIVE_ETSY_TOKEN_FILE",
  "LIVE_ETSY_LISTING_ID",
] as const;
const { title, areMissing, given } = liveKeys("Etsy", wanted);

describe.skipIf(areMissing)(title, () => {
  test("the import's first page is read, and the same listings are read back alike", async () => {
    const session = channel.open(context());
    const page = await session.listListings?.(null, signal());
    if (!page?.ok) throw new Error(JSON.stringify(page));
    expect(page.listings.length).toBeGreaterThan(0);
    const some = page.listings.slice(0, 20);
    const reads = await session.readListings(
      some.map(({ externalIds, sku }) => ({ listingId: "live", sku: sku ?? "", externalIds })),
      signal(),
    );
    for (const [index, read] of reads.entries()) {
      if (!read.ok) throw new Error(JSON.stringify(read.fault));
      const { quantity, price, state } = read;
      expect({ quantity, price, state }).toEqual({
        quantity: some[index]?.quantity,
        price: some[index]?.price,
        state: some[index]?.state,
      });
    }
  });

  test("receipts of the last ten minutes can be read, canceled ones too", async () => {
    const session = channel.open(context());
    let cursor: string | null = null;
    for (let pages = 0; pages < 10; pages += 1) {
      const page: OrdersPage | undefined = await session.listChangedOrders?.(cursor, signal());
      if (!page?.ok) throw new Error(JSON.stringify(page));
      ({ cursor } = page);
      if (!page.more) return;
    }
    throw new Error("the poll does not end");
  });

  test("the inventory document goes back as it came, and stays what it was", async () => {
    const listingId = given("LIVE_ETSY_LISTING_ID");
    const client = createClient(context());
    const read = await client.getInventory(listingId, signal());
    if (!read.ok) throw new Error(JSON.stringify(read.fault));
    expect(read.value.listing?.state).toBeDefined();
    const document = openDocument(read.value);
    const body = bodyOf(document, document.products);
    const put = await client.putInventory(listingId, body, signal());
    if (!put.ok) throw new Error(JSON.stringify(put.fault));
    expect(shows(put.value, document.products)).toBe(true);
    const after = await client.getInventory(listingId, signal());
    if (!after.ok) throw new Error(JSON.stringify(after.fault));
    // Property values, readiness states and what varies by what: all of it, not only the numbers.
    expect(bodyOf(openDocument(after.value), openDocument(after.value).products)).toEqual(body);
  });
});

const signal = () => AbortSignal.timeout(30_000);

let current: FreshToken<EtsySecrets> | undefined;

function context(): EtsyContext {
  const file = given("LIVE_ETSY_TOKEN_FILE");
  const secrets = etsySecrets.parse({ refreshToken: readFileSync(file, "utf8").trim() });
  return {
    shopDomain: "live.myshopify.com",
    accountId: given("LIVE_ETSY_SHOP_ID"),
    app: etsyApp.parse({
      ETSY_API_URL: "https://api.etsy.com",
      ETSY_KEYSTRING: given("LIVE_ETSY_KEYSTRING"),
      ETSY_SHARED_SECRET: given("LIVE_ETSY_SHARED_SECRET"),
    }),
    settings: etsySettings.parse({}),
    secrets,
    http: liveHttp(channel),
    tokens: {
      async accessToken(refresh) {
        current ??= await refresh(secrets);
        if (current.secrets) writeFileSync(file, current.secrets.refreshToken);
        return current.accessToken;
      },
      discard: () => Promise.resolve(void (current = undefined)),
    },
    now: () => new Date(),
  };
}
