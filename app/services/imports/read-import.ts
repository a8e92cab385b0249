import { db } from "#app/db/client.server.ts";

/** How an import stands, for people. */
export interface ImportProgress {
  readonly runId: string;
  readonly status: "running" | "done" | "failed" | "stopped";
  readonly seen: number;
  /** How many there are in all, where the channel tells. */
  readonly total: number | null;
  readonly added: number;
  readonly changed: number;
  readonly missing: number;
  readonly matched: number;
  readonly error: string | null;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
}

/** The newest import of a connection, or null when there was none. */
export async function readImport(
  shopId: string,
  connectionId: string,
): Promise<ImportProgress | null> {
  return (await readLastImports(shopId, connectionId)).get(connectionId) ?? null;
}

/** The newest import of each of a shop's connections, by connection. @param only this one alone; null: all */
export async function readLastImports(
  shopId: string,
  only: string | null,
): Promise<ReadonlyMap<string, ImportProgress>> {
  const rows = await db().$queryRaw<(ImportProgress & { readonly connectionId: string })[]>`
    SELECT DISTINCT ON (connection_id) connection_id AS "connectionId", id AS "runId", status, seen, total, added,
      changed, missing, matched, error, started_at AS "startedAt", finished_at AS "finishedAt"
    FROM import_run
    WHERE shop_id = ${shopId}::uuid AND (${only}::uuid IS NULL OR connection_id = ${only}::uuid)
    ORDER BY connection_id, started_at DESC`;
  return new Map(rows.map(({ connectionId, ...progress }) => [connectionId, progress]));
}
