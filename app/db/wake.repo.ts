import type { Database } from "./client.server.ts";

/** A worker that shows no life for this long is taken for dead: its work may be woken again. */
export const awakeMs = 3_000;

/** A thing that can be woken: a shop (ingest) or a connection (resolve, propagate). */
export interface Sleeper {
  readonly shopId: string;
  readonly subjectId: string;
}

/** Marks those that nobody works on as awake, and returns them: the edge from idle to busy. */
export async function claimIdle(
  db: Database,
  queue: string,
  sleepers: readonly Sleeper[],
): Promise<Sleeper[]> {
  if (sleepers.length === 0) return [];
  const rows = await db.$queryRaw<{ shop_id: string; subject_id: string }[]>`
    INSERT INTO wake (shop_id, queue, subject_id, awake_until)
    SELECT s.shop_id, ${queue}, s.subject_id, clock_timestamp() + ${awakeMs} * interval '1 millisecond'
    FROM unnest(${sleepers.map((s) => s.shopId)}::uuid[], ${sleepers.map((s) => s.subjectId)}::uuid[])
      AS s(shop_id, subject_id)
    ORDER BY s.shop_id, s.subject_id
    ON CONFLICT (shop_id, queue, subject_id) DO UPDATE SET awake_until = excluded.awake_until
      WHERE wake.awake_until < clock_timestamp()
    RETURNING shop_id, subject_id`;
  return rows.map((row) => ({ shopId: row.shop_id, subjectId: row.subject_id }));
}

/** The same for all active connections of a shop. */
export async function claimIdleConnections(
  db: Database,
  queue: string,
  shopId: string,
): Promise<Sleeper[]> {
  const rows = await db.$queryRaw<{ subject_id: string }[]>`
    INSERT INTO wake (shop_id, queue, subject_id, awake_until)
    SELECT c.shop_id, ${queue}, c.id, clock_timestamp() + ${awakeMs} * interval '1 millisecond'
    FROM connection c WHERE c.shop_id = ${shopId}::uuid AND c.status = 'active'
    ORDER BY c.id
    ON CONFLICT (shop_id, queue, subject_id) DO UPDATE SET awake_until = excluded.awake_until
      WHERE wake.awake_until < clock_timestamp()
    RETURNING subject_id`;
  return rows.map((row) => ({ shopId, subjectId: row.subject_id }));
}

/** The worker is alive and still at it. */
export async function stayAwake(db: Database, queue: string, sleeper: Sleeper): Promise<void> {
  await db.$executeRaw`
    INSERT INTO wake (shop_id, queue, subject_id, awake_until)
    VALUES (${sleeper.shopId}::uuid, ${queue}, ${sleeper.subjectId}::uuid,
      clock_timestamp() + ${awakeMs} * interval '1 millisecond')
    ON CONFLICT (shop_id, queue, subject_id) DO UPDATE SET awake_until = excluded.awake_until`;
}

/** The worker found nothing more. It must look once again after this, or a wake-up may be lost. */
export async function fallAsleep(db: Database, queue: string, sleeper: Sleeper): Promise<void> {
  await db.$executeRaw`
    UPDATE wake SET awake_until = '-infinity'
    WHERE shop_id = ${sleeper.shopId}::uuid AND queue = ${queue}
      AND subject_id = ${sleeper.subjectId}::uuid`;
}
