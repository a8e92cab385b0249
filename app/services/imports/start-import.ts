import { db } from "#app/db/client.server.ts";
import { newId } from "#app/lib/ids.ts";

/**
 * Begins to read all of a connection's listings, or gives the run that is under way. A worker reads it page by page.
 * @returns the run's id
 */
export async function startImport(shopId: string, connectionId: string): Promise<string> {
  const running = await db().importRun.findFirst({
    where: { shopId, connectionId, status: "running" },
    select: { id: true },
  });
  if (running) return running.id;
  const id = newId();
  await db().importRun.create({ data: { shopId, id, connectionId } });
  return id;
}

/** Ends a run that is under way; what it found stays. @returns false when there is none */
export async function stopImport(shopId: string, connectionId: string): Promise<boolean> {
  const stopped = await db().importRun.updateMany({
    where: { shopId, connectionId, status: "running" },
    data: { status: "stopped", finishedAt: new Date() },
  });
  return stopped.count > 0;
}
