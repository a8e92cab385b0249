import { describe, expect, test } from "vitest";
import { z } from "zod";
import { demoAccounts, demoCatalogue } from "#sandbox/catalogue.ts";
import { signSessionToken } from "#sandbox/shopify/session-token.ts";
import { hmacSha256 } from "#app/lib/signature.ts";
import { createRig, type ChannelScenario } from "../conformance-rig.ts";
import { listingOf, startConformanceSandbox } from "../conformance-sandbox.ts";
import { describeChannel } from "../conformance.ts";
import type { ListingRef, OrdersPage } from "../contract.ts";
import channel from "./index.ts";

const signal = () => new AbortController().signal;
const locationId = demoCatalogue({ skus: 1, stock: 1 }).locations[0].gid;

const start = async () => {
  const { sandbox, skus, variables } = await startConformanceSandbox();
  sandbox.control.setFaults({ rateLimitFactor: 1_000 });
  return {
    sandbox,
    variables,
    shopDomain: demoAccounts.shopify,
    accountId: demoAccounts.shopify,
    settings: {},
    secrets: { refreshToken: await installedRefreshToken(variables) },
    listings: skus.map(({ code, shopify }) => levelOf(code, shopify.inventoryItemGid)),
    unknownListing: levelOf("GONE", "gid://shopify/InventoryItem/1"),
    close: () => sandbox.stop(),
  };
};

function levelOf(code: string, inventoryItemId: string): ListingRef {
  return listingOf(code, { inventoryItemId, locationId, variantId: "" });
}

/** Installs the app the way the embedded page does: a signed session token for a pair of tokens. */
async function installedRefreshToken(variables: Readonly<Record<string, string>>): Promise<string> {
  const { SHOPIFY_API_KEY: apiKey = "", SHOPIFY_API_SECRET: apiSecret = "" } = variables;
  const party = { shop: demoAccounts.shopify, apiKey, apiSecret };
  const response = await fetch(
    `${variables["SHOPIFY_SIMULATOR_URL"] ?? ""}/admin/oauth/access_token`,
    {
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
    },
  );
  return z.object({ refresh_token: z.string() }).parse(await response.json()).refresh_token;
}

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
  topics: ["orders/create", "orders/updated", "orders/edited", "inventory_levels/update"],
  start,
  answers: { throttled: { status: 200, body: JSON.stringify(throttled) } },
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
        receivedAt: new Date(),
        url: "https://lockstep.example.com/webhooks/shopify",
        door: null,
      };
    },
  },
};

describeChannel(channel, scenario);

describe("channel shopify, beyond the contract", () => {
  test("a difference is added to what is there, whatever was believed", async () => {
    const platform = await start();
    const { session } = createRig(channel, scenario, platform);
    const listings = platform.listings.slice(0, 1);
    const shown = async () => {
      const [read] = await session.readListings(listings, signal());
      return read?.ok ? read.quantity : null;
    };
    const before = (await shown()) ?? 0;
    const [listing] = listings;
    if (!listing) throw new Error("no listing");
    const write = { ...listing, quantity: 0, delta: -7, idempotencyKey: crypto.randomUUID() };
    expect(await session.pushQuantities([write], signal())).toEqual([{ ok: true }]);
    expect(await shown()).toBe(before - 7);
    await platform.close();
  });

  test("an order comes out of the poll and the fetch as the same snapshot", async () => {
    const platform = await start();
    const { session } = createRig(channel, scenario, platform);
    const sku = platform.listings[0]?.sku ?? "";
    const placed = platform.sandbox.control.order({ channel: "shopify", sku, quantity: 2 });
    if (!placed.accepted) throw new Error("the order was refused");
    const page = await session.listChangedOrders?.(null, signal());
    const fetched = await session.fetchOrders?.([placed.orderId, "1"], signal());
    if (!page?.ok || !fetched?.ok) throw new Error("no order");
    expect(page.orders).toMatchObject([{ orderId: placed.orderId, lines: [{ sku, quantity: 2 }] }]);
    expect(fetched.orders).toEqual(page.orders);
    await platform.close();
  });

  test("paging ends and every order is seen", async () => {
    const platform = await start();
    const { session } = createRig(channel, scenario, platform);
    const placed = platform.listings.flatMap(({ sku }) =>
      [1, 2, 3].map((quantity) => {
        const order = platform.sandbox.control.order({ channel: "shopify", sku, quantity });
        return order.accepted ? order.orderId : "refused";
      }),
    );
    const seen: string[] = [];
    let cursor: string | null = null;
    for (let more = true; more;) {
      const page: OrdersPage | undefined = await session.listChangedOrders?.(cursor, signal());
      if (!page?.ok) throw new Error(page?.fault.message);
      seen.push(...page.orders.map((order) => order.orderId));
      ({ cursor, more } = page);
    }
    expect(seen.toSorted()).toEqual(placed.toSorted());
    await platform.close();
  });

  test("a cancelled order says so in the poll", async () => {
    const platform = await start();
    const { session } = createRig(channel, scenario, platform);
    const sku = platform.listings[0]?.sku ?? "";
    const placed = platform.sandbox.control.order({ channel: "shopify", sku, quantity: 2 });
    if (!placed.accepted) throw new Error("the order was refused");
    platform.sandbox.control.cancel({ channel: "shopify", orderId: placed.orderId });
    expect(await session.listChangedOrders?.(null, signal())).toMatchObject({
      orders: [{ orderId: placed.orderId, cancelled: true }],
    });
    await platform.close();
  });

  test("withdrawn consent is revoked, not an outage", async () => {
    const platform = await start();
    const rig = createRig(channel, scenario, platform);
    rig.inject({ status: 400, body: '{"error":"invalid_grant"}' });
    const [read] = await rig.session.readListings(platform.listings.slice(0, 1), signal());
    expect(read).toMatchObject({ ok: false, fault: { kind: "revoked" } });
    await platform.close();
  });

  test("a write whose answer was lost is done once when the same batch goes out again", async () => {
    const platform = await start();
    const rig = createRig(channel, scenario, platform);
    const listings = platform.listings.slice(0, 2);
    const shown = async () =>
      (await rig.session.readListings(listings, signal())).map((read) =>
        read.ok ? read.quantity : NaN,
      );
    const before = await shown();
    const writes = listings.map((listing) => ({
      ...listing,
      quantity: 0,
      delta: -3,
      idempotencyKey: crypto.randomUUID(),
    }));
    platform.sandbox.control.setFaults({ channel: "shopify", timeoutAfterWriteShare: 1 });
    const cutOff = AbortSignal.timeout(300);
    const lost = await rig.session.pushQuantities(writes, cutOff);
    expect(lost).toMatchObject(writes.map(() => ({ ok: false, fault: { kind: "timeout" } })));
    platform.sandbox.control.setFaults({ channel: "shopify", timeoutAfterWriteShare: 0 });
    const again = await rig.session.pushQuantities(writes.toReversed(), signal());
    expect(again).toEqual(writes.map(() => ({ ok: true })));
    expect(await shown()).toEqual(before.map((quantity) => quantity - 3));
    await platform.close();
  });

  test("a webhook signed with the secret before the rotation is accepted", async () => {
    const app = channel.app.parse({
      SHOPIFY_API_KEY: "key",
      SHOPIFY_API_SECRET: "new",
      SHOPIFY_API_SECRET_PREVIOUS: "old",
    });
    const verify = async (secret: string) => {
      const delivery = scenario.webhook?.delivery({ SHOPIFY_API_SECRET: secret });
      return delivery && (await channel.webhooks?.verify(delivery, app, fetch))?.ok;
    };
    expect([await verify("new"), await verify("old"), await verify("older")]).toEqual([
      true,
      true,
      false,
    ]);
  });
});
