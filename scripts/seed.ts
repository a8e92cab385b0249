import { createApiToken } from "#app/services/api-tokens/create-api-token.ts";
import { verifyApiToken } from "#app/services/api-tokens/verify-api-token.ts";
import { closeDb, db } from "#app/db/client.server.ts";
import { env } from "#app/env.server.ts";
import { StockBook } from "#app/domain/stock/stock-book.ts";
import { newId } from "#app/lib/ids.ts";
import { seal } from "#app/lib/secret-box.ts";
import { closeQueues } from "#app/queue/connection.server.ts";
import { findShop } from "#app/services/shops/find-shop.ts";
import { commitMovements } from "#app/services/stock/commit-movements.ts";
import {
  demoAccounts,
  demoCatalogue,
  demoCredentials,
  demoTiktokWarehouseId,
  type DemoCatalogue,
  type DemoSku,
} from "#sandbox/catalogue.ts";

// Makes the demo merchant: installs the app as a merchant does (the admin opens it with a session token),
// connects three marketplaces and receives the opening stock. Running it again changes nothing.

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
  if (isFresh) {
    const locationIds = await createLocations(shopId, world);
    const connections = await connect(shopId);
    const skus = world.skus.map((sku) => ({ ...sku, id: newId() }));
    await db().sku.createMany({
      data: skus.map(({ id, code, title }) => ({ shopId, id, code, title })),
    });
    await createListings(shopId, skus, { locationIds, connections });
    await receiveStock(shopId, skus, locationIds);
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

async function createLocations(shopId: string, world: DemoCatalogue): Promise<Map<string, string>> {
  const rows = world.locations.map((location, priority) => ({
    shopId,
    id: newId(),
    name: location.name,
    priority,
    externalId: location.gid,
  }));
  await db().location.createMany({ data: rows });
  return new Map(rows.map((row) => [row.externalId, row.id]));
}

interface Connections {
  readonly shopify: string;
  readonly amazon: string;
  readonly ebay: string;
  readonly tiktok: string;
}

async function connect(shopId: string): Promise<Connections> {
  const shopify = await db().connection.findFirstOrThrow({ where: { shopId, channel: "shopify" } });
  const key = env().ENCRYPTION_KEY;
  const create = async (
    channel: string,
    label: string,
    account: { accountId: string; secrets: object; settings: object },
  ) => {
    const id = newId();
    const { accountId, settings } = account;
    const secrets = seal(JSON.stringify(account.secrets), key);
    await db().connection.create({
      data: { shopId, id, channel, label, accountId, settings, secrets },
    });
    return id;
  };
  const { tiktok } = demoCredentials;
  return {
    shopify: shopify.id,
    amazon: await create("amazon", "Amazon US", {
      accountId: demoAccounts.amazon,
      secrets: demoCredentials.amazon,
      settings: { marketplaceId: demoAccounts.amazonMarketplace, region: "na" },
    }),
    ebay: await create("ebay", "eBay", {
      accountId: demoAccounts.ebay,
      secrets: demoCredentials.ebay,
      settings: { marketplaceId: demoAccounts.ebayMarketplace },
    }),
    tiktok: await create("tiktok-shop", "TikTok Shop", {
      accountId: demoAccounts.tiktok,
      secrets: { refreshToken: tiktok.refreshToken },
      settings: { shopCipher: tiktok.shopCipher, warehouseId: demoTiktokWarehouseId },
    }),
  };
}

type SeededSku = DemoSku & { readonly id: string };

async function createListings(
  shopId: string,
  skus: readonly SeededSku[],
  ids: { readonly locationIds: Map<string, string>; readonly connections: Connections },
): Promise<void> {
  const { connections, locationIds } = ids;
  const rows = skus.flatMap((sku) => {
    const total = Object.values(sku.stockByLocation).reduce((sum, units) => sum + units, 0);
    const listing = (connectionId: string, orderKey: string, externalIds: object) => ({
      shopId,
      id: newId(),
      connectionId,
      skuId: sku.id,
      orderKey,
      externalIds,
      expectedQty: total,
      ackedQty: total,
    });
    const { variantGid, inventoryItemGid, variantId } = sku.shopify;
    const onShopify = [...locationIds].map(([gid, locationId]) => {
      const keys = { inventoryItemId: inventoryItemGid, locationId: gid, variantId: variantGid };
      const units = sku.stockByLocation[gid] ?? 0;
      const row = listing(connections.shopify, variantId, keys);
      return { ...row, locationId, expectedQty: units, ackedQty: units };
    });
    return [
      ...onShopify,
      listing(connections.amazon, sku.amazon.sku, sku.amazon),
      listing(connections.ebay, sku.ebay.sku, sku.ebay),
      listing(connections.tiktok, sku.tiktok.skuId, sku.tiktok),
    ];
  });
  await db().listing.createMany({ data: rows });
}

async function receiveStock(
  shopId: string,
  skus: readonly SeededSku[],
  locationIds: Map<string, string>,
): Promise<void> {
  const now = new Date();
  const correlationId = newId();
  await commitMovements(shopId, () => {
    const book = new StockBook([]);
    for (const sku of skus) {
      for (const [gid, locationId] of locationIds) {
        book.apply({
          kind: "receive",
          skuId: sku.id,
          locationId,
          onHandDelta: sku.stockByLocation[gid] ?? 0,
          committedDelta: 0,
          idempotencyKey: `seed:${sku.code}:${gid}`,
          cause: {
            channel: null,
            connectionId: null,
            orderId: null,
            actor: "seed",
            reason: "opening stock",
            correlationId,
            occurredAt: now,
            receivedAt: now,
          },
        });
      }
    }
    return Promise.resolve({ book });
  });
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
