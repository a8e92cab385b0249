import { db } from "#app/db/client.server.ts";

export interface KnownShop {
  readonly id: string;
  readonly domain: string;
  readonly status: string;
}

/** The shop of a myshopify domain, or null. Uninstalled shops are found too. */
export async function findShop(domain: string): Promise<KnownShop | null> {
  return await db().shop.findUnique({
    where: { domain },
    select: { id: true, domain: true, status: true },
  });
}

export interface KnownConnection {
  readonly shopId: string;
  readonly connectionId: string;
  readonly installed: boolean;
}

/** Accounts remembered by the webhook door, and for how long at most. */
const rememberedMax = 50_000;
const rememberedMs = 10_000;
const remembered = new Map<
  string,
  { readonly known: KnownConnection | null; readonly at: number }
>();

/**
 * Whose account this is. Remembered for {@link rememberedMs}, so that the door does not ask Postgres for
 * every delivery.
 */
export async function findConnection(
  channel: string,
  accountId: string,
): Promise<KnownConnection | null> {
  const key = `${channel}:${accountId}`;
  const hit = remembered.get(key);
  if (hit && Date.now() - hit.at < rememberedMs) return hit.known;
  const row = await db().connection.findUnique({
    where: { channel_accountId: { channel, accountId } },
    select: { shopId: true, id: true },
  });
  const shop = row && (await db().shop.findUnique({ where: { id: row.shopId } }));
  const known = row
    ? { shopId: row.shopId, connectionId: row.id, installed: shop?.status === "installed" }
    : null;
  if (remembered.size >= rememberedMax) remembered.clear();
  remembered.set(key, { known, at: Date.now() });
  return known;
}

/** Forgets what {@link findConnection} remembered: a connection came, went or changed hands. */
export function forgetShops(): void {
  remembered.clear();
}
