import { db } from "#app/db/client.server.ts";
import { wakePropagation } from "#app/services/wake/wake.ts";

/** Why a connection stands still that its merchant stopped. */
export const pausedByMerchant = "you paused it";

/** The merchant stops all writes to a connection; changes wait in the ledger. @returns false when it is not active */
export async function pauseByMerchant(shopId: string, connectionId: string): Promise<boolean> {
  const paused = await db().connection.updateMany({
    where: { shopId, id: connectionId, status: "active" },
    data: { status: "paused", pausedReason: pausedByMerchant },
  });
  return paused.count > 0;
}

/** The merchant lets it go on: everything is brought up to now. @returns false when something else paused it */
export async function resumeByMerchant(shopId: string, connectionId: string): Promise<boolean> {
  const resumed = await db().connection.updateMany({
    where: { shopId, id: connectionId, status: "paused", pausedReason: pausedByMerchant },
    data: { status: "active", pausedReason: null, nextAttemptAt: null, outageCount: 0 },
  });
  if (resumed.count > 0) await wakePropagation(shopId);
  return resumed.count > 0;
}
