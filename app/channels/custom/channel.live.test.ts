/**
 * Against a real server that speaks the protocol (docs/custom-channel.md): shows where it differs from the document.
 * Reads listings and orders, and writes one quantity back as it is. Nothing else is changed; parcels and prices are not
 * touched.
 *
 * LIVE_CUSTOM_BASE_URL   https://pos.example.com/lockstep
 * LIVE_CUSTOM_SECRET     whsec_… as in the server's configuration
 */
import { beforeAll, describe, expect, test } from "vitest";
import { liveHttp, liveKeys } from "#tests/conformance/live.ts";
import { createMemoryTokens } from "#tests/conformance/tokens.ts";
import type { ChannelSession, ImportedListing, ListingRef, OrdersPage } from "../contract.ts";
import channel from "./index.ts";

const needed = ["LIVE_CUSTOM_BASE_URL", "LIVE_CUSTOM_SECRET"];
const { title, areMissing, given } = liveKeys("Custom", needed);

const timeoutMs = 60_000;
const pagesMax = 30;
const signal = () => AbortSignal.timeout(timeoutMs);
const values = {
  baseUrl: given("LIVE_CUSTOM_BASE_URL"),
  secret: given("LIVE_CUSTOM_SECRET"),
};

describe.skipIf(areMissing)(title, { timeout: timeoutMs }, () => {
  let session: ChannelSession;
  let listings: readonly ImportedListing[] = [];
  const refOf = ({ key, sku, externalIds }: ImportedListing): ListingRef => ({
    listingId: key,
    sku: sku ?? "",
    externalIds,
  });

  // Does it check signatures, and announce what it can?
  beforeAll(async () => {
    const http = liveHttp(channel);
    const now = () => new Date();
    const grant = { values, returned: {}, redirectUrl: "", codeVerifier: "" };
    const accounts = await channel.connect?.complete(grant, {
      ...{ app: {}, http, now },
      signal: signal(),
    });
    const [account] = accounts ?? [];
    if (!account) throw new Error("there is no account");
    session = channel.open({
      shopDomain: "live.myshopify.com",
      accountId: account.accountId,
      app: {},
      settings: channel.settings.parse(account.settings),
      secrets: channel.secrets.parse(account.secrets),
      http,
      tokens: createMemoryTokens({}),
      now,
    });
    const page = await session.listListings?.(null, signal());
    if (!page?.ok) throw new Error(`no listings: ${JSON.stringify(page?.fault)}`);
    listings = page.listings;
  }, timeoutMs);

  test("the import's first page has listings, and they are read back alike", async () => {
    expect(listings.length).toBeGreaterThan(0);
    const some = listings.slice(0, 50);
    const reads = await session.readListings(some.map(refOf), signal());
    for (const [index, read] of reads.entries()) {
      if (!read.ok) throw new Error(JSON.stringify(read.fault));
      const { state, price } = read;
      expect({ state, price }).toEqual({ state: some[index]?.state, price: some[index]?.price });
    }
  });

  test("a key that is not there is named as unknown, beside one that is", async () => {
    const [known] = listings;
    if (!known) throw new Error("there are no listings");
    const stray = { listingId: "", sku: "", externalIds: { key: "lockstep-live-test-unknown" } };
    const [unknown, read] = await session.readListings([stray, refOf(known)], signal());
    expect(unknown).toMatchObject({ ok: false, fault: { kind: "unknown-listing" } });
    expect(read).toMatchObject({ ok: true });
    const write = { ...stray, quantity: 0, delta: 0, idempotencyKey: crypto.randomUUID() };
    const [refused] = await session.pushQuantities([write], signal());
    expect(refused).toMatchObject({ ok: false, fault: { kind: "unknown-listing" } });
  });

  test("a quantity is written back as it is, and an older version is stale", async () => {
    const target = listings.find((one) => !one.heldByChannel && one.state === "active");
    if (!target) throw new Error("there is no active listing of its own stock");
    const [before] = await session.readListings([refOf(target)], signal());
    if (!before?.ok) throw new Error(JSON.stringify(before?.fault));
    const { quantity } = before;
    const write = { ...refOf(target), quantity, delta: 0, idempotencyKey: crypto.randomUUID() };
    expect(await session.pushQuantities([write], signal())).toEqual([{ ok: true }]);
    // A key of 2022 (RFC 9562 A.6), with a number that may not be taken.
    const idempotencyKey = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
    const old = { ...write, quantity: quantity + 1, idempotencyKey };
    const [stale] = await session.pushQuantities([old], signal());
    expect(stale).toMatchObject({ ok: false, fault: { code: "stale" } });
    const [after] = await session.readListings([refOf(target)], signal());
    expect(after).toMatchObject({ ok: true, quantity });
  });

  test("orders are paged to their end, and read by id alike", async () => {
    if (!session.listChangedOrders || !session.fetchOrders) return;
    const weekMs = 7 * 24 * 60 * 60_000;
    const since = new Date(Date.now() - weekMs).toISOString();
    let cursor = JSON.stringify({ since, after: null, newestMs: 0 });
    for (let pages = 0; pages < pagesMax; pages += 1) {
      const page: OrdersPage = await session.listChangedOrders(cursor, signal());
      if (!page.ok) throw new Error(JSON.stringify(page.fault));
      const ids = page.orders.slice(0, 5).map(({ orderId }) => orderId);
      const fetched = await session.fetchOrders([...ids, "lockstep-live-test-unknown"], signal());
      if (!fetched.ok) throw new Error(JSON.stringify(fetched.fault));
      expect(new Set(fetched.orders.map(({ orderId }) => orderId))).toEqual(new Set(ids));
      if (!page.more) return;
      ({ cursor } = page);
    }
  });
});
