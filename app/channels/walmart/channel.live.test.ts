import { describe, expect, test } from "vitest";
import { liveHttp, liveKeys } from "#tests/conformance/live.ts";
import { createMemoryTokens } from "#tests/conformance/tokens.ts";
import { ChannelFault, type ListingsPage, type OrdersPage } from "../contract.ts";
import { createClient, type WalmartContext } from "./client.ts";
import { walmartApp, walmartSecrets, walmartSettings, type WalmartSecrets } from "./config.ts";
import channel from "./index.ts";
import { readStock } from "./listing-reads.ts";

// For people with a Walmart seller account, or keys of Walmart's sandbox (Developer Portal, Sandbox Keys):
//   LIVE_WALMART_CLIENT_ID, LIVE_WALMART_CLIENT_SECRET  API keys of the seller's own
//   LIVE_WALMART_SKU                                    a SKU that the seller ships; its number is written back as it is
//   LIVE_WALMART_API_URL                                left out: https://sandbox.walmartapis.com
//   LIVE_WALMART_SHIP_NODE                              left out: the one that Walmart names
// Reading orders acknowledges them: on a production account only with LIVE_WALMART_ACKNOWLEDGE=yes.
const wanted = [
  "LIVE_WALMART_CLIENT_ID",
  "LIVE_WALMART_CLIENT_SECRET",
  "LIVE_WALMART_SKU",
] as const;
const { title, areMissing, given } = liveKeys("Walmart", wanted);
const apiUrl = given("LIVE_WALMART_API_URL") || "https://sandbox.walmartapis.com";
const mayAcknowledge = apiUrl.includes("sandbox") || given("LIVE_WALMART_ACKNOWLEDGE") === "yes";

describe.skipIf(areMissing)(title, () => {
  test("the keys open an account and name its fulfilment centres", async () => {
    const { app, http, now } = context();
    const values = { ...keys(), shipNode: given("LIVE_WALMART_SHIP_NODE") };
    const grant = { values, returned: {}, redirectUrl: "", codeVerifier: "" };
    try {
      const [account] = (await channel.connect?.complete(grant, {
        app,
        http,
        now,
        signal: signal(),
      })) ?? [undefined];
      expect(account?.accountId).toMatch(/^\d+$/);
    } catch (error) {
      throw error instanceof ChannelFault ? new Error(JSON.stringify(error.fault)) : error;
    }
  });

  test("the import's first pages: how many items a page has, and whether the cursor goes on", async () => {
    const session = channel.open(context());
    let cursor: string | null = null;
    for (let pages = 0; pages < 3; pages += 1) {
      const page: ListingsPage | undefined = await session.listListings?.(cursor, signal());
      if (!page?.ok) throw new Error(JSON.stringify(page));
      if (page.cursor === null) return;
      ({ cursor } = page);
    }
  });

  test("a listing is read: number, price, state", async () => {
    const session = channel.open(context());
    const [read] = await session.readListings([listing()], signal());
    if (!read?.ok) throw new Error(JSON.stringify(read));
    expect(read.quantity).toBeGreaterThanOrEqual(0);
  });

  test("the same number goes back, and what is for sale stays what it was", async () => {
    const connection = context();
    const { shipNode } = connection.settings;
    const at = { sku: given("LIVE_WALMART_SKU"), shipNode };
    const before = await readStock(createClient(connection), at, signal());
    if (!before.ok) throw new Error(JSON.stringify(before.fault));
    const { available } = before.stock;
    const write = { ...listing(), quantity: available, delta: 0, idempotencyKey: "live" };
    expect(await channel.open(connection).pushQuantities([write], signal())).toEqual([
      { ok: true },
    ]);
    const after = await readStock(createClient(connection), at, signal());
    // Input as well: units of unshipped orders are neither lost nor counted twice.
    expect(after).toEqual(before);
  });

  test.skipIf(!mayAcknowledge)("orders of the last days can be read", async () => {
    const session = channel.open(context());
    let cursor: string | null = null;
    for (let pages = 0; pages < 20; pages += 1) {
      const page: OrdersPage | undefined = await session.listChangedOrders?.(cursor, signal());
      if (!page?.ok) throw new Error(JSON.stringify(page));
      for (const { lines } of page.orders) {
        for (const line of lines) expect(line.unreadable).toBeUndefined();
      }
      ({ cursor } = page);
      if (!page.more) return;
    }
    throw new Error("the poll does not end");
  });
});

const signal = () => AbortSignal.timeout(60_000);
const listing = () => {
  const sku = given("LIVE_WALMART_SKU");
  return { listingId: "live", sku, externalIds: { sku } };
};
const keys = () => ({
  clientId: given("LIVE_WALMART_CLIENT_ID"),
  clientSecret: given("LIVE_WALMART_CLIENT_SECRET"),
});

const tokens = createMemoryTokens<WalmartSecrets>(keys());

function context(): WalmartContext {
  const secrets = walmartSecrets.parse(keys());
  const shipNode = given("LIVE_WALMART_SHIP_NODE") || null;
  return {
    shopDomain: "live.myshopify.com",
    accountId: "live",
    app: walmartApp.parse({ WALMART_API_URL: apiUrl }),
    settings: walmartSettings.parse({ shipNode }),
    secrets,
    http: liveHttp(channel),
    tokens,
    now: () => new Date(),
  };
}
