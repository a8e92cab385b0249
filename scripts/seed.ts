import { createApiToken } from "#app/services/api-tokens/create-api-token.ts";
import { verifyApiToken } from "#app/services/api-tokens/verify-api-token.ts";
import { closeDb, db } from "#app/db/client.server.ts";
import { env } from "#app/env.server.ts";
import { closeQueues } from "#app/queue/connection.server.ts";
import { findShop } from "#app/services/shops/find-shop.ts";
import { demoCatalogue } from "#sandbox/catalogue.ts";
import { bringLive, imported } from "./demo-merchant.ts";

// Makes the demo merchant, as a merchant would: installs the app (the admin opens it with a session token), lets the
// catalogue and its stock come in from Shopify, signs in at three marketplaces, and goes live. Again: changes nothing.

/** What the demo shop sells on besides its own; every other channel can be connected in its screens. */
const demoChannels = ["amazon", "ebay", "tiktok-shop"];

/** The app answers bots with 410 (shopify.md 0): the install comes from a browser, and says so. */
const browserAgent =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Safari/537.36";

async function seed(): Promise<void> {
  const sandboxStock = Number(process.env["SANDBOX_STOCK"] ?? 60);
  const world = demoCatalogue({
    skus: Number(process.env["SANDBOX_SKUS"] ?? 200),
    stock: sandboxStock,
  });
  const known = await findShop(world.shop);
  const isFresh = !known || (await db().sku.count({ where: { shopId: known.id } })) === 0;
  // A sandbox that outlived its database still has the sales and numbers of the old one.
  if (isFresh) await resetSandbox({ skus: world.skus.length, stock: sandboxStock });
  const shopId = known?.id ?? (await install(world.shop));
  const connections = await db().connection.findMany({ where: { shopId } });
  const shopify = connections.find(({ channel }) => channel === "shopify");
  if (isFresh && shopify) await imported(shopId, shopify.id);
  for (const channelId of demoChannels) {
    const isThere = connections.some(({ channel }) => channel === channelId);
    if (!isThere) await bringLive(shopId, channelId, sandboxUrl());
  }
  const token = await toolsToken(shopId);
  process.stdout.write(`${JSON.stringify({ apiToken: token })}\n`);
}

/** Where the sandbox is. @throws Error without one: the seed is for the demo alone */
function simulatorUrl(): string {
  const url = env().SHOPIFY_SIMULATOR_URL;
  if (!url) throw new Error("the seed needs the sandbox: SHOPIFY_SIMULATOR_URL is not set");
  return url;
}

/** The sandbox's own address. */
function sandboxUrl(): string {
  return new URL(simulatorUrl()).origin;
}

/** Full stock, no orders at all platforms. */
async function resetSandbox(size: { skus: number; stock: number }): Promise<void> {
  const answer = await fetch(new URL("/control/reset", simulatorUrl()), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(size),
  });
  if (!answer.ok) throw new Error(`the sandbox was not reset: it answered ${answer.status}`);
}

/** Opens the app in the sandbox's admin: Shopify's library exchanges the session token and installs the shop. */
async function install(domain: string): Promise<string> {
  const admin = new URL("/admin/session-token", simulatorUrl());
  const answer = await fetch(admin, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ shop: domain }),
  });
  const { token } = (await answer.json()) as { token: string };
  const store = domain.replace(".myshopify.com", "");
  const app = new URL("/app", env().SHOPIFY_APP_URL);
  app.search = new URLSearchParams({
    embedded: "1",
    shop: domain,
    host: Buffer.from(`admin.shopify.com/store/${store}`).toString("base64url"),
    id_token: token,
  }).toString();
  const page = await fetch(app, { headers: { "user-agent": browserAgent }, redirect: "manual" });
  const shop = await findShop(domain);
  if (!shop)
    throw new Error(
      `the app did not install itself: it answered ${page.status} ${page.headers.get("location") ?? ""}`,
    );
  return shop.id;
}

/** The token that this machine's tools know, or a first one where nobody keeps any. */
async function toolsToken(shopId: string): Promise<string> {
  const name = "offline tools";
  const kept = process.env["LOCKSTEP_API_TOKEN"];
  if (!kept) return (await createApiToken({ shopId, name })).token;
  if (!(await verifyApiToken(kept))) await createApiToken({ shopId, name, token: kept });
  return kept;
}

seed()
  .catch((error: unknown) => {
    process.stderr.write(
      `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    process.exitCode = 1;
  })
  .finally(async () => {
    await closeQueues();
    await closeDb();
  });
