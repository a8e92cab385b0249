import { db } from "#app/db/client.server.ts";

/** Which channel and account a connection is. Neither ever changes, so both are remembered. */
export interface ConnectionSource {
  readonly channelId: string;
  readonly accountId: string;
}

const rememberedMax = 100_000;
const remembered = new Map<string, Promise<ConnectionSource>>();

/** @throws when the connection is gone */
export function sourceOf(shopId: string, connectionId: string): Promise<ConnectionSource> {
  const key = `${shopId}:${connectionId}`;
  const known = remembered.get(key);
  if (known) return known;
  const source = read(shopId, connectionId);
  if (remembered.size >= rememberedMax) remembered.clear();
  remembered.set(key, source);
  source.catch(() => remembered.delete(key));
  return source;
}

async function read(shopId: string, connectionId: string): Promise<ConnectionSource> {
  const row = await db().connection.findUnique({
    where: { shopId_id: { shopId, id: connectionId } },
    select: { channel: true, accountId: true },
  });
  if (!row) throw new Error(`connection ${connectionId} is gone`);
  return { channelId: row.channel, accountId: row.accountId };
}
