import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startDemoPlatform, type DemoPlatform } from "../demo-platform.ts";
import { provider, seller } from "./account.ts";
import definition from "./index.ts";

let walmart: DemoPlatform;
beforeAll(async () => {
  walmart = await startDemoPlatform(definition);
});
afterAll(() => walmart.close());

const sku = () => walmart.skus[0]?.code ?? "";
const faults = (change: object) =>
  walmart.sandbox.control.setFaults({ channel: "walmart", ...change });
const common = () => ({
  accept: "application/json",
  "wm_svc.name": "test",
  "wm_qos.correlation_id": randomUUID(),
});

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

async function call(path: string, init: RequestInit = {}): Promise<Answer> {
  const answer = await fetch(`${walmart.sandbox.url}/walmart${path}`, {
    redirect: "manual",
    ...init,
  });
  const text = await answer.text();
  const body = text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: answer.status, headers: answer.headers, body };
}

function askToken(
  keys: { readonly clientId: string; readonly clientSecret: string },
  form: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const basic = Buffer.from(`${keys.clientId}:${keys.clientSecret}`).toString("base64");
  return call("/v3/token", {
    method: "POST",
    headers: { ...common(), authorization: `Basic ${basic}`, ...headers },
    body: new URLSearchParams(form),
  });
}

async function signedIn(): Promise<Record<string, string>> {
  const { body } = await askToken(seller, { grant_type: "client_credentials" });
  return { ...common(), "wm_sec.access_token": String(body["access_token"]) };
}

const firstError = ({ body }: Answer) => {
  const rows = (body["errors"] ?? body["error"]) as { code: string }[] | undefined;
  return rows?.[0]?.code;
};

describe("what Walmart refuses", () => {
  test("a call without a token, without its own headers, and with an old token", async () => {
    const path = `/v3/inventories/${sku()}`;
    expect((await call(path, { headers: common() })).status).toBe(401);
    const headers = await signedIn();
    expect((await call(path, { headers })).status).toBe(200);
    const { "wm_qos.correlation_id": _, ...without } = headers;
    expect(firstError(await call(path, { headers: without }))).toBe(
      "MISSING_REQUEST_HEADER.GMP_GATEWAY_API",
    );
    faults({ clockSkewMs: 16 * 60_000 });
    expect((await call(path, { headers })).status).toBe(401);
    faults({ clockSkewMs: 0 });
  });

  test("keys that are wrong, and other grants than their own", async () => {
    const wrong = { ...seller, clientSecret: "wrong" };
    expect((await askToken(wrong, { grant_type: "client_credentials" })).status).toBe(401);
    expect((await askToken(seller, { grant_type: "refresh_token" })).status).toBe(400);
    expect((await askToken(provider, { grant_type: "client_credentials" })).status).toBe(400);
  });

  test("a code that is used twice, or for another address or seller", async () => {
    const redirectUri = "https://app.example.com/callback";
    const query = new URLSearchParams({
      responseType: "code",
      clientType: "seller",
      clientId: provider.clientId,
      redirectUri,
      nonce: "n",
      state: "s",
    });
    const codeOf = async () => {
      const { headers } = await call(`/authorize?${query}`);
      return new URL(headers.get("location") ?? "").searchParams.get("code") ?? "";
    };
    const exchange = (code: string, address: string, partner: string) =>
      askToken(
        provider,
        { grant_type: "authorization_code", code, redirect_uri: address },
        { "wm_partner.id": partner },
      );
    const code = await codeOf();
    expect((await exchange(code, "https://other.example.com", seller.sellerId)).status).toBe(400);
    expect((await exchange(code, redirectUri, "1")).status).toBe(400);
    const given = await exchange(code, redirectUri, seller.sellerId);
    expect(given.body).toHaveProperty("refresh_token");
    expect((await exchange(code, redirectUri, seller.sellerId)).status).toBe(400);
    query.delete("nonce");
    expect((await call(`/authorize?${query}`)).status).toBe(400);
  });

  test("more calls than the bucket holds, in its own words", async () => {
    faults({ rateLimitFactor: 1 });
    const headers = await signedIn();
    const path = "/v3/insights/performance/otd/summary?reportDuration=30";
    const first = await call(path, { headers });
    expect(first.status).toBe(200);
    expect(first.headers.get("x-current-token-count")).toBe("0");
    const second = await call(path, { headers });
    expect(second.status).toBe(429);
    expect(firstError(second)).toBe("REQUEST_THRESHOLD_VIOLATED.GMP_GATEWAY_API");
    expect(Number(second.headers.get("retry-after"))).toBeGreaterThan(50);
    expect(Number(second.headers.get("x-next-replenishment-time"))).toBeGreaterThan(Date.now());
    faults({ rateLimitFactor: 1_000_000 });
  });

  test("a shipment of what nobody acknowledged, and a feed whose keys are of the other version", async () => {
    const headers = { ...(await signedIn()), "content-type": "application/json" };
    const order = walmart.sandbox.control.order({ channel: "walmart", sku: sku() });
    const orderId = order.accepted ? order.orderId : "";
    const ship = await call(`/v3/orders/${orderId}/shipping`, {
      method: "POST",
      headers,
      body: "{}",
    });
    expect(ship.status).toBe(400);
    const file = JSON.stringify({ InventoryHeader: { version: "1.4" }, Inventory: [] });
    const form = new FormData();
    form.set("file", new Blob([file]), "inventory.json");
    const sent = await call("/v3/feeds?feedType=MP_INVENTORY", {
      method: "POST",
      headers: await signedIn(),
      body: form,
    });
    const feedId = encodeURIComponent(String(sent.body["feedId"]));
    await expect
      .poll(async () => (await call(`/v3/feeds/${feedId}`, { headers })).body["feedStatus"])
      .toBe("ERROR");
    const bare = await call("/v3/feeds?feedType=MP_INVENTORY", {
      method: "POST",
      headers,
      body: file,
    });
    expect(bare.status).toBe(400);
  });
});
