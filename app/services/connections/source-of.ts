import { db } from "#app/db/client.server.ts";

/** Which channel and account a connection is, and its settings. The first two never change. */
export interface ConnectionSource {
  readonly channelId: string;
  readonly accountId: string;
  /** As stored; the channel's own schema reads them. */
  readonly settings: unknown;
}

const rememberedMax = 100_000;
/** Settings change when a connection is made anew: they are read again after this. */
const rememberedMs = 30_000;
const remembered = new Map<
  string,
  { readonly source: Promise<ConnectionSource>; readonly at: number }
>();

/** @throws when the connection is gone */
export function sourceOf(shopId: string, connectionId: string): Promise<ConnectionSource> {
  const key = `${shopId}:${connectionId}`;
  const known = remembered.get(key);
  if (known && Date.now() - known.at < rememberedMs) return known.source;
  const source = read(shopId, connectionId);
  if (remembered.size >= rememberedMax) remembered.clear();
  remembered.set(key, { source, at: Date.now() });
  source.catch(() => remembered.delete(key));
  return source;
}

async function read(shopId: string, connectionId: string): Promise<ConnectionSource> {
  const row = await db().connection.findUnique({
    where: { shopId_id: { shopId, id: connectionId } },
    select: { channel: true, accountId: true, settings: true },
  });
  if (!row) throw new Error(`connection ${connectionId} is gone`);
  return { channelId: row.channel, accountId: row.accountId, settings: row.settings };
}
