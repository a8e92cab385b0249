import { describe, expect, test } from "vitest";
import { liveHttp, liveKeys } from "#tests/conformance/live.ts";
import { createMemoryTokens } from "#tests/conformance/tokens.ts";
import type { ChannelSession } from "../contract.ts";
import channel from "./index.ts";

// The same calls as in channel.test.ts, against Amazon itself, for people with a seller account and an app. Amazon's
// own sandbox keeps no state and answers canned cases only, so this is a real store: every call reads, or writes back
// what it read.
//
//   LIVE_AMAZON_CLIENT_ID, LIVE_AMAZON_CLIENT_SECRET   the app's Login with Amazon credentials
//   LIVE_AMAZON_REFRESH_TOKEN                          from authorising the app for the own account
//   LIVE_AMAZON_SELLER_ID, LIVE_AMAZON_MARKETPLACE_ID  the merchant token, and the store ("ATVPDKIKX0DER")
//   LIVE_AMAZON_REGION                                 na, eu or fe
//   LIVE_AMAZON_SKU                                    a merchant-fulfilled SKU that is on sale there
const names = [
  "LIVE_AMAZON_CLIENT_ID",
  "LIVE_AMAZON_CLIENT_SECRET",
  "LIVE_AMAZON_REFRESH_TOKEN",
  "LIVE_AMAZON_SELLER_ID",
  "LIVE_AMAZON_MARKETPLACE_ID",
  "LIVE_AMAZON_REGION",
  "LIVE_AMAZON_SKU",
] as const;
const { title, areMissing, given } = liveKeys("Amazon", names);

const signal = () => AbortSignal.timeout(60_000);

function openSession(): ChannelSession {
  const queue = "https://sqs.us-east-1.amazonaws.com/000000000000/unused";
  return channel.open({
    shopDomain: "live.myshopify.com",
    accountId: given("LIVE_AMAZON_SELLER_ID"),
    app: channel.app.parse({
      AMAZON_LWA_CLIENT_ID: given("LIVE_AMAZON_CLIENT_ID"),
      AMAZON_LWA_CLIENT_SECRET: given("LIVE_AMAZON_CLIENT_SECRET"),
      AMAZON_SQS_QUEUE_URL: queue,
      AMAZON_SQS_ACCESS_KEY_ID: "unused",
      AMAZON_SQS_SECRET_ACCESS_KEY: "unused",
    }),
    settings: channel.settings.parse({
      marketplaceId: given("LIVE_AMAZON_MARKETPLACE_ID"),
      region: given("LIVE_AMAZON_REGION"),
    }),
    secrets: channel.secrets.parse({ refreshToken: given("LIVE_AMAZON_REFRESH_TOKEN") }),
    http: liveHttp(channel),
    tokens: createMemoryTokens({ refreshToken: given("LIVE_AMAZON_REFRESH_TOKEN") }),
    now: () => new Date(),
  });
}

describe.skipIf(areMissing)(title, () => {
  const session = areMissing ? undefined : openSession();
  const sku = given("LIVE_AMAZON_SKU");
  const listing = { listingId: sku, sku, externalIds: { sku } };

  async function read() {
    const [found] = (await session?.readListings([listing], signal())) ?? [];
    if (!found?.ok) throw new Error(JSON.stringify(found));
    return found;
  }

  test("a listing is read with its quantity, price and state", async () => {
    const found = await read();
    expect(found.quantity).toBeGreaterThanOrEqual(0);
    expect(found.price).not.toBeNull();
  });

  test("orders of the last ten minutes are read", async () => {
    expect(await session?.listChangedOrders?.(null, signal())).toMatchObject({ ok: true });
  });

  test("the quantity and the price that stand there are taken back", async () => {
    const { quantity, price } = await read();
    const write = { ...listing, quantity, delta: 0, idempotencyKey: "live" };
    expect(await session?.pushQuantities([write], signal())).toEqual([{ ok: true }]);
    if (price === null) return;
    expect(await session?.setPrices?.([{ ...listing, price }], signal())).toEqual([{ ok: true }]);
  });

  test("the import's report is asked for and its state is read", async () => {
    const first = await session?.listListings?.(null, signal());
    if (!first?.ok) throw new Error(JSON.stringify(first));
    expect(await session?.listListings?.(first.cursor, signal())).toMatchObject({ ok: true });
  });
});
