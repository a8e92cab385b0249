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
  const run = await db().importRun.findFirst({
    where: { shopId, connectionId },
    orderBy: { startedAt: "desc" },
  });
  if (!run) return null;
  const { id: runId, seen, total, added, changed, missing, matched, error } = run;
  const { startedAt, finishedAt } = run;
  const status = run.status as ImportProgress["status"];
  const counts = { seen, total, added, changed, missing, matched };
  return { runId, status, ...counts, error, startedAt, finishedAt };
}
