import "@shopify/shopify-app-remix/adapters/node";
import { setAbstractFetchFunc } from "@shopify/shopify-api/runtime";
import {
  ApiVersion,
  AppDistribution,
  LogSeverity,
  shopifyApp,
} from "@shopify/shopify-app-remix/server";
import { env } from "#app/env.server.ts";
import { logger } from "#app/lib/logger.ts";
import { ShopifySessionStorage } from "#app/services/shopify-session/session-storage.ts";
import { findShop } from "#app/services/shops/find-shop.ts";
import { installShop } from "#app/services/shops/install-shop.ts";
import { webEnv } from "#app/web-env.server.ts";

/** Sends the library's calls for a shop to the simulator, which learns the shop from a header. */
function simulatorFetch(simulatorUrl: string): typeof fetch {
  return (input, init) => {
    const wanted = new URL(input instanceof Request ? input.url : input);
    if (!wanted.hostname.endsWith(".myshopify.com")) return fetch(input, init);
    const headers = new Headers(init?.headers);
    headers.set("x-sandbox-shop", wanted.hostname);
    return fetch(`${simulatorUrl}${wanted.pathname}${wanted.search}`, { ...init, headers });
  };
}

const simulatorUrl = env().SHOPIFY_SIMULATOR_URL;
if (simulatorUrl !== undefined) setAbstractFetchFunc(simulatorFetch(simulatorUrl));

const shopify = shopifyApp({
  apiKey: env().SHOPIFY_API_KEY,
  apiSecretKey: env().SHOPIFY_API_SECRET,
  apiVersion: ApiVersion.July26,
  appUrl: env().SHOPIFY_APP_URL,
  authPathPrefix: "/auth",
  distribution: AppDistribution.AppStore,
  isEmbeddedApp: true,
  sessionStorage: new ShopifySessionStorage(),
  // The library tells every authenticated request at Info: a page asks every two seconds.
  logger: {
    level: LogSeverity.Warning,
    log: (severity, message) => {
      if (severity === LogSeverity.Error) logger.error({ library: "shopify" }, message);
      else logger.warn({ library: "shopify" }, message);
    },
  },
  future: { unstable_newEmbeddedAuthStrategy: true, expiringOfflineAccessTokens: true },
  hooks: {
    // Two loaders of the first page exchange the token side by side: this runs twice then.
    afterAuth: async ({ session }) => {
      const { shopId } = await installShop({ domain: session.shop });
      logger.info({ shopId, shop: session.shop }, "shop opened the app with a new token");
    },
  },
});

export const authenticate = shopify.authenticate;

/** Which shop this request is for; its token's signature was checked. Throws what Shopify's library throws. */
export async function requireShop(request: Request) {
  const { session, redirect } = await authenticate.admin(request);
  const known = await findShop(session.shop);
  const shopId = known?.id ?? (await installShop({ domain: session.shop })).shopId;
  return { shopId, domain: session.shop, redirect };
}

/** Where pages load App Bridge from; undefined means Shopify's own address. */
export function appBridge(): { apiKey: string; scriptUrl: string | undefined } {
  return { apiKey: env().SHOPIFY_API_KEY, scriptUrl: webEnv().APP_BRIDGE_URL };
}

/** The app's public address, without a slash at its end. */
export function appUrl(): string {
  return env().SHOPIFY_APP_URL.replace(/\/$/, "");
}

/** A page of ours inside the shop's Shopify admin. @param path below /app, without a slash in front */
export function adminUrl(domain: string, path: string): string {
  const store = domain.replace(/\.myshopify\.com$/, "");
  if (simulatorUrl !== undefined) {
    return `${new URL(simulatorUrl).origin}/admin/store/${store}/apps/lockstep/${path}`;
  }
  return `https://admin.shopify.com/store/${store}/apps/${env().SHOPIFY_API_KEY}/app/${path}`;
}

/** Shopify's headers for documents: who may frame us, what to load early. */
export function setDocumentHeaders(request: Request, headers: Headers): void {
  shopify.addDocumentResponseHeaders(request, headers);
  admitSimulator(headers);
}

/** In front of a simulator, its admin may frame us too, and App Bridge is its stand-in. */
export function admitSimulator(headers: Headers): void {
  const policy = headers.get("content-security-policy");
  if (simulatorUrl !== undefined && policy?.includes("frame-ancestors https://") === true) {
    const admin = new URL(simulatorUrl).origin;
    headers.set("content-security-policy", `${policy.replace(/;\s*$/, "")} ${admin};`);
  }
  const { scriptUrl } = appBridge();
  if (scriptUrl !== undefined && headers.has("link")) {
    headers.set("link", `<${scriptUrl}>; rel="preload"; as="script"`);
  }
}
