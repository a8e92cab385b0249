import { ChannelFault, type BulkProgress, type BulkStart } from "#app/channels/contract.ts";
import {
  endJob,
  putOffJob,
  readDueJob,
  readJobPushes,
  startJob,
  type DueBulkJob,
} from "#app/db/bulk-job.repo.ts";
import { db, inTransaction } from "#app/db/client.server.ts";
import type { Lease } from "#app/db/propagation.repo.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { decideRetry } from "#app/domain/propagation/retry-policy.ts";
import { logger } from "#app/lib/logger.ts";
import type { OpenConnection } from "#app/services/connections/open-session.ts";
import { recordBatch, writesOf, type BatchResult, type PlannedPush } from "./push-batch.ts";

/** Handing a job in, all its calls together. */
const startMsMax = 120_000;
const pollMsMax = 60_000;
/** A job is looked at no more and no less often than this. */
const pollAfterMsMin = 1_000;
const pollAfterMsMax = 5 * 60_000;
/** The first look. */
const firstPollMs = 5_000;

/**
 * Hands pushes in as one bulk job (they are recorded as sending). They count once the job is done (decision 011): until
 * then sales go out by calls of their own, and what the job overwrote is written again at its end.
 */
export async function startBulkJob(
  lease: Lease,
  connection: OpenConnection,
  pushes: readonly PlannedPush[],
): Promise<BatchResult> {
  const [first] = pushes;
  if (!first) return { outage: false, paused: false };
  const started = await start(connection, pushes);
  if (!started.ok) {
    const refused = pushes.map(() => ({ ok: false as const, fault: started.fault }));
    return await recordBatch(lease, connection, pushes, refused);
  }
  const { handle } = started;
  await inTransaction((tx) =>
    startJob(tx, lease, {
      ...{ id: first.batchId, handle, size: pushes.length, pollAfterMs: firstPollMs },
    }),
  );
  return { outage: false, paused: false };
}

async function start(
  { session, channel }: OpenConnection,
  pushes: readonly PlannedPush[],
): Promise<BulkStart> {
  const unable: BulkStart = { ok: false, fault: unexpected(`${channel.label} has no bulk job`) };
  try {
    const signal = AbortSignal.timeout(startMsMax);
    return (await session.startBulk?.(writesOf(pushes), signal)) ?? unable;
  } catch (error) {
    return { ok: false, fault: faultOf(error) };
  }
}

/** Looks at the job that is due. @returns false when there is none or it is still at work */
export async function pollBulkJob(lease: Lease, connection: OpenConnection): Promise<boolean> {
  const job = await readDueJob(db(), lease);
  if (!job) return false;
  const pushes = await readJobPushes(db(), lease, job.id);
  const progress = await look(connection, job, pushes);
  const settleMsMax = connection.channel.push.bulk?.settleMsMax ?? 0;
  const isLate = Date.now() - job.startedAt.getTime() > settleMsMax;
  if (progress.ok && progress.done) {
    await end(lease, connection, { job, status: "done", pushes }, progress.results);
    return true;
  }
  const waitMs = progress.ok ? progress.pollAfterMs : waitAfter(progress.fault);
  if (waitMs === null || isLate) {
    const reason = progress.ok ? "the job gave no result in time" : progress.fault.message;
    logger.warn({ ...lease, job: job.id, reason }, "a bulk job was given up");
    const fault = unexpected(`${connection.channel.label}: ${reason}`);
    const lost = pushes.map(() => ({ ok: false as const, fault }));
    await end(lease, connection, { job, status: "given-up", pushes }, lost);
    return true;
  }
  const boundedMs = Math.min(Math.max(waitMs, pollAfterMsMin), pollAfterMsMax);
  await putOffJob(db(), lease, job.id, boundedMs);
  return false;
}

type JobPush = Awaited<ReturnType<typeof readJobPushes>>[number];

async function look(
  { session, channel }: OpenConnection,
  job: DueBulkJob,
  pushes: readonly JobPush[],
): Promise<BulkProgress> {
  const unable: BulkProgress = { ok: false, fault: unexpected(`${channel.label} has no bulk job`) };
  try {
    const signal = AbortSignal.timeout(pollMsMax);
    return (await session.pollBulk?.(job.handle, writesOf(pushes), signal)) ?? unable;
  } catch (error) {
    return { ok: false, fault: faultOf(error) };
  }
}

async function end(
  lease: Lease,
  connection: OpenConnection,
  ended: {
    readonly job: DueBulkJob;
    readonly status: "done" | "given-up";
    readonly pushes: readonly JobPush[];
  },
  results: Extract<BulkProgress, { done: true }>["results"],
): Promise<void> {
  const { job, status, pushes } = ended;
  const overtaken = pushes.filter(({ current }) => !current);
  await inTransaction((tx) => endJob(tx, lease, { id: job.id, status, overtaken }));
  const missing = unexpected(`${connection.channel.label} gave no result for this listing`);
  const current = pushes.flatMap((push, index) =>
    push.current
      ? [{ push, result: results[index] ?? { ok: false as const, fault: missing } }]
      : [],
  );
  await recordBatch(
    lease,
    connection,
    current.map(({ push }) => push),
    current.map(({ result }) => result),
  );
}

/** @returns null when asking again cannot help */
function waitAfter(fault: Fault): number | null {
  const retry = decideRetry(fault, 0, Math.random());
  return retry.action === "again" ? retry.afterMs : null;
}

function faultOf(error: unknown): Fault {
  if (error instanceof ChannelFault) return error.fault;
  return unexpected(error instanceof Error ? error.message : String(error));
}

function unexpected(message: string): Fault {
  return { kind: "unexpected", message };
}
