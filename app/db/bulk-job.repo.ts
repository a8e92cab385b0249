import type { Database } from "./client.server.ts";
import type { Lease } from "./propagation.repo.ts";
import type { UnansweredPush } from "./push.repo.ts";

/** A bulk job that is to be looked at. */
export interface DueBulkJob {
  readonly id: string;
  readonly handle: string;
  readonly startedAt: Date;
}

/** The channel took the job: its pushes are on their way until it is done. To be called in one transaction. */
export async function startJob(
  db: Database,
  lease: Lease,
  job: {
    readonly id: string;
    readonly handle: string;
    readonly size: number;
    readonly pollAfterMs: number;
  },
): Promise<void> {
  const { shopId, connectionId } = lease;
  const { id, handle, size, pollAfterMs } = job;
  const pollDueAt = new Date(Date.now() + pollAfterMs);
  await db.bulkJob.create({ data: { shopId, id, connectionId, handle, size, pollDueAt } });
  await db.push.updateMany({
    where: { shopId, batchId: id, outcome: "sending" },
    data: { outcome: "queued" },
  });
  // They are not due any more: only news makes them so, and then they go out by a call of their own.
  await db.$executeRaw`
    UPDATE listing AS l SET next_attempt_at = NULL FROM push p
    WHERE p.shop_id = ${shopId}::uuid AND p.batch_id = ${id}::uuid AND l.shop_id = p.shop_id
      AND l.id = p.listing_id AND l.inflight_push_id = p.id`;
}

/** The job that is due to be looked at, or null. A connection has one at a time. */
export async function readDueJob(db: Database, lease: Lease): Promise<DueBulkJob | null> {
  const { shopId, connectionId } = lease;
  return await db.bulkJob.findFirst({
    where: { shopId, connectionId, status: "running", pollDueAt: { lte: new Date() } },
    select: { id: true, handle: true, startedAt: true },
    orderBy: { startedAt: "asc" },
  });
}

/** A job's pushes in the order in which they were handed in; `current`: no newer push of the listing went out since. */
export async function readJobPushes(
  db: Database,
  lease: Lease,
  jobId: string,
): Promise<(UnansweredPush & { readonly current: boolean })[]> {
  const rows = await db.$queryRaw<
    (Omit<UnansweredPush, "externalIds"> & {
      externalIds: Record<string, string>;
      current: boolean;
    })[]
  >`
    SELECT p.id, p.batch_id AS "batchId", p.listing_id AS "listingId", p.sku_id AS "skuId", p.from_seq AS "fromSeq",
      p.to_seq AS "toSeq", p.quantity, p.delta, s.code AS sku, l.external_ids AS "externalIds", l.attempts,
      l.due_since AS "dueSince", l.inflight_push_id = p.id AS current
    FROM push p
    JOIN listing l ON l.shop_id = p.shop_id AND l.id = p.listing_id
    JOIN sku s ON s.shop_id = p.shop_id AND s.id = p.sku_id
    WHERE p.shop_id = ${lease.shopId}::uuid AND p.batch_id = ${jobId}::uuid AND p.outcome = 'queued'
    ORDER BY p.id`;
  return rows.map((row) => ({ ...row, current: row.current === true }));
}

/** The job is looked at again after this long. */
export async function putOffJob(
  db: Database,
  lease: Lease,
  jobId: string,
  afterMs: number,
): Promise<void> {
  await db.bulkJob.updateMany({
    where: { shopId: lease.shopId, id: jobId },
    data: { pollDueAt: new Date(Date.now() + afterMs) },
  });
}

/**
 * Ends a job. Pushes that nothing overtook go back to "sending", for their results to be recorded like any other's. The
 * others are history: the job may have put an older number over their listing's newer one, so those are written again.
 */
export async function endJob(
  db: Database,
  lease: Lease,
  job: {
    readonly id: string;
    readonly status: "done" | "given-up";
    readonly overtaken: readonly { readonly id: string; readonly listingId: string }[];
  },
): Promise<void> {
  const { shopId } = lease;
  await db.bulkJob.updateMany({
    where: { shopId, id: job.id },
    data: { status: job.status, finishedAt: new Date() },
  });
  await db.push.updateMany({
    where: { shopId, id: { in: job.overtaken.map(({ id }) => id) }, outcome: "queued" },
    data: {
      outcome: "unknown",
      answer: "a newer number went out meanwhile",
      answeredAt: new Date(),
    },
  });
  await db.push.updateMany({
    where: { shopId, batchId: job.id, outcome: "queued" },
    data: { outcome: "sending" },
  });
  await db.$executeRaw`
    UPDATE listing SET expected_qty = NULL, next_attempt_at = now(), due_since = COALESCE(due_since, now())
    WHERE shop_id = ${shopId}::uuid AND id = ANY(${job.overtaken.map((one) => one.listingId)}::uuid[])
      AND state = 'active'`;
}
