import { randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { demoAccounts } from "#sandbox/catalogue.ts";
import platform from "#sandbox/ebay/index.ts";
import { createSigningKey } from "#sandbox/ebay/signing-key.ts";
import { openApiCheck } from "#tests/conformance/openapi.ts";
import {
  createRig,
  type ChannelScenario,
  type Exchange,
  type Rig,
} from "#tests/conformance/rig.ts";
import { listingOf, startPlatform, type ScenarioPlatform } from "#tests/conformance/sandbox.ts";
import { describeChannel } from "#tests/conformance/describe-channel.ts";
import type { ImportedListing, ListingRef, QuantityWrite } from "../contract.ts";
import channel from "./index.ts";
import { parseXml } from "./xml.ts";

const errors = (errorId: number) =>
  JSON.stringify({ errors: [{ errorId, domain: "ACCESS", category: "REQUEST", message: "no" }] });
const signal = () => new AbortController().signal;
const signingKey = createSigningKey(null);

/** eBay's token and key addresses, for deliveries that no sandbox signed. */
const keyServer: typeof fetch = (input) => {
  const body = (input instanceof Request ? input.url : input.toString()).endsWith("/oauth2/token")
    ? { access_token: "application-token", expires_in: 7_200 }
    : { key: signingKey.publicKeyText, algorithm: "ECDSA", digest: "SHA1" };
  return Promise.resolve(Response.json(body));
};

const deliveryBody = JSON.stringify({
  metadata: { topic: "ORDER_CONFIRMATION", schemaVersion: "1.0", deprecated: false },
  notification: {
    notificationId: "delivery-1",
    eventDate: "2026-06-19T14:15:23.110Z",
    publishAttemptCount: 1,
    data: {
      user: { userId: "AbCdEfGhIjK", username: demoAccounts.ebay },
      order: { orderId: "12-34567-89012", orderLineItems: [] },
    },
  },
});

const source = (file: string, path: string) => ({
  file: `ebay/${file}`,
  prefix: `/ebay${path}`,
});
const restCheck = openApiCheck(
  [
    source("sell_inventory_v1_oas3.json", "/sell/inventory/v1"),
    source("sell_fulfillment_v1_oas3.json", "/sell/fulfillment/v1"),
    source("sell_feed_v1_oas3.json", "/sell/feed/v1"),
    source("sell_analytics_v1_oas3.json", "/sell/analytics/v1"),
    source("commerce_identity_v1_oas3.json", "/commerce/identity/v1"),
    source("commerce_notification_v1.5.1.yml", "/commerce/notification/v1"),
    source("developer_analytics_v1_beta_oas3.json", "/developer/analytics/v1_beta"),
  ],
  { undocumented: ["/ebay/identity/v1/oauth2"] },
);

/** eBay publishes no small document of the Trading API: its frame and its headers are checked here. */
function tradingProblems({ headers, body, responseBody, status }: Exchange): string[] {
  const name = headers["x-ebay-api-call-name"] ?? "";
  const request = parseXml(body ?? "") as Record<string, unknown> | undefined;
  const answer = parseXml(responseBody) as Record<string, { Ack?: unknown }> | undefined;
  const numbers = ["x-ebay-api-siteid", "x-ebay-api-compatibility-level"];
  return [
    ...(request?.[`${name}Request`] === undefined ? ["the request has another root"] : []),
    ...(status === 200 && answer?.[`${name}Response`]?.Ack === undefined ? ["no Ack"] : []),
    ...numbers.filter((header) => !/^\d+$/.test(headers[header] ?? "")),
    ...(headers["x-ebay-api-iaf-token"] ? [] : ["no token"]),
  ];
}

const scenario: ChannelScenario = {
  folder: import.meta.dirname,
  platform,
  signsInWith: "tokens",
  topics: [
    "ORDER_CONFIRMATION",
    "ORDER_CANCELLATION_ACTIVITY",
    "ITEM_AVAILABILITY",
    "AUTHORIZATION_REVOCATION",
    "MARKETPLACE_ACCOUNT_DELETION",
  ],
  unknownListing: { sku: "GONE", offerId: "1", listingId: "2" },
  answers: {
    unauthorised: { status: 401, body: errors(1001) },
    throttled: { status: 429, body: errors(2001), headers: { "retry-after": "7" } },
    unavailable: { status: 500, body: errors(25001) },
  },
  webhook: {
    accountId: demoAccounts.ebay,
    http: keyServer,
    delivery: () => ({
      rawBody: Buffer.from(deliveryBody),
      headers: { "x-ebay-signature": signingKey.signatureHeader(deliveryBody) },
    }),
  },
  // eBay cancels whole orders.
  cancelsWholeOrders: true,
  connect: { values: () => ({ marketplace: demoAccounts.ebayMarketplace }) },
  spec:
    restCheck &&
    ((exchange) => {
      const isTrading = new URL(exchange.url).pathname === "/ebay/ws/api.dll";
      return isTrading ? tradingProblems(exchange) : restCheck(exchange);
    }),
};

describeChannel(channel, scenario);

/** A running eBay of its own for one test, closed after it. */
const closing: (() => unknown)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  await Promise.all(closing.splice(0).map((close) => close()));
});

interface World {
  readonly ebay: ScenarioPlatform;
  readonly rig: Rig;
  readonly session: Rig["session"];
}

async function start(
  options: { skus?: number; variables?: Record<string, string> } = {},
): Promise<World> {
  const { variables = {}, ...size } = options;
  const ebay = await startPlatform(platform, size);
  closing.push(() => ebay.close());
  const rig = createRig(channel, { ...ebay, variables: { ...ebay.variables, ...variables } });
  // Signed in, so that an injected answer meets the call it is meant for.
  await rig.session.readListings(ebay.listings.slice(0, 1), signal());
  return { ebay, rig, session: rig.session };
}

/** A power that eBay has. */
function must<Power>(power: Power | undefined): Power {
  if (power === undefined) throw new Error("eBay has this power");
  return power;
}

function writeTo(listing: ListingRef | undefined, quantity: number): QuantityWrite {
  if (!listing) throw new Error("no such listing");
  return { ...listing, quantity, delta: 0, idempotencyKey: randomUUID() };
}

/** Trading listings of the sandbox: product 1 has one with variations, product 2 one without. */
const classic = (size: string) =>
  listingOf(`TEE-001-${size}-CLASSIC`, {
    itemId: "110000000001",
    variationSku: `TEE-001-${size}-CLASSIC`,
  });
const single = listingOf("TEE-002-S-CLASSIC", { itemId: "110000000002" });
const sizes = ["S", "M", "L", "XL"];

const calls = (rig: Rig, part: string) => rig.exchanges.filter(({ url }) => url.includes(part));
const tradingCalls = (rig: Rig, name: string) =>
  rig.exchanges.filter(({ headers }) => headers["x-ebay-api-call-name"] === name);

async function userToken(rig: Rig): Promise<string> {
  return rig.tokens.accessToken(() => Promise.reject(new Error("signed in")));
}

/** What the merchant does in My eBay. */
async function outOfStockControl({ ebay, rig }: World, on: boolean): Promise<void> {
  const name = "SetUserPreferences";
  const answer = await fetch(`${ebay.sandbox.url}/ebay/ws/api.dll`, {
    method: "POST",
    headers: {
      "content-type": "text/xml",
      "x-ebay-api-call-name": name,
      "x-ebay-api-siteid": "0",
      "x-ebay-api-compatibility-level": "1371",
      "x-ebay-api-iaf-token": await userToken(rig),
    },
    body: `<${name}Request><OutOfStockControlPreference>${on}</OutOfStockControlPreference></${name}Request>`,
  });
  expect(await answer.text()).toContain("<Ack>Success</Ack>");
}

async function importAll(session: Rig["session"]): Promise<readonly ImportedListing[]> {
  const listings: ImportedListing[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < 500; page += 1) {
    const result = await must(session.listListings)(cursor, signal());
    if (!result.ok) throw new Error(JSON.stringify(result.fault));
    listings.push(...result.listings);
    if (result.cursor === null) return listings;
    ({ cursor } = result);
    if (result.waitMs) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the import does not end");
}

const shownOf = async ({ session }: World, listings: readonly ListingRef[]) =>
  (await session.readListings(listings, signal())).map((read) =>
    read.ok ? read.quantity : read.fault,
  );

describe("ebay's Inventory API, beyond the contract", () => {
  test("the 251st revision of a day is locked until midnight Pacific", async () => {
    const { ebay, session } = await start();
    ebay.sandbox.control.setFaults({ channel: "ebay", rateLimitFactor: 1 });
    for (let revision = 1; revision <= 250; revision += 1) {
      const pushed = await session.pushQuantities([writeTo(ebay.listings[0], revision)], signal());
      expect(pushed).toEqual([{ ok: true }]);
    }
    const [refused, other] = await session.pushQuantities(
      [writeTo(ebay.listings[0], 1), writeTo(ebay.listings[1], 1)],
      signal(),
    );
    expect(refused).toMatchObject({ ok: false, fault: { kind: "locked", code: "25002" } });
    expect(refused?.ok === false && refused.fault.retryAfterMs).toBeGreaterThan(0);
    expect(other).toEqual({ ok: true });
  });

  test("an offer's refusal counts although its item row is fine", async () => {
    const { ebay, rig } = await start();
    const write = writeTo(ebay.listings[0], 3);
    const { sku, offerId } = write.externalIds;
    const refusal = { errorId: 25025, message: "Concurrent access" };
    const responses = [
      { sku, statusCode: 200, errors: [], warnings: [] },
      { sku, offerId, statusCode: 409, errors: [refusal], warnings: [] },
    ];
    rig.inject({ status: 207, body: JSON.stringify({ responses }) });
    expect(await rig.session.pushQuantities([write], signal())).toMatchObject([
      { ok: false, fault: { kind: "unavailable", code: "25025" } },
    ]);
  });

  test("two writes at once on one SKU: eBay refuses one, to be tried again", async () => {
    const { ebay, rig } = await start();
    ebay.sandbox.control.setFaults({ channel: "ebay", latencyMs: 60 });
    const other = createRig(channel, ebay, { tokens: rig.tokens });
    const results = await Promise.all([
      rig.session.pushQuantities([writeTo(ebay.listings[0], 4)], signal()),
      other.session.pushQuantities([writeTo(ebay.listings[0], 5)], signal()),
    ]);
    const faults = results.flat().flatMap((result) => (result.ok ? [] : [result.fault]));
    expect(faults).toMatchObject([{ kind: "unavailable", code: "25025" }]);
  });

  test("an offer without a number of its own shows its item's", async () => {
    const { ebay, rig } = await start();
    const { offerId } = must(ebay.listings[0]).externalIds;
    const offer = { offerId, status: "PUBLISHED", listing: { listingStatus: "ACTIVE" } };
    rig.inject({ status: 200, body: JSON.stringify(offer) });
    const [read] = await rig.session.readListings(ebay.listings.slice(0, 1), signal());
    expect(read).toMatchObject({ ok: true, quantity: 60, state: "active", price: null });
    expect(calls(rig, "bulk_get_inventory_item")).toHaveLength(1);
  });

  test("a listing written down without its offer is pushed, read, priced, ended and relisted all the same", async () => {
    const { ebay, rig, session } = await start();
    const sku = must(ebay.skus[4]).code;
    const bare = listingOf(sku, { sku });
    expect(await session.pushQuantities([writeTo(bare, 17)], signal())).toEqual([{ ok: true }]);
    expect(await shownOf({ ebay, rig, session }, [bare])).toEqual([17]);
    const price = { ...bare, price: { minor: 1_999, currency: "USD" } };
    expect(await must(session.setPrices)([price], signal())).toEqual([{ ok: true }]);
    expect(await must(session.endListings)([bare], signal())).toEqual([{ ok: true }]);
    expect(ebay.sandbox.platform("ebay").shown(sku)).toBe(0);
    const [relisted] = await must(session.relistListings)([writeTo(bare, 3)], signal());
    expect(relisted).toMatchObject({ ok: true, externalIds: { sku, listingId: "300000000001" } });
    expect(await session.readListings(ebay.listings.slice(4, 5), signal())).toMatchObject([
      { ok: true, quantity: 3, price: { minor: 1_999 } },
    ]);
  });

  test("a relisting whose answer was lost is found done, under one new number", async () => {
    const { ebay, rig, session } = await start();
    const target = must(ebay.listings[5]);
    await must(session.endListings)([target], signal());
    rig.loseAnswersOfWrites(true);
    const [lost] = await must(session.relistListings)([writeTo(target, 4)], signal());
    expect(lost).toMatchObject({ ok: false, fault: { kind: "timeout" } });
    rig.loseAnswersOfWrites(false);
    for (let round = 0; round < 2; round += 1) {
      const [again] = await must(session.relistListings)([writeTo(target, 4)], signal());
      expect(again).toMatchObject({ ok: true, externalIds: { listingId: "300000000001" } });
    }
  });

  test("variations of a group end and come back together, or not at all", async () => {
    const { ebay, rig, session } = await start({ skus: 12 });
    const group = ebay.listings.slice(8, 12);
    expect(new Set(group.map(({ externalIds }) => externalIds["groupKey"]))).toEqual(
      new Set(["GROUP-3"]),
    );
    const part = await must(session.endListings)(group.slice(0, 3), signal());
    const refused = {
      ok: false,
      fault: { kind: "rejected", message: expect.stringMatching(/whole/) },
    };
    expect(part).toMatchObject([refused, refused, refused]);
    expect(calls(rig, "withdraw")).toHaveLength(0);
    for (let round = 0; round < 2; round += 1) {
      expect(await must(session.endListings)(group, signal())).toEqual(
        group.map(() => ({ ok: true })),
      );
    }
    expect(calls(rig, "withdraw_by_inventory_item_group")).toHaveLength(1);
    const reads = await session.readListings(group, signal());
    expect(reads.map((read) => read.ok && read.state)).toEqual(group.map(() => "ended"));
    const writes = group.map((listing, index) => writeTo(listing, 5 + index));
    const relisted = await must(session.relistListings)(writes, signal());
    expect(relisted).toMatchObject(
      group.map(() => ({
        ok: true,
        externalIds: { groupKey: "GROUP-3", listingId: "300000000001" },
      })),
    );
    expect(await shownOf({ ebay, rig, session }, group)).toEqual([5, 6, 7, 8]);
  });

  test("without out-of-stock control 0 ends a listing", async () => {
    const world = await start();
    await outOfStockControl(world, false);
    const { ebay, session } = world;
    expect(await session.pushQuantities([writeTo(ebay.listings[0], 0)], signal())).toEqual([
      { ok: true },
    ]);
    expect(await session.readListings(ebay.listings.slice(0, 1), signal())).toMatchObject([
      { ok: true, state: "ended", quantity: 0 },
    ]);
  });
});

describe("ebay's Trading API", () => {
  const all = [...sizes.map(classic), single];

  test("numbers go out in fours, mixed with the Inventory API's, and are read as what is left", async () => {
    const world = await start();
    const { ebay, rig, session } = world;
    const listings = [...all, ...ebay.listings.slice(0, 2)];
    const writes = listings.map((listing, index) => writeTo(listing, 20 + index));
    expect(await session.pushQuantities(writes, signal())).toEqual(
      writes.map(() => ({ ok: true })),
    );
    expect(tradingCalls(rig, "ReviseInventoryStatus")).toHaveLength(2);
    expect(calls(rig, "bulk_update_price_quantity")).toHaveLength(1);
    // Sold units are counted into what the Trading API says.
    const placed = ebay.sandbox.control.order({ channel: "ebay", sku: single.sku, quantity: 3 });
    expect(placed).toMatchObject({ accepted: true });
    expect(await shownOf(world, listings)).toEqual([20, 21, 22, 23, 21, 25, 26]);
    expect(tradingCalls(rig, "GetItem")).toHaveLength(2);
    expect(await session.pushQuantities([writeTo(single, 9)], signal())).toEqual([{ ok: true }]);
    expect(await shownOf(world, [single])).toEqual([9]);
    const { responseBody } = must(tradingCalls(rig, "ReviseInventoryStatus").at(-1));
    expect(responseBody).toContain("<Quantity>12</Quantity>");
  });

  test("one bad entry of four fails alone, whatever eBay says of it", async () => {
    const world = await start();
    const { rig, session, ebay } = world;
    const gone = listingOf("GONE", { itemId: "999999999999" });
    // By now the Inventory API's: only a new import can put that right.
    const moved = listingOf("MOVED", { itemId: must(ebay.skus[0]).ebay.listingId });
    const writes = [classic("S"), gone, moved, single].map((listing) => writeTo(listing, 6));
    const results = await session.pushQuantities(writes, signal());
    expect(results).toMatchObject([
      { ok: true },
      { ok: false, fault: { kind: "unknown-listing", code: "17" } },
      { ok: false, fault: { kind: "unknown-listing", code: "21919474" } },
      { ok: true },
    ]);
    expect(tradingCalls(rig, "ReviseInventoryStatus")).toHaveLength(3);
    const lost = listingOf("LOST", { itemId: "110000000001", variationSku: "LOST" });
    expect(await session.readListings([gone, lost, single], signal())).toMatchObject([
      { ok: false, fault: { kind: "unknown-listing" } },
      { ok: false, fault: { kind: "unknown-listing" } },
      { ok: true, quantity: 6 },
    ]);
  });

  test("prices are set, of single listings and of variations", async () => {
    const { session } = await start();
    const priced = [classic("M"), single].map((listing, index) => ({
      ...listing,
      price: { minor: 2_450 + index, currency: "USD" },
    }));
    expect(await must(session.setPrices)(priced, signal())).toEqual([{ ok: true }, { ok: true }]);
    expect(
      await session.readListings([classic("M"), single, classic("L")], signal()),
    ).toMatchObject([
      { ok: true, price: { minor: 2_450, currency: "USD" }, quantity: 60, state: "active" },
      { ok: true, price: { minor: 2_451, currency: "USD" } },
      { ok: true, price: { minor: 1_500, currency: "USD" } },
    ]);
    const foreign = { ...single, price: { minor: 1, currency: "EUR" } };
    expect(await must(session.setPrices)([foreign], signal())).toMatchObject([
      { ok: false, fault: { kind: "rejected" } },
    ]);
  });

  test("a token refused inside a 200 is renewed once", async () => {
    const { ebay, rig, session } = await start();
    const before = rig.refreshes();
    ebay.sandbox.control.expireTokens({ channel: "ebay" });
    expect(await session.pushQuantities([writeTo(single, 5)], signal())).toEqual([{ ok: true }]);
    expect(rig.refreshes()).toBe(before + 1);
    ebay.sandbox.control.setFaults({ channel: "ebay", consentRevoked: true });
    expect(await session.pushQuantities([writeTo(single, 6)], signal())).toMatchObject([
      { ok: false, fault: { kind: "revoked", code: "invalid_grant" } },
    ]);
  });

  const xml = (ack: string, code: number, text = "no") =>
    `<ReviseInventoryStatusResponse><Ack>${ack}</Ack><Errors><ErrorCode>${code}</ErrorCode>` +
    `<LongMessage>${text}</LongMessage><SeverityCode>Error</SeverityCode></Errors></ReviseInventoryStatusResponse>`;
  test.each([
    ["the day's calls are used up", { status: 200, body: xml("Failure", 518) }, "rate-limited"],
    ["an internal error", { status: 200, body: xml("Failure", 10_007) }, "unavailable"],
    ["a code nobody knows", { status: 200, body: xml("Failure", 424_242) }, "unexpected"],
    ["an HTML page", { status: 200, body: "<html><body>Hello</body></html>" }, "unexpected"],
    ["nothing", { status: 200, body: "" }, "unexpected"],
    ["JSON", { status: 200, body: '{"Ack":"Success"}' }, "unexpected"],
    [
      "an answer to another call",
      { status: 200, body: xml("Success", 1).replaceAll("Status", "X") },
      "unexpected",
    ],
    [
      "an entity bomb",
      { status: 200, body: '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>' },
      "unexpected",
    ],
    ["an outage", { status: 503, body: "<html>down</html>" }, "unavailable"],
    ["a throttled call", { status: 429, body: "" }, "rate-limited"],
  ])("%s is a fault of every entry", async (_, answer, kind) => {
    const { rig, session } = await start();
    rig.inject(answer, 20);
    const results = await session.pushQuantities(
      [writeTo(classic("S"), 1), writeTo(single, 1)],
      signal(),
    );
    const fault = { ok: false, fault: { kind } };
    expect(results).toMatchObject([fault, fault]);
  });

  test("a variation without a SKU is shown and never written", async () => {
    const { rig, session } = await start();
    const nameless = listingOf("", { itemId: "110000000001", variation: "Size: S" });
    const before = rig.calls();
    const results = await session.pushQuantities([writeTo(nameless, 1)], signal());
    expect(results).toMatchObject([{ ok: false, fault: { kind: "unsupported" } }]);
    expect(rig.calls()).toBe(before);
  });

  test("without out-of-stock control 0 is refused, in words that say what to do", async () => {
    const world = await start();
    await outOfStockControl(world, false);
    const [result] = await world.session.pushQuantities([writeTo(single, 0)], signal());
    expect(result).toMatchObject({ ok: false, fault: { kind: "rejected", code: "515" } });
    expect(result?.ok === false && result.fault.message).toMatch(/out-of-stock control/);
  });

  test("listings end and come back under a new number, with their quantities", async () => {
    const world = await start();
    const { ebay, rig, session } = world;
    const variations = sizes.map(classic);
    const part = await must(session.endListings)([...variations.slice(0, 2), single], signal());
    expect(part.map(({ ok }) => ok)).toEqual([false, false, true]);
    expect(await must(session.endListings)([...variations, single], signal())).toEqual(
      [...variations, single].map(() => ({ ok: true })),
    );
    const reads = await session.readListings([...variations, single], signal());
    expect(reads.map((read) => read.ok && read.state)).toEqual(reads.map(() => "ended"));
    const writes = [...variations, single].map((listing, index) => writeTo(listing, 3 + index));
    expect(await must(session.relistListings)(writes.slice(0, 2), signal())).toMatchObject([
      { ok: false, fault: { kind: "rejected" } },
      { ok: false, fault: { kind: "rejected" } },
    ]);
    const relisted = await must(session.relistListings)(writes, signal());
    const numbers = relisted.map((result) => result.ok && result.externalIds?.["itemId"]);
    expect(new Set(numbers)).toEqual(new Set(["300000000001", "300000000002"]));
    const after = relisted.map((result, index) =>
      listingOf(must(writes[index]).sku, (result.ok && result.externalIds) || {}),
    );
    expect(await shownOf(world, after)).toEqual([3, 4, 5, 6, 7]);
    // Asked again with the old numbers, nothing is made: the successors are named.
    const again = await must(session.relistListings)(writes, signal());
    expect(again).toEqual(relisted);
    expect(tradingCalls(rig, "RelistFixedPriceItem")).toHaveLength(2);
    const order = ebay.sandbox.control.order({ channel: "ebay", sku: single.sku });
    expect(order).toMatchObject({ accepted: true });
  });
});

describe("ebay's import", () => {
  test("tells both kinds of listing apart, with everything later calls need", async () => {
    const { session, rig } = await start({ skus: 12 });
    const listings = await importAll(session);
    const bySku = new Map(listings.map((listing) => [listing.sku, listing]));
    expect(listings).toHaveLength(12 + 4 + 1);
    expect(bySku.get("TEE-003-M")).toMatchObject({
      externalIds: { sku: "TEE-003-M", listingId: "250000000003", groupKey: "GROUP-3" },
      state: "active",
      quantity: 60,
      url: "https://www.ebay.com/itm/250000000003",
    });
    expect(bySku.get("TEE-001-M-CLASSIC")).toEqual({
      key: "110000000001/TEE-001-M-CLASSIC",
      externalIds: { itemId: "110000000001", variationSku: "TEE-001-M-CLASSIC" },
      orderKey: "TEE-001-M-CLASSIC",
      sku: "TEE-001-M-CLASSIC",
      title: "Heron T-shirt 1 (classic) (Size: M)",
      barcode: null,
      quantity: 60,
      price: { minor: 1_500, currency: "USD" },
      state: "active",
      heldByChannel: false,
      externalLocationId: null,
      url: "https://www.ebay.com/itm/110000000001",
    });
    expect(bySku.get("TEE-002-S-CLASSIC")).toMatchObject({
      key: "110000000002",
      externalIds: { itemId: "110000000002" },
    });
    expect(tradingCalls(rig, "GetSellerList")).toHaveLength(1);
    const refs = listings.map((one) => listingOf(one.sku ?? "", one.externalIds));
    const reads = await session.readListings(refs, signal());
    expect(reads.map((read) => read.ok && read.quantity)).toEqual(listings.map(() => 60));
  });

  test("an account with many listings is read from the report, and comes out the same", async () => {
    const { session, rig, ebay } = await start({ skus: 5_400 });
    const listings = await importAll(session);
    expect(calls(rig, "download_result_file")).toHaveLength(1);
    expect(tradingCalls(rig, "GetSellerList")).toHaveLength(1);
    const byKey = new Map(listings.map((listing) => [listing.key, listing]));
    expect(byKey.size).toBe(listings.length);
    for (const sku of ebay.skus) {
      const { key, externalIds, orderKey } = platform.demo.listing(sku);
      expect(byKey.get(key)).toMatchObject({ externalIds, orderKey, sku: sku.code, quantity: 60 });
    }
    expect(byKey.get("110000000001/TEE-001-M-CLASSIC")).toMatchObject({
      externalIds: { itemId: "110000000001", variationSku: "TEE-001-M-CLASSIC" },
      title: "TEE-001-M-CLASSIC (Size: M)",
      price: { minor: 1_500, currency: "USD" },
      quantity: 60,
    });
    expect(byKey.get("110000000002")).toMatchObject({ sku: "TEE-002-S-CLASSIC" });
  }, 60_000);

  test("half a report is no report", async () => {
    const { session, rig } = await start();
    const cursor = JSON.stringify({ by: "report", task: randomUUID(), at: 0 });
    const done = { status: 200, body: JSON.stringify({ status: "COMPLETED" }) };
    const entry = "<SKUDetails><ItemID>1</ItemID><SKU>A</SKU><Quantity>1</Quantity></SKUDetails>";
    const cut = `<BulkDataExchangeResponses><ActiveInventoryReport>${entry}<SKUDetails><ItemID>2`;
    for (const body of [cut, "PK\u0003\u0004 cut", "<html>hello</html>", ""]) {
      rig.inject(done);
      rig.inject({ status: 200, body });
      const [task, file] = [randomUUID(), cursor];
      const page = await must(session.listListings)(
        file.replace(/"task":"[^"]+"/, `"task":"${task}"`),
        signal(),
      );
      expect(page).toMatchObject({ ok: false, fault: { kind: "unexpected" } });
    }
    rig.inject({ status: 200, body: JSON.stringify({ status: "FAILED" }) });
    expect(await must(session.listListings)(cursor, signal())).toMatchObject({
      ok: false,
      fault: { kind: "unexpected", message: expect.stringContaining("FAILED") },
    });
  });

  test("a report that eBay makes no more of today is done without", async () => {
    const { session, ebay, rig } = await start({ skus: 5_400 });
    ebay.sandbox.control.setFaults({ channel: "ebay", rateLimitFactor: 1 });
    for (let reports = 0; reports < 25; reports += 1) {
      const page = await must(session.listListings)(null, signal());
      expect(page).toMatchObject({ ok: true, listings: [] });
    }
    const page = await must(session.listListings)(null, signal());
    expect(page).not.toHaveProperty("waitMs");
    expect(page.ok && page.listings.length).toBeGreaterThan(200);
    expect(calls(rig, "inventory_task")).toHaveLength(26);
  }, 60_000);
});

describe("ebay's orders and parcels, beyond the contract", () => {
  const wire = (cancelStatus: object) => ({
    orderId: "12-34567-89012",
    creationDate: "2026-01-02T03:04:05.000Z",
    lastModifiedDate: "2026-01-02T03:05:05.500Z",
    cancelStatus,
    lineItems: [{ lineItemId: "1", sku: "A", quantity: 1, listingMarketplaceId: "EBAY_US" }],
  });
  const listed = (order: object) => ({
    status: 200,
    body: JSON.stringify({ total: 1, orders: [order] }),
  });

  test("how a cancellation stands is read from the order itself", async () => {
    const { session, rig } = await start();
    const cancelState = "IN_PROGRESS";
    for (const [cancelRequestState, cancelled] of [
      ["REQUESTED", false],
      ["COMPLETED", true],
    ] as const) {
      rig.inject(listed(wire({ cancelState, cancelRequests: [] })));
      const single = wire({ cancelState, cancelRequests: [{ cancelRequestState }] });
      rig.inject({ status: 200, body: JSON.stringify(single) });
      const fetched = await must(session.fetchOrders)(["12-34567-89012"], signal());
      expect(fetched).toMatchObject({ ok: true, orders: [{ cancelled }] });
    }
  });

  test("another marketplace's order is found without lines, and not polled", async () => {
    const { session, rig } = await start();
    const order = wire({ cancelState: "NONE_REQUESTED" });
    const lineItems = order.lineItems.map((line) => ({ ...line, listingMarketplaceId: "EBAY_GB" }));
    rig.inject(listed({ ...order, lineItems }));
    expect(await must(session.fetchOrders)([order.orderId], signal())).toMatchObject({
      ok: true,
      orders: [{ orderId: order.orderId, lines: [] }],
    });
    rig.inject(listed({ ...order, lineItems }));
    expect(await must(session.listChangedOrders)(null, signal())).toMatchObject({
      ok: true,
      orders: [],
      more: false,
    });
  });

  test("an order of a Trading listing is matched by its SKU", async () => {
    const { session, ebay } = await start();
    const { sku } = classic("L");
    const placed = ebay.sandbox.control.order({ channel: "ebay", sku, quantity: 2 });
    if (!placed.accepted) throw new Error("refused");
    const fetched = await must(session.fetchOrders)([placed.orderId], signal());
    expect(fetched).toMatchObject({ ok: true, orders: [{ lines: [{ orderKey: sku, sku }] }] });
  });

  test("a tracking number is sent as letters and digits, and a lost answer makes no second parcel", async () => {
    const { session, ebay, rig } = await start();
    const sku = must(ebay.skus[0]).code;
    const placed = ebay.sandbox.control.order({ channel: "ebay", sku, quantity: 1 });
    if (!placed.accepted) throw new Error("refused");
    const fetched = await must(session.fetchOrders)([placed.orderId], signal());
    const lineId = (fetched.ok && fetched.orders[0]?.lines[0]?.lineId) || "";
    const shipment = {
      shipmentId: randomUUID(),
      orderId: placed.orderId,
      parcelNumber: 1,
      lines: [{ lineId, quantity: 1 }],
      carrier: "royal-mail",
      carrierName: "Royal Mail",
      trackingNumber: "AB 1234-5678 GB",
      trackingUrl: null,
      shippedAt: "2026-01-02T03:04:05+01:00",
    } as const;
    rig.loseAnswersOfWrites(true);
    const lost = await must(session.sendShipment)(shipment, signal());
    expect(lost).toMatchObject({ ok: false, fault: { kind: "timeout" } });
    rig.loseAnswersOfWrites(false);
    expect(await must(session.sendShipment)(shipment, signal())).toEqual({
      ok: true,
      already: true,
    });
    expect(ebay.sandbox.platform("ebay").shipments(placed.orderId)).toMatchObject([
      { trackingNumber: "AB12345678GB", carrier: "RoyalMail" },
    ]);
    const none = { ...shipment, trackingNumber: "--" };
    expect(await must(session.sendShipment)(none, signal())).toMatchObject({
      ok: false,
      fault: { kind: "rejected" },
    });
  });
});

describe("ebay's sign-in, beyond the contract", () => {
  const redirectUrl = "https://lockstep.example.com/connect/ebay/callback";
  const base = { state: "s", redirectUrl, handOverUrl: "", codeVerifier: "v".repeat(64) };
  const values = { marketplace: "EBAY_US" };

  test("the consent page is asked for in eBay's own terms, and the code is decoded once", async () => {
    const { ebay, rig } = await start();
    const connect = must(channel.connect);
    const app = channel.app.parse({
      ...ebay.variables,
      EBAY_RU_NAME: "Lockstep-Lockstep-SBX-abcd",
      EBAY_EXTRA_SCOPES: "sell.return.read",
    });
    const page = new URL(must(connect.authorizeUrl)({ ...base, values }, app));
    expect(Object.fromEntries(page.searchParams)).toMatchObject({
      redirect_uri: "Lockstep-Lockstep-SBX-abcd",
      response_type: "code",
      state: "s",
      scope: expect.stringMatching(/oauth\/api_scope .*sell\.inventory .*sell\.return\.read$/),
    });
    const answer = await fetch(page, { redirect: "manual" });
    const returned = Object.fromEntries(new URL(answer.headers.get("location") ?? "").searchParams);
    expect(returned["code"]).toMatch(/^v\^1\.1#/);
    const { http, now } = rig.context;
    const context = { app, http, now, signal: signal() };
    const grant = { values, returned, redirectUrl, codeVerifier: base.codeVerifier };
    const accounts = await connect.complete(grant, context);
    expect(accounts).toMatchObject([
      {
        accountId: demoAccounts.ebay,
        marketplace: "EBAY_US",
        label: "eBay United States, lockstep-demo",
        settings: { marketplaceId: "EBAY_US", contentLanguage: "en-US" },
      },
    ]);
    expect(accounts[0].warnings).toBeUndefined();
    // A code is good once.
    await expect(connect.complete(grant, context)).rejects.toMatchObject({
      fault: { kind: "rejected" },
    });
    const elsewhere = { ...base, values: { marketplace: "EBAY_XX" } };
    expect(() => connect.authorizeUrl?.(elsewhere, app)).toThrow(/Choose/);
  });

  test("out-of-stock control that is off is a warning", async () => {
    const world = await start();
    await outOfStockControl(world, false);
    const { app, http, now } = world.rig.context;
    const connect = must(channel.connect);
    const page = must(connect.authorizeUrl)({ ...base, values }, app);
    const answer = await fetch(page, { redirect: "manual" });
    const returned = Object.fromEntries(new URL(answer.headers.get("location") ?? "").searchParams);
    const grant = { values, returned, redirectUrl, codeVerifier: base.codeVerifier };
    const [account] = await connect.complete(grant, { app, http, now, signal: signal() });
    expect(account.warnings).toEqual([expect.stringMatching(/Out-of-stock control is off/)]);
  });

  test("an application at eBay itself needs its RuName", async () => {
    const { ebay } = await start();
    const real = { ...ebay.variables, EBAY_API_URL: "https://api.ebay.com" };
    expect(channel.app.safeParse(real).success).toBe(false);
    expect(channel.app.safeParse({ ...real, EBAY_RU_NAME: "Name" }).success).toBe(true);
  });
});

describe("ebay's limits and events, beyond the contract", () => {
  test("a throttled call waits until eBay's own reset, asked for once", async () => {
    const { session, rig, ebay } = await start();
    const reset = new Date(Date.now() + 3_600_000).toISOString();
    const rates = [{ limit: 2_000_000, remaining: 0, reset, timeWindow: 86_400 }];
    const limits = { rateLimits: [{ apiName: "inventory", resources: [{ name: "x", rates }] }] };
    const refused = { status: 429, body: errors(2001) };
    rig.inject(refused);
    rig.inject("pass"); // the application's token
    rig.inject({ status: 200, body: JSON.stringify(limits) });
    const [pushed] = await session.pushQuantities([writeTo(ebay.listings[0], 1)], signal());
    // Another call of the same API: eBay is not asked again.
    rig.inject(refused);
    const [read] = await session.readListings(ebay.listings.slice(0, 1), signal());
    for (const result of [pushed, read]) {
      const fault = result?.ok === false ? result.fault : undefined;
      expect(fault).toMatchObject({ kind: "rate-limited", code: "2001" });
      expect(fault?.retryAfterMs).toBeGreaterThan(3_500_000);
      expect(fault?.retryAfterMs).toBeLessThanOrEqual(3_600_000);
    }
  });

  async function door(answers: (url: URL) => { status: number; body: string } | null) {
    const seen: string[] = [];
    const server: Server = createServer((request, response) => {
      const url = new URL(request.url ?? "/", "http://127.0.0.1");
      const answer = answers(url);
      if (request.method === "POST") seen.push(url.pathname);
      request.resume();
      response.writeHead(answer?.status ?? 200).end(answer?.body ?? "taken");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closing.push(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/ebay`;
    return { url, seen };
  }
  const anyDoor = { url: "", secret: "" };

  test("subscriptions are made with the right tokens, and what was switched off comes back on", async () => {
    const known: { app?: unknown } = {};
    const own = await door((url) => channel.webhooks?.challenge?.(url, known.app) ?? null);
    const { session, rig, ebay } = await start({ variables: { EBAY_WEBHOOK_URL: own.url } });
    known.app = rig.context.app;
    const setup = await must(session.setUpEvents)(anyDoor, signal());
    expect(setup).toEqual({
      ok: true,
      topics: ["AUTHORIZATION_REVOCATION", "MARKETPLACE_ACCOUNT_DELETION", "ORDER_CONFIRMATION"],
    });
    const made = calls(rig, "/subscription").filter(({ method }) => method === "POST");
    expect(made.map(({ body }) => JSON.parse(body ?? "").topicId)).toEqual([
      "MARKETPLACE_ACCOUNT_DELETION",
      "AUTHORIZATION_REVOCATION",
      "ORDER_CONFIRMATION",
    ]);
    expect(
      made.map(({ headers }) => headers["authorization"] === `Bearer ${rig.tokens.seen()[0]}`),
    ).toEqual([false, false, true]);

    // Hours later eBay has marked our door down and somebody switched a subscription off.
    vi.useFakeTimers({ toFake: ["Date"] });
    vi.setSystemTime(Date.now() + 7 * 3_600_000);
    await session.readListings(ebay.listings.slice(0, 1), signal());
    const list = `${ebay.sandbox.url}/ebay/commerce/notification/v1/subscription`;
    const headers = {
      authorization: `Bearer ${await userToken(rig)}`,
      "content-type": "application/json",
    };
    const { subscriptions } = await (await fetch(list, { headers })).json();
    await fetch(`${list}/${subscriptions[0].subscriptionId}/disable`, {
      method: "POST",
      headers,
      body: "{}",
    });
    const marked = {
      destinationId: JSON.parse(must(made[0]).body ?? "").destinationId,
      status: "MARKED_DOWN",
      deliveryConfig: { endpoint: own.url },
    };
    rig.inject("pass"); // application token
    rig.inject("pass"); // config
    rig.inject({ status: 200, body: JSON.stringify({ total: 1, destinations: [marked] }) });
    expect(await must(session.setUpEvents)(anyDoor, signal())).toEqual(setup);
    const puts = rig.exchanges.filter(({ method }) => method === "PUT");
    const kinds = puts.map(({ url }) => /v1\/(\w+)/.exec(url)?.[1]);
    expect(kinds).toEqual(["config", "destination", "subscription"]);
    const { subscriptions: after } = await (await fetch(list, { headers })).json();
    expect(after).toMatchObject([{ status: "ENABLED", topicId: "ORDER_CONFIRMATION" }]);
  });

  test("a door that does not answer the challenge is refused with eBay's words", async () => {
    const strange = await door(() => ({ status: 200, body: '{"challengeResponse":"no"}' }));
    const { session } = await start({ variables: { EBAY_WEBHOOK_URL: strange.url } });
    expect(await must(session.setUpEvents)(anyDoor, signal())).toMatchObject({
      ok: false,
      fault: { kind: "rejected", code: "195020" },
    });
  });

  test("without an address for alerts nothing is subscribed, and a person is told", async () => {
    const ebay = await startPlatform(platform);
    closing.push(() => ebay.close());
    const { EBAY_ALERT_EMAIL: _, ...variables } = ebay.variables;
    const { session } = createRig(channel, { ...ebay, variables });
    expect(await must(session.setUpEvents)(anyDoor, signal())).toEqual({
      ok: true,
      topics: [],
      todo: expect.stringMatching(/EBAY_ALERT_EMAIL/),
    });
  });
});

describe("the simulated eBay", () => {
  test("comes back after a restart with its numbers, prices, ended and relisted listings", async () => {
    const world = await start();
    const { ebay, session } = world;
    const [ended, relisted, kept] = ebay.listings.slice(0, 3);
    await must(session.endListings)([must(ended), must(relisted), single], signal());
    const [again] = await must(session.relistListings)([writeTo(relisted, 4)], signal());
    const price = { minor: 777, currency: "USD" };
    await must(session.setPrices)([{ ...must(kept), price }], signal());
    await session.pushQuantities([writeTo(classic("S"), 9)], signal());
    ebay.sandbox.control.order({ channel: "ebay", sku: classic("S").sku, quantity: 2 });
    await outOfStockControl(world, false);

    const saved: unknown = JSON.parse(JSON.stringify(ebay.sandbox.platform("ebay").snapshot()));
    const next = await start();
    next.ebay.sandbox.platform("ebay").restore(saved);
    const refs = [must(ended), must(relisted), must(kept), classic("S"), single];
    expect(await next.session.readListings(refs, signal())).toMatchObject([
      { ok: true, state: "ended" },
      { ok: true, state: "active", quantity: 4 },
      { ok: true, price },
      { ok: true, quantity: 7 },
      { ok: true, state: "ended" },
    ]);
    const listed = await importAll(next.session);
    const found = listed.find(({ sku }) => sku === relisted?.sku);
    expect(found?.externalIds).toEqual(again?.ok && again.externalIds);
    const [refused] = await next.session.pushQuantities([writeTo(classic("S"), 0)], signal());
    expect(refused).toMatchObject({ ok: false, fault: { code: "515" } });
  });
});
