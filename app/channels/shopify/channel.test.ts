import { describe, expect, test } from "vitest";
import { z } from "zod";
import { demoAccounts, demoCatalogue } from "#sandbox/catalogue.ts";
import platform from "#sandbox/shopify/index.ts";
import { signSessionToken } from "#sandbox/shopify/session-token.ts";
import type { Sandbox } from "#sandbox/start.ts";
import { hmacSha256 } from "#app/lib/signature.ts";
import { groundOf, neverAborted, placed, writeOf, type Ground } from "#tests/conformance/ground.ts";
import type { ChannelScenario } from "#tests/conformance/rig.ts";
import { describeChannel } from "#tests/conformance/describe-channel.ts";
import {
  importPageSizeMax,
  type ImportedListing,
  type ListingRef,
  type ListingsPage,
  type Shipment,
} from "../contract.ts";
import { createShopifyClient } from "./client.ts";
import { setQuantities } from "./compare-and-set.ts";
import { publishedTopics, shopifySpec, webhookSamples } from "./conformance-spec.ts";
import channel from "./index.ts";

const [warehouse, floor] = demoCatalogue({ skus: 1, stock: 1 }).locations;

/** Installs the app the way the embedded page does: a signed session token for a pair of tokens. */
async function installedSecrets(
  sandbox: Sandbox,
  variables: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const { SHOPIFY_API_KEY: apiKey = "", SHOPIFY_API_SECRET: apiSecret = "" } = variables;
  const party = { shop: demoAccounts.shopify, apiKey, apiSecret };
  const response = await fetch(`${sandbox.url}/shopify/admin/oauth/access_token`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-sandbox-shop": demoAccounts.shopify },
    body: JSON.stringify({
      client_id: apiKey,
      client_secret: apiSecret,
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token: signSessionToken(party, Date.now(), "conformance"),
      subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
      requested_token_type: "urn:shopify:params:oauth:token-type:offline-access-token",
      expiring: "1",
    }),
  });
  const { refresh_token: refreshToken } = z
    .object({ refresh_token: z.string() })
    .parse(await response.json());
  return { refreshToken };
}

const graphqlError = (message: string, code?: string) =>
  JSON.stringify({ errors: [{ message, ...(code && { extensions: { code } }) }] });
const userError = (code: string | null, message = "no") =>
  JSON.stringify({
    data: { inventoryAdjustQuantities: { userErrors: [{ code, field: null, message }] } },
  });
const throttled = {
  errors: [{ message: "Throttled", extensions: { code: "THROTTLED" } }],
  extensions: {
    cost: {
      requestedQueryCost: 110,
      actualQueryCost: null,
      throttleStatus: { maximumAvailable: 2_000, currentlyAvailable: 10, restoreRate: 100 },
    },
  },
};

const scenario: ChannelScenario = {
  folder: import.meta.dirname,
  platform,
  secrets: installedSecrets,
  signsInWith: "tokens",
  topics: [
    ...["orders/create", "orders/updated", "orders/edited", "inventory_levels/update"],
    ...["refunds/create", "returns/request", "returns/close", "returns/update"],
    ...["fulfillments/create", "fulfillment_orders/moved", "inventory_items/update"],
    ...["products/delete", "locations/deactivate", "app/scopes_update", "shop/redact"],
  ],
  unknownListing: {
    inventoryItemId: "gid://shopify/InventoryItem/1",
    locationId: warehouse.gid,
    variantId: "gid://shopify/ProductVariant/1",
  },
  answers: {
    throttled: { status: 200, body: JSON.stringify(throttled) },
    refusedWith200: [
      ["no permission", graphqlError("Access denied", "ACCESS_DENIED"), "unauthorised"],
      ["a broken query", graphqlError("Field 'x' doesn't exist"), "unexpected"],
      ["an outage inside", graphqlError("Internal error", "INTERNAL_SERVER_ERROR"), "timeout"],
      ["a batch that failed", userError("ADJUST_QUANTITIES_FAILED"), "unavailable"],
      ["a first try under way", userError("IDEMPOTENCY_CONCURRENT_REQUEST"), "timeout"],
      ["a code of the future", userError("SOMETHING_NEW"), "unexpected"],
      ["no code at all", userError(null), "unexpected"],
    ].map(([name, body, kind]) => ({ name, body, kind, status: 200 })) as NonNullable<
      NonNullable<ChannelScenario["answers"]>["refusedWith200"]
    >,
  },
  webhook: {
    accountId: demoAccounts.shopify,
    delivery({ SHOPIFY_API_SECRET = "" }) {
      const rawBody = Buffer.from('{"id":1,"updated_at":"2026-01-11T05:31:45-05:00"}');
      return {
        rawBody,
        headers: {
          "x-shopify-hmac-sha256": hmacSha256(SHOPIFY_API_SECRET, rawBody, "base64"),
          "x-shopify-shop-domain": demoAccounts.shopify,
          "x-shopify-topic": "orders/create",
          "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
          "x-shopify-triggered-at": "2026-01-11T10:31:45.123456789Z",
        },
      };
    },
  },
  spec: shopifySpec(),
};

describeChannel(channel, scenario);

/** What a member of the merchant's staff does in the admin. */
async function staff(ground: Ground, what: string, body: object): Promise<unknown> {
  const answer = await fetch(`${ground.platform.sandbox.url}/shopify/staff/${what}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return await answer.json();
}

function listingAt(ground: Ground, index: number): ListingRef {
  const listing = ground.platform.listings[index];
  if (!listing) throw new Error("no listing");
  return listing;
}

const atFloor = (listing: ListingRef): ListingRef => ({
  ...listing,
  listingId: `${listing.listingId} on the floor`,
  externalIds: { ...listing.externalIds, locationId: floor.gid },
});

async function shown(ground: Ground, ...listings: readonly ListingRef[]) {
  const reads = await ground.rig.session.readListings(listings, neverAborted());
  return reads.map((read) => (read.ok ? read.quantity : read.fault.kind));
}

const buyersSee = (ground: Ground, { sku }: ListingRef) =>
  ground.platform.sandbox.platform("shopify").shown(sku);

async function importAll(ground: Ground): Promise<{
  readonly listings: readonly ImportedListing[];
  readonly pages: readonly number[];
}> {
  const listings: ImportedListing[] = [];
  const pages: number[] = [];
  let cursor: string | null = null;
  for (;;) {
    // Each page by another process: nothing but the cursor is handed on.
    const page: ListingsPage | undefined = await ground
      .freshRig()
      .session.listListings?.(cursor, neverAborted());
    if (!page?.ok) throw new Error(`the page failed: ${JSON.stringify(page)}`);
    listings.push(...page.listings);
    if (page.listings.length > 0) pages.push(page.listings.length);
    if (page.cursor === null) return { listings, pages };
    cursor = page.cursor;
    if (page.waitMs !== undefined) await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe("channel shopify, beyond the contract", () => {
  const ground = groundOf(channel, scenario);

  describe("writes", () => {
    test("a difference is added to what is there, whatever was believed", async () => {
      const listing = listingAt(ground, 0);
      const [before = 0] = (await shown(ground, listing)) as number[];
      const write = writeOf(listing, 0, -7);
      expect(await ground.rig.session.pushQuantities([write], neverAborted())).toEqual([
        { ok: true },
      ]);
      expect(await shown(ground, listing)).toEqual([before - 7]);
    });

    test("a batch whose answer was lost is done once, in whatever order it goes out again", async () => {
      const listings = [listingAt(ground, 0), listingAt(ground, 1)];
      const before = (await shown(ground, ...listings)) as number[];
      const writes = listings.map((listing) => writeOf(listing, 0, -3));
      const rig = ground.freshRig();
      rig.loseAnswersOfWrites(true);
      const lost = await rig.session.pushQuantities(writes, neverAborted());
      expect(lost).toMatchObject(writes.map(() => ({ ok: false, fault: { kind: "timeout" } })));
      rig.loseAnswersOfWrites(false);
      const again = await rig.session.pushQuantities(writes.toReversed(), neverAborted());
      expect(again).toEqual(writes.map(() => ({ ok: true })));
      expect(await shown(ground, ...listings)).toEqual(before.map((quantity) => quantity - 3));
    });

    test("one item at two locations is two listings", async () => {
      const [here, there] = [listingAt(ground, 2), atFloor(listingAt(ground, 2))];
      expect(await shown(ground, here, there)).toEqual([42, 18]);
      const writes = [writeOf(here, 40, -2), writeOf(there, 19, 1)];
      await ground.rig.session.pushQuantities(writes, neverAborted());
      expect(await shown(ground, here, there)).toEqual([40, 19]);
      expect(buyersSee(ground, here)).toBe(59);
    });

    test("compare-and-set: a sale in between costs another round and no unit", async () => {
      const listing = listingAt(ground, 3);
      const real = createShopifyClient(ground.freshRig().context as never);
      const sent: unknown[] = [];
      const [first] = await setQuantities(
        async (call) => {
          const isSet = call.query.includes("inventorySetQuantities");
          if (isSet && sent.length === 0) placed(ground, listing.sku, 5);
          if (isSet) sent.push(call.variables);
          return await real(call);
        },
        [writeOf(listing, 30, 0)],
        neverAborted(),
      );
      expect(first).toEqual({ ok: true });
      expect(sent).toMatchObject([
        { input: { quantities: [{ quantity: 30, changeFromQuantity: 42 }] } },
        { input: { quantities: [{ quantity: 30, changeFromQuantity: 37 }] } },
      ]);
      expect(await shown(ground, listing)).toEqual([30]);
      // What shows the number already is not written.
      const nothing = await setQuantities(
        (call) =>
          call.query.includes("mutation") ? Promise.reject(new Error("wrote")) : real(call),
        [writeOf(listing, 30, 0)],
        neverAborted(),
      );
      expect(nothing).toEqual([{ ok: true }]);
    });

    test("a shop out of points says so with HTTP 200, and how long to wait", async () => {
      const { control } = ground.platform.sandbox;
      control.setFaults({ channel: "shopify", rateLimitFactor: 0.01 });
      const listings = ground.platform.listings.slice(0, 8);
      const reads = await ground.rig.session.readListings(listings, neverAborted());
      control.setFaults({ channel: "shopify", rateLimitFactor: 1_000_000 });
      expect(reads[0]).toMatchObject({
        ok: false,
        fault: { kind: "rate-limited", code: "THROTTLED", retryAfterMs: expect.any(Number) },
      });
    });
  });

  describe("import", () => {
    test("stock that others keep is shown and never written", async () => {
      const held = await groundOf.once(channel, scenario);
      const [untracked, bundle] = [listingAt(held, 0), listingAt(held, 1)];
      await staff(held, "item", { sku: untracked.sku, tracked: false });
      await staff(held, "item", { sku: bundle.sku, requiresComponents: true });
      await staff(held, "location", { locationId: floor.gid, isFulfillmentService: true });
      await staff(held, "product", { sku: listingAt(held, 4).sku, status: "DRAFT" });
      const { listings } = await importAll(held);
      const found = (sku: string, locationId: string) =>
        listings.find((one) => one.sku === sku && one.externalLocationId === locationId);
      expect(found(untracked.sku, warehouse.gid)).toMatchObject({
        ...{ heldByChannel: true, quantity: null, externalIds: { heldBy: "untracked" } },
      });
      expect(found(bundle.sku, warehouse.gid)).toMatchObject({
        ...{ heldByChannel: true, externalIds: { heldBy: "bundle" } },
      });
      expect(found(listingAt(held, 2).sku, floor.gid)).toMatchObject({
        ...{ heldByChannel: true, externalIds: { heldBy: "service" } },
        externalLocationName: "Shop floor",
      });
      expect(found(listingAt(held, 2).sku, warehouse.gid)).toMatchObject({ heldByChannel: false });
      expect(found(listingAt(held, 4).sku, warehouse.gid)).toMatchObject({ state: "inactive" });
      const writes = listings
        .filter(({ heldByChannel }) => heldByChannel)
        .map(({ key, sku, externalIds }) =>
          writeOf({ listingId: key, sku: sku ?? "", externalIds }, 1, 1),
        );
      const calls = held.rig.calls();
      const results = await held.rig.session.pushQuantities(writes, neverAborted());
      expect(new Set(results.map((it) => !it.ok && it.fault.kind))).toEqual(
        new Set(["unsupported"]),
      );
      expect(held.rig.calls()).toBe(calls);
      // A listing that was not imported again meanwhile: Shopify itself refuses.
      const [late] = await held.rig.session.pushQuantities([writeOf(bundle, 1, 1)], neverAborted());
      expect(late).toMatchObject({ fault: { code: "NON_MUTABLE_INVENTORY_ITEM" } });
      await held.close();
    });

    test("a long export is read in pieces, none larger than a page", async () => {
      const skus = 3_000;
      const large = await groundOf.once(channel, scenario, { skus });
      const { listings, pages } = await importAll(large);
      expect(pages.length).toBeGreaterThan(1);
      expect(Math.max(...pages)).toBeLessThanOrEqual(importPageSizeMax);
      expect(new Set(listings.map(({ key }) => key)).size).toBe(2 * skus);
      expect(listings).toHaveLength(2 * skus);
      await large.close();
    });
  });

  describe("prices", () => {
    test("a listing that names no product is looked up", async () => {
      const listing = listingAt(ground, 4);
      const { inventoryItemId = "", locationId = "" } = listing.externalIds;
      const bare = { ...listing, externalIds: { inventoryItemId, locationId } };
      const price = { minor: 1_234, currency: "USD" };
      expect(await ground.rig.session.setPrices?.([{ ...bare, price }], neverAborted())).toEqual([
        { ok: true },
      ]);
      expect(await ground.rig.session.readListings([bare, listing], neverAborted())).toMatchObject([
        { price },
        { price },
      ]);
    });

    test("two locations of one variant share its price", async () => {
      const [here, there] = [listingAt(ground, 4), atFloor(listingAt(ground, 4))];
      const usd = (minor: number) => ({ minor, currency: "USD" });
      const set = async (first: number, second: number) =>
        await ground.rig.session.setPrices?.(
          [
            { ...here, price: usd(first) },
            { ...there, price: usd(second) },
          ],
          neverAborted(),
        );
      expect(await set(2_000, 2_000)).toEqual([{ ok: true }, { ok: true }]);
      expect(await set(2_100, 2_200)).toMatchObject([
        { ok: true },
        { ok: false, fault: { kind: "rejected" } },
      ]);
    });
  });

  describe("ending", () => {
    test("what was published comes back, and nothing else", async () => {
      const listing = listingAt(ground, 5);
      const { variantId = "" } = listing.externalIds;
      const client = createShopifyClient(ground.freshRig().context as never);
      const call = async (query: string, variables: Record<string, unknown>) => {
        const data = z.record(z.string(), z.unknown());
        const result = await client({ query, variables, cost: 10, data, signal: neverAborted() });
        return result.ok ? result.data : result.fault;
      };
      const pointOfSale = "gid://shopify/Publication/90000000002";
      await call(
        `mutation ($id: ID!, $input: [PublicationInput!]!) {
          publishableUnpublish(id: $id, input: $input) { userErrors { message } }
        }`,
        { id: variantId, input: [{ publicationId: pointOfSale }] },
      );
      const { session } = ground.rig;
      expect(await session.endListings?.([listing, atFloor(listing)], neverAborted())).toEqual([
        { ok: true },
        { ok: true },
      ]);
      expect(buyersSee(ground, listing)).toBeNull();
      expect(await session.readListings([listing], neverAborted())).toMatchObject([
        { ok: true, state: "ended" },
      ]);
      expect(await session.relistListings?.([writeOf(listing, 9, 0)], neverAborted())).toEqual([
        { ok: true },
      ]);
      expect(buyersSee(ground, listing)).toBe(9 + 18);
      expect(
        await call(
          `query ($id: ID!, $to: ID!) {
            productVariant(id: $id) { publishedOnPublication(publicationId: $to) }
          }`,
          { id: variantId, to: pointOfSale },
        ),
      ).toEqual({ productVariant: { publishedOnPublication: false } });
    });
  });

  describe("shipments", () => {
    const orderOf = async (quantity: number, index = 6) => {
      const orderId = placed(ground, listingAt(ground, index).sku, quantity);
      const found = await ground.rig.session.fetchOrders?.([orderId], neverAborted());
      const [order] = found?.ok ? found.orders : [];
      if (!order) throw new Error("no order");
      return order;
    };
    const parcel = (
      order: Awaited<ReturnType<typeof orderOf>>,
      quantity: number,
      trackingNumber = "1Z1",
    ): Shipment => ({
      ...{ shipmentId: crypto.randomUUID(), orderId: order.orderId, parcelNumber: 1 },
      lines: [{ lineId: order.lines[0]?.lineId ?? "", quantity }],
      ...{ carrier: "royal-mail", carrierName: "Royal Mail", trackingNumber },
      ...{ trackingUrl: "https://track.example.com/1Z1", shippedAt: new Date().toISOString() },
    });
    const parcelsOf = (orderId: string) =>
      ground.platform.sandbox.platform("shopify").shipments(orderId);

    test("a parcel whose answer was lost is not told twice", async () => {
      const order = await orderOf(2);
      const rig = ground.freshRig();
      rig.loseAnswersOfWrites(true);
      const lost = await rig.session.sendShipment?.(parcel(order, 2), neverAborted());
      expect(lost).toMatchObject({ ok: false, fault: { kind: "timeout" } });
      rig.loseAnswersOfWrites(false);
      expect(await rig.session.sendShipment?.(parcel(order, 2), neverAborted())).toEqual({
        ok: true,
        already: true,
      });
      expect(parcelsOf(order.orderId)).toMatchObject([{ carrier: "Royal Mail" }]);
    });

    test("an order on hold waits, and more units than are left are refused", async () => {
      const order = await orderOf(2);
      await staff(ground, "hold", { orderId: order.orderId, onHold: true });
      const { session } = ground.rig;
      expect(await session.sendShipment?.(parcel(order, 1), neverAborted())).toMatchObject({
        fault: { kind: "locked", code: "ON_HOLD" },
      });
      await staff(ground, "hold", { orderId: order.orderId, onHold: false });
      expect(await session.sendShipment?.(parcel(order, 3), neverAborted())).toMatchObject({
        fault: { kind: "rejected", message: expect.stringContaining("2 of 3") },
      });
      expect(parcelsOf(order.orderId)).toEqual([]);
    });

    test("a parcel without a number is known by having none", async () => {
      const order = await orderOf(1);
      const { session } = ground.rig;
      const bare = { ...parcel(order, 1, ""), trackingUrl: null };
      expect(await session.sendShipment?.(bare, neverAborted())).toEqual({
        ok: true,
        already: false,
      });
      expect(await session.sendShipment?.(bare, neverAborted())).toEqual({
        ok: true,
        already: true,
      });
    });

    test("every restock type moves stock and order as it should", async () => {
      const { session } = ground.rig;
      const listing = listingAt(ground, 7);
      const [before = 0] = (await shown(ground, listing)) as number[];
      const order = await orderOf(6, 7);
      await session.sendShipment?.(parcel(order, 3), neverAborted());
      const refund = (restockType: string, quantity: number) =>
        staff(ground, "refund", { orderId: order.orderId, restockType, quantity });
      const stand = async () => {
        const found = await session.fetchOrders?.([order.orderId], neverAborted());
        const [line] = found?.ok ? (found.orders[0]?.lines ?? []) : [];
        const [level = 0] = (await shown(ground, listing)) as number[];
        return { level: level - before, wanted: line?.quantity, shipped: line?.shipped };
      };
      expect(await stand()).toEqual({ level: -6, wanted: 6, shipped: 3 });
      await refund("cancel", 1);
      expect(await stand()).toEqual({ level: -5, wanted: 5, shipped: 3 });
      // Goods that came back and lie on the shelf again show in the level; the order still counts them as gone.
      await refund("return", 1);
      expect(await stand()).toEqual({ level: -4, wanted: 5, shipped: 3 });
      await refund("no_restock", 1);
      expect(await stand()).toEqual({ level: -4, wanted: 5, shipped: 3 });
      expect(await refund("return", 9)).toEqual({ done: false });
    });
  });

  describe("events", () => {
    test("a webhook signed with the secret before the rotation is accepted, without any network", async () => {
      const app = channel.app.parse({
        SHOPIFY_API_KEY: "key",
        SHOPIFY_API_SECRET: "new",
        SHOPIFY_API_SECRET_PREVIOUS: "old",
      });
      const noNetwork: typeof fetch = () => Promise.reject(new Error("verification went out"));
      const verify = async (secret: string) => {
        const at = { url: "https://lockstep.example.com/webhooks/shopify", door: null };
        const delivery = scenario.webhook?.delivery({ SHOPIFY_API_SECRET: secret }, at);
        if (!delivery) throw new Error("no delivery");
        const request = { ...delivery, ...at, receivedAt: new Date() };
        return (await channel.webhooks?.verify(request, app, noNetwork))?.ok;
      };
      expect([await verify("new"), await verify("old"), await verify("older")]).toEqual([
        true,
        true,
        false,
      ]);
    });

    test.skipIf(webhookSamples().length === 0)("Shopify's own samples can be read", () => {
      const topics = publishedTopics();
      for (const { topic, payload } of webhookSamples()) {
        if (!/redact|data_request/.test(topic)) expect([...topics]).toContain(topic);
        for (const fact of channel.parseEvent({ topic, payload })) {
          expect(fact.kind, topic).not.toBe("unreadable");
        }
      }
    });
  });
});
