import "@shopify/shopify-api/adapters/node";
import { ApiVersion, RequestedTokenType, shopifyApi } from "@shopify/shopify-api";
import { setAbstractFetchFunc } from "@shopify/shopify-api/runtime";
import { afterEach, beforeEach, expect, test } from "vitest";
import { testCredential } from "../test-config.ts";
import { startShopRig, testShop as shop, type ShopRig } from "./shop-rig.ts";

const apiKey = testCredential("SHOPIFY_API_KEY");
const apiSecret = testCredential("SHOPIFY_API_SECRET");
let rig: ShopRig;
beforeEach(async () => {
  rig = await startShopRig();
  setAbstractFetchFunc((input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const headers = new Headers(init?.headers);
    headers.set("x-sandbox-shop", url.hostname);
    return fetch(`${rig.sandbox.url}/shopify${url.pathname}`, { ...init, headers });
  });
});
afterEach(async () => {
  setAbstractFetchFunc(fetch);
  await rig.stop();
});

const renew = (refresh_token = "") => rig.tokenCall({ grant_type: "refresh_token", refresh_token });

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

test("the library exchanges a session token, refreshes and queries", async () => {
  const api = library();
  const { session } = await api.auth.tokenExchange({
    shop,
    sessionToken: await rig.sessionToken(),
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
  expect(await rig.exchange("a.b.c")).toEqual({
    status: 400,
    body: { error: "invalid_subject_token" },
  });
  expect(
    (await rig.tokenCall({ client_secret: "wrong", grant_type: "refresh_token" })).status,
  ).toBe(401);
  expect((await rig.graphql("{ shop { id } }", {}, "shpat_nobody")).status).toBe(401);
  const elsewhere = await fetch(`${rig.sandbox.url}/shopify/admin/oauth/access_token`, {
    method: "POST",
    headers: { "x-sandbox-shop": "other.myshopify.com" },
  });
  expect(elsewhere.status).toBe(404);
});

test("a refresh token lives until the access token that replaced it is used", async () => {
  const first = (await rig.exchange(await rig.sessionToken())).body;
  const lost = await renew(first.refresh_token);
  const second = await renew(first.refresh_token);
  expect([lost.status, second.status]).toEqual([200, 200]);
  await rig.graphql("{ shop { id } }", {}, second.body.access_token);
  expect(await renew(first.refresh_token)).toMatchObject({ status: 400 });
  expect((await renew(second.body.refresh_token)).status).toBe(200);
});

test("an old-style exchange gives a token without an end", async () => {
  const { body } = await rig.exchange(await rig.sessionToken(), "0");
  expect(Object.keys(body)).toEqual(["access_token", "scope"]);
});

test("the admin embeds the app with a signed address and serves its scripts", async () => {
  const page = await fetch(`${rig.sandbox.url}/admin/store/demo/apps/lockstep/skus/A?tab=1`);
  const html = await page.text();
  const source = /<iframe[^>]* data-src="([^"]+)"/.exec(html)?.[1]?.replaceAll("&amp;", "&") ?? "";
  const url = new URL(source);
  expect(url.pathname).toBe("/app/skus/A");
  const query = Object.fromEntries(url.searchParams);
  expect(query).toMatchObject({ embedded: "1", shop, tab: "1" });
  expect(await library().utils.validateHmac(query)).toBe(true);
  expect(library().utils.sanitizeHost(query.host ?? "")).toBe(query.host);
  const claims = await library().session.decodeSessionToken(query.id_token ?? "");
  expect(claims.dest).toBe(`https://${shop}`);
  for (const name of ["app-bridge.js", "frame.js", "frame.css"]) {
    expect((await fetch(`${rig.sandbox.url}/admin/${name}`)).status).toBe(200);
  }
});
