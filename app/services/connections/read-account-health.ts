import { raiseAlerts } from "#app/db/alert.repo.ts";
import { db } from "#app/db/client.server.ts";
import { claimDueHealth, type DueConnection } from "#app/db/due-connection.repo.ts";
import { logger } from "#app/lib/logger.ts";
import { isConnectionTrouble, openSession } from "./open-session.ts";

/** Channels reckon their rates anew once a day or less. */
const healthEveryMs = 6 * 60 * 60_000;
/** How often somebody looks whether one is due. */
export const healthLookEveryMs = 60_000;
const callMsMax = 60_000;

/** Reads how accounts stand with their channels, and warns before a channel acts. */
export async function readDueHealth(): Promise<void> {
  const due = await claimDueHealth(db(), healthEveryMs);
  await Promise.all(due.map(readSafely));
}

async function readSafely(due: DueConnection): Promise<void> {
  try {
    await readAccountHealth(due.shopId, due.connectionId);
  } catch (error) {
    const err = isConnectionTrouble(error) ? undefined : error;
    logger.warn({ ...due, err }, "an account's health was not read");
  }
}

/** Reads one account's health and keeps it at the connection. */
export async function readAccountHealth(shopId: string, connectionId: string): Promise<void> {
  const { channel, session } = await openSession(shopId, connectionId);
  if (!session.readAccountHealth) return;
  const health = await session.readAccountHealth(AbortSignal.timeout(callMsMax));
  if (!health.ok) {
    logger.info({ shopId, connectionId, fault: health.fault }, "an account's health was not read");
    return;
  }
  const { standing, metrics, asOf } = health;
  await db().connection.update({
    where: { shopId_id: { shopId, id: connectionId } },
    data: { health: { standing, asOf, metrics: metrics.map((metric) => ({ ...metric })) } },
  });
  if (standing === "good") return;
  const over = metrics.filter(({ value, limit }) => limit !== null && value > limit);
  const words = over.map(({ label }) => label).join(", ");
  await raiseAlerts(db(), shopId, [
    {
      severity: standing === "bad" ? "critical" : "warning",
      dedupeKey: `health:${connectionId}`,
      message: `${channel.label} says that this account is ${standing === "bad" ? "in bad standing" : "at risk"}${words ? `: ${words}` : ""}.`,
    },
  ]);
}
