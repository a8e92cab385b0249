import { db } from "#app/db/client.server.ts";
import { env } from "#app/env.server.ts";
import { StockBook } from "#app/domain/stock/stock-book.ts";
import { newId } from "#app/lib/ids.ts";
import { seal } from "#app/lib/secret-box.ts";
import { installShop } from "#app/services/shops/install-shop.ts";
import { commitMovements } from "#app/services/stock/commit-movements.ts";
import {
  demoAccounts,
  demoCatalogue,
  demoCredentials,
  demoTiktokWarehouseId,
  type DemoCatalogue,
  type DemoSku,
} from "#sandbox/catalogue.ts";
import { signSessionToken } from "#sandbox/shopify/session-token.ts";
import { someCause } from "./stock.ts";

export const channelIds = ["shopify", "amazon", "ebay", "tiktok-shop"] as const;
export type ChannelId = (typeof channelIds)[number];

/** The demo merchant in the database, as the seed makes it. */
export interface SeededWorld {
  readonly shopId: string;
  readonly connections: Readonly<Record<ChannelId, string>>;
  readonly skuIds: Readonly<Record<string, string>>;
  /** By Shopify's gid. */
  readonly locationIds: Readonly<Record<string, string>>;
}

/** Empties every table and makes the demo merchant anew. */
export async function seedWorld(
  sandboxUrl: string,
  size: { readonly skus: number; readonly stock: number },
): Promise<SeededWorld> {
  await emptyTables();
  const world = demoCatalogue(size);
  const { shopId } = await installShop({ domain: world.shop });
  await signIn(sandboxUrl, world.shop);
  const locationIds: Record<string, string> = {};
  for (const [priority, { gid, name }] of world.locations.entries()) {
    const id = newId();
    locationIds[gid] = id;
    await db().location.create({ data: { shopId, id, name, priority, externalId: gid } });
  }
  const connections = await connect(shopId);
  const skuIds = Object.fromEntries(world.skus.map(({ code }) => [code, newId()]));
  await db().sku.createMany({
    data: world.skus.map(({ code, title }) => ({ shopId, id: skuIds[code] ?? "", code, title })),
  });
  const seeded = { shopId, connections, skuIds, locationIds };
  await db().listing.createMany({
    data: world.skus.flatMap((sku) => listingsOf(sku, seeded, size.stock)),
  });
  await receive(world, seeded);
  const { seq } = await db().ledgerHead.findUniqueOrThrow({ where: { shopId } });
  // The channels show the opening stock already: there is nothing to tell them.
  await db().connection.updateMany({ where: { shopId }, data: { offsetSeq: seq } });
  return seeded;
}

export async function emptyTables(): Promise<void> {
  const tables = await db().$queryRaw<{ name: string }[]>`
    SELECT quote_ident(tablename) AS name FROM pg_tables
    WHERE schemaname = 'public' AND tablename NOT LIKE '\\_prisma%'`;
  await db().$executeRawUnsafe(`TRUNCATE ${tables.map(({ name }) => name).join(", ")}`);
}

/** Installs the app as the embedded page does: a signed session token for a pair of tokens. */
export async function signIn(sandboxUrl: string, shop: string): Promise<void> {
  const { SHOPIFY_API_KEY: apiKey, SHOPIFY_API_SECRET: apiSecret } = env();
  const answer = await fetch(`${sandboxUrl}/shopify/admin/oauth/access_token`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-sandbox-shop": shop },
    body: JSON.stringify({
      ...{ client_id: apiKey, client_secret: apiSecret, expiring: "1" },
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token: signSessionToken({ shop, apiKey, apiSecret }, Date.now(), "tests"),
      subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
      requested_token_type: "urn:shopify:params:oauth:token-type:offline-access-token",
    }),
  });
  const tokens = (await answer.json()) as { access_token: string; refresh_token: string };
  await db().session.create({
    data: {
      ...{ id: `offline_${shop}`, shop, state: "", expires: new Date(Date.now() + 3_600_000) },
      ...{ accessToken: tokens.access_token, refreshToken: tokens.refresh_token },
    },
  });
}

async function connect(shopId: string): Promise<Record<ChannelId, string>> {
  const shopify = await db().connection.findFirstOrThrow({ where: { shopId, channel: "shopify" } });
  const create = async (
    channel: string,
    accountId: string,
    given: { readonly settings: object; readonly secrets: object },
  ) => {
    const id = newId();
    const secrets = seal(JSON.stringify(given.secrets), env().ENCRYPTION_KEY);
    const { settings } = given;
    await db().connection.create({
      data: { shopId, id, channel, label: channel, accountId, settings, secrets },
    });
    return id;
  };
  const { refreshToken, shopCipher } = demoCredentials.tiktok;
  return {
    shopify: shopify.id,
    amazon: await create("amazon", demoAccounts.amazon, {
      settings: { marketplaceId: demoAccounts.amazonMarketplace, region: "na" },
      secrets: demoCredentials.amazon,
    }),
    ebay: await create("ebay", demoAccounts.ebay, {
      settings: { marketplaceId: demoAccounts.ebayMarketplace },
      secrets: demoCredentials.ebay,
    }),
    "tiktok-shop": await create("tiktok-shop", demoAccounts.tiktok, {
      settings: { shopCipher, warehouseId: demoTiktokWarehouseId },
      secrets: { refreshToken },
    }),
  };
}

function listingsOf(sku: DemoSku, world: SeededWorld, total: number) {
  const { shopId, connections, skuIds, locationIds } = world;
  const listing = (channel: ChannelId, orderKey: string, externalIds: object, units = total) => ({
    ...{ shopId, id: newId(), connectionId: connections[channel], skuId: skuIds[sku.code] ?? "" },
    ...{ orderKey, externalIds, expectedQty: units, ackedQty: units },
  });
  const { variantGid: variantId, inventoryItemGid: inventoryItemId } = sku.shopify;
  return [
    ...Object.entries(locationIds).map(([gid, locationId]) => ({
      ...listing(
        "shopify",
        sku.shopify.variantId,
        { inventoryItemId, locationId: gid, variantId },
        sku.stockByLocation[gid] ?? 0,
      ),
      locationId,
    })),
    listing("amazon", sku.amazon.sku, sku.amazon),
    listing("ebay", sku.ebay.sku, sku.ebay),
    listing("tiktok-shop", sku.tiktok.skuId, sku.tiktok),
  ];
}

async function receive(world: DemoCatalogue, seeded: SeededWorld): Promise<void> {
  const book = new StockBook([]);
  for (const sku of world.skus) {
    for (const [gid, locationId] of Object.entries(seeded.locationIds)) {
      const onHandDelta = sku.stockByLocation[gid] ?? 0;
      if (onHandDelta === 0) continue;
      book.apply({
        ...{ kind: "receive", skuId: seeded.skuIds[sku.code] ?? "", locationId, onHandDelta },
        ...{ committedDelta: 0, idempotencyKey: `opening:${sku.code}:${gid}`, cause: someCause },
      });
    }
  }
  if (book.entries.length > 0) {
    await commitMovements(seeded.shopId, () => Promise.resolve({ book }));
  }
}
