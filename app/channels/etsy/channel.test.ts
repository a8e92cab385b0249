import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import platform from "#sandbox/etsy/index.ts";
import { neverAborted, writeOf } from "#tests/conformance/ground.ts";
import { openApiCheck, specText } from "#tests/conformance/openapi.ts";
import { createRig, type ChannelScenario, type Rig } from "#tests/conformance/rig.ts";
import {
  startPlatform,
  type ScenarioPlatform,
  type StartOptions,
} from "#tests/conformance/sandbox.ts";
import { describeChannel } from "#tests/conformance/describe-channel.ts";
import type {
  ImportedListing,
  ListingsPage,
  ReadResult,
  Shipment,
  WriteResult,
} from "../contract.ts";
import channel from "./index.ts";

/** What changed after the 2024 document wins (channels.md 8): the body of the inventory write. */
function withSupplement(document: Record<string, unknown>): void {
  const supplement = JSON.parse(specText("etsy/etsy-2026-supplement.json") ?? "{}");
  const paths = document["paths"] as Record<string, { put: { requestBody: object } }>;
  const write = paths["/v3/application/listings/{listing_id}/inventory"]?.put;
  const schema: unknown = supplement.updateListingInventory.bodySchema;
  if (write) write.requestBody = { content: { "application/json": { schema } } };
}

const deliveryBody = JSON.stringify({
  event_type: "order.paid",
  resource_url: "https://api.etsy.com/v3/application/shops/41234567/receipts/3000000000001",
  shop_id: 41_234_567,
});
const timestamp = String(Math.floor(Date.now() / 1_000));

const scenario: ChannelScenario = {
  folder: import.meta.dirname,
  platform,
  signsInWith: "tokens",
  topics: ["order.paid", "order.canceled", "order.shipped", "order.delivered"],
  unknownListing: { listingId: "1", variation: "513=1216" },
  answers: {
    unauthorised: {
      status: 401,
      body: '{"error":"invalid_token","error_description":"access token is expired"}',
    },
    throttled: {
      status: 429,
      body: '{"error":"Exceeded daily rate limit"}',
      headers: { "retry-after": "7" },
    },
    unavailable: { status: 500, body: '{"error":"Server Error"}' },
    refusedWith200: [
      { name: "an error in a success", status: 200, body: '{"error":"no"}', kind: "unexpected" },
    ],
  },
  webhook: {
    accountId: platform.demo.accountId,
    delivery(variables) {
      const key = Buffer.from(variables["ETSY_WEBHOOK_SECRET"] ?? "", "base64");
      const signed = `msg_1.${timestamp}.${deliveryBody}`;
      const signature = createHmac("sha256", key).update(signed).digest("base64");
      return {
        rawBody: Buffer.from(deliveryBody),
        headers: {
          "webhook-id": "msg_1",
          "webhook-timestamp": timestamp,
          "webhook-signature": `v1,${signature}`,
        },
      };
    },
  },
  connect: { values: () => ({ renewSoldOut: "no" }) },
  shipsWholeOrders: true,
  cancelsWholeOrders: true,
  spec: openApiCheck(
    [{ file: "etsy/etsy-openapi-v3-2024-01.json", prefix: "/etsy", amend: withSupplement }],
    { undocumented: ["/etsy/oauth/", "/etsy/v3/public/", "/etsy/shop-manager/"] },
  ),
};

describeChannel(channel, scenario);

/** A body of updateListingInventory as it was sent. */
interface SentDocument {
  readonly products: readonly SentProduct[];
  readonly quantity_on_property: readonly number[];
}

interface SentProduct {
  readonly property_values?: unknown;
  readonly offerings: readonly [
    {
      readonly price: number;
      readonly quantity: number;
      readonly readiness_state_id: number | null;
    },
  ];
}

/** A shop of its own, closed after the test. Eight SKUs are two listings of four sizes, sixty units each. */
interface Shop {
  readonly platform: ScenarioPlatform;
  readonly rig: Rig;
  /** Another connection to the shop, with the merchant's consent to the renewal fee. */
  renewing(): Rig;
  push(quantities: Readonly<Record<number, number>>, rig?: Rig): Promise<readonly WriteResult[]>;
  read(...at: number[]): Promise<readonly ReadResult[]>;
  buyersSee(...at: number[]): (number | null)[];
  order(at: number, quantity: number): string;
  byHand(at: number, edit: object): Promise<{ readonly state: string; readonly renewals: number }>;
  /** The inventory writes that reached Etsy, newest last. */
  documents(): SentDocument[];
}

function inShop(run: (shop: Shop) => Promise<void>, options: StartOptions = {}) {
  return async () => {
    const started = await startPlatform(platform, options);
    try {
      await run(shopOf(started));
    } finally {
      await started.close();
    }
  };
}

function shopOf(started: ScenarioPlatform): Shop {
  const rigs = [createRig(channel, started)];
  const [rig] = rigs as [Rig];
  const listing = (at: number) => {
    const found = started.listings[at];
    if (!found) throw new Error(`no listing ${at}`);
    return found;
  };
  return {
    platform: started,
    rig,
    renewing() {
      const settings = { renewSoldOut: true };
      const account = { accountId: started.accountId, settings, secrets: started.secrets };
      const renewing = createRig(channel, started, { tokens: rig.tokens, account });
      rigs.push(renewing);
      return renewing;
    },
    push(quantities, by = rig) {
      const writes = Object.entries(quantities).map(([at, quantity]) =>
        writeOf(listing(Number(at)), quantity, 0),
      );
      return by.session.pushQuantities(writes, neverAborted());
    },
    read: (...at) => rig.session.readListings(at.map(listing), neverAborted()),
    buyersSee: (...at) => at.map((one) => started.sandbox.platform("etsy").shown(listing(one).sku)),
    order(at, quantity) {
      const order = { channel: "etsy", sku: listing(at).sku, quantity };
      const placed = started.sandbox.control.order(order);
      if (!placed.accepted) throw new Error(`refused: ${placed.reason}`);
      return placed.orderId;
    },
    async byHand(at, edit) {
      const { listingId = "" } = listing(at).externalIds;
      const url = `${started.sandbox.url}/etsy/shop-manager/listings/${listingId}`;
      const answer = await fetch(url, { method: "POST", body: JSON.stringify(edit) });
      expect(answer.status).toBe(200);
      return (await answer.json()) as { readonly state: string; readonly renewals: number };
    },
    documents: () =>
      rigs
        .flatMap(({ exchanges }) => exchanges)
        .filter(({ method }) => method === "PUT")
        .map(({ body }) => JSON.parse(body ?? "null")),
  };
}

const ok = { ok: true } as const;
const numbersOf = (document: SentDocument | undefined) =>
  document?.products.map(({ offerings: [offering] }) => offering.quantity);
const methodsOf = ({ exchanges }: Rig, from: number) =>
  exchanges.slice(from).map(({ method, body }) => (body?.startsWith("state=") ? body : method));

describe("channel etsy, beyond the contract", () => {
  test(
    "all sizes of a listing go out in one document, which keeps everything else as it was",
    inShop(async ({ rig, push, read, documents }) => {
      await read(0);
      const before = rig.exchanges.length;
      expect(await push({ 0: 5, 1: 6, 2: 7, 3: 8 })).toEqual([ok, ok, ok, ok]);
      expect(methodsOf(rig, before)).toEqual(["GET", "PUT"]);
      const [document] = documents();
      expect(numbersOf(document)).toEqual([5, 6, 7, 8]);
      expect(document).toMatchObject({ price_on_property: [513], quantity_on_property: [513] });
      expect(document?.products[0]).toEqual({
        sku: "TEE-001-S",
        property_values: [
          {
            property_id: 513,
            property_name: "Size",
            scale_id: null,
            value_ids: [1215],
            values: ["S"],
          },
        ],
        offerings: [{ price: 15, quantity: 5, is_enabled: true, readiness_state_id: 900_001 }],
      });
      // What is there already costs the reading alone.
      const again = rig.exchanges.length;
      expect(await push({ 0: 5, 1: 6 })).toEqual([ok, ok]);
      expect(methodsOf(rig, again)).toEqual(["GET"]);
    }),
  );

  test(
    "two sizes that are pushed at the same time do not undo each other",
    inShop(async ({ rig, push, buyersSee, platform: { sandbox } }) => {
      await push({ 4: 1 });
      sandbox.control.setFaults({ channel: "etsy", latencyMs: 40 });
      const all = [push({ 0: 11 }), push({ 1: 12 }), push({ 2: 13 }, rig)];
      expect(await Promise.all(all)).toEqual([[ok], [ok], [ok]]);
      expect(buyersSee(0, 1, 2, 3)).toEqual([11, 12, 13, 60]);
    }),
  );

  test(
    "a number above 999 is shown as 999",
    inShop(async ({ push, buyersSee }) => {
      expect(await push({ 0: 5_000 })).toEqual([ok]);
      expect(buyersSee(0)).toEqual([999]);
    }),
  );

  test(
    "a listing without a single unit is taken off sale, and comes back numbers first",
    inShop(async ({ rig, push, read, buyersSee, documents }) => {
      await read(0);
      expect(await push({ 0: 0, 1: 0, 2: 0 })).toEqual([ok, ok, ok]);
      const before = rig.exchanges.length;
      expect(await push({ 3: 0 })).toEqual([ok]);
      expect(methodsOf(rig, before)).toEqual(["GET", "PUT", "state=inactive"]);
      // Etsy takes no document of zeroes: one unit stays in it, out of every buyer's sight.
      expect(numbersOf(documents().at(-1))).toEqual([1, 0, 0, 0]);
      expect(buyersSee(0, 1, 2, 3)).toEqual([0, 0, 0, 0]);
      expect(await read(0, 3)).toMatchObject([
        { ok: true, quantity: 0, state: "active" },
        { ok: true, quantity: 0, state: "active" },
      ]);

      const back = rig.exchanges.length;
      expect(await push({ 2: 4 })).toEqual([ok]);
      expect(methodsOf(rig, back)).toEqual(["GET", "PUT", "state=active"]);
      expect(buyersSee(0, 1, 2, 3)).toEqual([0, 0, 4, 0]);
    }),
  );

  test(
    "zero again and zero elsewhere change nothing of a listing that is off sale",
    inShop(async ({ rig, push, buyersSee }) => {
      await push({ 0: 0, 1: 0, 2: 0, 3: 0 });
      const before = rig.exchanges.length;
      expect(await push({ 0: 0, 2: 0 })).toEqual([ok, ok]);
      expect(methodsOf(rig, before)).toEqual(["GET"]);
      expect(buyersSee(0)).toEqual([0]);
    }),
  );

  test(
    "a large listing comes back with all of its numbers although Etsy activates none above 999",
    inShop(async ({ push, buyersSee }) => {
      await push({ 0: 0, 1: 0, 2: 0, 3: 0 });
      expect(await push({ 0: 500, 1: 500, 2: 500, 3: 2 })).toEqual([ok, ok, ok, ok]);
      expect(buyersSee(0, 1, 2, 3)).toEqual([500, 500, 500, 2]);
      expect(await push({ 0: 0, 1: 0, 2: 0, 3: 0 })).toEqual([ok, ok, ok, ok]);
      expect(buyersSee(0, 3)).toEqual([0, 0]);
    }),
  );

  test(
    "what the merchant took off sale gets its numbers and stays off sale",
    inShop(async ({ push, read, byHand, buyersSee, documents }) => {
      await byHand(0, { state: "inactive" });
      expect(await push({ 0: 9 })).toEqual([ok]);
      expect(numbersOf(documents().at(-1))).toEqual([9, 60, 60, 60]);
      expect(buyersSee(0)).toEqual([0]);
      expect(await read(0)).toMatchObject([{ ok: true, quantity: 0, state: "inactive" }]);
      // Back by hand: the processing profile, which Etsy hides meanwhile, is still there.
      await byHand(0, { state: "active" });
      expect(buyersSee(0)).toEqual([9]);
      await push({ 0: 10 });
      expect(documents().at(-1)?.products[0]?.offerings[0].readiness_state_id).toBe(900_001);
    }),
  );

  test(
    "a listing that sold out at Etsy is renewed for its fee only with the merchant's consent",
    inShop(async ({ push, read, order, byHand, buyersSee, renewing }) => {
      await push({ 0: 2, 1: 0, 2: 0, 3: 0 });
      order(0, 2);
      expect(await read(0)).toMatchObject([{ ok: true, quantity: 0, state: "active" }]);
      // Nothing to do, and nothing to pay.
      expect(await push({ 0: 0 })).toEqual([ok]);

      const refused = await push({ 0: 7, 1: 0 });
      expect(refused).toMatchObject([{ ok: false, fault: { kind: "rejected", code: "fee" } }, ok]);
      expect(await byHand(0, {})).toEqual({ state: "sold_out", renewals: 0 });

      expect(await push({ 0: 7, 2: 3 }, renewing())).toEqual([ok, ok]);
      expect(buyersSee(0, 1, 2, 3)).toEqual([7, 0, 3, 0]);
      expect(await byHand(0, {})).toEqual({ state: "active", renewals: 1 });
    }),
  );

  test(
    "Etsy's own failure to renew waits a while instead of burning the day's calls",
    inShop(async ({ rig, push, order, renewing }) => {
      await push({ 0: 1, 1: 0, 2: 0, 3: 0 });
      order(0, 1);
      const by = renewing();
      by.inject("pass", 2);
      by.inject({ status: 500, body: '{"error":"Server Error"}' });
      expect(await push({ 0: 7 }, by)).toMatchObject([{ ok: false, fault: { kind: "locked" } }]);
      expect(await push({ 0: 7 }, by)).toEqual([ok]);
      expect(rig.refreshes()).toBe(1);
    }),
  );

  test(
    "an expired listing is ended: numbers are refused, relisting pays",
    inShop(async ({ platform: { listings }, push, read, byHand, buyersSee, rig, renewing }) => {
      await byHand(0, { state: "expired" });
      expect(await read(0)).toMatchObject([{ ok: true, quantity: 0, state: "ended" }]);
      expect(await push({ 0: 0, 1: 4 })).toMatchObject([ok, { fault: { code: "expired" } }]);
      const [first] = listings;
      if (!first) throw new Error("unreachable");
      const wanted = [writeOf(first, 6, 0)];
      expect(await rig.session.relistListings?.(wanted, neverAborted())).toMatchObject([
        { ok: false, fault: { kind: "rejected", code: "fee" } },
      ]);
      expect(await renewing().session.relistListings?.(wanted, neverAborted())).toEqual([ok]);
      expect(buyersSee(0)).toEqual([6]);
    }),
  );

  test(
    "sizes that share one quantity get the same number, and the smallest when asked for several",
    inShop(async ({ push, byHand, buyersSee, documents }) => {
      await byHand(0, { shareQuantity: true });
      expect(await push({ 0: 8 })).toEqual([ok]);
      expect(numbersOf(documents().at(-1))).toEqual([8, 8, 8, 8]);
      expect(documents().at(-1)?.quantity_on_property).toEqual([]);

      const conflict = await push({ 1: 5, 2: 3 });
      expect(conflict).toMatchObject([{ ok: false, fault: { kind: "rejected" } }, ok]);
      expect(buyersSee(0, 1, 2, 3)).toEqual([3, 3, 3, 3]);
      // None at all is the whole listing's end of sale.
      expect(await push({ 1: 0 })).toEqual([ok]);
      expect(buyersSee(0, 1, 2, 3)).toEqual([0, 0, 0, 0]);
      expect(await push({ 1: 2 })).toEqual([ok]);
      expect(buyersSee(0, 1, 2, 3)).toEqual([2, 2, 2, 2]);
    }),
  );

  test(
    "a listing without variations is found, pushed, paused and brought back under its own id",
    inShop(async ({ rig, platform: { sandbox }, byHand }) => {
      await byHand(0, { dropVariations: true });
      const page = await rig.session.listListings?.(null, neverAborted());
      if (!page?.ok) throw new Error("no page");
      const only = page.listings.find(({ key }) => key === "1700000001");
      expect(only).toMatchObject({ sku: "TEE-001-S", title: "Heron T-shirt 1", quantity: 60 });
      const ref = { listingId: "a", sku: "TEE-001-S", externalIds: only?.externalIds ?? {} };
      const shown = () => sandbox.platform("etsy").shown("TEE-001-S");
      for (const quantity of [12, 0, 3]) {
        const pushed = await rig.session.pushQuantities(
          [writeOf(ref, quantity, 0)],
          neverAborted(),
        );
        expect(pushed).toEqual([ok]);
        expect(shown()).toBe(quantity);
        expect(await rig.session.readListings([ref], neverAborted())).toMatchObject([{ quantity }]);
      }
      // The sizes that were dropped are gone, not zero.
      const gone = await rig.session.readListings(
        [{ ...ref, externalIds: { listingId: "1700000001", variation: "513=1216" } }],
        neverAborted(),
      );
      expect(gone).toMatchObject([{ ok: false, fault: { kind: "unknown-listing" } }]);
    }),
  );

  test(
    "ids change with every write, the order still finds its listing",
    inShop(async ({ rig, push, order, platform: { skus } }) => {
      const productIds = async () => {
        const before = rig.exchanges.length;
        await rig.session.listListings?.(null, neverAborted());
        return /"product_id":(\d+)/.exec(rig.exchanges[before]?.responseBody ?? "")?.[1];
      };
      const first = await productIds();
      await push({ 0: 9 });
      expect(await productIds()).not.toBe(first);
      const orderId = order(0, 1);
      const fetched = await rig.session.fetchOrders?.([orderId], neverAborted());
      const [sku] = skus;
      if (!fetched?.ok || !sku) throw new Error("no order");
      expect(fetched.orders[0]?.lines[0]?.orderKey).toBe(platform.demo.listing(sku).orderKey);
    }),
  );

  test(
    "the last size that ends takes the listing off sale, and relisting another brings only that one",
    inShop(async ({ rig, platform: { listings }, read, buyersSee }) => {
      const four = listings.slice(0, 4);
      expect(await rig.session.endListings?.(four.slice(0, 3), neverAborted())).toEqual([
        ok,
        ok,
        ok,
      ]);
      expect(await read(0, 3)).toMatchObject([
        { state: "ended", quantity: 0 },
        { state: "active", quantity: 60 },
      ]);
      expect(await rig.session.endListings?.(four.slice(3), neverAborted())).toEqual([ok]);
      expect(buyersSee(0, 1, 2, 3)).toEqual([0, 0, 0, 0]);
      const [, second] = four;
      if (!second) throw new Error("unreachable");
      const relisted = await rig.session.relistListings?.([writeOf(second, 4, 0)], neverAborted());
      expect(relisted).toEqual([ok]);
      expect(buyersSee(0, 1, 2, 3)).toEqual([0, 4, 0, 0]);
    }),
  );

  test(
    "a price keeps the other sizes' prices, in the decimals that Etsy wants",
    inShop(async ({ rig, platform: { listings }, documents, read }) => {
      const [first] = listings;
      if (!first) throw new Error("unreachable");
      const price = { minor: 1_999, currency: "USD" };
      expect(await rig.session.setPrices?.([{ ...first, price }], neverAborted())).toEqual([ok]);
      const prices = documents()
        .at(-1)
        ?.products.map(({ offerings: [offering] }) => offering.price);
      expect(prices).toEqual([19.99, 15, 15, 15]);
      expect(await read(0, 1)).toMatchObject([{ price }, { price: { minor: 1_500 } }]);
    }),
  );

  test(
    "every refresh replaces the refresh token, and the one before is dead",
    inShop(async ({ platform: { sandbox, variables, secrets }, rig, read }) => {
      await read(0);
      sandbox.control.expireTokens({ channel: "etsy" });
      await read(0);
      expect(new Set(rig.tokens.secretsSeen()).size).toBe(3);
      const answer = await fetch(`${variables["ETSY_API_URL"] ?? ""}/v3/public/oauth/token`, {
        method: "POST",
        body: new URLSearchParams({
          grant_type: "refresh_token",
          client_id: variables["ETSY_KEYSTRING"] ?? "",
          refresh_token: secrets["refreshToken"] ?? "",
        }),
      });
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ error: "invalid_grant" });
    }),
  );

  test(
    "a parcel whose answer was lost is found there, and a second parcel is added",
    inShop(async ({ rig, order, platform: { sandbox } }) => {
      const orderId = order(0, 2);
      const parcel = (trackingNumber: string, parcelNumber: number): Shipment => ({
        shipmentId: "9b2f3c1e-0000-4000-8000-000000000001",
        orderId,
        parcelNumber,
        lines: [{ lineId: "1", quantity: 1 }],
        carrier: "royal-mail",
        carrierName: "Royal Mail",
        trackingNumber,
        trackingUrl: null,
        shippedAt: new Date().toISOString(),
      });
      const send = (trackingNumber: string, number: number) =>
        rig.session.sendShipment?.(parcel(trackingNumber, number), neverAborted());
      rig.loseAnswersOfWrites(true);
      expect(await send("JC 2431 GB", 1)).toMatchObject({ ok: false, fault: { kind: "timeout" } });
      rig.loseAnswersOfWrites(false);
      expect(await send("jc2431gb", 1)).toEqual({ ok: true, already: true });
      expect(await send("JC2432GB", 2)).toEqual({ ok: true, already: false });
      expect(sandbox.platform("etsy").shipments(orderId)).toMatchObject([
        { carrier: "royal-mail", trackingNumber: "JC 2431 GB" },
        { carrier: "royal-mail", trackingNumber: "JC2432GB" },
      ]);
    }),
  );

  test(
    "a conflict about tracking counts as done only when the code is there",
    inShop(async ({ rig, order }) => {
      const orderId = order(0, 1);
      rig.inject("pass", 2);
      rig.inject({ status: 409, body: '{"error":"Conflict"}' });
      const sent = await rig.session.sendShipment?.(
        {
          shipmentId: "9b2f3c1e-0000-4000-8000-000000000002",
          ...{ orderId, parcelNumber: 1, lines: [{ lineId: "1", quantity: 1 }] },
          ...{ carrier: "ups", carrierName: "UPS", trackingNumber: "1Z", trackingUrl: null },
          shippedAt: new Date().toISOString(),
        },
        neverAborted(),
      );
      expect(sent).toMatchObject({ ok: false, fault: { kind: "rejected", code: "409" } });
    }),
  );

  test(
    "a page too long to be kept is asked for again in smaller pieces, and misses nothing",
    inShop(
      async ({ rig, platform: { skus } }) => {
        // The answer is cut where the HTTP core stops reading: no JSON any more.
        rig.inject("pass");
        rig.inject({ status: 200, body: "x".repeat(8 * 1024 * 1024) });
        const seen: ImportedListing[] = [];
        let cursor: string | null = null;
        for (let pages = 0; pages < 50; pages += 1) {
          const page: ListingsPage | undefined = await rig.session.listListings?.(
            cursor,
            neverAborted(),
          );
          if (!page?.ok) throw new Error("the page failed");
          seen.push(...page.listings);
          ({ cursor } = page);
          if (cursor === null) break;
        }
        expect(new Set(seen.map(({ key }) => key)).size).toBe(skus.length);
      },
      { skus: 500 },
    ),
  );

  test(
    "the whole shop comes back after a restart",
    inShop(async ({ rig, push, order, byHand, platform: { sandbox } }) => {
      await push({ 0: 7, 1: 0 });
      const orderId = order(0, 3);
      await byHand(4, { state: "inactive" });
      const saved = JSON.parse(JSON.stringify(sandbox.platform("etsy").snapshot()));
      const other = await startPlatform(platform);
      try {
        const restored = other.sandbox.platform("etsy");
        restored.restore(saved);
        expect(["TEE-001-S", "TEE-001-M", "TEE-002-S"].map((sku) => restored.shown(sku))).toEqual([
          4, 0, 0,
        ]);
        expect(restored.cancelOrder(orderId)).toBe(true);
        // The tokens are the platform's, not the process's.
        const again = createRig(channel, other, { tokens: rig.tokens });
        const [first] = other.listings;
        if (!first) throw new Error("unreachable");
        expect(await again.session.readListings([first], neverAborted())).toMatchObject([
          { ok: true, quantity: 7 },
        ]);
      } finally {
        await other.close();
      }
    }),
  );
});

describe("the simulated Etsy refuses what Etsy refuses", () => {
  /** Calls as somebody else's client would make them. */
  function raw(shop: Shop) {
    const { variables } = shop.platform;
    const keystring = variables["ETSY_KEYSTRING"] ?? "";
    const headers = {
      "x-api-key": `${keystring}:${variables["ETSY_SHARED_SECRET"] ?? ""}`,
      authorization: `Bearer ${shop.rig.tokens.seen().at(-1) ?? ""}`,
    };
    const address = `${variables["ETSY_API_URL"] ?? ""}/v3/application/listings/1700000001/inventory`;
    return {
      get: (change: Record<string, string> = {}) =>
        fetch(address, { headers: { ...headers, ...change } }),
      put: (body: unknown) =>
        fetch(address, { method: "PUT", headers, body: JSON.stringify(body) }),
    };
  }
  const written = async (shop: Shop) => {
    await shop.push({ 0: 5 });
    const [document] = shop.documents();
    if (!document) throw new Error("nothing was written");
    return { document, ...raw(shop) };
  };

  test(
    "keys of the answer, numbers of zero, numbers that do not vary",
    inShop(async (shop) => {
      const { document, put } = await written(shop);
      const [first, ...others] = document.products;
      const extra = { ...document, products: [{ ...first, product_id: 1 }, ...others] };
      expect((await put(extra)).status).toBe(400);
      const zero = (product: SentProduct) => ({
        ...product,
        offerings: [{ ...product.offerings[0], quantity: 0 }],
      });
      const none = await put({ ...document, products: document.products.map(zero) });
      expect(await none.json()).toEqual({
        error: "One offering must have quantity greater than 0",
      });
      expect((await put({ ...document, quantity_on_property: [] })).status).toBe(400);
      expect((await put(document)).status).toBe(200);
    }),
  );

  test(
    "a document without its property values wipes the variations",
    inShop(async (shop) => {
      const { document, put } = await written(shop);
      const bare = document.products.map(({ offerings }) => ({ offerings }));
      expect((await put({ ...document, products: bare })).status).toBe(200);
      expect(shop.buyersSee(0, 1)).toEqual([5, null]);
    }),
  );

  test(
    "half a key, a token it does not know, more than ten calls in a second",
    inShop(async (shop) => {
      const { get } = await written(shop);
      const half = await get({ "x-api-key": shop.platform.variables["ETSY_KEYSTRING"] ?? "" });
      expect(half.status).toBe(403);
      expect(await half.json()).toEqual({
        error: "Shared secret is required in x-api-key header.",
      });
      expect((await get({ authorization: "Bearer 987654321.guessed" })).status).toBe(401);
      shop.platform.sandbox.control.setFaults({ channel: "etsy", rateLimitFactor: 1 });
      const statuses = await Promise.all(
        Array.from({ length: 14 }, async () => (await get()).status),
      );
      expect(statuses.filter((status) => status === 429).length).toBeGreaterThan(0);
      const refused = await get();
      expect(refused.headers.get("x-limit-per-second")).toBe("10");
    }),
  );
});
