import { sellableUnits } from "#app/db/available-units.ts";
import { db, inTransaction } from "#app/db/client.server.ts";
import { wakePropagation } from "#app/services/wake/wake.ts";

/**
 * The merchant has looked a new connection through: from now on its listings show our numbers, and its orders count.
 * Any number of calls are one.
 * @returns false when the connection is not in review
 */
export async function goLive(shopId: string, connectionId: string): Promise<boolean> {
  const live = await inTransaction(async (tx) => {
    const changed = await tx.connection.updateMany({
      where: { shopId, id: connectionId, status: "review" },
      data: { status: "active", pollCursor: null, pollDueAt: new Date(), eventsDueAt: new Date() },
    });
    if (changed.count === 0) return false;
    const now = new Date();
    await tx.listing.updateMany({
      where: { shopId, connectionId, skuId: { not: null }, state: "active" },
      data: { nextAttemptAt: now, dueSince: now },
    });
    return true;
  });
  if (live) await wakePropagation(shopId);
  return live;
}

/**
 * What going live would change: how many listings would show another number, and the first of them.
 * @param linesMax at least 1
 */
export async function previewGoLive(
  shopId: string,
  connectionId: string,
  linesMax: number,
): Promise<GoLivePreview> {
  const rows = await db().$queryRaw<(PreviewRow & { changes: number; to_zero: number })[]>`
    SELECT id, sku, title, shown, wanted, (count(*) OVER ())::int AS changes,
      (count(*) FILTER (WHERE wanted = 0) OVER ())::int AS to_zero
    FROM (
      SELECT l.id, s.code AS sku, l.title, l.expected_qty AS shown, ${sellableUnits} AS wanted
      FROM listing l JOIN sku s ON s.shop_id = l.shop_id AND s.id = l.sku_id
      WHERE l.shop_id = ${shopId}::uuid AND l.connection_id = ${connectionId}::uuid
        AND l.state = 'active' AND l.paused_as IS NULL
    ) AS all_listings WHERE shown IS DISTINCT FROM wanted ORDER BY wanted, id LIMIT ${linesMax}`;
  return {
    changes: rows[0]?.changes ?? 0,
    toZero: rows[0]?.to_zero ?? 0,
    lines: rows.map(({ id, sku, title, shown, wanted }) => ({ id, sku, title, shown, wanted })),
  };
}

interface PreviewRow {
  readonly id: string;
  readonly sku: string;
  readonly title: string;
  readonly shown: number | null;
  readonly wanted: number;
}

export interface GoLivePreview {
  readonly changes: number;
  readonly toZero: number;
  readonly lines: readonly PreviewRow[];
}
