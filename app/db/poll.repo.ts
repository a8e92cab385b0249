import type { Database } from "./client.server.ts";

export interface DuePoll {
  readonly shopId: string;
  readonly connectionId: string;
  readonly cursor: string | null;
}

/** Connections claimed by one look. */
const duePollsMax = 20;

/** Takes connections whose orders are to be polled now; nobody else gets them before `againMs` are over. */
export async function claimDuePolls(db: Database, againMs: number): Promise<DuePoll[]> {
  const rows = await db.$queryRaw<{ shop_id: string; id: string; poll_cursor: string | null }[]>`
    UPDATE connection AS c SET poll_due_at = now() + ${againMs} * interval '1 millisecond'
    FROM (
      SELECT shop_id, id FROM connection WHERE status = 'active' AND poll_due_at <= now()
      ORDER BY poll_due_at LIMIT ${duePollsMax} FOR UPDATE SKIP LOCKED
    ) AS due
    WHERE c.shop_id = due.shop_id AND c.id = due.id
    RETURNING c.shop_id, c.id, c.poll_cursor`;
  return rows.map((row) => ({
    shopId: row.shop_id,
    connectionId: row.id,
    cursor: row.poll_cursor,
  }));
}

/** Where the next poll goes on; only after its page was stored. */
export async function saveCursor(db: Database, poll: DuePoll, cursor: string): Promise<void> {
  await db.connection.update({
    where: { shopId_id: { shopId: poll.shopId, id: poll.connectionId } },
    data: { pollCursor: cursor },
  });
}
