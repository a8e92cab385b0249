import type { Database } from "./client.server.ts";
import type { Sleeper } from "./wake.repo.ts";

/** Sleepers woken by one sweep of one queue; the next sweep goes on. */
const overdueMax = 1_000;
/** Work that is younger was announced a moment ago: the wake-up is on its way. */
const overdueMs = 2_000;

interface Row {
  shop_id: string;
  subject_id: string;
}

/** What there is to wake (app/queue/names.ts). */
type QueueName = "ingest" | "resolve" | "propagate";

/** Who has work that waits although nobody seems to be at it. */
export async function readOverdue(db: Database, queue: QueueName): Promise<Sleeper[]> {
  const rows = await readRows(db, queue);
  return rows.map((row) => ({ shopId: row.shop_id, subjectId: row.subject_id }));
}

function readRows(db: Database, queue: QueueName): Promise<Row[]> {
  switch (queue) {
    case "ingest":
      return db.$queryRaw<Row[]>`
        SELECT DISTINCT shop_id, shop_id AS subject_id FROM inbound_event
        WHERE status = 'ready' AND (next_attempt_at IS NULL OR next_attempt_at <= now())
          AND received_at < now() - ${overdueMs} * interval '1 millisecond' LIMIT ${overdueMax}`;
    case "resolve":
      return db.$queryRaw<Row[]>`
        SELECT DISTINCT shop_id, connection_id AS subject_id FROM inbound_event
        WHERE status = 'hint' AND (next_attempt_at IS NULL OR next_attempt_at <= now())
          AND received_at < now() - ${overdueMs} * interval '1 millisecond' LIMIT ${overdueMax}`;
    case "propagate":
      return db.$queryRaw<Row[]>`
        SELECT c.shop_id, c.id AS subject_id FROM connection c JOIN ledger_head h ON h.shop_id = c.shop_id
        WHERE c.status = 'active' AND (c.next_attempt_at IS NULL OR c.next_attempt_at <= now()) AND (
          c.offset_seq < h.seq
          OR EXISTS (SELECT 1 FROM listing l WHERE l.shop_id = c.shop_id AND l.connection_id = c.id
            AND l.next_attempt_at <= now() AND l.state = 'active' AND l.sku_id IS NOT NULL)
          OR EXISTS (SELECT 1 FROM listing l WHERE l.shop_id = c.shop_id AND l.connection_id = c.id
            AND l.read_due_at <= now() AND l.inflight_push_id IS NULL AND l.state = 'active')
          OR EXISTS (SELECT 1 FROM bulk_job b WHERE b.shop_id = c.shop_id AND b.connection_id = c.id
            AND b.status = 'running' AND b.poll_due_at <= now())
          OR EXISTS (SELECT 1 FROM push p WHERE p.shop_id = c.shop_id AND p.connection_id = c.id
            AND p.outcome = 'sending'))
        LIMIT ${overdueMax}`;
  }
}
