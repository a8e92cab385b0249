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

/** The myshopify domain of a shop. @throws Error when there is no such shop */
export async function domainOf(shopId: string): Promise<string> {
  return (await db().shop.findUniqueOrThrow({ where: { id: shopId } })).domain;
}

export interface KnownConnection {
  readonly shopId: string;
  readonly connectionId: string;
  readonly installed: boolean;
}

/** Marketplaces of one account; the platform with the most has 21 (Amazon Europe). */
const connectionsPerAccountMax = 50;
/** Accounts remembered by the webhook door, and for how long at most. */
const rememberedMax = 50_000;
const rememberedMs = 10_000;
const remembered = new Map<
  string,
  { readonly known: readonly KnownConnection[]; readonly at: number }
>();

/**
 * Whose account this is: its connections, one for each of its marketplaces. Remembered for {@link rememberedMs}, so
 * that the door does not ask Postgres for every delivery.
 */
export async function findConnections(
  channel: string,
  accountId: string,
): Promise<readonly KnownConnection[]> {
  return await remember(`${channel}:${accountId}`, { channel, accountId });
}

/** The connection whose own webhook address this is, or null; remembered like {@link findConnections}. */
export async function findConnectionById(
  channel: string,
  id: string,
): Promise<KnownConnection | null> {
  return (await remember(`${channel}/${id}`, { channel, id }))[0] ?? null;
}

async function remember(
  key: string,
  where: { channel: string; accountId: string } | { channel: string; id: string },
): Promise<readonly KnownConnection[]> {
  const hit = remembered.get(key);
  if (hit && Date.now() - hit.at < rememberedMs) return hit.known;
  const rows = await db().connection.findMany({
    where,
    select: { shopId: true, id: true },
    take: connectionsPerAccountMax,
  });
  const shops = await db().shop.findMany({
    where: { id: { in: rows.map(({ shopId }) => shopId) }, status: "installed" },
    select: { id: true },
  });
  const installed = new Set(shops.map(({ id }) => id));
  const known = rows.map(({ shopId, id }) => ({
    shopId,
    connectionId: id,
    installed: installed.has(shopId),
  }));
  if (remembered.size >= rememberedMax) remembered.clear();
  remembered.set(key, { known, at: Date.now() });
  return known;
}

/** Forgets what {@link findConnections} remembered: a connection came, went or changed hands. */
export function forgetShops(): void {
  remembered.clear();
}
