import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { demoAccounts, demoCredentials } from "#sandbox/catalogue.ts";
import { createSigningKey } from "#sandbox/ebay/signing-key.ts";
import { createRig, type ChannelScenario } from "../conformance-rig.ts";
import { listingOf, startConformanceSandbox } from "../conformance-sandbox.ts";
import { describeChannel } from "../conformance.ts";
import type { OrdersPage, QuantityWrite } from "../contract.ts";
import channel from "./index.ts";

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

const start = async () => {
  const { sandbox, skus, variables } = await startConformanceSandbox();
  return {
    sandbox,
    variables,
    shopDomain: demoAccounts.shopify,
    accountId: demoAccounts.ebay,
    settings: { marketplaceId: demoAccounts.ebayMarketplace },
    secrets: demoCredentials.ebay,
    listings: skus.map(({ code, ebay }) => listingOf(code, ebay)),
    unknownListing: listingOf("GONE", { sku: "GONE", offerId: "1", listingId: "2" }),
    close: () => sandbox.stop(),
  };
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

const scenario: ChannelScenario = {
  folder: import.meta.dirname,
  topics: ["ORDER_CONFIRMATION", "AUTHORIZATION_REVOCATION", "MARKETPLACE_ACCOUNT_DELETION"],
  start,
  answers: {
    unauthorised: { status: 401, body: errors(1001) },
    throttled: { status: 429, body: errors(2001) },
    unavailable: { status: 500, body: errors(25001) },
  },
  webhook: {
    accountId: demoAccounts.ebay,
    http: keyServer,
    delivery: () => ({
      rawBody: Buffer.from(deliveryBody),
      headers: { "x-ebay-signature": signingKey.signatureHeader(deliveryBody) },
      receivedAt: new Date(),
      url: "https://lockstep.example.com/webhooks/ebay",
      door: null,
    }),
  },
};

describeChannel(channel, scenario);

type Platform = Awaited<ReturnType<typeof start>>;

async function withPlatform(run: (platform: Platform) => Promise<void>): Promise<void> {
  const platform = await start();
  try {
    await run(platform);
  } finally {
    await platform.close();
  }
}

function writeTo(platform: Platform, index: number, quantity: number): QuantityWrite {
  const listing = platform.listings[index];
  if (!listing) throw new Error(`no listing ${String(index)}`);
  return { ...listing, quantity, delta: 0, idempotencyKey: randomUUID() };
}

describe("channel ebay, beyond the contract", () => {
  test("the 251st revision of a day is locked until midnight Pacific", () =>
    withPlatform(async (platform) => {
      const { session } = createRig(channel, scenario, platform);
      for (let revision = 1; revision <= 250; revision += 1) {
        const pushed = await session.pushQuantities([writeTo(platform, 0, revision)], signal());
        expect(pushed).toEqual([{ ok: true }]);
      }
      const [refused, other] = await session.pushQuantities(
        [writeTo(platform, 0, 1), writeTo(platform, 1, 1)],
        signal(),
      );
      expect(refused).toMatchObject({ ok: false, fault: { kind: "locked", code: "25002" } });
      expect(refused?.ok === false && refused.fault.retryAfterMs).toBeGreaterThan(0);
      expect(other).toEqual({ ok: true });
    }));

  test("withdrawn consent is revoked, not an outage", () =>
    withPlatform(async (platform) => {
      platform.sandbox.control.setFaults({ channel: "ebay", consentRevoked: true });
      const { session } = createRig(channel, scenario, platform);
      const [read] = await session.readListings(platform.listings.slice(0, 1), signal());
      expect(read).toMatchObject({ ok: false, fault: { kind: "revoked", code: "invalid_grant" } });
    }));

  test("an offer's refusal counts although its item row is fine", () =>
    withPlatform(async (platform) => {
      const rig = createRig(channel, scenario, platform);
      await rig.session.readListings(platform.listings.slice(0, 1), signal());
      const write = writeTo(platform, 0, 3);
      const sku = write.externalIds["sku"] ?? "";
      const offerId = write.externalIds["offerId"] ?? "";
      const refusal = { errorId: 25025, message: "Concurrent access" };
      const responses = [
        { sku, statusCode: 200, errors: [], warnings: [] },
        { sku, offerId, statusCode: 409, errors: [refusal], warnings: [] },
      ];
      rig.inject({ status: 207, body: JSON.stringify({ responses }) });
      expect(await rig.session.pushQuantities([write], signal())).toMatchObject([
        { ok: false, fault: { kind: "unavailable", code: "25025" } },
      ]);
    }));

  test("an order comes out of the poll and the fetch as the same snapshot, and cancels", () =>
    withPlatform(async (platform) => {
      const { session } = createRig(channel, scenario, platform);
      const [listing] = platform.listings;
      const sku = listing?.sku ?? "";
      const { control } = platform.sandbox;
      const placed = control.order({ channel: "ebay", sku, quantity: 2 });
      if (!placed.accepted) throw new Error("the order was refused");
      const page = await session.listChangedOrders?.(null, signal());
      const fetched = await session.fetchOrders?.([placed.orderId, "99-99999-99999"], signal());
      if (!page?.ok || !fetched?.ok) throw new Error("no order");
      const lines = [{ orderKey: sku, sku, quantity: 2, shipped: 0 }];
      expect(page.orders).toMatchObject([{ orderId: placed.orderId, cancelled: false, lines }]);
      expect(fetched.orders).toEqual(page.orders);

      control.cancel({ channel: "ebay", orderId: placed.orderId });
      const next = await session.listChangedOrders?.(page.cursor, signal());
      expect(next).toMatchObject({
        ok: true,
        more: false,
        orders: [{ orderId: placed.orderId, cancelled: true }],
      });
    }));

  test("paging ends, and 450 orders with equal times are all seen", () =>
    withPlatform(async (platform) => {
      const { session } = createRig(channel, scenario, platform);
      const placed = new Set<string>();
      for (let count = 0; count < 450; count += 1) {
        const sku = platform.listings[count % 8]?.sku ?? "";
        const order = platform.sandbox.control.order({ channel: "ebay", sku, quantity: 1 });
        if (order.accepted) placed.add(order.orderId);
      }
      const seen = new Set<string>();
      let cursor: string | null = null;
      let pages = 0;
      for (let more = true; more && pages < 10; pages += 1) {
        const page: OrdersPage | undefined = await session.listChangedOrders?.(cursor, signal());
        if (!page?.ok) throw new Error("the page failed");
        for (const order of page.orders) seen.add(order.orderId);
        ({ cursor, more } = page);
      }
      expect(placed.size).toBe(450);
      expect(pages).toBe(3);
      expect(seen).toEqual(placed);
    }));
});
