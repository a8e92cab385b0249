import { gunzipSync } from "node:zlib";
import { Ajv } from "ajv";
import { afterEach, describe, expect, test } from "vitest";
import platform from "#sandbox/amazon/index.ts";
import { demoAccounts } from "#sandbox/catalogue.ts";
import { openApiCheck, specText } from "#tests/conformance/openapi.ts";
import { createRig, type ChannelScenario, type Rig } from "#tests/conformance/rig.ts";
import { listingOf, startPlatform, type ScenarioPlatform } from "#tests/conformance/sandbox.ts";
import { describeChannel } from "#tests/conformance/describe-channel.ts";
import channel from "./index.ts";

const errors = (code: string) => JSON.stringify({ errors: [{ code, message: code }] });
const invalid = (message: string, code = "90220") =>
  JSON.stringify({ status: "INVALID", issues: [{ code, message, severity: "ERROR" }] });
const signal = () => new AbortController().signal;
const model = (name: string) => ({ file: `amazon/models/${name}.json`, prefix: "/amazon" });

const scenario: ChannelScenario = {
  folder: import.meta.dirname,
  platform,
  signsInWith: "tokens",
  topics: [
    "ORDER_CHANGE",
    "LISTINGS_ITEM_MFN_QUANTITY_CHANGE",
    "LISTINGS_ITEM_STATUS_CHANGE",
    "LISTINGS_ITEM_ISSUES_CHANGE",
    "ACCOUNT_STATUS_CHANGED",
    "FEED_PROCESSING_FINISHED",
  ],
  unknownListing: { sku: "GONE / 1" },
  answers: {
    unauthorised: { status: 403, body: errors("Unauthorized") },
    throttled: {
      status: 429,
      body: errors("QuotaExceeded"),
      headers: { "x-amzn-ratelimit-limit": "0.5" },
    },
    unavailable: { status: 503, body: errors("ServiceUnavailable") },
    refusedWith200: [
      { name: "INVALID", status: 200, body: invalid("Not a quantity."), kind: "rejected" },
    ],
  },
  connect: { values: () => ({ region: "na" }) },
  // Amazon cancels whole orders and whole lines.
  cancelsWholeOrders: true,
  spec: openApiCheck(
    [
      model("listingsItems_2021-08-01"),
      model("orders_2026-01-01"),
      model("ordersV0"),
      model("feeds_2021-06-30"),
      model("reports_2021-06-30"),
      model("notifications"),
      model("sellers"),
    ],
    // Login with Amazon, S3 and SQS have documents of their own.
    { undocumented: ["/amazon/lwa/", "/amazon/documents/", "/amazon/sqs/"] },
  ),
};

describeChannel(channel, scenario);

/** A running Amazon of its own for one test, closed after it. */
const open: ScenarioPlatform[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

interface World {
  readonly amazon: ScenarioPlatform;
  readonly rig: Rig;
  readonly session: Rig["session"];
}

async function start(settings?: unknown): Promise<World> {
  const amazon = await startPlatform(platform);
  open.push(amazon);
  const { accountId, secrets } = amazon;
  const account = { accountId, secrets, settings: settings ?? amazon.settings };
  const rig = createRig(channel, amazon, { account });
  // Signed in, so that an injected answer meets the call it is meant for.
  await rig.session.readListings(amazon.listings, signal());
  return { amazon, rig, session: rig.session };
}

/** A power that Amazon has. */
function must<Power>(power: Power | undefined): Power {
  if (power === undefined) throw new Error("Amazon has this power");
  return power;
}

function writeOf(sku: string, quantity: number) {
  return { ...listingOf(sku, { sku }), quantity, delta: 0, idempotencyKey: sku };
}

const calls = (rig: Rig, method: string, part: string) =>
  rig.exchanges.filter((one) => one.method === method && one.url.includes(part));

function bodyOf(rig: Rig, method: string, part: string) {
  return JSON.parse(calls(rig, method, part).at(-1)?.body ?? "null");
}

async function stockAttributes({ rig, amazon }: World, sku: string) {
  const token = await rig.tokens.accessToken(() => Promise.reject(new Error("signed in")));
  const path = `listings/2021-08-01/items/${amazon.accountId}/${encodeURIComponent(sku)}`;
  const query = `marketplaceIds=${demoAccounts.amazonMarketplace}&includedData=attributes`;
  const answer = await fetch(`${amazon.sandbox.url}/amazon/${path}?${query}`, {
    headers: { "x-amz-access-token": token },
  });
  return ((await answer.json()) as { attributes: Record<string, unknown[]> }).attributes;
}

describe("amazon's stock writes, beyond the contract", () => {
  test("a listing that Amazon ships is found, shown, and never written in any way", async () => {
    const { amazon, rig, session } = await start();
    const imported = await importAll(session);
    const held = imported.filter(({ heldByChannel }) => heldByChannel);
    expect(held).toMatchObject([{ sku: "FBA-MUG-01", quantity: null, state: "active" }]);
    const write = writeOf("FBA-MUG-01", 1);
    const unsupported = { ok: false, fault: { kind: "unsupported" } };
    expect(await session.readListings([write], signal())).toMatchObject([unsupported]);
    expect(await session.pushQuantities([write], signal())).toMatchObject([unsupported]);
    const price = { ...write, price: { minor: 1_000, currency: "USD" } };
    expect(await session.setPrices?.([price], signal())).toMatchObject([unsupported]);
    const writes = [writeOf("TEE-001-S", 7), write, writeOf("GONE", 7), writeOf("TEE-001-M", 8)];
    expect(await bulkDone(session, writes)).toMatchObject([
      { ok: true },
      unsupported,
      { ok: false, fault: { kind: "unknown-listing" } },
      { ok: true },
    ]);
    const written = rig.exchanges.filter(({ method }) => ["PATCH", "PUT"].includes(method));
    expect(written.some(({ url, body }) => `${url} ${body ?? ""}`.includes("FBA-MUG"))).toBe(false);
    const attributes = await stockAttributes({ amazon, rig, session }, "FBA-MUG-01");
    expect(attributes["fulfillment_availability"]).toMatchObject([
      { fulfillment_channel_code: "AMAZON_NA" },
    ]);
    expect(bodyOf(rig, "POST", "/feeds/2021-06-30/feeds")).toMatchObject({
      marketplaceIds: [demoAccounts.amazonMarketplace],
    });
  });

  test("a listing that Amazon took over an hour ago is looked at again", async () => {
    const { rig, session } = await start();
    const sku = "FBA-1";
    const fulfillmentAvailability = [{ fulfillmentChannelCode: "AMAZON_NA" }];
    rig.inject({
      status: 200,
      body: JSON.stringify({ items: [{ sku, fulfillmentAvailability }] }),
    });
    const before = rig.calls();
    const [result] = await session.pushQuantities([writeOf(sku, 1)], signal());
    expect(result).toMatchObject({ ok: false, fault: { kind: "unsupported" } });
    expect(rig.calls()).toBe(before + 1);
  });

  test("INVALID with HTTP 200 is a refusal in Amazon's words", async () => {
    const { rig, session } = await start();
    rig.inject({ status: 200, body: invalid("Not a quantity.") });
    const [result] = await session.pushQuantities([writeOf("TEE-001-S", 1)], signal());
    expect(result).toEqual({
      ok: false,
      fault: {
        kind: "rejected",
        code: "90220",
        message: "Amazon refuses the quantity: Not a quantity.",
      },
    });
  });

  test("a write keeps handling time and price bounds, whether Amazon takes `merge` or not", async () => {
    const world = await start();
    const { rig, session } = world;
    const leadTime = [{ lead_time_to_ship_max_days: 3, quantity: 9 }];
    expect(await session.pushQuantities([writeOf("TEE-001-S", 9)], signal())).toEqual([
      { ok: true },
    ]);
    expect(bodyOf(rig, "PATCH", "TEE-001-S").patches[0]).toMatchObject({ op: "merge" });
    expect(await stockAttributes(world, "TEE-001-S")).toMatchObject({
      fulfillment_availability: leadTime,
    });

    const refused = invalid("The patch operation 'merge' is not supported here.", "4000001");
    rig.inject({ status: 200, body: refused });
    expect(await session.pushQuantities([writeOf("TEE-001-M", 9)], signal())).toEqual([
      { ok: true },
    ]);
    expect(bodyOf(rig, "PATCH", "TEE-001-M").patches[0]).toMatchObject({ op: "replace" });
    rig.inject({ status: 200, body: refused });
    const price = { ...writeOf("TEE-001-M", 0), price: { minor: 2_100, currency: "USD" } };
    expect(await session.setPrices?.([price], signal())).toEqual([{ ok: true }]);
    const schedule = (value_with_tax: number) => [{ schedule: [{ value_with_tax }] }];
    expect(await stockAttributes(world, "TEE-001-M")).toMatchObject({
      fulfillment_availability: leadTime,
      purchasable_offer: [
        { our_price: schedule(21), minimum_seller_allowed_price: schedule(5), audience: "ALL" },
      ],
    });
  });

  test("what `replace` would send back of Amazon's own stock is not sent", async () => {
    const { rig, session } = await start();
    const fulfillment_availability = [{ fulfillment_channel_code: "AMAZON_NA" }];
    rig.inject({ status: 200, body: invalid("Operation merge is not supported.") });
    const attributes = { fulfillment_availability };
    rig.inject({ status: 200, body: JSON.stringify({ sku: "TEE-001-S", attributes }) });
    const [result] = await session.pushQuantities([writeOf("TEE-001-S", 1)], signal());
    expect(result).toMatchObject({ ok: false, fault: { kind: "unsupported" } });
    expect(calls(rig, "PATCH", "TEE-001-S")).toHaveLength(0);
  });

  test("accepted is not visible: the number comes later", async () => {
    const { amazon, session } = await start();
    amazon.sandbox.control.setFaults({ channel: "amazon", visibleAfterMs: 60 });
    const write = writeOf("TEE-001-S", 4);
    expect(await session.pushQuantities([write], signal())).toEqual([{ ok: true }]);
    expect(await session.readListings([write], signal())).toMatchObject([{ quantity: 60 }]);
    await expect
      .poll(() => session.readListings([write], signal()))
      .toMatchObject([{ quantity: 4 }]);
  });

  test("past the rate limit the rest of a push is given back with the wait", async () => {
    const { amazon, rig, session } = await start();
    rig.inject({ status: 429, body: errors("QuotaExceeded") }, 5);
    const before = rig.calls();
    const writes = amazon.listings.map(({ sku }) => writeOf(sku, 1));
    const results = await session.pushQuantities(writes, signal());
    expect(rig.calls() - before).toBe(5);
    expect(results).toMatchObject(
      writes.map(() => ({ ok: false, fault: { kind: "rate-limited", retryAfterMs: 200 } })),
    );
  });

  test("a 429 that names its rate is waited for at that rate", async () => {
    const { rig, session } = await start();
    const headers = { "x-amzn-ratelimit-limit": "0.5" };
    rig.inject({ status: 429, body: errors("QuotaExceeded"), headers });
    const [result] = await session.pushQuantities([writeOf("TEE-001-S", 1)], signal());
    expect(result).toMatchObject({ fault: { kind: "rate-limited", retryAfterMs: 2_000 } });
  });

  test("every SKU text finds its listing: slashes, commas, blanks", async () => {
    const { rig, session } = await start();
    const odd = ["A/B", "A, B", " A?&=é "];
    await session.readListings(
      odd.map((sku) => listingOf(sku, { sku })),
      signal(),
    );
    await session.pushQuantities(
      odd.map((sku) => writeOf(sku, 1)),
      signal(),
    );
    const asked = rig.exchanges.slice(-5).map(({ url }) => decodeURIComponent(new URL(url).search));
    expect(asked.some((query) => query.includes("identifiers=A/B, A?"))).toBe(false);
    const searched = calls(rig, "GET", "identifiersType").at(-1)?.url ?? "";
    expect(new URL(searched).searchParams.get("identifiers")).toBe("A/B, A?&=é ");
    expect(calls(rig, "GET", "/A%2C%20B?")).not.toHaveLength(0);
  });

  test("a price that jumps takes the listing off sale, and the next read says so", async () => {
    const { session } = await start();
    const write = { ...writeOf("TEE-001-S", 0), price: { minor: 99_000, currency: "USD" } };
    expect(await session.setPrices?.([write], signal())).toEqual([{ ok: true }]);
    expect(await session.readListings([write], signal())).toMatchObject([
      { ok: true, state: "suppressed", price: { minor: 99_000, currency: "USD" } },
    ]);
  });

  test("one odd listing of an answer costs its neighbours nothing", async () => {
    const { rig, session } = await start();
    const good = { sku: "A", fulfillmentAvailability: [], summaries: [] };
    const odd = { sku: "B", fulfillmentAvailability: [{ quantity: "many" }] };
    const bare = { sku: "C" };
    rig.inject({ status: 200, body: JSON.stringify({ items: [good, odd, bare] }) });
    const reads = await session.readListings(
      ["A", "B", "C", "D"].map((sku) => listingOf(sku, { sku })),
      signal(),
    );
    expect(reads).toMatchObject([
      { ok: true, quantity: 0, state: "inactive", price: null },
      { ok: false, fault: { kind: "unexpected" } },
      { ok: false, fault: { kind: "unexpected" } },
      { ok: false, fault: { kind: "unknown-listing" } },
    ]);
  });
});

async function bulkDone(session: Rig["session"], writes: readonly ReturnType<typeof writeOf>[]) {
  const started = await session.startBulk?.(writes, signal());
  if (!started?.ok) throw new Error(JSON.stringify(started));
  for (let polls = 0; polls < 100; polls += 1) {
    const progress = await session.pollBulk?.(started.handle, writes, signal());
    if (!progress?.ok) throw new Error(JSON.stringify(progress));
    if (progress.done) return progress.results;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("the feed does not end");
}

async function importAll(session: Rig["session"], from: string | null = null) {
  const listings = [];
  let cursor = from;
  for (let pages = 0; pages < 100; pages += 1) {
    const page = await must(session.listListings)(cursor, signal());
    if (!page.ok) throw new Error(page.fault.message);
    listings.push(...page.listings);
    if (page.cursor === null) return listings;
    ({ cursor } = page);
    if (page.waitMs) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("the import does not end");
}

describe("amazon's feeds, beyond the contract", () => {
  const writes = [writeOf("TEE-001-S", 3), writeOf("TEE-001-M", 4)];
  const feedAt = (processingStatus: string, ageMs: number, more = {}) => ({
    status: 200,
    body: JSON.stringify({
      feedId: "1",
      feedType: "JSON_LISTINGS_FEED",
      createdTime: new Date(Date.now() - ageMs).toISOString(),
      processingStatus,
      ...more,
    }),
  });
  const handle = JSON.stringify({ feed: "1", held: [], gone: [] });
  const report = (issues: unknown[], messagesAccepted: number) => ({
    status: 200,
    body: JSON.stringify({ issues, summary: { messagesAccepted } }),
  });
  const place = { status: 200, body: JSON.stringify({ url: "http://127.0.0.1:9/report" }) };

  test("a feed that waits is asked for ever less often", async () => {
    const { rig, session } = await start();
    for (const [ageMs, pollAfterMs] of [
      [0, 1_000],
      [20_000, 10_000],
      [3_000_000, 60_000],
    ] as const) {
      rig.inject(feedAt("IN_PROGRESS", ageMs));
      const progress = await session.pollBulk?.(handle, writes, signal());
      expect(progress).toMatchObject({ ok: true, done: false });
      const waited = progress?.ok && !progress.done ? progress.pollAfterMs : 0;
      expect(waited).toBeGreaterThanOrEqual(pollAfterMs - 100);
      expect(waited).toBeLessThanOrEqual(pollAfterMs + 100);
    }
  });

  test("a feed that never begins is cancelled, so that its old numbers never come", async () => {
    const { rig, session } = await start();
    rig.inject(feedAt("IN_QUEUE", 46 * 60_000));
    rig.inject({ status: 200, body: "" });
    const progress = await session.pollBulk?.(handle, writes, signal());
    const unavailable = { ok: false, fault: { kind: "unavailable", code: "CANCELLED" } };
    expect(progress).toMatchObject({ ok: true, done: true, results: [unavailable, unavailable] });
    // It began in the meantime: the next look says what became of it.
    rig.inject(feedAt("IN_QUEUE", 46 * 60_000));
    rig.inject({ status: 400, body: errors("InvalidInput") });
    expect(await session.pollBulk?.(handle, writes, signal())).toMatchObject({ done: false });
  });

  test.each(["FATAL", "CANCELLED"])(
    "a feed that ends %s has every listing written again",
    async (status) => {
      const { rig, session } = await start();
      rig.inject(feedAt(status, 1_000));
      const progress = await session.pollBulk?.(handle, writes, signal());
      const unavailable = { ok: false, fault: { kind: "unavailable" } };
      expect(progress).toMatchObject({ ok: true, done: true, results: [unavailable, unavailable] });
    },
  );

  test("a report that names no listing of an error, or too few, is never a success", async () => {
    const { rig, session } = await start();
    const done = feedAt("DONE", 1_000, { resultFeedDocumentId: "d" });
    const refused = { messageId: 1, code: "90220", severity: "ERROR", message: "No." };
    const ofFeed = { code: "BAD_REQUEST", severity: "ERROR", message: "Not a feed." };
    const warning = { messageId: 2, severity: "WARNING", message: "Hm." };
    const noMerge = { messageId: 2, severity: "ERROR", message: "Operation merge is unsupported." };
    const cases: [unknown[], number, unknown[]][] = [
      [[refused, warning], 1, [{ fault: { kind: "rejected", code: "90220" } }, { ok: true }]],
      [[refused], 0, [{ fault: { kind: "rejected" } }, { fault: { kind: "unexpected" } }]],
      [[ofFeed], 0, [{ fault: { kind: "rejected" } }, { fault: { kind: "rejected" } }]],
      [[noMerge], 1, [{ ok: true }, { fault: { kind: "unexpected" } }]],
    ];
    for (const [issues, accepted, results] of cases) {
      rig.inject(done);
      rig.inject(place);
      rig.inject(report(issues, accepted));
      const progress = await session.pollBulk?.(handle, writes, signal());
      expect(progress).toMatchObject({ ok: true, done: true, results });
    }
    rig.inject(done);
    rig.inject(place);
    rig.inject({ status: 200, body: "<html>" });
    const unreadable = { fault: { kind: "unexpected" } };
    expect(await session.pollBulk?.(handle, writes, signal())).toMatchObject({
      done: true,
      results: [unreadable, unreadable],
    });
  });

  test("a handle that is none of ours is a fault", async () => {
    const { session } = await start();
    expect(await session.pollBulk?.("{}", writes, signal())).toMatchObject({
      ok: false,
      fault: { kind: "unexpected" },
    });
  });

  test("nothing is handed in when a look fails, and when there is nothing to write", async () => {
    const { rig, session } = await start();
    rig.inject({ status: 503, body: errors("ServiceUnavailable") });
    expect(await session.startBulk?.([writeOf("NEW-1", 1)], signal())).toMatchObject({
      fault: { kind: "unavailable" },
    });
    expect(await session.startBulk?.([writeOf("NEW-2", 1)], signal())).toMatchObject({
      fault: { kind: "rejected" },
    });
    const many = Array.from({ length: 300 }, (_, index) => writeOf(`NEW ${index}`, 1));
    const refused = await session.startBulk?.([...writes, ...many], signal());
    expect(refused).toMatchObject({ ok: false, fault: { kind: "rejected" } });
    expect(calls(rig, "POST", "/feeds/")).toHaveLength(0);
  });
});

describe("amazon's import, beyond the contract", () => {
  const header = "item-name\tseller-sku\tprice\tquantity\tfulfillment-channel\tstatus\n";
  const row = (sku: string) => `Mug\t${sku}\t12.50\t3\tDEFAULT\tActive\n`;
  const json = (body: unknown) => ({ status: 200, body: JSON.stringify(body) });
  const reportAt = (processingStatus: string, more = {}) =>
    json({ reportId: "1", processingStatus, createdTime: "2026-01-01T00:00:00Z", ...more });
  const awaiting = JSON.stringify({ report: "1", tries: 1 });
  const place = json({ url: "http://127.0.0.1:9/report" });
  const done = { reportDocumentId: "d" };

  test("a report that is cancelled is taken from the last hours, or there are no listings", async () => {
    const { rig, session } = await start();
    const older = { reportId: "0", processingStatus: "DONE", createdTime: "2026-01-01T00:00:00Z" };
    rig.inject(reportAt("CANCELLED"));
    rig.inject(json({ reports: [{ ...older, ...done }] }));
    rig.inject(place);
    rig.inject({ status: 200, body: `${header}${row("A")}${row("B")}` });
    const page = await session.listListings?.(awaiting, signal());
    expect(page).toMatchObject({ ok: true, cursor: null, listings: [{ sku: "A" }, { sku: "B" }] });

    rig.inject(reportAt("CANCELLED"));
    rig.inject(json({ reports: [] }));
    rig.inject(json({ items: [] }));
    expect(await session.listListings?.(awaiting, signal())).toEqual({
      ...{ ok: true, listings: [], cursor: null, total: 0 },
    });

    rig.inject(reportAt("CANCELLED"));
    rig.inject(json({ reports: [] }));
    rig.inject(json({ items: [{ sku: "A" }] }));
    expect(await session.listListings?.(awaiting, signal())).toMatchObject({
      fault: { kind: "unavailable", code: "CANCELLED" },
    });
  });

  test("a report that fails is asked for once more, not again and again", async () => {
    const { rig, session } = await start();
    rig.inject(reportAt("FATAL"));
    rig.inject({ status: 202, body: JSON.stringify({ reportId: "2" }) });
    const again = await session.listListings?.(awaiting, signal());
    expect(again).toMatchObject({ ok: true, listings: [] });
    if (!again?.ok) throw new Error("unreachable");
    expect(again.waitMs).toBeGreaterThan(0);
    rig.inject(reportAt("FATAL"));
    expect(await session.listListings?.(again.cursor, signal())).toMatchObject({
      fault: { kind: "unavailable", code: "FATAL" },
    });
  });

  test("an address that ended is asked for again in the middle of a report", async () => {
    const { rig, session } = await start();
    rig.inject(reportAt("DONE", done));
    rig.inject(place);
    rig.inject({ status: 403, body: "<Error><Code>AccessDenied</Code></Error>" });
    rig.inject(place);
    rig.inject({ status: 200, body: `${header}${row("A")}` });
    expect(await session.listListings?.(awaiting, signal())).toMatchObject({
      listings: [{ sku: "A", quantity: 3, price: { minor: 1_250, currency: "USD" } }],
    });
    rig.inject(reportAt("DONE", done));
    rig.inject(place);
    rig.inject({ status: 403, body: "" });
    rig.inject(place);
    rig.inject({ status: 403, body: "" });
    const refused = await session.listListings?.(awaiting, signal());
    // Never `unauthorised`: the connection is as good as before.
    expect(refused).toMatchObject({ ok: false, fault: { kind: "unavailable" } });
    expect(JSON.stringify(refused)).not.toContain("127.0.0.1");
  });

  test("a table without SKUs is no empty import", async () => {
    const { rig, session } = await start();
    for (const body of ["", "<html>", "sku\tprice\n"]) {
      rig.inject(reportAt("DONE", done));
      rig.inject(place);
      rig.inject({ status: 200, body });
      expect(await session.listListings?.(awaiting, signal())).toMatchObject({
        fault: { kind: "unexpected" },
      });
    }
  });

  test("100,000 listings come in pages, packed, and another process goes on in the middle", async () => {
    const amazon = await startPlatform(platform, { skus: 100_000 });
    open.push(amazon);
    const startedAt = performance.now();
    const rig = createRig(channel, amazon);
    let cursor: string | null = null;
    let middle: string | null = null;
    let count = 0;
    for (let pages = 0; pages < 200; pages += 1) {
      const page = await must(rig.session.listListings)(cursor, signal());
      if (!page.ok) throw new Error(page.fault.message);
      count += page.listings.length;
      if (page.cursor === null) break;
      ({ cursor } = page);
      if (count >= 50_000) middle ??= cursor;
      if (page.waitMs) await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(count).toBe(100_001);
    expect(performance.now() - startedAt).toBeLessThan(30_000);
    // One address for all pages: it may be asked for once a minute only.
    expect(calls(rig, "GET", "/reports/2021-06-30/documents/")).toHaveLength(1);
    const elsewhere = await importAll(createRig(channel, amazon).session, `${middle ?? ""} `);
    expect(elsewhere).toHaveLength(50_001);
  });
});

describe("amazon's orders and messages, beyond the contract", () => {
  test("an order comes out of the queue, the poll and the fetch as the same snapshot", async () => {
    const { amazon, session } = await start();
    const { control } = amazon.sandbox;
    const placed = control.order({ channel: "amazon", sku: "TEE-001-S", quantity: 2 });
    if (!placed.accepted) throw new Error("the order was refused");
    const messages = (await session.receiveMessages?.(signal())) ?? [];
    expect(messages).toMatchObject([{ topic: "ORDER_CHANGE", accountId: demoAccounts.amazon }]);
    await session.deleteMessages?.(messages);

    const [fact] = messages.flatMap((message) => channel.parseEvent(message));
    const page = await session.listChangedOrders?.(null, signal());
    const fetched = await session.fetchOrders?.([placed.orderId, "111-0000000-0000000"], signal());
    if (fact?.kind !== "order" || !page?.ok || !fetched?.ok) throw new Error("no order");
    expect(fact.order).toMatchObject({ orderId: placed.orderId, lines: [{ quantity: 2 }] });
    expect(page.orders).toEqual([fact.order]);
    expect(fetched.orders).toEqual([fact.order]);

    const next = await session.listChangedOrders?.(page.cursor, signal());
    expect(next).toMatchObject({ ok: true, more: false });

    control.cancel({ channel: "amazon", orderId: placed.orderId });
    const cancelled = (await session.receiveMessages?.(signal())) ?? [];
    const facts = cancelled.flatMap((message) => channel.parseEvent(message));
    expect(facts).toMatchObject([
      { kind: "order", order: { orderId: placed.orderId, cancelled: true } },
    ]);
    const seen = await session.fetchOrders?.([placed.orderId], signal());
    expect(facts).toMatchObject([{ order: seen?.ok ? seen.orders[0] : null }]);
  });

  test("an order's state is asked for: without it no cancel would ever be seen", async () => {
    const { rig, session } = await start();
    await session.listChangedOrders?.(null, signal());
    await session.fetchOrders?.(["1"], signal());
    for (const { url } of calls(rig, "GET", "/orders/2026-01-01/")) {
      expect(new URL(url).searchParams.get("includedData")).toBe("FULFILLMENT,CANCELLATION");
    }
  });

  test("orders of the seller's other marketplaces, and those Amazon ships, are left out", async () => {
    const { rig, session } = await start();
    const order = (orderId: string, marketplaceId: string, fulfilledBy = "MERCHANT") => ({
      orderId,
      createdTime: "2026-01-01T00:00:00Z",
      lastUpdatedTime: "2026-01-01T00:00:00Z",
      salesChannel: { channelName: "AMAZON", marketplaceId },
      fulfillment: { fulfillmentStatus: "PENDING", fulfilledBy },
      orderItems: [{ orderItemId: "1", quantityOrdered: 1, product: { sellerSku: "A" } }],
    });
    const us = demoAccounts.amazonMarketplace;
    const canada = "A2EUQ1WTGCTBG2";
    const orders = [order("1", us), order("2", canada), order("3", us, "AMAZON")];
    rig.inject({ status: 200, body: JSON.stringify({ orders }) });
    const page = await session.listChangedOrders?.(null, signal());
    expect(page?.ok && page.orders.map(({ orderId }) => orderId)).toEqual(["1"]);
    for (const each of orders) rig.inject({ status: 200, body: JSON.stringify({ order: each }) });
    const fetched = await session.fetchOrders?.(["1", "2", "3"], signal());
    expect(fetched?.ok && fetched.orders.map(({ orderId }) => orderId)).toEqual(["1"]);
  });

  test("a page token that ended begins the run again, and loses nothing", async () => {
    const { rig, session } = await start();
    const order = {
      ...{ orderId: "1", createdTime: "2026-01-01T00:00:00Z", orderItems: [] },
      lastUpdatedTime: new Date().toISOString(),
    };
    const pagination = { nextToken: "t" };
    rig.inject({ status: 200, body: JSON.stringify({ orders: [order], pagination }) });
    const first = await session.listChangedOrders?.(null, signal());
    if (!first?.ok) throw new Error("no page");
    rig.inject({ status: 400, body: errors("InvalidInput") });
    const second = await session.listChangedOrders?.(first.cursor, signal());
    if (!second?.ok) throw new Error("no page");
    expect(second).toMatchObject({ orders: [], more: false });
    expect(JSON.parse(second.cursor)).toMatchObject({
      ...{ since: JSON.parse(first.cursor).since, after: null },
    });
    rig.inject({ status: 400, body: errors("InvalidInput") });
    expect(await session.listChangedOrders?.(second.cursor, signal())).toMatchObject({ ok: false });
  });

  test("a wait for messages ends at once when it is cut off", async () => {
    const { session } = await start();
    const stop = new AbortController();
    const waiting = session.receiveMessages?.(stop.signal);
    setTimeout(() => {
      stop.abort();
    }, 50);
    expect(await waiting).toEqual([]);
  });

  test("a number changed by hand at Amazon is a hint to read it, of the SKU alone", async () => {
    const { amazon, session } = await start();
    const door = { url: "", secret: "" };
    await session.setUpEvents?.(door, signal());
    amazon.sandbox.control.setShown({ channel: "amazon", sku: "TEE-001-S", quantity: 5 });
    const messages = (await session.receiveMessages?.(signal())) ?? [];
    expect(messages).toMatchObject([{ accountId: demoAccounts.amazon }]);
    expect(messages.flatMap((message) => channel.parseEvent(message))).toEqual([
      { kind: "level-hint", match: { sku: "TEE-001-S" } },
    ]);
  });

  test("consent withdrawn is revoked, not an outage", async () => {
    const { amazon, session } = await start();
    amazon.sandbox.control.setFaults({ channel: "amazon", consentRevoked: true });
    const [read] = await session.readListings(amazon.listings.slice(0, 1), signal());
    expect(read).toMatchObject({ ok: false, fault: { kind: "revoked", code: "invalid_grant" } });
  });
});

describe("amazon's subscriptions, beyond the contract", () => {
  const door = { url: "", secret: "" };
  const topics = [
    "ORDER_CHANGE",
    "LISTINGS_ITEM_MFN_QUANTITY_CHANGE",
    "LISTINGS_ITEM_STATUS_CHANGE",
    "LISTINGS_ITEM_ISSUES_CHANGE",
    "ACCOUNT_STATUS_CHANGED",
  ];
  const destination = { destinationId: "d", resource: { sqs: { arn: "other" } }, name: "x" };

  test("a subscription that points to another queue is made anew", async () => {
    const { amazon, rig, session } = await start();
    await session.setUpEvents?.(door, signal());
    const elsewhere = `${amazon.sandbox.url}/amazon/sqs/000000000000/second`;
    const variables = { ...amazon.variables, AMAZON_SQS_QUEUE_URL: elsewhere };
    const second = createRig(channel, { ...amazon, variables }, { tokens: rig.tokens });
    const first = await second.session.setUpEvents?.(door, signal());
    expect(first).toEqual({ ok: true, topics });
    expect(calls(second, "DELETE", "/subscriptions/")).toHaveLength(topics.length);
    expect(bodyOf(second, "POST", "/destinations")).toMatchObject({
      resourceSpecification: { sqs: { arn: "arn:aws:sqs:us-east-1:000000000000:second" } },
    });
    const before = second.calls();
    expect(await second.session.setUpEvents?.(door, signal())).toEqual(first);
    expect(second.calls() - before).toBe(1 + topics.length);
  });

  test("what another process made in the meantime is no mistake", async () => {
    const { rig, session } = await start();
    const json = (body: unknown, status = 200) => ({ status, body: JSON.stringify(body) });
    const conflict = { status: 409, body: errors("Conflict") };
    const missing = { status: 404, body: errors("NotFound") };
    rig.inject("pass"); // the app's own token
    rig.inject(json({ payload: [destination] }));
    rig.inject(conflict);
    const arn = "arn:aws:sqs:us-east-1:000000000000:lockstep";
    rig.inject(json({ payload: [{ ...destination, resource: { sqs: { arn } } }] }));
    for (const _ of topics) {
      rig.inject(missing);
      rig.inject(conflict);
    }
    expect(await session.setUpEvents?.(door, signal())).toEqual({ ok: true, topics });
  });

  test("a topic that the app has no role for is left out and told; orders must stand", async () => {
    const { rig, session } = await start();
    const [needed, ...others] = topics;
    const denied = { status: 403, body: errors("Unauthorized") };
    rig.inject("pass");
    rig.inject("pass");
    rig.inject("pass");
    for (const _ of others) {
      rig.inject(denied);
      rig.inject("pass"); // a fresh token
      rig.inject(denied);
    }
    const setup = await session.setUpEvents?.(door, signal());
    expect(setup).toMatchObject({ ok: true, topics: [needed] });
    expect(setup?.ok && setup.todo).toContain("ACCOUNT_STATUS_CHANGED");

    rig.inject("pass");
    rig.inject({ status: 400, body: errors("InvalidInput") });
    expect(await session.setUpEvents?.(door, signal())).toMatchObject({ ok: false });
    rig.inject("pass");
    rig.inject("pass");
    rig.inject({ status: 503, body: errors("ServiceUnavailable") });
    expect(await session.setUpEvents?.(door, signal())).toMatchObject({
      fault: { kind: "unavailable" },
    });
  });
});

describe("amazon's sign-in, beyond the contract", () => {
  const { connect } = channel;
  const request = (values: Record<string, string>) => ({
    ...{ state: "s", redirectUrl: "https://app.example/back", handOverUrl: "", values },
    codeVerifier: "",
  });
  const appOf = (more: Record<string, string>) =>
    channel.app.parse({
      AMAZON_LWA_CLIENT_ID: "id",
      AMAZON_LWA_CLIENT_SECRET: "secret",
      AMAZON_SQS_QUEUE_URL: "https://sqs.us-east-1.amazonaws.com/1/q",
      AMAZON_SQS_ACCESS_KEY_ID: "key",
      AMAZON_SQS_SECRET_ACCESS_KEY: "secret",
      ...more,
    });
  const app = appOf({ AMAZON_APPLICATION_ID: "amzn1.sp.solution.1" });
  const pageOf = (values: Record<string, string>, own: unknown = app) =>
    new URL(must(connect?.authorizeUrl)(request(values), own));

  test.each([
    [{ region: "na" }, "sellercentral.amazon.com"],
    [{ region: "eu" }, "sellercentral-europe.amazon.com"],
    [{ region: "fe" }, "sellercentral.amazon.co.jp"],
    [{ region: "fe", country: "AU" }, "sellercentral.amazon.com.au"],
    [{ region: "eu", country: "DE" }, "sellercentral-europe.amazon.com"],
    [{ region: "eu", country: "IN" }, "sellercentral.amazon.in"],
  ])("%j consents at %s", (values, host) => {
    const page = pageOf(values);
    expect(page.host).toBe(host);
    expect(page.pathname).toBe("/apps/authorize/consent");
    expect(Object.fromEntries(page.searchParams)).toEqual({
      application_id: "amzn1.sp.solution.1",
      state: "s",
      redirect_uri: "https://app.example/back",
    });
  });

  test("a draft says so, and an own address is used for every region", () => {
    const draft = appOf({
      AMAZON_APPLICATION_ID: "1",
      AMAZON_APPLICATION_DRAFT: "yes",
      AMAZON_CONSENT_URL: "http://127.0.0.1:9/consent/",
    });
    const page = pageOf({ region: "eu", country: "" }, draft);
    expect(page.href).toMatch(/^http:\/\/127\.0\.0\.1:9\/consent\?/);
    expect(page.searchParams.get("version")).toBe("beta");
  });

  test.each([
    [{}, app, /where you sell/],
    [{ region: "mars" }, app, /where you sell/],
    [{ region: "na", country: "JP" }, app, /another region/],
    [{ region: "na" }, appOf({}), /AMAZON_APPLICATION_ID/],
  ])("%j is refused in words", (values, own, words) => {
    expect(() => pageOf(values, own)).toThrow(words);
  });

  test("each region has its own address, or the one that is given", () => {
    const urls = (more: Record<string, string>) =>
      (appOf(more) as { apiUrls: Record<string, string> }).apiUrls;
    expect(urls({})).toEqual({
      na: "https://sellingpartnerapi-na.amazon.com",
      eu: "https://sellingpartnerapi-eu.amazon.com",
      fe: "https://sellingpartnerapi-fe.amazon.com",
    });
    const AMAZON_SP_API_URL = "http://a/";
    expect(urls({ AMAZON_SP_API_URL, AMAZON_SP_API_URL_EU: "http://b" })).toEqual({
      ...{ na: "http://a", eu: "http://b", fe: "http://a" },
    });
  });

  async function completed(payload: unknown, returned?: Record<string, string>) {
    const { rig } = await start();
    const tokens = { access_token: "Atza|x", refresh_token: "Atzr|y", expires_in: 3_600 };
    rig.inject({ status: 200, body: JSON.stringify(tokens) });
    rig.inject({ status: 200, body: JSON.stringify({ payload }) });
    const { http, now, app: own } = rig.context;
    const grant = {
      ...{ values: { region: "na" }, redirectUrl: "https://app.example/back", codeVerifier: "" },
      returned: returned ?? { spapi_oauth_code: "c", selling_partner_id: "S1", state: "s" },
    };
    return await must(connect).complete(grant, { app: own, http, now, signal: signal() });
  }

  test("every store the seller takes part in is an account; shadow stores are none", async () => {
    const row = (id: string, domainName: string, more = {}) => ({
      marketplace: { id, name: domainName, countryCode: "US", domainName },
      participation: { isParticipating: true, hasSuspendedListings: false, ...more },
    });
    const accounts = await completed([
      row("ATVPDKIKX0DER", "www.amazon.com"),
      row("A2EUQ1WTGCTBG2", "www.amazon.ca", { hasSuspendedListings: true }),
      row("A1AM78C64UM0Y8", "www.amazon.com.mx", { isParticipating: false }),
      row("A1F83G8C2ARO7P", "www.amazon.co.uk"),
      row("A1MQXOICRS2Z7M", "siprod.stores.amazon.com"),
      row("ANEWONE", "www.amazon.cl"),
    ]);
    const secrets = { refreshToken: "Atzr|y" };
    expect(accounts).toMatchObject([
      {
        accountId: "S1",
        marketplace: "ATVPDKIKX0DER",
        label: "Amazon US, seller S1",
        settings: { marketplaceId: "ATVPDKIKX0DER", region: "na" },
        secrets,
      },
      { marketplace: "A2EUQ1WTGCTBG2", warnings: [expect.stringContaining("inactive")], secrets },
      { marketplace: "ANEWONE", secrets },
    ]);
    expect(accounts[0].warnings).toBeUndefined();
  });

  test("no store, no code, and another shape are faults", async () => {
    await expect(completed([])).rejects.toMatchObject({ fault: { kind: "rejected" } });
    const denied = { error: "access_denied", state: "s" };
    await expect(completed([], denied)).rejects.toMatchObject({
      fault: { kind: "rejected", message: "Amazon did not give access. It said: access_denied" },
    });
    await expect(completed("odd")).rejects.toMatchObject({ fault: { kind: "unexpected" } });
  });
});

describe("amazon's shipments and health, beyond the contract", () => {
  function placedAt(amazon: ScenarioPlatform, quantity: number) {
    const order = { channel: "amazon", sku: "TEE-001-S", quantity };
    const placed = amazon.sandbox.control.order(order);
    if (!placed.accepted) throw new Error("the order was refused");
    return placed;
  }

  async function shipmentOf({ amazon, session }: World, quantity: number) {
    const { orderId } = placedAt(amazon, quantity);
    const fetched = await session.fetchOrders?.([orderId], signal());
    const lineId = fetched?.ok ? (fetched.orders[0]?.lines[0]?.lineId ?? "") : "";
    return {
      ...{ shipmentId: "s", orderId, parcelNumber: 1, lines: [{ lineId, quantity: 1 }] },
      ...({ carrier: "royal-mail", carrierName: "Royal Mail", trackingUrl: null } as const),
      trackingNumber: "RM 123 GB",
      shippedAt: new Date().toISOString(),
    };
  }

  test("a number that another parcel has is not taken over, and blanks make no new parcel", async () => {
    const world = await start();
    const { amazon, session } = world;
    const byHand = await shipmentOf(world, 3);
    const done = { ok: true, already: false };
    const told = { ok: true, already: true };
    expect(await session.sendShipment?.(byHand, signal())).toEqual(done);
    const again = { ...byHand, trackingNumber: "rm123gb" };
    expect(await session.sendShipment?.(again, signal())).toEqual(told);
    const ours = { ...byHand, shipmentId: "t", trackingNumber: "RM 999 GB" };
    expect(await session.sendShipment?.(ours, signal())).toEqual(done);
    expect(await session.sendShipment?.(ours, signal())).toEqual(told);
    const parcels = amazon.sandbox.platform("amazon").shipments(byHand.orderId);
    expect(parcels).toMatchObject([
      { trackingNumber: "RM 123 GB", carrier: "Royal Mail" },
      { trackingNumber: "RM 999 GB" },
    ]);
  });

  test("a parcel is never sent into the future or before its order, whatever the clocks say", async () => {
    const world = await start();
    const { amazon, rig, session } = world;
    const shipped = async (shippedAt: string) => {
      const shipment = { ...(await shipmentOf(world, 1)), shippedAt };
      expect(await session.sendShipment?.(shipment, signal())).toMatchObject({ ok: true });
      return Date.parse(bodyOf(rig, "POST", "/shipmentConfirmation").packageDetail.shipDate);
    };
    expect(await shipped("2099-01-01T00:00:00Z")).toBeLessThanOrEqual(Date.now());
    expect(await shipped("2020-01-01T00:00:00Z")).toBeGreaterThan(Date.now() - 10_000);
    for (const clockSkewMs of [300_000, -300_000]) {
      amazon.sandbox.control.setFaults({ channel: "amazon", clockSkewMs });
      await shipped(new Date().toISOString());
    }
  });

  test("more units than are left, and a cancelled order, are refused in Amazon's words", async () => {
    const world = await start();
    const shipment = await shipmentOf(world, 1);
    const [line] = shipment.lines;
    const tooMany = { ...shipment, lines: [{ lineId: line?.lineId ?? "", quantity: 2 }] };
    const { session, amazon } = world;
    expect(await session.sendShipment?.(tooMany, signal())).toMatchObject({
      fault: { kind: "rejected", message: expect.stringContaining("left to ship") },
    });
    amazon.sandbox.control.cancel({ channel: "amazon", orderId: shipment.orderId });
    expect(await session.sendShipment?.(shipment, signal())).toMatchObject({
      fault: { kind: "rejected", message: expect.stringContaining("cancelled") },
    });
  });

  const report = (status: string, ageH: number, more = {}) => ({
    ...{ reportId: "1", reportType: "GET_V2_SELLER_PERFORMANCE_REPORT", processingStatus: status },
    createdTime: new Date(Date.now() - ageH * 3_600_000).toISOString(),
    ...more,
  });
  const asked = (rig: Rig) => calls(rig, "POST", "/reports/2021-06-30/reports").length;

  test("health shows the newest report, and asks for the next one a day later", async () => {
    const { rig, session } = await start();
    const health = await session.readAccountHealth?.(signal());
    // The standing report is a day old: the next one is asked for, and this one is shown.
    expect(health).toMatchObject({ ok: true, standing: "at-risk" });
    expect(asked(rig)).toBe(1);
    await session.readAccountHealth?.(signal());
    expect(asked(rig)).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 250));
    const fresh = await session.readAccountHealth?.(signal());
    expect(asked(rig)).toBe(1);
    if (!fresh?.ok || !health?.ok) throw new Error("no health");
    expect(Date.parse(fresh.asOf ?? "")).toBeGreaterThan(Date.parse(health.asOf ?? ""));
    expect(fresh.metrics.find(({ name }) => name === "validTrackingRate")).toEqual({
      ...{ name: "validTrackingRate", label: "Parcels without valid tracking", unit: "share" },
      ...{ value: 0.022, limit: 0.05 },
    });
  });

  test("the first report takes minutes: that is said, and never waited for", async () => {
    const { rig, session } = await start();
    const none = { status: 200, body: JSON.stringify({ reports: [] }) };
    const queued = { status: 200, body: JSON.stringify({ reports: [report("IN_QUEUE", 0)] }) };
    const unavailable = { ok: false, fault: { kind: "unavailable", retryAfterMs: 300_000 } };
    rig.inject(none);
    expect(await session.readAccountHealth?.(signal())).toMatchObject(unavailable);
    expect(asked(rig)).toBe(1);
    rig.inject(queued);
    expect(await session.readAccountHealth?.(signal())).toMatchObject(unavailable);
    expect(asked(rig)).toBe(1);
    // One that never ended is not waited for.
    rig.inject({ status: 200, body: JSON.stringify({ reports: [report("IN_PROGRESS", 30)] }) });
    await session.readAccountHealth?.(signal());
    expect(asked(rig)).toBe(2);
    rig.inject(none);
    rig.inject({ status: 429, body: errors("QuotaExceeded") });
    expect(await session.readAccountHealth?.(signal())).toMatchObject({
      fault: { kind: "rate-limited" },
    });
  });
});

/** One of Amazon's JSON Schemas, without those it refers to by address; null where ../shared is absent. */
function schemaCheck(
  file: string,
  amend: (schema: Record<string, unknown>) => void = () => undefined,
) {
  const text = specText(`amazon/${file}`);
  if (text === null) return null;
  const schema = JSON.parse(text.replaceAll('"$id"', '"$anchorless"')) as Record<string, unknown>;
  // draft-07, which is what Ajv takes anyway, written in several ways.
  delete schema["$schema"];
  amend(schema);
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
  return (value: unknown) => (validate(value) ? [] : (validate.errors ?? []));
}

describe.skipIf(specText("amazon/feeds/listings-feed-schema-v2.json") === null)(
  "what is written is as Amazon's JSON Schemas say",
  () => {
    test("a feed's messages, and the sandbox's report about them", async () => {
      const { rig, session } = await start();
      const writes = [writeOf("TEE-001-S", 3), writeOf("TEE-001-M", -1)];
      expect(await bulkDone(session, writes)).toMatchObject([{ ok: true }, { ok: false }]);
      const feed = bodyOf(rig, "PUT", "/documents/");
      expect(feed.header).toMatchObject({ sellerId: demoAccounts.amazon, version: "2.0" });
      const message = schemaCheck("feeds/listings-feed-message-schema-v2.json");
      for (const one of feed.messages) expect(message?.(one)).toEqual([]);
      const [place] = calls(rig, "GET", "/feeds/2021-06-30/documents/");
      const { url } = JSON.parse(place?.responseBody ?? "") as { url: string };
      const packed = Buffer.from(await (await fetch(url)).arrayBuffer());
      const report: unknown = JSON.parse(gunzipSync(packed).toString());
      const check = schemaCheck("feeds/listings-feed-processing-report-schema-v2.json");
      expect(check?.(report)).toEqual([]);
    });

    test("the sandbox's notifications", async () => {
      const { amazon, session } = await start();
      const { control } = amazon.sandbox;
      await session.setUpEvents?.({ url: "", secret: "" }, signal());
      const placed = control.order({ channel: "amazon", sku: "TEE-001-S", quantity: 2 });
      control.cancel({ channel: "amazon", orderId: placed.accepted ? placed.orderId : "" });
      control.setShown({ channel: "amazon", sku: "TEE-001-S", quantity: 5 });
      const messages = (await session.receiveMessages?.(signal())) ?? [];
      expect(messages.map(({ topic }) => topic)).toEqual([
        "ORDER_CHANGE",
        "ORDER_CHANGE",
        "LISTINGS_ITEM_MFN_QUANTITY_CHANGE",
      ]);
      const order = schemaCheck("notifications/OrderChangeNotification.json");
      const quantity = schemaCheck("notifications/ListingsItemMfnQuantityChange.json");
      for (const { topic, payload } of messages) {
        const check = topic === "ORDER_CHANGE" ? order : quantity;
        expect(check?.(JSON.parse(payload))).toEqual([]);
      }
    });

    test("the sandbox's account health report", async () => {
      const { rig, session } = await start();
      await session.readAccountHealth?.(signal());
      const [place] = calls(rig, "GET", "/reports/2021-06-30/documents/");
      const { url } = JSON.parse(place?.responseBody ?? "") as { url: string };
      const packed = Buffer.from(await (await fetch(url)).arrayBuffer());
      const report: unknown = JSON.parse(gunzipSync(packed).toString());
      expect(schemaCheck("feeds/accountHealthReport-2020-11-18.json")?.(report)).toEqual([]);
    });
  },
);
