import { Redis } from "ioredis";
import { env } from "#app/env.server.ts";

let probe: Redis | undefined;

/**
 * Resolves when Redis answers, rejects with the reason when it does not. For /healthz.
 * @throws Error when the queue is not on Redis
 */
export async function pingRedis(): Promise<void> {
  const { REDIS_URL } = env();
  if (REDIS_URL === undefined) throw new Error("the queue is not on Redis");
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
