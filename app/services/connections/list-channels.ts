import type { ConnectField } from "#app/channels/contract.ts";
import { channels, isConfigured } from "#app/channels/registry.ts";
import { db } from "#app/db/client.server.ts";
import { readLastImports, type ImportProgress } from "#app/services/imports/read-import.ts";

/** A channel that a merchant may connect. */
export interface ConnectableChannel {
  readonly id: string;
  readonly label: string;
  readonly fields: readonly ConnectField[];
  /** Whether the merchant says yes on a page of the platform's. */
  readonly asksThere: boolean;
  /** Why it cannot be connected on this installation, or null. */
  readonly unavailable: string | null;
}

/** A connection as the list shows it. */
export interface ListedConnection {
  readonly id: string;
  readonly channel: string;
  readonly label: string;
  readonly status: "review" | "active" | "paused";
  readonly pausedReason: string | null;
  readonly listings: number;
  readonly unmatched: number;
  readonly lastImport: ImportProgress | null;
}

/** Connections of one shop, on one page. */
const connectionsMax = 200;

/** What can be connected, in the order people see it. */
export function listConnectable(): readonly ConnectableChannel[] {
  return channels.flatMap(({ id, label, connect }) => {
    if (!connect) return [];
    const unavailable = isConfigured(id)
      ? null
      : `${label}'s app credentials are not set up on this installation.`;
    const asksThere = connect.authorizeUrl !== undefined;
    return [{ id, label, fields: connect.fields, asksThere, unavailable }];
  });
}

/** A shop's connections with their listings and last import. */
export async function listConnections(shopId: string): Promise<readonly ListedConnection[]> {
  return await describeConnections(shopId, null);
}

/** One of them. @returns null when the shop has no such connection */
export async function findListedConnection(
  shopId: string,
  connectionId: string,
): Promise<ListedConnection | null> {
  return (await describeConnections(shopId, connectionId))[0] ?? null;
}

/** @param only this connection alone; null: all of them */
async function describeConnections(
  shopId: string,
  only: string | null,
): Promise<readonly ListedConnection[]> {
  const [rows, counts, imports] = await Promise.all([
    db().connection.findMany({
      where: { shopId, ...(only !== null && { id: only }) },
      orderBy: [{ createdAt: "asc" }, { id: "asc" }],
      take: connectionsMax,
    }),
    db().$queryRaw<{ connection_id: string; listings: number; unmatched: number }[]>`
      SELECT connection_id, count(*)::int AS listings,
        (count(*) FILTER (WHERE sku_id IS NULL AND NOT ignored AND state <> 'missing'))::int AS unmatched
      FROM listing WHERE shop_id = ${shopId}::uuid AND (${only}::uuid IS NULL OR connection_id = ${only}::uuid)
      GROUP BY connection_id`,
    readLastImports(shopId, only),
  ]);
  const countOf = new Map(counts.map((count) => [count.connection_id, count]));
  return rows.map(({ id, channel, label, status, pausedReason }) => ({
    ...{ id, channel, label, pausedReason },
    status: status as ListedConnection["status"],
    listings: countOf.get(id)?.listings ?? 0,
    unmatched: countOf.get(id)?.unmatched ?? 0,
    lastImport: imports.get(id) ?? null,
  }));
}

/** The channels page at one moment. */
export async function readChannelsPage(shopId: string): Promise<{
  readonly now: string;
  readonly connections: readonly ListedConnection[];
  readonly connectable: readonly ConnectableChannel[];
}> {
  const connections = await listConnections(shopId);
  return { now: new Date().toISOString(), connections, connectable: listConnectable() };
}
