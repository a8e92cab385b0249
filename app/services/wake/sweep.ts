import { db } from "#app/db/client.server.ts";
import { readOverdue } from "#app/db/overdue.repo.ts";
import { queueNames } from "#app/queue/names.ts";
import { wake } from "./wake.ts";

/** How often somebody looks for work that nobody was woken for. */
export const sweepEveryMs = 1_000;

/**
 * Wakes every shop and connection with work that waits, whoever was to wake it: lost jobs, lost queues and dead
 * workers cost a moment, never an update. @returns how many were woken
 */
export async function sweep(): Promise<number> {
  let found = 0;
  for (const queue of queueNames) {
    const overdue = await readOverdue(db(), queue);
    found += overdue.length;
    await wake(queue, overdue);
  }
  return found;
}
