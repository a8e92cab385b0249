import { newId } from "#app/lib/ids.ts";
import type { Database } from "./client.server.ts";

export interface NewAlert {
  readonly severity: "critical" | "warning" | "info";
  /** The same key counts up instead of making another alert. */
  readonly dedupeKey: string;
  readonly message: string;
}

/** Raises alerts, or counts up those that stand already. */
export async function raiseAlerts(
  db: Database,
  shopId: string,
  alerts: readonly NewAlert[],
): Promise<void> {
  for (const { severity, dedupeKey, message } of alerts) {
    await db.alert.upsert({
      where: { shopId_dedupeKey: { shopId, dedupeKey } },
      create: { shopId, id: newId(), severity, dedupeKey, message },
      update: { count: { increment: 1 }, lastSeen: new Date(), message, ackedAt: null },
    });
  }
}
