import { createHash, randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { otherLocation, mainLocation } from "#sandbox/flipkart/demo.ts";
import platform from "#sandbox/flipkart/index.ts";
import { describeChannel } from "#tests/conformance/describe-channel.ts";
import { pollAll, unitsOf } from "#tests/conformance/orders.ts";
import {
  groundOf,
  kindOf,
  listingsAt,
  neverAborted,
  placed,
  shownOf,
  unknownOf,
  writeOf,
} from "#tests/conformance/ground.ts";
import { openApiCheck } from "#tests/conformance/openapi.ts";
import { createRig, type ChannelScenario } from "#tests/conformance/rig.ts";
import type { Channel, EventDoor, OrdersPage, Shipment, WebhookRequest } from "../contract.ts";
import flipkart from "./index.ts";

/** The desk does what people do by hand at Flipkart. */
async function atDesk(apiUrl: string, what: string, body: unknown): Promise<void> {
  const answer = await fetch(`${apiUrl}/desk/${what}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBe(200);
}

/** The channel together with the person who has the address registered: Flipkart has no call for that. */
const channel: Channel = {
  ...flipkart,
  open(context) {
    const session = flipkart.open(context);
    const { FLIPKART_API_URL: apiUrl } = context.app as { readonly FLIPKART_API_URL: string };
    return {
      ...session,
      async setUpEvents(door, signal) {
        const setup = await session.setUpEvents?.(door, signal);
        if (!setup) throw new Error("the power is there");
        await atDesk(apiUrl, "notification-url", { url: door.url });
        // The suite wants to see a call in each of its blocks; the merchant opens the listings page.
        await session.listListings?.(null, signal);
        return setup;
      },
    };
  },
};

type Json = Record<string, unknown>;

/** The node of a document at a path of keys. */
function at(document: Json, ...keys: readonly string[]): Json {
  return keys.reduce((node, key) => node[key] as Json, document);
}

/** Where the document contradicts Flipkart's own manual and samples (channels.md 9). */
function amend(document: Json): void {
  const json = ["content", "application/json", "schema"];
  const search = at(document, "paths", "/sellers/listings/v3/search", "post");
  // "Provide null as the page_id when retrieving the first page."
  at(search, "requestBody", ...json, "properties", "page_id")["nullable"] = true;
  // Listings of a page are a list.
  const answer = at(search, "responses", "200", ...json, "properties");
  answer["listings"] = { type: "array", items: answer["listings"] };
  // The official sample and the manual write no status.
  const inventory = at(document, "paths", "/sellers/listings/v3/update/inventory", "post");
  const row = at(inventory, "requestBody", ...json, "additionalProperties", "properties");
  at(row, "locations", "items")["required"] = ["id"];
}

const deliveryBody = JSON.stringify({
  eventType: "shipment_created",
  source: "flipkart",
  version: "v3",
  timestamp: "2026-03-28T18:03:01+05:30",
  shipmentId: "d133588f-b0ac-443b-99b4-7ac8648a0f89",
  attributes: {},
});

function signedHeaders(
  variables: Readonly<Record<string, string>>,
  url: string,
  time = new Date(),
): Record<string, string> {
  const appId = variables["FLIPKART_APP_ID"] ?? "";
  const secret = variables["FLIPKART_APP_SECRET"] ?? "";
  const text = `${Math.floor(time.getTime() / 1_000)}${url}POST${secret}`;
  const digest = createHash("sha1").update(text).digest("hex");
  return {
    x_date: time.toUTCString(),
    x_authorization: `FKLOGIN ${Buffer.from(`${appId}:${digest}`).toString("base64")}`,
  };
}

const failure = (description: string) => ({
  status: "FAILURE",
  errors: [{ severity: "ERROR", code: 7, description }],
  attribute_errors: [],
});
const bothFail = (description: string) => ({
  status: 200,
  body: JSON.stringify({
    "TEE-001-S": failure(description),
    "TEE-001-M": failure(description),
  }),
});

const scenario: ChannelScenario = {
  folder: import.meta.dirname,
  platform,
  signsInWith: "tokens",
  topics: ["shipment_created", "shipment_cancelled", "return_created", "return_completed"],
  unknownListing: { sku: "GONE", productId: "MOBFDG3VACEXZEYZ", listingId: "LST0" },
  answers: {
    unauthorised: {
      status: 401,
      body: '{"error":"invalid_token","error_description":"Invalid access token: abc"}',
    },
    throttled: { status: 429, body: '{"error":"too_many_requests"}' },
    unavailable: {
      status: 500,
      body: '{"errorCode":"DEPENDENT_SYSTEM_CALL_FAILED","errorMessage":"Try later"}',
    },
    refusedWith200: [
      { name: "FAILURE", kind: "rejected", ...bothFail("The HSN is missing.") },
      {
        name: "FAILURE, not there",
        kind: "unknown-listing",
        ...bothFail("The SKU does not exist."),
      },
      { name: "FAILURE, FBF", kind: "unsupported", ...bothFail("FBF inventory is ours.") },
    ],
  },
  webhook: {
    accountId: null,
    bodyUnsigned: true,
    delivery: (variables, { url }) => ({
      rawBody: Buffer.from(deliveryBody),
      headers: signedHeaders(variables, url),
    }),
  },
  connect: { values: () => ({ locationIds: "" }) },
  shipsWholeOrders: true,
  spec: openApiCheck(
    [{ file: "flipkart/flipkart-seller-api-v3.openapi.json", prefix: "/flipkart", amend }],
    {
      undocumented: ["/flipkart/oauth-service", "/flipkart/sellers/locations"],
    },
  ),
};

describeChannel(channel, scenario);

describe("channel flipkart, beyond the contract", () => {
  const ground = groundOf(channel, scenario);
  const apiUrl = () => ground.platform.variables["FLIPKART_API_URL"] ?? "";

  async function platformCall(method: string, path: string, body: unknown): Promise<Json> {
    const token = ground.rig.tokens.seen().at(-1) ?? "";
    const answer = await fetch(`${apiUrl()}/sellers${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(200);
    return (await answer.json()) as Json;
  }

  /** An order that Flipkart's own carrier fetches, or of another location. */
  async function testOrder(options: Json, index = 6): Promise<string> {
    const listing = listingsAt(ground, index, 1)[0];
    const listingId = listing?.externalIds["listingId"] ?? "";
    const orderItems = [{ listingId, quantity: 2 }];
    const made = await platformCall("POST", "/orders/sandbox/test_orders", {
      shipmentType: "NORMAL",
      orderItems,
      ...options,
    });
    return String((made["orderItems"] as Json[])[0]?.["orderItemId"]);
  }

  async function orderWithItem(orderItemId: string, from: string | null = null) {
    const { orders } = await pollAll(ground.rig.session, from);
    return orders.findLast(({ lines }) => lines.some(({ lineId }) => lineId === orderItemId));
  }

  function parcelOf(orderId: string, lines: Shipment["lines"]): Shipment {
    return {
      shipmentId: randomUUID(),
      orderId,
      parcelNumber: 1,
      lines,
      carrier: "delhivery",
      carrierName: "Delhivery",
      trackingNumber: "DL123",
      trackingUrl: null,
      shippedAt: new Date().toISOString(),
    };
  }

  test("more than ten SKUs go in calls of ten, and the platform refuses eleven", async () => {
    const large = await groundOf.once(channel, scenario, { skus: 25 });
    const { rig, platform: running } = large;
    const before = rig.calls();
    const writes = running.listings.map((listing, index) => writeOf(listing, index, 0));
    expect(await rig.session.pushQuantities(writes, neverAborted())).toEqual(
      writes.map(() => ({ ok: true })),
    );
    expect(await shownOf(rig, running.listings)).toEqual(writes.map(({ quantity }) => quantity));
    // Two times three calls, and the one for the token.
    expect(rig.calls() - before).toBe(7);
    const eleven = running.skus.slice(0, 11).map(({ code }) => code);
    const token = rig.tokens.seen().at(-1) ?? "";
    const address = `${running.variables["FLIPKART_API_URL"]}/sellers/listings/v3/${eleven.join(",")}`;
    const refused = await fetch(address, { headers: { authorization: `Bearer ${token}` } });
    expect(refused.status).toBe(400);
    await large.close();
  });

  test("stock that Flipkart holds is imported as such and never written", async () => {
    const [target] = listingsAt(ground, 0, 1);
    await atDesk(apiUrl(), "listing", { sku: target?.sku, profile: "FBF" });
    const page = await ground.rig.session.listListings?.(null, neverAborted());
    if (!page?.ok || !target) throw new Error("no import");
    const imported = page.listings.find(({ sku }) => sku === target.sku);
    expect(imported).toMatchObject({ heldByChannel: true, externalIds: { heldBy: "FBF" } });
    const held = { ...target, externalIds: imported?.externalIds ?? {} };
    const calls = ground.rig.calls();
    const [pushed] = await ground.rig.session.pushQuantities([writeOf(held, 1, 0)], neverAborted());
    expect(kindOf(pushed)).toBe("unsupported");
    expect(ground.rig.calls()).toBe(calls);
    // An import from before it moved to Flipkart's warehouse is put right by the refusal.
    const [late] = await ground.rig.session.pushQuantities([writeOf(target, 1, 0)], neverAborted());
    expect(kindOf(late)).toBe("unsupported");
    await atDesk(apiUrl(), "listing", { sku: target.sku, profile: "NON_FBF" });
  });

  test("a listing that the seller paused is not put on sale by a number", async () => {
    const [target] = listingsAt(ground, 1, 1);
    if (!target) throw new Error("unreachable");
    const status = { [mainLocation]: "DISABLED" };
    await atDesk(apiUrl(), "listing", { sku: target.sku, status });
    const { session } = ground.rig;
    const pushed = await session.pushQuantities([writeOf(target, 9, 0)], neverAborted());
    expect(pushed).toEqual([{ ok: true }]);
    const [read] = await session.readListings([target], neverAborted());
    expect(read).toMatchObject({ ok: true, state: "ended", quantity: 0 });
    const relisted = await session.relistListings?.([writeOf(target, 4, 0)], neverAborted());
    expect(relisted).toEqual([{ ok: true }]);
    expect(await shownOf(ground.rig, [target])).toEqual([4]);
    await atDesk(apiUrl(), "listing", { sku: target.sku, listingStatus: "INACTIVE" });
    const [paused] = await session.readListings([target], neverAborted());
    expect(paused).toMatchObject({ ok: true, state: "inactive" });
    await atDesk(apiUrl(), "listing", { sku: target.sku, listingStatus: "ACTIVE" });
  });

  test("should Flipkart ask for a status, every location gets the one it has", async () => {
    const targets = listingsAt(ground, 2, 2);
    const [paused] = targets;
    await atDesk(apiUrl(), "listing", {
      sku: paused?.sku,
      status: { [mainLocation]: "DISABLED" },
    });
    const rig = ground.freshRig();
    rig.inject({ status: 400, body: '{"errors":[{"code":1,"description":"status is required"}]}' });
    const writes = targets.map((target, index) => writeOf(target, 15 + index, 0));
    const results = await rig.session.pushQuantities(writes, neverAborted());
    expect(results).toEqual([{ ok: true }, { ok: true }]);
    const sent = JSON.parse(rig.exchanges.at(-1)?.body ?? "{}") as Json;
    const statuses = targets.map(({ sku }) => at(sent, sku)["locations"] as Json[]);
    expect(statuses.map(([first]) => first?.["status"])).toEqual(["DISABLED", "ENABLED"]);
    await atDesk(apiUrl(), "listing", { sku: paused?.sku, status: { [mainLocation]: "ENABLED" } });
  });

  test("locations that are written as one show the number once", async () => {
    const [target] = listingsAt(ground, 3, 1);
    if (!target) throw new Error("unreachable");
    await atDesk(apiUrl(), "listing", { sku: target.sku, inventory: { [otherLocation]: 5 } });
    const { accountId, secrets } = ground.platform;
    const settings = { locationIds: [mainLocation, otherLocation] };
    const rig = createRig(channel, ground.platform, {
      tokens: ground.rig.tokens,
      account: { accountId, settings, secrets },
    });
    await rig.session.pushQuantities([writeOf(target, 12, 0)], neverAborted());
    expect(await shownOf(rig, [target])).toEqual([12]);
    expect(await shownOf(ground.rig, [target])).toEqual([12]);
    expect(ground.platform.sandbox.platform("flipkart").shown(target.sku)).toBe(12);
  });

  test("a location that is not ours is left alone, and its orders move nothing of ours", async () => {
    const [target] = listingsAt(ground, 4, 1);
    if (!target) throw new Error("unreachable");
    await atDesk(apiUrl(), "listing", { sku: target.sku, inventory: { [otherLocation]: 5 } });
    await ground.rig.session.pushQuantities([writeOf(target, 3, 0)], neverAborted());
    expect(await shownOf(ground.rig, [target])).toEqual([3]);
    expect(ground.platform.sandbox.platform("flipkart").shown(target.sku)).toBe(8);
    const itemId = await testOrder({ locationId: otherLocation }, 4);
    expect(await orderWithItem(itemId)).toBeUndefined();
    const shipments = await platformCall("POST", "/v3/shipments/filter", {
      filter: { type: "preDispatch", states: ["APPROVED"], locationId: otherLocation },
    });
    const shipmentId = String((shipments["shipments"] as Json[]).at(-1)?.["shipmentId"]);
    const fetched = await ground.rig.session.fetchOrders?.([shipmentId], neverAborted());
    expect(fetched).toMatchObject({ ok: true, orders: [{ orderId: shipmentId, lines: [] }] });
  });

  test("a price needs whole rupees, at most the retail price", async () => {
    const [target] = listingsAt(ground, 5, 1);
    if (!target) throw new Error("unreachable");
    const { session } = ground.rig;
    const price = (minor: number) => ({ ...target, price: { minor, currency: "INR" } });
    const results = await session.setPrices?.([price(1_550), price(99_900_000)], neverAborted());
    expect(results?.map(kindOf)).toEqual(["rejected", "rejected"]);
    expect(JSON.stringify(results)).toMatch(/whole rupees.*maximum retail price/);
    const [paid] = (await session.setPrices?.([price(2_700)], neverAborted())) ?? [];
    expect(paid).toEqual({ ok: true });
    const sent = JSON.parse(ground.rig.exchanges.at(-1)?.body ?? "{}") as Json;
    // Its label's price goes back as it was.
    expect(at(sent, target.sku)["price"]).toEqual({
      mrp: 116,
      selling_price: 27,
      currency: "INR",
    });
  });

  test("a held shipment counts as sold, and is not to be shipped", async () => {
    const itemId = await testOrder({ shipmentType: "SELF" });
    const before = await pollAll(ground.rig.session, null);
    await platformCall("PUT", "/orders/sandbox/on_hold", { orderItemId: itemId });
    const order = await orderWithItem(itemId, before.cursor);
    expect(unitsOf(order)).toEqual({ wanted: 2, shipped: 0 });
    const parcel = parcelOf(order?.orderId ?? "", [{ lineId: itemId, quantity: 2 }]);
    const sent = await ground.rig.session.sendShipment?.(parcel, neverAborted());
    expect(sent).toMatchObject({ ok: false, fault: { kind: "locked" } });
    await platformCall("PUT", "/orders/sandbox/un_hold", { orderItemId: itemId });
    expect(await ground.rig.session.sendShipment?.(parcel, neverAborted())).toEqual({
      ok: true,
      already: false,
    });
  });

  test("what Flipkart's carrier fetches waits for packing, then is reported ready once", async () => {
    const itemId = await testOrder({ shipmentType: "NORMAL" });
    const order = await orderWithItem(itemId);
    const parcel = parcelOf(order?.orderId ?? "", [{ lineId: itemId, quantity: 2 }]);
    const { session } = ground.rig;
    const early = await session.sendShipment?.(parcel, neverAborted());
    expect(early).toMatchObject({ ok: false, fault: { kind: "locked" } });
    await platformCall("POST", "/v3/shipments/labels", {
      shipments: [{ shipmentId: parcel.orderId }],
    });
    expect(await session.sendShipment?.(parcel, neverAborted())).toEqual({
      ok: true,
      already: false,
    });
    expect(await session.sendShipment?.(parcel, neverAborted())).toEqual({
      ok: true,
      already: true,
    });
    await platformCall("POST", "/orders/sandbox/shipped", { orderItemId: itemId });
    expect(unitsOf(await orderWithItem(itemId))).toEqual({ wanted: 2, shipped: 2 });
  });

  test("half a shipment is refused in words before it is sent", async () => {
    const orderId = placed(ground, listingsAt(ground, 6, 1)[0]?.sku ?? "", 2);
    const fetched = await ground.rig.session.fetchOrders?.([orderId], neverAborted());
    const lineId = (fetched?.ok && fetched.orders[0]?.lines[0]?.lineId) || "";
    const half = parcelOf(orderId, [{ lineId, quantity: 1 }]);
    const sent = await ground.rig.session.sendShipment?.(half, neverAborted());
    expect(sent).toMatchObject({ ok: false, fault: { kind: "rejected" } });
    expect(JSON.stringify(sent)).toContain("as a whole");
  });

  test.each(["buyer", "seller", "marketplace"])("a %s's cancellation is seen", async (who) => {
    const orderId = placed(ground, listingsAt(ground, 7, 1)[0]?.sku ?? "", 1);
    const { cursor } = await pollAll(ground.rig.session, null);
    const type = `${who}Cancellation`;
    await atDesk(apiUrl(), "cancellation", { shipmentId: orderId, type });
    const next = await pollAll(ground.rig.session, cursor);
    const order = next.orders.findLast((one) => one.orderId === orderId);
    expect(order).toMatchObject({ cancelled: true });
    expect(unitsOf(order).wanted).toBe(0);
  });

  test("a poll that stops in the middle goes on in another process, and misses nothing", async () => {
    const large = await groundOf.once(channel, scenario);
    const made = new Set<string>();
    for (let count = 0; count < 90; count += 1) {
      made.add(placed(large, large.platform.skus[count % 8]?.code ?? "", 1));
    }
    const seen = new Set<string>();
    let cursor: string | null = null;
    for (let more = true, pages = 0; more && pages < 40; pages += 1) {
      const { session } = large.freshRig();
      const page: OrdersPage | undefined = await session.listChangedOrders?.(
        cursor,
        neverAborted(),
      );
      if (!page?.ok) throw new Error(`no page: ${JSON.stringify(page)}`);
      for (const { orderId } of page.orders) seen.add(orderId);
      // Cancelled while we page: its followers move up and may not fall over the page's edge.
      const victim = page.orders[0]?.orderId;
      if (victim) large.platform.sandbox.control.cancel({ channel: "flipkart", orderId: victim });
      ({ cursor, more } = page);
    }
    const rest = await pollAll(large.rig.session, cursor);
    for (const { orderId } of rest.orders) seen.add(orderId);
    expect(seen).toEqual(made);
    await large.close();
  });

  test("a page token that Flipkart forgot starts again at its time", async () => {
    placed(ground, listingsAt(ground, 7, 1)[0]?.sku ?? "", 1);
    const since = new Date(Date.now() - 600_000).toISOString();
    const cursor = JSON.stringify({
      since: Array.from({ length: 6 }, () => since),
      ...{ lane: 0, from: since, next: "/v3/shipments/filter?next_token=old", newestMs: 0 },
    });
    const page = await ground.rig.session.listChangedOrders?.(cursor, neverAborted());
    if (!page?.ok) throw new Error(JSON.stringify(page));
    expect(page.orders.length).toBeGreaterThan(0);
  });

  test("a search for held shipments that Flipkart does not know costs no poll", async () => {
    const rig = ground.freshRig();
    const orderId = placed(ground, listingsAt(ground, 7, 1)[0]?.sku ?? "", 1);
    let cursor: string | null = null;
    const seen: string[] = [];
    for (let more = true, pages = 0; more && pages < 30; pages += 1) {
      if (cursor?.includes('"lane":1')) rig.inject({ status: 400, body: "{}" });
      const page: OrdersPage | undefined = await rig.session.listChangedOrders?.(
        cursor,
        neverAborted(),
      );
      if (!page?.ok) throw new Error(JSON.stringify(page));
      seen.push(...page.orders.map((order) => order.orderId));
      ({ cursor, more } = page);
    }
    expect(seen).toContain(orderId);
  });

  test("a next page at another address is not followed with our token", async () => {
    const rig = ground.freshRig();
    const shipments = [{ shipmentId: "1" }, { shipmentId: "2" }];
    const answer = { hasMore: true, nextPageUrl: "https://elsewhere.example/x", shipments };
    rig.inject({ status: 200, body: JSON.stringify(answer) });
    rig.inject({ status: 200, body: '{"shipments":[]}' });
    const first = await rig.session.listChangedOrders?.(null, neverAborted());
    if (!first?.ok) throw new Error(JSON.stringify(first));
    const next = await rig.session.listChangedOrders?.(first.cursor, neverAborted());
    expect(next).toMatchObject({ ok: false, fault: { kind: "unexpected" } });
  });

  describe("notifications", () => {
    const url = "https://lockstep.example.com/webhooks/flipkart/7f3f";
    const door: EventDoor = { url, secret: "0".repeat(64) };
    const app = () => flipkart.app.parse(ground.platform.variables);
    const verify = (change: Partial<WebhookRequest> = {}) =>
      flipkart.webhooks?.verify(
        {
          rawBody: Buffer.from(deliveryBody),
          headers: signedHeaders(ground.platform.variables, url),
          receivedAt: new Date(),
          url,
          door,
          ...change,
        },
        app(),
        fetch,
      );

    test("a signature of eleven minutes ago is answered and dropped, one of nine is taken", async () => {
      const ago = (minutes: number) =>
        signedHeaders(ground.platform.variables, url, new Date(Date.now() - minutes * 60_000));
      expect(await verify({ headers: ago(11) })).toEqual({ ok: false, reason: "ping" });
      expect(await verify({ headers: ago(-11) })).toEqual({ ok: false, reason: "ping" });
      expect(await verify({ headers: ago(9) })).toMatchObject({ ok: true });
      expect(await verify({ headers: ago(-9) })).toMatchObject({ ok: true });
    });

    test("another secret, another address and an old time under a new one are refused", async () => {
      const wrong = { ...ground.platform.variables, FLIPKART_APP_SECRET: "guess" };
      const headers = signedHeaders(ground.platform.variables, url);
      const later = new Date(Date.now() + 60_000).toUTCString();
      for (const change of [
        { headers: signedHeaders(wrong, url) },
        { url: `${url}2` },
        { headers: { ...headers, x_date: later } },
        { headers: { ...headers, x_authorization: "FKLOGIN" } },
        { headers: { ...headers, x_authorization: headers["x_authorization"]?.slice(8) } },
      ]) {
        expect(await verify(change)).toEqual({ ok: false, reason: "signature" });
      }
    });

    test("whatever Flipkart signed is taken: a refusal would block the group", async () => {
      for (const text of ["", "not json", "[]", '{"eventType":7}', '{"hello":1}']) {
        const verified = await verify({ rawBody: Buffer.from(text) });
        expect(verified).toMatchObject({ ok: true, topic: "unknown", accountId: null });
        const [fact] = flipkart.parseEvent({ topic: "unknown", payload: text });
        expect(fact?.kind).toBe("unreadable");
      }
    });

    test("the key is the event's, the shipment's and the time's, whatever else the body says", async () => {
      const other = { ...(JSON.parse(deliveryBody) as Json), attributes: { hold: true } };
      const first = await verify();
      expect(await verify({ rawBody: Buffer.from(JSON.stringify(other)) })).toEqual(first);
      const later = { ...other, timestamp: "2026-03-28T18:03:02+05:30" };
      expect(await verify({ rawBody: Buffer.from(JSON.stringify(later)) })).not.toEqual(first);
    });

    test("setting up says what a person has to do, and calls nobody", async () => {
      const rig = createRig(flipkart, ground.platform, { tokens: ground.rig.tokens });
      const setup = await rig.session.setUpEvents?.(door, neverAborted());
      expect(setup).toMatchObject({ ok: true, topics: [] });
      expect(setup?.ok && setup.todo).toContain(url);
      expect(rig.calls()).toBe(0);
    });
  });

  describe("signing in", () => {
    const redirectUrl = "https://lockstep.example.com/connect/flipkart/callback";
    const complete = (variables: Readonly<Record<string, string>>, values: Json, code: string) =>
      flipkart.connect?.complete(
        {
          values: values as Record<string, string>,
          returned: { code, state: "s" },
          redirectUrl,
          codeVerifier: "",
        },
        {
          app: flipkart.app.parse(variables),
          http: ground.rig.context.http,
          now: () => new Date(),
          signal: neverAborted(),
        },
      );

    test("each location is an account of its own; typed ones are written as one", async () => {
      const own = { ...ground.platform.variables, FLIPKART_ACCESS: "own" };
      const accounts = await complete(own, {}, "own-access");
      expect(accounts?.map(({ accountId }) => accountId)).toEqual([mainLocation, otherLocation]);
      const typed = { locationIds: `${otherLocation}, ${mainLocation}` };
      const joined = await complete(own, typed, "own-access");
      expect(joined).toMatchObject([
        {
          accountId: otherLocation,
          settings: { locationIds: [otherLocation, mainLocation] },
          secrets: { access: "own" },
        },
      ]);
    });

    test("a seller's own application opens its account without a consent page", async () => {
      const own = { ...ground.platform.variables, FLIPKART_ACCESS: "own" };
      const page = flipkart.connect?.authorizeUrl?.(
        { state: "s1", redirectUrl, handOverUrl: "", values: {}, codeVerifier: "" },
        flipkart.app.parse(own),
      );
      expect(page).toBe(`${redirectUrl}?code=own-access&state=s1`);
      const rig = createRig(
        flipkart,
        { ...ground.platform, variables: own },
        {
          account: {
            accountId: mainLocation,
            settings: ground.platform.settings,
            secrets: { access: "own" },
          },
        },
      );
      expect(await shownOf(rig, listingsAt(ground, 0, 1))).toHaveLength(1);
    });
  });

  test("a restart keeps stock, shipments and the registered address", async () => {
    const [target] = listingsAt(ground, 0, 1);
    if (!target) throw new Error("unreachable");
    await ground.rig.session.pushQuantities([writeOf(target, 33, 0)], neverAborted());
    const running = ground.platform.sandbox.platform("flipkart");
    const saved: unknown = JSON.parse(JSON.stringify(running.snapshot()));
    const other = await groundOf.once(channel, scenario);
    const restored = other.platform.sandbox.platform("flipkart");
    restored.restore(saved);
    expect(restored.shown(target.sku)).toBe(33);
    expect(JSON.parse(JSON.stringify(restored.snapshot()))).toMatchObject({
      stock: (saved as Json)["stock"],
      notificationUrl: (saved as Json)["notificationUrl"],
    });
    const { orders } = await pollAll(ground.rig.session, null);
    const ids = orders.slice(0, 10).map(({ orderId }) => orderId);
    const fetched = await other.rig.session.fetchOrders?.(ids, neverAborted());
    expect(fetched?.ok && fetched.orders.length).toBe(new Set(ids).size);
    await other.close();
  });

  test("one stray id among fifty costs a few calls more, and no order", async () => {
    const large = await groundOf.once(channel, scenario);
    const ids = Array.from({ length: 49 }, (_, count) =>
      placed(large, large.platform.skus[count % 8]?.code ?? "", 1),
    );
    await shownOf(large.rig, listingsAt(large, 0, 1));
    const before = large.rig.calls();
    const mixed = [...ids.slice(0, 20), "gone", ...ids.slice(20)];
    const fetched = await large.rig.session.fetchOrders?.(mixed, neverAborted());
    expect(fetched?.ok && fetched.orders.map(({ orderId }) => orderId)).toEqual(ids);
    expect(large.rig.calls() - before).toBeLessThanOrEqual(13);
    await large.close();
  });

  test("goods on their way back are announced, and name the shipment and its item", async () => {
    const received: { request: IncomingMessage; body: string }[] = [];
    const server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        response.end();
        received.push({ request, body });
        server.emit("delivered");
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/flipkart/x`;
    const own = await groundOf.once(channel, scenario, { appUrl: new URL(url).origin });
    const { control } = own.platform.sandbox;
    const orderId = placed(own, own.platform.skus[0]?.code ?? "", 2);
    await own.rig.session.setUpEvents?.({ url, secret: "" }, neverAborted());
    const returned = { channel: "flipkart", orderId, returnId: "R1", quantity: 1 };
    for (const [state, topic] of [
      ["requested", "return_created"],
      ["received", "return_completed"],
      ["closed", "return_cancelled"],
    ] as const) {
      const delivered = once(server, "delivered");
      expect(control.putReturn({ ...returned, state })).toEqual({ accepted: true });
      await delivered;
      const last = received.at(-1);
      const verified = await flipkart.webhooks?.verify(
        {
          rawBody: Buffer.from(last?.body ?? ""),
          headers: last?.request.headers as Record<string, string>,
          receivedAt: new Date(),
          url,
          door: { url, secret: "" },
        },
        flipkart.app.parse(own.platform.variables),
        fetch,
      );
      expect(verified).toMatchObject({ ok: true, topic });
      const [fact] = flipkart.parseEvent({ topic, payload: last?.body ?? "" });
      expect(fact).toMatchObject({
        kind: "return",
        return: { returnId: "R1", orderId, state, lines: [{ quantity: 1 }] },
      });
    }
    server.close();
    server.closeAllConnections();
    await own.close();
  });

  test("an unknown SKU among known ones is unknown, by name", async () => {
    const [read] = await ground.rig.session.readListings([unknownOf(ground)], neverAborted());
    expect(read).toMatchObject({ ok: false, fault: { kind: "unknown-listing" } });
    expect(JSON.stringify(read)).toContain("GONE");
  });
});
