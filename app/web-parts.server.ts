import { closeDb } from "#app/db/client.server.ts";
import { metricsRegistry } from "#app/lib/metrics.ts";
import { closeQueues, queueBackend } from "#app/queue/connection.server.ts";
import { closePing, pingRedis } from "#app/queue/ping.server.ts";
import * as health from "#app/services/health/read-health.ts";

/** Every part's state, for /healthz. Takes at most two seconds. */
export function readHealth(): Promise<health.Health> {
  return health.readHealth(queueBackend() === "redis" ? pingRedis : undefined);
}

/** The Prometheus text, for /metrics. */
export async function readMetrics(): Promise<{ contentType: string; text: string }> {
  return { contentType: metricsRegistry.contentType, text: await metricsRegistry.metrics() };
}

/** Ends this process's connections; the last thing before it exits. */
export async function closeWeb(): Promise<void> {
  closePing();
  await closeQueues();
  await closeDb();
}
