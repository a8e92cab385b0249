import { Redis } from "ioredis";
import { db } from "#app/db/client.server.ts";
import { env } from "#app/env.server.ts";

let probe: Redis | undefined;

/** Resolves when the queue's store answers; rejects with the reason when it does not. For /healthz. */
export async function pingQueue(): Promise<void> {
  const { REDIS_URL } = env();
  if (REDIS_URL === undefined) {
    const [row] = await db().$queryRaw<{ there: boolean }[]>`
      select to_regnamespace('bullmq') is not null as there`;
    if (row?.there !== true) throw new Error("the queue's tables are missing");
    return;
  }
  if (probe === undefined) {
    probe = new Redis(REDIS_URL, { maxRetriesPerRequest: 0 });
    // Told by the rejected ping; without a listener ioredis prints it too.
    probe.on("error", () => undefined);
  }
  await probe.ping();
}

/** Ends the probe's connection. */
export function closePing(): void {
  probe?.disconnect();
  probe = undefined;
}
