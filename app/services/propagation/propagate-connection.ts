import { randomUUID } from "node:crypto";
import { ChannelFault } from "#app/channels/contract.ts";
import { db } from "#app/db/client.server.ts";
import {
  LeaseLost,
  pauseConnection,
  readCandidates,
  readConnection,
  recordHealth,
  settleRound,
  takeLease,
  type Candidate,
  type ConnectionState,
  type Lease,
} from "#app/db/propagation.repo.ts";
import { readUnanswered } from "#app/db/push.repo.ts";
import { retryLostRace } from "#app/db/stock.repo.ts";
import { planRound } from "#app/domain/propagation/plan-round.ts";
import {
  breakerOutagesMax,
  retryDelayMsMax,
  retryDelayMsMin,
} from "#app/domain/propagation/retry-policy.ts";
import { newId } from "#app/lib/ids.ts";
import { logger } from "#app/lib/logger.ts";
import {
  openSession,
  UnusableConnection,
  type OpenConnection,
} from "#app/services/connections/open-session.ts";
import { drain } from "#app/services/wake/wake.ts";
import { pollBulkJob, startBulkJob } from "./bulk-jobs.ts";
import { settleEndings } from "./endings.ts";
import { pushBatch, settleUnanswered, type BatchResult, type PlannedPush } from "./push-batch.ts";
import { readBack } from "./read-back.ts";

/** Ledger entries looked at in one round. */
const entriesPerRoundMax = 5_000n;
/** Due listings looked at in one round where no bulk job takes more; the touched ones come on top. */
const dueListingsMax = 500;
/** Rounds one wake-up may work before it makes room for other connections. */
const roundsMax = 1_000;

/**
 * Brings one connection up to the ledger's head: the newest sellable of every touched listing, whatever lay in
 * between. One at a time per connection; a twin that was taken for dead loses its lease and stops.
 */
export async function propagateConnection(shopId: string, connectionId: string): Promise<void> {
  const lease: Lease = { shopId, connectionId, token: randomUUID() };
  await takeLease(db(), lease);
  try {
    const connection = await openSession(shopId, connectionId);
    await drain(
      "propagate",
      { shopId, subjectId: connectionId },
      () => round(lease, connection),
      roundsMax,
    );
  } catch (error) {
    if (error instanceof ChannelFault && error.fault.kind === "revoked") {
      await pauseConnection(db(), lease, error.fault.message);
    } else if (error instanceof UnusableConnection) {
      logger.error({ err: error, shopId, connectionId }, "a connection cannot be opened");
      await pauseConnection(db(), lease, error.message);
    } else if (error instanceof LeaseLost) {
      logger.info({ shopId, connectionId }, "another worker took over");
    } else {
      throw error;
    }
  }
}

/** @returns false when there was nothing to do */
async function round(lease: Lease, connection: OpenConnection): Promise<boolean> {
  const state = await readConnection(db(), lease);
  if (state.status !== "active") return false;
  if (state.nextAttemptAt && state.nextAttemptAt > new Date()) return false;
  if (state.hasUnanswered) {
    const unanswered = await readUnanswered(db(), lease);
    const result = await settleUnanswered(lease, connection, unanswered);
    return await afterPush(lease, state, result);
  }
  if (state.hasBulkDue && (await pollBulkJob(lease, connection))) return true;
  if (state.headSeq > state.offsetSeq || state.hasDue) {
    return await pushRound(lease, connection, state);
  }
  if (state.hasEndings && (await settleEndings(lease, connection))) return true;
  return state.hasReadDue && (await readBack(lease, connection));
}

async function pushRound(
  lease: Lease,
  connection: OpenConnection,
  state: ConnectionState,
): Promise<boolean> {
  const toSeq = min(state.headSeq, state.offsetSeq + entriesPerRoundMax);
  const { push: limits } = connection.channel;
  const dueMax = Math.max(dueListingsMax, limits.bulk?.sizeMax ?? 0);
  const candidates = await readCandidates(db(), lease, {
    ...{ offset: state.offsetSeq, upTo: toSeq, dueMax },
  });
  const probing = state.outageCount >= breakerOutagesMax;
  const plan = planRound(candidates, {
    batchSizeMax: probing ? 1 : limits.batchSizeMax,
    perListingPerDayMax: limits.perListingPerDayMax,
    quantityMax: limits.quantityMax,
    mode: limits.mode,
    bulk: probing || state.hasBulkJob ? undefined : limits.bulk,
    now: new Date(),
  });
  const [batchId, bulkId] = [newId(), newId()];
  const pushes = plan.push.map(({ listing, quantity }) =>
    plannedPush(listing, { batchId, quantity, toSeq }),
  );
  const bulk = plan.bulk.map(({ listing, quantity }) =>
    plannedPush(listing, { batchId: bulkId, quantity, toSeq }),
  );
  const settled = {
    toSeq,
    pushes: [...pushes, ...bulk],
    inStep: plan.inStep.map(({ listingId }) => listingId),
    deferred: plan.deferred.map(({ listing, afterMs }) => {
      const { listingId, dueSince } = listing;
      return { listingId, dueSince, afterMs };
    }),
    unread: plan.unread.map(({ listingId }) => listingId),
  };
  await retryLostRace(() => settleRound(db(), lease, settled));
  if (pushes.length > 0) {
    const result = await pushBatch(lease, connection, pushes);
    if (bulk.length > 0 && !result.paused) await startBulkJob(lease, connection, bulk);
    return await afterPush(lease, state, result);
  }
  return toSeq > state.offsetSeq || plan.inStep.length > 0;
}

function plannedPush(
  listing: Candidate,
  wanted: { readonly batchId: string; readonly quantity: number; readonly toSeq: bigint },
): PlannedPush {
  return {
    ...wanted,
    id: newId(),
    listingId: listing.listingId,
    skuId: listing.skuId,
    sku: listing.sku,
    externalIds: listing.externalIds,
    fromSeq: listing.ackedSeq,
    delta: wanted.quantity - (listing.expected ?? 0),
    attempts: listing.attempts,
    dueSince: listing.dueSince,
  };
}

/** Counts outages: a channel that is down is left alone for a while, and changes wait in the log at no cost. */
async function afterPush(
  lease: Lease,
  state: ConnectionState,
  result: BatchResult,
): Promise<boolean> {
  if (result.paused) return false;
  if (!result.outage) {
    if (state.outageCount > 0) await recordHealth(db(), lease, 0, null);
    return true;
  }
  const outages = state.outageCount + 1;
  const waitMs = Math.min(retryDelayMsMin * 2 ** Math.min(outages - 1, 10), retryDelayMsMax);
  await recordHealth(db(), lease, outages, waitMs);
  return false;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
