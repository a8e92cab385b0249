import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { z } from "zod";
import { answerJson, parseJson } from "../answer.ts";
import type { SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import { adminPage } from "./admin-page.ts";
import { signSessionToken } from "./session-token.ts";

/** Scripts and styles of the admin, read once; the browser asks again at every page. */
const assets: ReadonlyMap<string, { readonly type: string; readonly body: Buffer }> = new Map(
  (
    [
      ["app-bridge.js", "text/javascript; charset=utf-8"],
      ["frame.js", "text/javascript; charset=utf-8"],
      ["frame.css", "text/css; charset=utf-8"],
    ] as const
  ).map(([name, type]) => [
    `/${name}`,
    { type, body: readFileSync(new URL(`./admin/${name}`, import.meta.url)) },
  ]),
);

const appHandle = "lockstep";
/** The one browser session of the demo shop's staff. */
const staffSessionId = "sandbox-admin-session";
const sessionTokenRequest = z.object({ shop: z.string() });

/** Shopify's admin as far as it carries an embedded app. Requests come without the /admin prefix. */
export function createAdmin(context: SandboxContext) {
  const { shop } = context.catalogue;
  const apiKey = context.credential("SHOPIFY_API_KEY");
  const apiSecret = context.credential("SHOPIFY_API_SECRET");
  const store = shop.split(".", 1)[0] ?? shop;
  const home = `/admin/store/${store}/apps/${appHandle}`;
  const pagePattern = new RegExp(`^/store/${store}/apps/${appHandle}(/.*)?$`);
  const sessionToken = () =>
    signSessionToken({ shop, apiKey, apiSecret }, context.now(), staffSessionId);

  const frameValues = () => ({
    embedded: "1",
    host: Buffer.from(`admin.shopify.com/store/${store}`).toString("base64url"),
    id_token: sessionToken(),
    locale: "en",
    session: staffSessionId,
    shop,
    timestamp: String(Math.floor(context.now() / 1_000)),
  });

  function showPage(request: SandboxRequest, response: ServerResponse, path: string): void {
    const { appUrl } = context.config;
    // The address bar's path is below the app's own /app; both spellings lead there.
    const inside = path.replace(/^\/app(?=\/|$)/, "").replace(/\/$/, "");
    const address = { path: inside, search: request.url.searchParams };
    const proof = { secret: apiSecret, values: frameValues() };
    const frame = appUrl === null ? null : signedAddress({ appUrl, ...address }, proof);
    const page = adminPage({ shop, home, frame, path: inside });
    response.writeHead(200, {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": `default-src 'self'; img-src 'self' data:; frame-src ${appUrl === null ? "'none'" : new URL(appUrl).origin}; frame-ancestors 'none'`,
    });
    response.end(page);
  }

  function giveSessionToken(request: SandboxRequest, response: ServerResponse): void {
    // Another site's page cannot send JSON here without being asked first, and nobody answers that.
    const isJson = request.headers["content-type"]?.startsWith("application/json") === true;
    const parsed = sessionTokenRequest.safeParse(isJson ? parseJson(request.rawBody) : null);
    if (parsed.success && parsed.data.shop === shop) {
      answerJson(response, 200, { token: sessionToken() }, { "cache-control": "no-store" });
    } else {
      answerJson(response, 404, { error: `The only shop here is ${shop}.` });
    }
  }

  return (request: SandboxRequest, response: ServerResponse): Promise<void> => {
    const { method, path } = request;
    const asset = assets.get(path);
    const page = pagePattern.exec(path);
    if (method === "POST" && path === "/session-token") {
      giveSessionToken(request, response);
    } else if (method !== "GET" && method !== "HEAD") {
      answerJson(response, 405, { error: "Method Not Allowed" });
    } else if (asset) {
      response.writeHead(200, {
        "content-type": asset.type,
        "content-length": asset.body.length,
        "cache-control": "no-cache",
        // The app's pages load App Bridge from here, as they load the real one from another site.
        "cross-origin-resource-policy": "cross-origin",
      });
      response.end(asset.body);
    } else if (page) {
      showPage(request, response, page[1] ?? "");
    } else if (path === "/" || path === `/store/${store}`) {
      response.writeHead(302, { location: home }).end();
    } else {
      answerJson(response, 404, { error: "The simulated admin has only the app's pages." });
    }
    return Promise.resolve();
  };
}

/** The address Shopify's admin gives the iframe: who, where, and proof of it. */
function signedAddress(
  address: { readonly appUrl: string; readonly path: string; readonly search: URLSearchParams },
  proof: { readonly secret: string; readonly values: Readonly<Record<string, string>> },
): string {
  const url = new URL(`${address.appUrl}/app${address.path}`);
  const values = { ...Object.fromEntries(address.search), ...proof.values };
  const sorted = new URLSearchParams(Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)));
  sorted.set("hmac", createHmac("sha256", proof.secret).update(sorted.toString()).digest("hex"));
  url.search = sorted.toString();
  return url.toString();
}
