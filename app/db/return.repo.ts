import type { Database } from "./client.server.ts";

/** A return as a channel reports it. */
export interface ReportedReturn {
  readonly connectionId: string;
  readonly returnId: string;
  readonly orderId: string;
  readonly state: string;
  readonly lines: readonly { readonly lineId: string; readonly quantity: number }[];
  readonly changedAt: string;
}

/** Writes what channels say about returns; older words never replace newer ones. @returns those that are news */
export async function saveReturns(
  db: Database,
  shopId: string,
  returns: readonly ReportedReturn[],
): Promise<readonly { readonly returnId: string; readonly state: string }[]> {
  if (returns.length === 0) return [];
  const rows = returns.map((one) => ({
    connection_id: one.connectionId,
    return_id: one.returnId,
    order_id: one.orderId,
    state: one.state,
    lines: one.lines,
    changed_at: one.changedAt,
  }));
  // The newest word of each in this batch: one statement may not touch a row twice.
  return await db.$queryRaw`
    INSERT INTO order_return AS o (shop_id, connection_id, return_id, order_id, state, lines, changed_at)
    SELECT DISTINCT ON (r.connection_id, r.return_id) ${shopId}::uuid, r.connection_id, r.return_id, r.order_id,
      r.state, r.lines, r.changed_at
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r(connection_id uuid, return_id text, order_id text,
      state text, lines jsonb, changed_at timestamptz)
    ORDER BY r.connection_id, r.return_id, r.changed_at DESC
    ON CONFLICT (shop_id, connection_id, return_id) DO UPDATE SET state = excluded.state,
      lines = CASE WHEN jsonb_array_length(excluded.lines) > 0 THEN excluded.lines ELSE o.lines END,
      changed_at = excluded.changed_at
      WHERE excluded.changed_at > o.changed_at
    RETURNING return_id AS "returnId", state`;
}
