import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { startSandbox, type Sandbox } from "../start.ts";
import { testCredential, testSandboxConfig } from "../test-config.ts";

export const testShop = "demo.myshopify.com";
const apiKey = testCredential("SHOPIFY_API_KEY");
const apiSecret = testCredential("SHOPIFY_API_SECRET");

/** A sandbox with an app behind it that takes every webhook, and the calls tests make to its shop. */
export interface ShopRig {
  readonly sandbox: Sandbox;
  /** Webhooks as the app got them. */
  readonly delivered: { headers: IncomingHttpHeaders; body: string; path: string }[];
  sessionToken(): Promise<string>;
  tokenCall(values: Record<string, string>): Promise<{
    readonly status: number;
    readonly body: Readonly<Record<string, string>>;
  }>;
  exchange(sessionToken: string, expiring?: string): ReturnType<ShopRig["tokenCall"]>;
  graphql(
    query: string,
    variables?: Record<string, unknown>,
    accessToken?: string,
  ): Promise<Answer & { readonly status: number }>;
  stop(): Promise<void>;
}

export interface Answer {
  readonly data?: Record<string, unknown>;
  readonly errors?: { message: string; extensions?: { code?: string } }[];
  readonly extensions?: { cost: Record<string, unknown> };
}

export async function startShopRig(): Promise<ShopRig> {
  const delivered: ShopRig["delivered"] = [];
  const app = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      delivered.push({ headers: request.headers, body, path: request.url ?? "" });
      response.writeHead(200).end();
    });
  });
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  const appUrl = `http://127.0.0.1:${String((app.address() as AddressInfo).port)}`;
  const sandbox = await startSandbox({ config: { ...testSandboxConfig, appUrl } });
  const rig: ShopRig = {
    sandbox,
    delivered,
    async sessionToken() {
      const response = await fetch(`${sandbox.url}/admin/session-token`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ shop: testShop }),
      });
      return ((await response.json()) as { token: string }).token;
    },
    async tokenCall(values) {
      const response = await fetch(`${sandbox.url}/shopify/admin/oauth/access_token`, {
        method: "POST",
        headers: { "x-sandbox-shop": testShop },
        body: new URLSearchParams({ client_id: apiKey, client_secret: apiSecret, ...values }),
      });
      return { status: response.status, body: (await response.json()) as Record<string, string> };
    },
    exchange: (subject_token, expiring = "1") =>
      rig.tokenCall({
        grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
        subject_token,
        subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
        requested_token_type: "urn:shopify:params:oauth:token-type:offline-access-token",
        expiring,
      }),
    async graphql(query, variables = {}, accessToken) {
      const token =
        accessToken ?? (await rig.exchange(await rig.sessionToken())).body["access_token"] ?? "";
      const response = await fetch(`${sandbox.url}/shopify/admin/api/2026-07/graphql.json`, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          "x-sandbox-shop": testShop,
          "x-shopify-access-token": token,
        },
        body: JSON.stringify({ query, variables }),
      });
      return { status: response.status, ...((await response.json()) as Answer) };
    },
    async stop() {
      await sandbox.stop();
      app.closeAllConnections();
      await new Promise((resolve) => app.close(resolve));
    },
  };
  return rig;
}
