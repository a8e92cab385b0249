import { createPublicKey, verify } from "node:crypto";
import { mkdtemp, readFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { demoAccounts, demoCatalogue, demoCredentials, type DemoSku } from "./catalogue.ts";
import { startSandbox, type Sandbox } from "./start.ts";
import { testCredential, testSandboxConfig } from "./test-config.ts";
import { tiktokRequestSignature, tiktokWebhookSignature } from "./tiktok-shop/signature.ts";

interface Delivered {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let sandbox: Sandbox;
let app: Server;
let delivered: Delivered[];
/** What the app answers to its next webhooks; 200 when empty. */
let answers: number[];
const [sku] = demoCatalogue({ skus: testSandboxConfig.skus, stock: 60 }).skus as [DemoSku];

beforeEach(async () => {
  delivered = [];
  answers = [];
  app = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      delivered.push({ path: request.url ?? "", headers: request.headers, body });
      response.writeHead(answers.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  const appUrl = `http://127.0.0.1:${String((app.address() as AddressInfo).port)}`;
  const folder = await mkdtemp(join(tmpdir(), "sandbox-"));
  sandbox = await startSandbox({
    config: { ...testSandboxConfig, appUrl, stateFile: join(folder, "state.json") },
  });
});

afterEach(async () => {
  await sandbox.stop();
  app.closeAllConnections();
  await new Promise((resolve) => app.close(resolve));
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly json: Record<string, never>;
}

async function call(path: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(sandbox.url + path, init);
  const json = (await response.json()) as Record<string, never>;
  return { status: response.status, headers: response.headers, json };
}

async function amazonToken(refreshToken: string = demoCredentials.amazon.refreshToken) {
  const clientId = testCredential("AMAZON_LWA_CLIENT_ID");
  const clientSecret = testCredential("AMAZON_LWA_CLIENT_SECRET");
  return call("/amazon/lwa/auth/o2/token", {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: refreshToken,
      client_id: clientId,
      client_secret: clientSecret,
    }),
  });
}

async function patchAmazon(token: string, quantity: unknown, code = sku.code): Promise<Answer> {
  const path = `/amazon/listings/2021-08-01/items/${demoAccounts.amazon}/${encodeURIComponent(code)}`;
  return call(`${path}?marketplaceIds=${demoAccounts.amazonMarketplace}`, {
    method: "PATCH",
    headers: { "x-amz-access-token": token },
    body: JSON.stringify({
      productType: "PRODUCT",
      patches: [
        {
          op: "merge",
          path: "/attributes/fulfillment_availability",
          value: [{ fulfillment_channel_code: "DEFAULT", quantity }],
        },
      ],
    }),
  });
}

async function ebayToken(grant: Record<string, string>): Promise<string> {
  const clientId = testCredential("EBAY_CLIENT_ID");
  const clientSecret = testCredential("EBAY_CLIENT_SECRET");
  const basic = Buffer.from(`${clientId}:${clientSecret}`).toString("base64");
  const { json } = await call("/ebay/identity/v1/oauth2/token", {
    method: "POST",
    headers: { authorization: `Basic ${basic}` },
    body: new URLSearchParams(grant),
  });
  return String(json["access_token"]);
}

const ebayUserToken = () =>
  ebayToken({ grant_type: "refresh_token", refresh_token: demoCredentials.ebay.refreshToken });

async function tiktokRefresh(refreshToken: string) {
  const appKey = testCredential("TIKTOK_SHOP_APP_KEY");
  const appSecret = testCredential("TIKTOK_SHOP_APP_SECRET");
  const query = new URLSearchParams({
    app_key: appKey,
    app_secret: appSecret,
    refresh_token: refreshToken,
    grant_type: "refresh_token",
  });
  const { json } = await call(`/tiktok-shop/auth/api/v2/token/refresh?${query.toString()}`);
  return json as unknown as {
    code: number;
    data: { access_token: string; refresh_token: string };
  };
}

async function tiktokCall(method: "GET" | "POST", path: string, body = "", extra = {}) {
  const appKey = testCredential("TIKTOK_SHOP_APP_KEY");
  const appSecret = testCredential("TIKTOK_SHOP_APP_SECRET");
  const { data } = await tiktokRefresh(demoCredentials.tiktok.refreshToken);
  const query = new URLSearchParams({
    app_key: appKey,
    timestamp: String(Math.floor(Date.now() / 1_000)),
    shop_cipher: demoCredentials.tiktok.shopCipher,
    ...extra,
  });
  query.set("sign", tiktokRequestSignature(appSecret, path, query, body));
  return call(`/tiktok-shop${path}?${query.toString()}`, {
    method,
    headers: { "x-tts-access-token": data.access_token, "content-type": "application/json" },
    ...(method === "POST" ? { body } : {}),
  });
}

const waited = { timeout: 5_000, interval: 10 };

test("Amazon: token, push, read, order and cancel", async () => {
  expect((await amazonToken("Atzr|nobody")).json).toMatchObject({ error: "invalid_grant" });
  const token = String((await amazonToken()).json["access_token"]);
  const pushed = await patchAmazon(token, 7);
  expect(pushed.json).toMatchObject({ status: "ACCEPTED", issues: [] });
  expect(pushed.headers.get("x-amzn-ratelimit-limit")).toBe("5");
  expect(sandbox.control.shown([sku.code]).skus[sku.code]).toMatchObject({ amazon: 7 });
  expect((await patchAmazon(token, -1)).json).toMatchObject({ status: "INVALID" });
  expect((await patchAmazon(token, 1, "NO/SUCH")).status).toBe(404);
  expect((await patchAmazon("Atza|wrong", 1)).status).toBe(403);

  const sold = sandbox.control.order({ channel: "amazon", sku: sku.code, quantity: 7 });
  expect(sandbox.control.order({ channel: "amazon", sku: sku.code })).toEqual({
    accepted: false,
    reason: "sold-out",
  });
  const orderId = sold.accepted ? sold.orderId : "";
  expect(sandbox.control.cancel({ channel: "amazon", orderId })).toEqual({ cancelled: true });
  expect(sandbox.platform("amazon").shown(sku.code)).toBe(7);
  const { json } = await call(
    `/amazon/orders/2026-01-01/orders/${orderId}?includedData=FULFILLMENT`,
    {
      headers: { "x-amz-access-token": token },
    },
  );
  expect(json["order"]).toMatchObject({ fulfillment: { fulfillmentStatus: "CANCELLED" } });
});

test("Amazon: six patches in a second, the sixth is refused and counted", async () => {
  const token = String((await amazonToken()).json["access_token"]);
  const statuses = await Promise.all(
    Array.from({ length: 6 }, async (_, quantity) => patchAmazon(token, quantity)),
  );
  expect(statuses.filter(({ status }) => status === 429)).toHaveLength(1);
  expect(statuses.find(({ status }) => status === 429)?.json).toMatchObject({
    errors: [{ code: "QuotaExceeded" }],
  });
  expect(sandbox.control.stats()["amazon"]).toMatchObject({
    throttled: 1,
    writes: 5,
    maxRequestsPerSecond: { patchListingsItem: 6 },
  });
});

test("eBay: mixed rows, order read, and a webhook that its public key verifies", async () => {
  const token = await ebayUserToken();
  const headers = { authorization: `Bearer ${token}` };
  const pushed = await call("/ebay/sell/inventory/v1/bulk_update_price_quantity", {
    method: "POST",
    headers,
    body: JSON.stringify({
      requests: [
        {
          sku: sku.code,
          shipToLocationAvailability: { quantity: 5 },
          offers: [{ offerId: sku.ebay.offerId, availableQuantity: 5 }],
        },
        { sku: "NOPE", shipToLocationAvailability: { quantity: 5 } },
      ],
    }),
  });
  expect(pushed.status).toBe(207);
  expect(pushed.json["responses"]).toMatchObject([
    { sku: sku.code, statusCode: 200 },
    { sku: sku.code, offerId: sku.ebay.offerId, statusCode: 200 },
    { sku: "NOPE", statusCode: 404, errors: [{ errorId: 25710 }] },
  ]);
  const sold = sandbox.control.order({ channel: "ebay", sku: sku.code, quantity: 2 });
  const orderId = sold.accepted ? sold.orderId : "";
  const read = await call(`/ebay/sell/fulfillment/v1/order?orderIds=${orderId}`, { headers });
  expect(read.json["orders"]).toMatchObject([
    { orderId, lineItems: [{ sku: sku.code, quantity: 2, legacyItemId: sku.ebay.listingId }] },
  ]);

  await vi.waitFor(() => {
    expect(delivered).toHaveLength(1);
  }, waited);
  const [event] = delivered;
  expect(event?.path).toBe("/webhooks/ebay");
  expect(event?.body).not.toContain(sku.code);
  const header = JSON.parse(
    Buffer.from(String(event?.headers["x-ebay-signature"]), "base64").toString(),
  ) as { kid: string; signature: string };
  const keyPath = `/ebay/commerce/notification/v1/public_key/${header.kid}`;
  expect((await call(keyPath, { headers })).status).toBe(403);
  const application = await ebayToken({ grant_type: "client_credentials" });
  const { json } = await call(keyPath, { headers: { authorization: `Bearer ${application}` } });
  const der = String(json["key"]).replace(/-----[A-Z ]+-----/g, "");
  const key = createPublicKey({ key: Buffer.from(der, "base64"), format: "der", type: "spki" });
  const signature = Buffer.from(header.signature, "base64");
  expect(verify("sha1", Buffer.from(event?.body ?? ""), key, signature)).toBe(true);
});

test("eBay: the 251st revision of a listing in a day is refused", async () => {
  const headers = { authorization: `Bearer ${await ebayUserToken()}` };
  const push = async (quantity: number) =>
    call("/ebay/sell/inventory/v1/bulk_update_price_quantity", {
      method: "POST",
      headers,
      body: JSON.stringify({
        requests: [{ sku: sku.code, shipToLocationAvailability: { quantity } }],
      }),
    });
  for (let revision = 0; revision < 250; revision += 1) {
    expect((await push(revision)).status).toBe(200);
  }
  expect((await push(1)).json["responses"]).toMatchObject([{ errors: [{ errorId: 25002 }] }]);
});

test("TikTok Shop: signed calls, one line per unit, signed webhooks", async () => {
  const path = `/product/202309/products/${sku.tiktok.productId}/inventory/update`;
  const row = { warehouse_id: sku.tiktok.warehouseId, quantity: 0 };
  const body = JSON.stringify({ skus: [{ id: sku.tiktok.skuId, inventory: [row] }] });
  expect((await tiktokCall("POST", path, body)).json).toMatchObject({ code: 0, data: {} });
  expect(sandbox.platform("tiktok-shop").shown(sku.code)).toBe(0);
  const other = JSON.stringify({
    skus: [{ id: sku.tiktok.skuId, inventory: [{ warehouse_id: "1", quantity: 3 }] }],
  });
  expect((await tiktokCall("POST", path, other)).json).toMatchObject({
    code: 0,
    data: { errors: [{ detail: { sku_id: sku.tiktok.skuId } }] },
  });
  const forged = await call(`/tiktok-shop${path}?app_key=testkey01&timestamp=1&sign=x`, {
    method: "POST",
    body,
  });
  expect(forged.status).toBe(400);

  sandbox.control.setShown({ channel: "tiktok-shop", sku: sku.code, quantity: 9 });
  const sold = sandbox.control.order({ channel: "tiktok-shop", sku: sku.code, quantity: 3 });
  const orderId = sold.accepted ? sold.orderId : "";
  const read = await tiktokCall("GET", "/order/202507/orders", "", { ids: orderId });
  const [order] = (read.json["data"] as unknown as { orders: { line_items: unknown[] }[] }).orders;
  expect(order?.line_items).toHaveLength(3);
  const stock = JSON.stringify({ sku_ids: [sku.tiktok.skuId] });
  expect((await tiktokCall("POST", "/product/202309/inventory/search", stock)).json).toMatchObject({
    data: { inventory: [{ skus: [{ total_available_quantity: 6, total_committed_quantity: 3 }] }] },
  });
  await vi.waitFor(() => {
    expect(delivered).toHaveLength(1);
  }, waited);
  const [event] = delivered;
  const appKey = testCredential("TIKTOK_SHOP_APP_KEY");
  const appSecret = testCredential("TIKTOK_SHOP_APP_SECRET");
  expect(event?.headers.authorization).toBe(
    tiktokWebhookSignature(appKey, appSecret, event?.body ?? ""),
  );
});

test("TikTok Shop: a refresh token dies when its successor is used", async () => {
  const first = await tiktokRefresh(demoCredentials.tiktok.refreshToken);
  const repeated = await tiktokRefresh(demoCredentials.tiktok.refreshToken);
  expect(repeated.code).toBe(0);
  const second = await tiktokRefresh(first.data.refresh_token);
  expect(second.code).toBe(0);
  expect((await tiktokRefresh(demoCredentials.tiktok.refreshToken)).code).toBe(105003);
});

test("a webhook that is not answered 2xx comes again with the same id; duplicates and drops are counted", async () => {
  answers = [503];
  sandbox.control.order({ channel: "ebay", sku: sku.code });
  await vi.waitFor(() => {
    expect(delivered).toHaveLength(2);
  }, waited);
  const ids = delivered.map(({ body }) => /"notificationId":"([^"]+)"/.exec(body)?.[1]);
  expect(ids[0]).toBe(ids[1]);
  expect(delivered[1]?.body).toContain('"publishAttemptCount":2');

  sandbox.control.setFaults({ channel: "tiktok-shop", duplicateShare: 1 });
  sandbox.control.order({ channel: "tiktok-shop", sku: sku.code });
  await vi.waitFor(() => {
    expect(delivered).toHaveLength(4);
  }, waited);
  expect(delivered[2]?.body).toBe(delivered[3]?.body);
  sandbox.control.setFaults({ channel: "tiktok-shop", duplicateShare: 0, dropShare: 1 });
  sandbox.control.order({ channel: "tiktok-shop", sku: sku.code });
  expect(sandbox.control.stats()["tiktok-shop"]).toMatchObject({
    duplicatesSent: 1,
    webhooksDropped: 1,
  });
});

test("faults: 500 does nothing, a lost answer comes after the write, down answers 503", async () => {
  const token = String((await amazonToken()).json["access_token"]);
  sandbox.control.setFaults({ channel: "amazon", errorShare: 1 });
  expect((await patchAmazon(token, 3)).status).toBe(500);
  expect(sandbox.platform("amazon").shown(sku.code)).toBe(60);
  sandbox.control.setFaults({ channel: "amazon", errorShare: 0, timeoutAfterWriteShare: 1 });
  const lost = patchAmazon(token, 3).then(
    () => "answered",
    () => "closed",
  );
  await vi.waitFor(() => {
    expect(sandbox.platform("amazon").shown(sku.code)).toBe(3);
  }, waited);
  sandbox.control.resetFaults();
  sandbox.control.setFaults({ down: true });
  expect((await fetch(`${sandbox.url}/ebay/anything`)).status).toBe(503);
  await sandbox.stop();
  expect(await lost).toBe("closed");
});

test("a stopped sandbox comes back as it was; a reset is a fresh world", async () => {
  sandbox.control.order({ channel: "amazon", sku: sku.code, quantity: 4 });
  const sold = sandbox.control.order({ channel: "ebay", sku: sku.code, quantity: 5 });
  await sandbox.stop();
  const folder = await mkdtemp(join(tmpdir(), "sandbox-"));
  const stateFile = join(folder, "state.json");
  const config = { ...testSandboxConfig, stateFile };
  sandbox = await startSandbox({ config });
  sandbox.control.order({ channel: "amazon", sku: sku.code, quantity: 4 });
  const kept = sandbox.control.order({ channel: "ebay", sku: sku.code, quantity: 5 });
  await vi.waitFor(async () => {
    expect(await readFile(stateFile, "utf8")).toContain(kept.accepted ? kept.orderId : "-");
  }, waited);
  await sandbox.stop();
  sandbox = await startSandbox({ config });
  expect(sandbox.control.shown([sku.code]).skus[sku.code]).toMatchObject({ amazon: 56, ebay: 55 });
  expect(sandbox.control.orders(0).orders).toHaveLength(2);
  const next = sandbox.control.order({ channel: "ebay", sku: sku.code });
  expect(next.accepted && kept.accepted && next.orderId).not.toBe(kept.accepted && kept.orderId);
  sandbox.control.reset({ skus: 4, stock: 10 });
  expect(sandbox.control.shown([]).skus[sku.code]).toMatchObject({ amazon: 10, ebay: 10 });
  expect(sandbox.control.orders(0)).toEqual({ orders: [], next: 0 });
  expect(sold.accepted).toBe(true);
});

test("the control API over HTTP names what is wrong", async () => {
  const post = (path: string, body: unknown) =>
    call(`/control${path}`, { method: "POST", body: JSON.stringify(body) });
  expect((await post("/orders", { channel: "ebay", sku: sku.code })).json).toMatchObject({
    accepted: true,
  });
  expect((await post("/orders", { channel: "nowhere", sku: "x" })).status).toBe(404);
  expect((await post("/orders", { channel: "ebay", sku: "x", quantity: 0 })).status).toBe(400);
  expect((await post("/faults", { dropShare: 2 })).status).toBe(400);
  expect((await call("/control/health")).json).toEqual({ ok: true });
});
