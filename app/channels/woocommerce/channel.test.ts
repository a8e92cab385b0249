import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { hmacSha256 } from "#app/lib/signature.ts";
import { demoKeys } from "#sandbox/woocommerce/access.ts";
import platform from "#sandbox/woocommerce/index.ts";
import { createRig, type ChannelScenario, type Rig } from "#tests/conformance/rig.ts";
import { startPlatform, type ScenarioPlatform } from "#tests/conformance/sandbox.ts";
import { describeChannel } from "#tests/conformance/describe-channel.ts";
import {
  ChannelFault,
  type ChannelFact,
  type ImportedListing,
  type ListingRef,
  type ListingsPage,
  type QuantityWrite,
  type Shipment,
} from "../contract.ts";
import { sampleCheck } from "./conformance-spec.ts";
import channel from "./index.ts";
import { basicHeader } from "./auth.ts";
import { subscribedTopics } from "./events.ts";

const deliveryBody = JSON.stringify({
  id: 727,
  status: "processing",
  date_modified_gmt: "2026-11-22T19:28:08",
  line_items: [{ id: 315, product_id: 93, variation_id: 0, quantity: 2, sku: "TEE-RED-M" }],
});

const scenario: ChannelScenario = {
  folder: import.meta.dirname,
  platform,
  signsInWith: "keys",
  topics: ["order.created", "order.updated", "order.deleted", "product.updated", "product.deleted"],
  unknownListing: { productId: "999999", stock: "own" },
  answers: {
    unauthorised: {
      status: 401,
      body: JSON.stringify({
        code: "woocommerce_rest_cannot_view",
        message: "Sorry, you cannot list resources.",
        data: { status: 401 },
      }),
    },
    throttled: {
      status: 429,
      body: "<html><body>Too Many Requests</body></html>",
      headers: { "retry-after": "7" },
    },
    refusedWith200: [
      {
        name: "an error object",
        status: 200,
        body: JSON.stringify({
          code: "woocommerce_rest_product_invalid_id",
          message: "Invalid ID.",
          data: { status: 400 },
        }),
        kind: "unknown-listing",
      },
      {
        name: "a page of WordPress under maintenance",
        status: 200,
        body: "<html>Briefly unavailable for scheduled maintenance.</html>",
        kind: "unavailable",
      },
    ],
  },
  webhook: {
    accountId: null,
    delivery: (_, { door }) => ({
      rawBody: Buffer.from(deliveryBody),
      headers: {
        "content-type": "application/json",
        "x-wc-webhook-topic": "order.updated",
        "x-wc-webhook-id": "142",
        "x-wc-webhook-delivery-id": "3f6c1e4ab3d94b2f8e2d1c0b9a887766",
        "x-wc-webhook-signature": hmacSha256(door?.secret ?? "", deliveryBody, "base64"),
      },
    }),
  },
  connect: {
    values: ({ sandbox }) => ({ siteUrl: `${sandbox.url}/woocommerce` }),
  },
  spec: sampleCheck("/woocommerce"),
};

describeChannel(channel, scenario);

const signal = () => new AbortController().signal;

/** The shop, at an address with marks that say how its host and plugins are (sandbox/woocommerce/marks.ts). */
function rigAt(shop: ScenarioPlatform, marks: string, tokens?: Rig["tokens"]): Rig {
  const { accountId, secrets } = shop;
  const settings = { siteUrl: siteAt(shop, marks), currency: "USD" };
  return createRig(channel, shop, {
    account: { accountId, settings, secrets },
    ...(tokens && { tokens }),
  });
}

function siteAt({ sandbox }: ScenarioPlatform, marks: string): string {
  return `${sandbox.url}/woocommerce${marks && `/~${marks}`}`;
}

/** The merchant's own hand, past the app. */
async function merchant(
  shop: ScenarioPlatform,
  method: string,
  path: string,
  body?: unknown,
): Promise<Record<string, unknown>> {
  const answer = await fetch(`${siteAt(shop, "")}/wp-json/wc/v3${path}`, {
    method,
    headers: { authorization: basicHeader(demoKeys), "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  expect(answer.ok).toBe(true);
  return (await answer.json()) as Record<string, unknown>;
}

function writeOf(listing: ListingRef, quantity: number): QuantityWrite {
  return { ...listing, quantity, delta: 0, idempotencyKey: randomUUID() };
}

function at(listings: readonly ListingRef[], index: number): ListingRef {
  const found = listings[index];
  if (!found) throw new Error(`no listing ${index}`);
  return found;
}

async function shown({ session }: Rig, listings: readonly ListingRef[]) {
  const reads = await session.readListings(listings, signal());
  return reads.map((read) => (read.ok ? read.quantity : read.fault.kind));
}

async function importAll(rig: Rig): Promise<ImportedListing[]> {
  const listings: ImportedListing[] = [];
  let cursor: string | null = null;
  for (let pages = 0; pages < 500; pages += 1) {
    const page: ListingsPage | undefined = await rig.session.listListings?.(cursor, signal());
    if (!page?.ok) throw new Error(`the page failed: ${JSON.stringify(page)}`);
    listings.push(...page.listings);
    if (page.cursor === null) return listings;
    ({ cursor } = page);
  }
  throw new Error("the import does not end");
}

function orderOf({ sandbox }: ScenarioPlatform, sku: string, quantity: number): string {
  const placed = sandbox.control.order({ channel: "woocommerce", sku, quantity });
  if (!placed.accepted) throw new Error("the order was refused");
  return placed.orderId;
}

async function fetched({ session }: Rig, orderId: string) {
  const found = await session.fetchOrders?.([orderId], signal());
  if (!found?.ok) throw new Error(`not fetched: ${JSON.stringify(found)}`);
  return found.orders[0];
}

describe("channel woocommerce, beyond the contract", () => {
  let shop: ScenarioPlatform;
  let rig: Rig;
  beforeEach(async () => {
    shop = await startPlatform(platform);
    rig = rigAt(shop, "");
    return () => shop.close();
  });
  /** SKUs 0 to 3 are variations of one product, 4 to 7 products of their own. */
  const listing = (index: number) => at(shop.listings, index);

  describe("the way in", () => {
    test("a host that drops the Authorization header gets the keys in the address, and that is remembered", async () => {
      const odd = rigAt(shop, "noheader");
      expect(await shown(odd, [listing(0)])).toEqual([60]);
      const keyed = odd.exchanges.map(({ url, headers, status }) => [
        new URL(url).searchParams.has("consumer_key"),
        headers["authorization"] !== undefined,
        status,
      ]);
      expect(keyed.slice(0, 2)).toEqual([
        [false, true, 401],
        [true, false, 200],
      ]);
      expect(keyed.slice(1).every(([inQuery, inHeader]) => inQuery && !inHeader)).toBe(true);

      const later = rigAt(shop, "noheader", odd.tokens);
      expect(await later.session.pushQuantities([writeOf(listing(0), 7)], signal())).toEqual([
        { ok: true },
      ]);
      expect(later.exchanges.map(({ status }) => status)).toEqual([200]);
      expect(odd.refreshes()).toBe(1);
    });

    test("a shop without pretty permalinks is called by rest_route", async () => {
      const plain = rigAt(shop, "plain");
      expect(await shown(plain, [listing(0), listing(5)])).toEqual([60, 60]);
      expect(plain.exchanges.at(-1)?.url).toContain("/?rest_route=/wc/v3/");
      const both = rigAt(shop, "plain,noheader");
      expect(await shown(both, [listing(5)])).toEqual([60]);
    });

    test("permalinks that are switched off later are found out", async () => {
      expect(await shown(rig, [listing(5)])).toEqual([60]);
      const moved = rigAt(shop, "plain", rig.tokens);
      expect(await shown(moved, [listing(5)])).toEqual([60]);
    });

    test("where WooCommerce is gone nothing is missing: the shop is unavailable", async () => {
      rig.inject(
        {
          status: 404,
          body: '{"code":"rest_no_route","message":"No route","data":{"status":404}}',
        },
        9,
      );
      expect(await shown(rig, [listing(0), listing(5)])).toEqual(["unavailable", "unavailable"]);
    });

    test("keys that may only read are revoked by the first write, not by a read", async () => {
      await shown(rig, [listing(0)]);
      const body = JSON.stringify({
        code: "woocommerce_rest_authentication_error",
        message: "The API key provided does not have write permissions.",
        data: { status: 401 },
      });
      rig.inject({ status: 401, body });
      const [result] = await rig.session.pushQuantities([writeOf(listing(0), 1)], signal());
      expect(result).toMatchObject({ ok: false, fault: { kind: "revoked" } });
    });

    test("a shop that moved is not followed with our keys", async () => {
      await shown(rig, [listing(0)]);
      const headers = { location: "https://elsewhere.example.com/?consumer_secret=cs_x" };
      rig.inject({ status: 301, body: "", headers });
      const [read] = await rig.session.readListings([listing(0)], signal());
      expect(read).toMatchObject({ ok: false, fault: { kind: "unavailable", code: "301" } });
      expect(JSON.stringify(read)).toContain("elsewhere.example.com");
      expect(JSON.stringify(read)).not.toContain("cs_x");
    });
  });

  describe("connect", () => {
    const complete = (values: Record<string, string>, returned: Record<string, string> = {}) => {
      const { app, http, now } = rig.context;
      const grant = { values, returned, redirectUrl: "", codeVerifier: "" };
      if (!channel.connect) throw new Error("unreachable");
      return channel.connect.complete(grant, { app, http, now, signal: signal() });
    };
    const refused = async (values: Record<string, string>, returned = {}) => {
      const error: unknown = await complete(values, returned).catch((thrown: unknown) => thrown);
      if (!(error instanceof ChannelFault)) throw new Error("not refused");
      return error.fault;
    };
    const keys = (secret?: string) => ({
      consumerKey: shop.secrets["consumerKey"] ?? "",
      consumerSecret: secret ?? shop.secrets["consumerSecret"] ?? "",
    });

    test("pasted keys need no consent page, on an odd host too", async () => {
      for (const marks of ["", "noheader", "plain,noheader"]) {
        const [account] = await complete({ siteUrl: siteAt(shop, marks), ...keys() });
        expect(account).toMatchObject({
          accountId: "demo-shop.example.com",
          label: "Demo shop, demo-shop.example.com",
          settings: { siteUrl: siteAt(shop, marks), currency: "USD" },
          secrets: keys(),
          warnings: [],
        });
      }
    });

    test("both keys make the consent page needless, one does not", () => {
      const { needsNoConsent } = channel.connect ?? {};
      expect(needsNoConsent?.({ siteUrl: "https://shop.example.com", ...keys() })).toBe(true);
      expect(needsNoConsent?.({ consumerKey: "ck_1", consumerSecret: " " })).toBe(false);
      expect(needsNoConsent?.({ consumerKey: "ck_1" })).toBe(false);
    });

    test("a wrong secret is refused in the shop's words, without the secret", async () => {
      const fault = await refused({ siteUrl: siteAt(shop, ""), ...keys("cs_wrong") });
      expect(fault.kind).toBe("rejected");
      expect(fault.message).toContain("Consumer secret is invalid");
      expect(fault.message).not.toContain("cs_wrong");
    });

    test("a merchant who says no, or keys that only read, are refused in words", async () => {
      const siteUrl = siteAt(shop, "");
      expect((await refused({ siteUrl }, { success: "0", user_id: "s" })).message).toContain(
        "did not give",
      );
      const handed = { consumer_key: "ck_1", consumer_secret: "cs_1", key_permissions: "read" };
      expect((await refused({ siteUrl }, handed)).message).toContain("may not both");
    });

    test("the consent page carries the state, and a refusal comes back with it", async () => {
      const url = channel.connect?.authorizeUrl?.(
        {
          state: "s-1",
          redirectUrl: "https://lockstep.example.com/connect/woocommerce/callback",
          handOverUrl: "https://lockstep.example.com/connect/woocommerce/keys",
          values: { siteUrl: siteAt(shop, "") },
          codeVerifier: "",
        },
        {},
      );
      const answer = await fetch(`${url ?? ""}&deny=1`, { redirect: "manual" });
      const back = new URL(answer.headers.get("location") ?? "");
      expect(Object.fromEntries(back.searchParams)).toEqual({ success: "0", user_id: "s-1" });
    });

    test.each([
      "",
      "http://shop.example.com",
      "ftp://shop.example.com",
      "https://u:p@shop.example.com",
      "shop",
    ])("the address %j cannot be used", async (siteUrl) => {
      expect((await refused({ siteUrl, ...keys() })).kind).toBe("rejected");
      expect(channel.settings.safeParse({ siteUrl }).success).toBe(false);
    });

    test("a site without WooCommerce is told so", async () => {
      rig.inject({
        status: 200,
        body: JSON.stringify({ name: "Blog", home: "", namespaces: ["wp/v2"] }),
      });
      const fault = await refused({ siteUrl: siteAt(shop, ""), ...keys() });
      expect(fault.message).toContain("without WooCommerce");
    });
  });

  describe("writing", () => {
    test("a batch goes out in one call for products and one for each product with variations", async () => {
      const large = await startPlatform(platform, { skus: 32 });
      const rig32 = rigAt(large, "");
      await shown(rig32, large.listings.slice(0, 1));
      const before = rig32.calls();
      const writes = large.listings.map((one, index) => writeOf(one, index));
      expect(await rig32.session.pushQuantities(writes, signal())).toEqual(
        writes.map(() => ({ ok: true })),
      );
      // Eight products of the catalogue, by turns with variations and without.
      expect(rig32.calls() - before).toBe(5);
      expect(await shown(rig32, large.listings)).toEqual(writes.map(({ quantity }) => quantity));
      await large.close();
    });

    test("variations that share their product's stock are written there, with the lowest number", async () => {
      const { productId = "" } = listing(0).externalIds;
      await merchant(shop, "PUT", `/products/${productId}`, {
        manage_stock: true,
        stock_quantity: 30,
      });
      for (const index of [0, 1]) {
        const { variationId = "" } = listing(index).externalIds;
        await merchant(shop, "PUT", `/products/${productId}/variations/${variationId}`, {
          manage_stock: false,
        });
      }
      const imported = new Map((await importAll(rig)).map((one) => [one.key, one]));
      const shared = [0, 1].map((index) => {
        const found = imported.get(listing(index).externalIds["variationId"] ?? "");
        expect(found).toMatchObject({ quantity: 30, externalIds: { stock: "parent" } });
        return { ...listing(index), externalIds: found?.externalIds ?? {} };
      });
      const writes = [
        writeOf(at(shared, 0), 9),
        writeOf(at(shared, 1), 4),
        writeOf(listing(2), 11),
      ];
      expect(await rig.session.pushQuantities(writes, signal())).toEqual(
        writes.map(() => ({ ok: true })),
      );
      expect(await shown(rig, [...shared, listing(2)])).toEqual([4, 4, 11]);
      const put = rig.exchanges
        .filter(({ method }) => method === "POST")
        .map(({ url }) => new URL(url).pathname);
      expect(put.sort()).toEqual([
        `/woocommerce/wp-json/wc/v3/products/${productId}/variations/batch`,
        "/woocommerce/wp-json/wc/v3/products/batch",
      ]);
    });

    test("a variation that shares its product's stock since the import is not parted from it", async () => {
      const { productId = "", variationId = "" } = listing(0).externalIds;
      const path = `/products/${productId}`;
      await merchant(shop, "PUT", path, { manage_stock: true, stock_quantity: 30 });
      await merchant(shop, "PUT", `${path}/variations/${variationId}`, { manage_stock: false });
      const [result] = await rig.session.pushQuantities([writeOf(listing(0), 9)], signal());
      expect(result).toMatchObject({ ok: false, fault: { kind: "rejected" } });
      expect(await shown(rig, [listing(0)])).toEqual([30]);
    });

    test("what the shop does not count is never a zero, and is counted from the first push on", async () => {
      const { productId = "" } = listing(5).externalIds;
      await merchant(shop, "PUT", `/products/${productId}`, { manage_stock: false });
      expect(await shown(rig, [listing(5)])).toEqual(["rejected"]);
      const imported = (await importAll(rig)).find(({ key }) => key === productId);
      expect(imported).toMatchObject({ quantity: null, externalIds: { stock: "none" } });
      const write = { ...writeOf(listing(5), 8), externalIds: imported?.externalIds ?? {} };
      expect(await rig.session.pushQuantities([write], signal())).toEqual([{ ok: true }]);
      expect(await shown(rig, [listing(5)])).toEqual([8]);
    });

    test("a variation's id in a product's place is unknown, and nothing is written", async () => {
      const { variationId = "" } = listing(0).externalIds;
      const astray = { ...listing(0), externalIds: { productId: variationId, stock: "own" } };
      const [result] = await rig.session.pushQuantities([writeOf(astray, 1)], signal());
      expect(result).toMatchObject({ ok: false, fault: { kind: "unknown-listing" } });
      expect(await shown(rig, [listing(0)])).toEqual([60]);
    });

    test("a shop that is slow gets smaller batches", async () => {
      const large = await startPlatform(platform, { skus: 200 });
      const slow = rigAt(large, "");
      await shown(slow, large.listings.slice(0, 1));
      const products = large.listings.filter((one) => !("variationId" in one.externalIds));
      const writes = products.slice(0, 50).map((one) => writeOf(one, 5));
      slow.inject("timeout");
      await slow.session.pushQuantities(writes, signal());
      const before = slow.calls();
      await slow.session.pushQuantities(writes, signal());
      expect(slow.calls() - before).toBe(2);
      await large.close();
    });
  });

  describe("reading and importing", () => {
    test("a shop before WooCommerce 10.3 is read product by product", async () => {
      const old = rigAt(shop, "old");
      expect(await shown(old, shop.listings)).toEqual(shop.listings.map(() => 60));
      expect((await importAll(rigAt(shop, "old"))).map(({ key }) => key).sort()).toEqual(
        (await importAll(rig)).map(({ key }) => key).sort(),
      );
    });

    test("products that go away in the middle of an import hide no others", async () => {
      const large = await startPlatform(platform, { skus: 1_200 });
      const rig1200 = rigAt(large, "");
      const first = await rig1200.session.listListings?.(null, signal());
      if (!first?.ok || first.cursor === null) throw new Error("no second page");
      const gone = first.listings.filter((one) => !("variationId" in one.externalIds)).slice(0, 7);
      for (const { externalIds } of gone) {
        await merchant(large, "DELETE", `/products/${externalIds["productId"] ?? ""}`);
      }
      const keys = new Set(first.listings.map(({ key }) => key));
      let cursor: string | null = first.cursor;
      while (cursor !== null) {
        const page: ListingsPage | undefined = await rig1200.session.listListings?.(
          cursor,
          signal(),
        );
        if (!page?.ok) throw new Error("the page failed");
        for (const { key } of page.listings) {
          expect(keys.has(key)).toBe(false);
          keys.add(key);
        }
        ({ cursor } = page);
      }
      expect(keys.size).toBe(1_200);
      await large.close();
    });

    test("100,000 listings take less than five minutes at the declared rate", async () => {
      const skus = 4_000;
      const large = await startPlatform(platform, { skus });
      const rig4000 = rigAt(large, "");
      expect(await importAll(rig4000)).toHaveLength(skus);
      const callsFor100k = (rig4000.calls() / skus) * 100_000;
      const rate = channel.limits["site"]?.ratePerSecond ?? 0;
      expect(callsFor100k / rate).toBeLessThan(300);
      await large.close();
    });

    test("a product that cannot be read fails alone", async () => {
      await shown(rig, [listing(4)]);
      const [one, other] = [listing(4), listing(5)].map(({ externalIds }) =>
        Number(externalIds["productId"]),
      );
      const body = JSON.stringify([
        { id: one, status: "publish", manage_stock: "perhaps", stock_quantity: 3 },
        { id: other, status: "publish", manage_stock: true, stock_quantity: 4, regular_price: "5" },
      ]);
      rig.inject({ status: 200, body });
      expect(await shown(rig, [listing(4), listing(5)])).toEqual(["unexpected", 4]);
    });
  });

  describe("orders", () => {
    test("a refund gives units back only where it put them on the shelf again", async () => {
      const { sku } = listing(6);
      const orderId = orderOf(shop, sku, 5);
      const refund = (quantity: number, restock: boolean) =>
        merchant(shop, "POST", `/orders/${orderId}/refunds`, {
          line_items: [{ id: Number(`${orderId}1`), quantity }],
          api_restock: restock,
        });
      await refund(1, false);
      expect((await fetched(rig, orderId))?.lines[0]).toMatchObject({ quantity: 5 });
      await refund(2, true);
      expect((await fetched(rig, orderId))?.lines[0]).toMatchObject({ quantity: 3, shipped: 0 });
      expect(await shown(rig, [listing(6)])).toEqual([57]);
    });

    test("goods of a shipped order that come back are a return, and do not come off the order's stock", async () => {
      const orderId = orderOf(shop, listing(6).sku, 2);
      await merchant(shop, "PUT", `/orders/${orderId}`, { status: "completed" });
      const lineId = `${orderId}1`;
      await merchant(shop, "POST", `/orders/${orderId}/refunds`, {
        line_items: [{ id: Number(lineId), quantity: 1 }],
      });
      const payload = JSON.stringify(await merchant(shop, "GET", `/orders/${orderId}`));
      const facts = channel.parseEvent({ topic: "order.updated", payload });
      expect(facts.map(({ kind }) => kind)).toEqual(["order", "return", "level-hint"]);
      expect(facts[1]).toMatchObject({
        return: { orderId, state: "received", lines: [{ lineId, quantity: 1 }] },
      });
    });

    test("an order that is paid after it was cancelled is sold again", async () => {
      const orderId = orderOf(shop, listing(6).sku, 2);
      const wanted = async () => (await fetched(rig, orderId))?.lines[0]?.quantity;
      for (const [status, quantity] of [
        ["cancelled", 0],
        ["processing", 2],
        ["pending", 0],
        ["on-hold", 2],
        ["failed", 0],
      ] as const) {
        await merchant(shop, "PUT", `/orders/${orderId}`, { status });
        expect(await wanted()).toBe(quantity);
        expect((await fetched(rig, orderId))?.cancelled).toBe(false);
      }
    });

    test("an order in the bin is fetched from there, and wants nothing any more", async () => {
      const orderId = orderOf(shop, listing(6).sku, 2);
      await merchant(shop, "DELETE", `/orders/${orderId}`);
      const facts = channel.parseEvent({ topic: "order.deleted", payload: `{"id":${orderId}}` });
      expect(facts).toEqual([{ kind: "order-hint", orderId }]);
      expect((await fetched(rig, orderId))?.lines[0]).toMatchObject({
        quantity: 0,
        withdrawn: true,
      });
    });

    test("no buyer's name or address is asked for", async () => {
      orderOf(shop, listing(6).sku, 1);
      await rig.session.listChangedOrders?.(null, signal());
      const seen = rig.exchanges.map(({ responseBody }) => responseBody).join("\n");
      expect(seen).toContain("line_items");
      expect(seen).not.toMatch(/robin|Example Street|billing/i);
    });
  });

  describe("shipping", () => {
    const parcelOf = (orderId: string, changes: Partial<Shipment> = {}): Shipment => ({
      shipmentId: randomUUID(),
      orderId,
      parcelNumber: 1,
      lines: [{ lineId: `${orderId}1`, quantity: 1 }],
      carrier: "ups",
      carrierName: "UPS",
      trackingNumber: "1Z999AA10123456784",
      trackingUrl: "https://carrier.example.com/1Z999AA10123456784",
      shippedAt: "2026-11-27T10:00:00.000Z",
      ...changes,
    });

    test("the Shipment Tracking plugin is used where it is, else a note to the buyer", async () => {
      const orderId = orderOf(shop, listing(7).sku, 2);
      const tracked = rigAt(shop, "tracking");
      expect(await tracked.session.sendShipment?.(parcelOf(orderId), signal())).toEqual({
        ok: true,
        already: false,
      });
      const noted = {
        ...parcelOf(orderId),
        trackingNumber: "2Z",
        carrier: "dpd",
        carrierName: "DPD",
      } as const;
      expect(await rig.session.sendShipment?.(noted, signal())).toEqual({
        ok: true,
        already: false,
      });
      const posts = [...tracked.exchanges, ...rig.exchanges]
        .filter(({ method }) => method === "POST")
        .map(
          ({ url, body }) =>
            [new URL(url).pathname.split("/").at(-1), JSON.parse(body ?? "{}")] as const,
        );
      expect(posts).toEqual([
        [
          "shipment-trackings",
          {
            tracking_number: "1Z999AA10123456784",
            date_shipped: "2026-11-27",
            tracking_provider: "UPS",
          },
        ],
        [
          "notes",
          { note: expect.stringContaining("DPD, tracking number 2Z"), customer_note: true },
        ],
      ]);
      expect(await merchant(shop, "GET", `/orders/${orderId}`)).toMatchObject({
        status: "completed",
      });
    });

    test("a shipment that broke off half-way is finished, and the buyer told once", async () => {
      const orderId = orderOf(shop, listing(7).sku, 1);
      await shown(rig, [listing(7)]);
      const parcel = parcelOf(orderId);
      // Order, two looks for the plugin, notes, new note; then the order's own data are lost on the way.
      rig.inject("pass", 5);
      rig.inject("timeout");
      expect(await rig.session.sendShipment?.(parcel, signal())).toMatchObject({
        ok: false,
        fault: { kind: "timeout" },
      });
      expect(await rig.session.sendShipment?.(parcel, signal())).toEqual({
        ok: true,
        already: false,
      });
      expect(await rig.session.sendShipment?.(parcel, signal())).toEqual({
        ok: true,
        already: true,
      });
      const notes = (await merchant(
        shop,
        "GET",
        `/orders/${orderId}/notes?type=customer`,
      )) as unknown as unknown[];
      expect(notes).toHaveLength(1);
    });

    test("more than is left, a strange line and a cancelled order are refused before anybody is told", async () => {
      const orderId = orderOf(shop, listing(7).sku, 1);
      const send = (parcel: Shipment) => rig.session.sendShipment?.(parcel, signal());
      const rejected = { ok: false, fault: { kind: "rejected" } };
      expect(
        await send(parcelOf(orderId, { lines: [{ lineId: `${orderId}1`, quantity: 2 }] })),
      ).toMatchObject(rejected);
      expect(
        await send(parcelOf(orderId, { lines: [{ lineId: "7", quantity: 1 }] })),
      ).toMatchObject(rejected);
      await merchant(shop, "PUT", `/orders/${orderId}`, { status: "cancelled" });
      expect(await send(parcelOf(orderId))).toMatchObject(rejected);
      expect(rig.exchanges.filter(({ method }) => method !== "GET")).toEqual([]);
    });
  });
});

describe("channel woocommerce, its webhooks", () => {
  const inbox = new Inbox();
  let shop: ScenarioPlatform;
  let rig: Rig;
  beforeAll(() => inbox.listen());
  afterAll(() => inbox.close());
  beforeEach(async () => {
    inbox.reset();
    shop = await startPlatform(platform, { appUrl: inbox.url });
    rig = rigAt(shop, "");
    return () => shop.close();
  });
  const door = () => ({
    url: `${inbox.url}/webhooks/woocommerce/${connectionId}`,
    secret: "5e".repeat(32),
  });
  const connectionId = randomUUID();
  const setUp = async () => {
    expect(await rig.session.setUpEvents?.(door(), signal())).toEqual({
      ok: true,
      topics: subscribedTopics,
    });
  };
  const hooks = async () =>
    (await merchant(shop, "GET", "/webhooks?per_page=100")) as unknown as {
      id: number;
      topic: string;
      status: string;
    }[];
  const sale = () => orderOf(shop, at(shop.listings, 6).sku, 1);
  const verified = async (taken: Taken) =>
    await channel.webhooks?.verify(
      { ...taken, url: door().url, door: door(), receivedAt: new Date() },
      {},
      fetch,
    );
  const factsOf = async (taken: Taken): Promise<readonly ChannelFact[]> => {
    const result = await verified(taken);
    if (!result?.ok) throw new Error(`not believed: ${JSON.stringify(result)}`);
    return channel.parseEvent({ topic: result.topic, payload: taken.rawBody.toString("utf8") });
  };

  test("the try that comes with each new webhook is a ping, and nothing but a ping", async () => {
    await setUp();
    expect(inbox.taken).toHaveLength(subscribedTopics.length);
    for (const ping of inbox.taken) {
      expect(await verified(ping)).toEqual({ ok: false, reason: "ping" });
      const longer = { ...ping, rawBody: Buffer.from(`${ping.rawBody.toString()}&x=1`) };
      expect(await verified(longer)).toEqual({ ok: false, reason: "signature" });
    }
  });

  test("one order is told in several events of one key each, however often they come", async () => {
    await setUp();
    inbox.reset();
    shop.sandbox.control.setFaults({ channel: "woocommerce", duplicateShare: 1 });
    const orderId = sale();
    await inbox.count(6);
    const results = await Promise.all(inbox.taken.map(verified));
    const keys = new Set(results.map((one) => (one?.ok ? one.externalEventId : "refused")));
    expect(keys.size).toBe(3);
    const [first] = await factsOf(inbox.first("order.created"));
    expect(first).toMatchObject({ kind: "order", order: { orderId, lines: [{ quantity: 1 }] } });
    expect(await factsOf(inbox.first("product.updated"))).toEqual([
      { kind: "level-hint", match: { productId: at(shop.listings, 6).externalIds["productId"] } },
    ]);
  });

  test("a webhook that failed too often is off, nothing is repeated, and the next set-up switches it on", async () => {
    await setUp();
    inbox.reset();
    inbox.status = 500;
    // Six failures are borne; the seventh in a row ends it.
    for (let orders = 0; orders < 7; orders += 1) sale();
    await inbox.count(21);
    await inbox.quiet();
    expect(inbox.taken).toHaveLength(21);
    const off = (await hooks()).filter(({ status }) => status === "disabled");
    expect(off.map(({ topic }) => topic).sort()).toEqual([
      "order.created",
      "order.updated",
      "product.updated",
    ]);
    inbox.status = 200;
    inbox.reset();
    sale();
    await inbox.quiet();
    expect(inbox.taken).toEqual([]);

    await setUp();
    expect(new Set((await hooks()).map(({ status }) => status))).toEqual(new Set(["active"]));
    inbox.reset();
    const orderId = sale();
    await inbox.count(3);
    expect(await factsOf(inbox.first("order.created"))).toMatchObject([
      { kind: "order", order: { orderId } },
    ]);
  });

  test("of two webhooks for the same, one goes; those of others stay", async () => {
    await setUp();
    const other = { topic: "order.updated", delivery_url: "https://other.example.com/hook" };
    await merchant(shop, "POST", "/webhooks", other);
    await merchant(shop, "POST", "/webhooks", { ...other, delivery_url: door().url });
    await setUp();
    expect(await hooks()).toHaveLength(subscribedTopics.length + 1);
  });

  test("a user who may not make webhooks is told so, and the connection goes on", async () => {
    await shown(rig, [at(shop.listings, 0)]);
    const code = "woocommerce_rest_cannot_view";
    const body = JSON.stringify({ code, message: "Sorry.", data: { status: 403 } });
    rig.inject({ status: 403, body });
    expect(await rig.session.setUpEvents?.(door(), signal())).toMatchObject({
      ok: false,
      fault: { kind: "rejected" },
    });
  });

  test("the body is made when it leaves: it tells the newest state", async () => {
    await setUp();
    inbox.reset();
    shop.sandbox.control.setFaults({ channel: "woocommerce", delayMs: 100 });
    const orderId = sale();
    shop.sandbox.control.cancel({ channel: "woocommerce", orderId });
    await inbox.count(1);
    const [fact] = await factsOf(inbox.first("order.created"));
    expect(fact).toMatchObject({
      kind: "order",
      order: { lines: [{ quantity: 0, withdrawn: true }] },
    });
  });

  test("a user who lost the right to see orders sends an error, and that revokes", async () => {
    await setUp();
    inbox.reset();
    shop.sandbox.control.setFaults({ channel: "woocommerce", consentRevoked: true });
    sale();
    await inbox.count(3);
    expect(await factsOf(inbox.first("order.created"))).toMatchObject([{ kind: "revoked" }]);
  });

  test("a binned order and product carry an id and no more", async () => {
    await setUp();
    const orderId = sale();
    await inbox.count(9);
    inbox.reset();
    await merchant(shop, "DELETE", `/orders/${orderId}`);
    const { productId = "" } = at(shop.listings, 4).externalIds;
    await merchant(shop, "DELETE", `/products/${productId}`);
    await inbox.count(2);
    expect(inbox.first("order.deleted").rawBody.toString()).toBe(`{"id":${orderId}}`);
    expect(await factsOf(inbox.first("product.deleted"))).toContainEqual({
      kind: "level-hint",
      match: { productId },
    });
  });
});

interface Taken {
  readonly rawBody: Buffer;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** Stands where the app's door would. */
class Inbox {
  readonly #server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      response.writeHead(this.status).end();
      const headers = request.headers as Record<string, string | undefined>;
      this.taken.push({ rawBody: Buffer.concat(chunks), headers });
    });
  });
  taken: Taken[] = [];
  status = 200;
  url = "";

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  reset(): void {
    this.taken = [];
    this.status = 200;
  }

  first(topic: string): Taken {
    const found = this.taken.find(({ headers }) => headers["x-wc-webhook-topic"] === topic);
    if (!found) throw new Error(`no ${topic}`);
    return found;
  }

  /** Waits for so many deliveries. */
  async count(wanted: number): Promise<void> {
    await expect.poll(() => this.taken.length, { timeout: 5_000 }).toBeGreaterThanOrEqual(wanted);
  }

  /** Long enough for whatever is on its way on this machine. */
  async quiet(): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, 150));
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
