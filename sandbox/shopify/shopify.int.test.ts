import { createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import "@shopify/shopify-api/adapters/node";
import { ApiVersion, RequestedTokenType, shopifyApi } from "@shopify/shopify-api";
import { setAbstractFetchFunc } from "@shopify/shopify-api/runtime";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { demoCatalogue, type DemoSku } from "../catalogue.ts";
import { startSandbox, type Sandbox } from "../start.ts";
import { testSandboxConfig } from "../test-config.ts";

const shop = "demo.myshopify.com";
const { apiKey, apiSecret } = testSandboxConfig.shopify;
const catalogue = demoCatalogue({ skus: testSandboxConfig.skus, stock: 60 });
const [sku, otherSku] = catalogue.skus as [DemoSku, DemoSku];
const [warehouse, floor] = catalogue.locations;

let sandbox: Sandbox;
let app: Server;
let delivered: { headers: IncomingHttpHeaders; body: string; path: string }[];

beforeEach(async () => {
  delivered = [];
  app = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      delivered.push({ headers: request.headers, body, path: request.url ?? "" });
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  const appUrl = `http://127.0.0.1:${String((app.address() as AddressInfo).port)}`;
  sandbox = await startSandbox({ config: { ...testSandboxConfig, appUrl } });
  setAbstractFetchFunc((input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const headers = new Headers(init?.headers);
    headers.set("x-sandbox-shop", url.hostname);
    return fetch(`${sandbox.url}/shopify${url.pathname}`, { ...init, headers });
  });
});

afterEach(async () => {
  setAbstractFetchFunc(fetch);
  await sandbox.stop();
  app.closeAllConnections();
  await new Promise((resolve) => app.close(resolve));
});

function library() {
  return shopifyApi({
    apiKey,
    apiSecretKey: apiSecret,
    apiVersion: ApiVersion.July26,
    hostName: "localhost",
    isEmbeddedApp: true,
    logger: { log: () => undefined },
  });
}

async function sessionToken(): Promise<string> {
  const response = await fetch(`${sandbox.url}/admin/session-token`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ shop }),
  });
  return ((await response.json()) as { token: string }).token;
}

async function tokenCall(values: Record<string, string>) {
  const response = await fetch(`${sandbox.url}/shopify/admin/oauth/access_token`, {
    method: "POST",
    headers: { "x-sandbox-shop": shop },
    body: new URLSearchParams({ client_id: apiKey, client_secret: apiSecret, ...values }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, string> };
}

const exchange = (subject_token: string, expiring = "1") =>
  tokenCall({
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    subject_token,
    subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
    requested_token_type: "urn:shopify:params:oauth:token-type:offline-access-token",
    expiring,
  });
const renew = (refresh_token = "") => tokenCall({ grant_type: "refresh_token", refresh_token });

interface Answer {
  readonly data?: Record<string, unknown>;
  readonly errors?: { message: string; extensions?: { code?: string } }[];
  readonly extensions?: { cost: Record<string, unknown> };
}

async function graphql(
  query: string,
  variables: Record<string, unknown> = {},
  accessToken?: string,
): Promise<Answer & { status: number }> {
  const token = accessToken ?? (await exchange(await sessionToken())).body.access_token ?? "";
  const response = await fetch(`${sandbox.url}/shopify/admin/api/2026-07/graphql.json`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-sandbox-shop": shop,
      "x-shopify-access-token": token,
    },
    body: JSON.stringify({ query, variables }),
  });
  return { status: response.status, ...((await response.json()) as Answer) };
}

const adjustMutation = `mutation A($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id changes(quantityNames: ["available"]) { delta quantityAfterChange } }
    userErrors { code field message }
  }
}`;
const setMutation = `mutation S($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) { userErrors { code field } }
}`;

function change(of: DemoSku, delta: number, changeFromQuantity: number | null = null) {
  return {
    inventoryItemId: of.shopify.inventoryItemGid,
    locationId: warehouse.gid,
    delta,
    changeFromQuantity,
  };
}
const adjust = (changes: readonly unknown[], key: string) =>
  graphql(adjustMutation, { key, input: { name: "available", reason: "correction", changes } });

async function levelsOf(of: DemoSku) {
  const answer = await graphql(
    `
      query ($ids: [ID!]!) {
        nodes(ids: $ids) {
          ... on InventoryItem {
            sku
            inventoryLevels(first: 10) {
              nodes {
                location {
                  id
                }
                quantities(names: ["available", "committed", "on_hand"]) {
                  name
                  quantity
                  updatedAt
                }
              }
            }
          }
        }
      }
    `,
    { ids: [of.shopify.inventoryItemGid] },
  );
  const [item] = answer.data?.nodes as {
    inventoryLevels: { nodes: { quantities: { quantity: number }[] }[] };
  }[];
  return item?.inventoryLevels.nodes.map((level) => level.quantities.map((q) => q.quantity));
}

test("the library exchanges a session token, refreshes and queries", async () => {
  const api = library();
  const { session } = await api.auth.tokenExchange({
    shop,
    sessionToken: await sessionToken(),
    requestedTokenType: RequestedTokenType.OfflineAccessToken,
    expiring: true,
  });
  expect(session).toMatchObject({ id: `offline_${shop}`, isOnline: false });
  expect(session.expires?.getTime()).toBeGreaterThan(Date.now() + 3_500_000);
  expect(session.refreshTokenExpires?.getTime()).toBeGreaterThan(Date.now() + 89 * 86_400_000);
  const refreshed = await api.auth.refreshToken({ shop, refreshToken: session.refreshToken ?? "" });
  const client = new api.clients.Graphql({ session: refreshed.session });
  const { data } = await client.request("{ shop { myshopifyDomain currencyCode } }");
  expect(data).toEqual({ shop: { myshopifyDomain: shop, currencyCode: "USD" } });
});

test("a token that nobody signed, another app's secret and an unknown shop are refused", async () => {
  expect(await exchange("a.b.c")).toEqual({
    status: 400,
    body: { error: "invalid_subject_token" },
  });
  expect((await tokenCall({ client_secret: "wrong", grant_type: "refresh_token" })).status).toBe(
    401,
  );
  expect((await graphql("{ shop { id } }", {}, "shpat_nobody")).status).toBe(401);
  const elsewhere = await fetch(`${sandbox.url}/shopify/admin/oauth/access_token`, {
    method: "POST",
    headers: { "x-sandbox-shop": "other.myshopify.com" },
  });
  expect(elsewhere.status).toBe(404);
});

test("a refresh token lives until the access token that replaced it is used", async () => {
  const first = (await exchange(await sessionToken())).body;
  const lost = await renew(first.refresh_token);
  const second = await renew(first.refresh_token);
  expect([lost.status, second.status]).toEqual([200, 200]);
  await graphql("{ shop { id } }", {}, second.body.access_token);
  expect(await renew(first.refresh_token)).toMatchObject({ status: 400 });
  expect((await renew(second.body.refresh_token)).status).toBe(200);
});

test("an old-style exchange gives a token without an end", async () => {
  const { body } = await exchange(await sessionToken(), "0");
  expect(Object.keys(body)).toEqual(["access_token", "scope"]);
});

test("an adjustment is done once per key; the key is refused for another change", async () => {
  const first = await adjust([change(sku, -3)], "key-1");
  const repeat = await adjust([change(sku, -3)], "key-1");
  expect(first.data).toMatchObject({
    inventoryAdjustQuantities: {
      inventoryAdjustmentGroup: { changes: [{ delta: -3, quantityAfterChange: 39 }] },
      userErrors: [],
    },
  });
  expect(repeat.data).toEqual(first.data);
  const other = await adjust([change(sku, -4)], "key-1");
  expect(other.data).toMatchObject({
    inventoryAdjustQuantities: {
      userErrors: [{ code: "IDEMPOTENCY_KEY_PARAMETER_MISMATCH" }],
    },
  });
  expect(await levelsOf(sku)).toEqual([
    [39, 0, 39],
    [18, 0, 18],
  ]);
  expect(sandbox.platform("shopify").shown(sku.code)).toBe(57);
});

test("without @idempotent, or without changeFromQuantity, nothing is written", async () => {
  const bare = await graphql(adjustMutation.replace("@idempotent(key: $key)", ""), {
    key: "unused",
    input: { name: "available", reason: "correction", changes: [change(sku, -1)] },
  });
  expect(bare.data).toBeUndefined();
  expect(bare.errors?.length).toBeGreaterThan(0);
  const unchecked = await adjust([{ ...change(sku, -1), changeFromQuantity: undefined }], "key-2");
  expect(unchecked.errors?.[0]?.message).toContain("changeFromQuantity");
  expect(sandbox.platform("shopify").shown(sku.code)).toBe(60);
});

test("one bad element and the whole batch is left undone", async () => {
  const { data } = await adjust(
    [change(sku, -1), change(otherSku, -1, 7), change(otherSku, -1)],
    "key-3",
  );
  expect(data).toMatchObject({
    inventoryAdjustQuantities: {
      inventoryAdjustmentGroup: null,
      userErrors: [
        {
          code: "CHANGE_FROM_QUANTITY_STALE",
          field: ["input", "changes", "1", "changeFromQuantity"],
        },
      ],
    },
  });
  expect(sandbox.platform("shopify").shown(sku.code)).toBe(60);
});

test("setting compares first and refuses what changed meanwhile", async () => {
  const set = (changeFromQuantity: number, key: string) =>
    graphql(setMutation, {
      key,
      input: {
        name: "available",
        reason: "correction",
        quantities: [
          {
            inventoryItemId: sku.shopify.inventoryItemGid,
            locationId: floor.gid,
            quantity: 5,
            changeFromQuantity,
          },
        ],
      },
    });
  expect((await set(18, "set-1")).data).toEqual({ inventorySetQuantities: { userErrors: [] } });
  expect((await set(18, "set-2")).data).toMatchObject({
    inventorySetQuantities: { userErrors: [{ code: "CHANGE_FROM_QUANTITY_STALE" }] },
  });
  expect(sandbox.platform("shopify").shown(sku.code)).toBe(47);
});

test("a shop out of points answers THROTTLED with HTTP 200 and says how long", async () => {
  sandbox.control.setFaults({ channel: "shopify", rateLimitFactor: 0.01 });
  const token = (await exchange(await sessionToken())).body.access_token;
  const answers = [];
  for (let call = 0; call < 4; call += 1) {
    answers.push(
      await graphql(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }",
        { ids: Array.from({ length: 8 }, () => sku.shopify.inventoryItemGid) },
        token,
      ),
    );
  }
  const throttled = answers.find((answer) => answer.errors);
  expect(throttled).toMatchObject({
    status: 200,
    errors: [{ extensions: { code: "THROTTLED" } }],
    extensions: {
      cost: {
        requestedQueryCost: 8,
        actualQueryCost: null,
        throttleStatus: { maximumAvailable: 20, restoreRate: 1 },
      },
    },
  });
  expect(throttled?.data).toBeUndefined();
});

test("an order commits stock and tells the app; its cancellation gives it back", async () => {
  const platform = sandbox.platform("shopify");
  const order = platform.placeOrder({ sku: sku.code, quantity: 2 });
  if (!order.accepted) throw new Error("the order was refused");
  expect(platform.shown(sku.code)).toBe(58);
  expect(await levelsOf(sku)).toEqual([
    [40, 2, 42],
    [18, 0, 18],
  ]);
  await vi.waitFor(() => {
    expect(topics()).toEqual(["inventory_levels/update", "orders/create"]);
  });
  expect(bodyOf("orders/create")).toMatchObject({
    id: Number(order.orderId),
    location_id: null,
    cancelled_at: null,
    line_items: [{ sku: sku.code, variant_id: Number(sku.shopify.variantId), current_quantity: 2 }],
  });
  expect(bodyOf("inventory_levels/update")).toMatchObject({ available: 40 });
  for (const { headers, body, path } of delivered) {
    const signature = createHmac("sha256", apiSecret).update(body).digest("base64");
    expect(path).toBe("/webhooks/shopify");
    expect(headers["x-shopify-hmac-sha256"]).toBe(signature);
    expect(headers["x-shopify-shop-domain"]).toBe(shop);
    expect(headers["x-shopify-webhook-id"]).toMatch(/^[0-9a-f-]{36}$/);
  }

  delivered = [];
  expect(platform.cancelOrder(order.orderId)).toBe(true);
  expect(platform.cancelOrder(order.orderId)).toBe(false);
  expect(platform.shown(sku.code)).toBe(60);
  await vi.waitFor(() => {
    expect(topics()).toEqual(["inventory_levels/update", "orders/cancelled", "orders/updated"]);
  });
  expect(platform.placeOrder({ sku: sku.code, quantity: 61 })).toEqual({
    accepted: false,
    reason: "sold-out",
  });
});

test("orders are found by change time, page by page, with where they ship from", async () => {
  const platform = sandbox.platform("shopify");
  const ids = [1, 2, 3].map((quantity) => {
    const order = platform.placeOrder({ sku: sku.code, quantity });
    return order.accepted ? order.orderId : "";
  });
  platform.cancelOrder(ids[0] ?? "");
  const query = `query ($after: String, $query: String!) { orders(first: 2, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes { legacyResourceId cancelledAt lineItems(first: 5) { nodes { quantity currentQuantity sku variant { id } } }
      fulfillmentOrders(first: 5) { nodes { assignedLocation { location { id } } } } }
    pageInfo { hasNextPage endCursor } } }`;
  interface Page {
    nodes: { legacyResourceId: string; cancelledAt: string | null }[];
    pageInfo: { hasNextPage: boolean; endCursor: string };
  }
  const search = `updated_at:>='${new Date(Date.now() - 60_000).toISOString()}'`;
  const first = (await graphql(query, { query: search })).data?.orders as Page;
  const after = first.pageInfo.endCursor;
  const second = (await graphql(query, { query: search, after })).data?.orders as Page;
  const found = [...first.nodes, ...second.nodes];
  expect(found.map((order) => order.legacyResourceId)).toEqual([ids[1], ids[2], ids[0]]);
  expect(found.map((order) => order.cancelledAt === null)).toEqual([true, true, false]);
  expect(found[0]).toMatchObject({
    fulfillmentOrders: { nodes: [{ assignedLocation: { location: { id: warehouse.gid } } }] },
  });
  expect(second.pageInfo.hasNextPage).toBe(false);
});

test("a restart keeps stock, orders, tokens and what a repeated key answers", async () => {
  const before = sandbox.platform("shopify");
  const token = (await exchange(await sessionToken())).body.access_token;
  await adjust([change(sku, -5)], "key-9");
  const order = before.placeOrder({ sku: sku.code, quantity: 1 });
  const saved: unknown = JSON.parse(JSON.stringify(before.snapshot()));
  await sandbox.control.reset({});
  sandbox.platform("shopify").restore(saved);
  expect(sandbox.platform("shopify").shown(sku.code)).toBe(54);
  await adjust([change(sku, -5)], "key-9");
  expect(sandbox.platform("shopify").shown(sku.code)).toBe(54);
  expect((await graphql("{ shop { id } }", {}, token)).status).toBe(200);
  expect(sandbox.platform("shopify").cancelOrder(order.accepted ? order.orderId : "")).toBe(true);
});

test("the admin embeds the app with a signed address and serves its scripts", async () => {
  const page = await fetch(`${sandbox.url}/admin/store/demo/apps/lockstep/skus/A?tab=1`);
  const html = await page.text();
  const source = /<iframe[^>]* src="([^"]+)"/.exec(html)?.[1]?.replaceAll("&amp;", "&") ?? "";
  const url = new URL(source);
  expect(url.pathname).toBe("/app/skus/A");
  const query = Object.fromEntries(url.searchParams);
  expect(query).toMatchObject({ embedded: "1", shop, tab: "1" });
  expect(await library().utils.validateHmac(query)).toBe(true);
  expect(library().utils.sanitizeHost(query.host ?? "")).toBe(query.host);
  const claims = await library().session.decodeSessionToken(query.id_token ?? "");
  expect(claims.dest).toBe(`https://${shop}`);
  for (const name of ["app-bridge.js", "frame.js", "frame.css"]) {
    expect((await fetch(`${sandbox.url}/admin/${name}`)).status).toBe(200);
  }
});

const topics = () => delivered.map(({ headers }) => String(headers["x-shopify-topic"])).sort();
function bodyOf(topic: string): unknown {
  const found = delivered.find(({ headers }) => headers["x-shopify-topic"] === topic);
  return found && JSON.parse(found.body);
}
