import { db } from "#app/db/client.server.ts";

/** How often a process shows that it lives. */
export const beatEveryMs = 3_000;

/** Writes a sign of life under this name; `read-health` looks for it. */
export async function beat(name: string): Promise<void> {
  const at = new Date();
  await db().heartbeat.upsert({ where: { name }, create: { name, at }, update: { at } });
}
