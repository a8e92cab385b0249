import {
  callTimeoutMs,
  ChannelFault,
  type QuantityWrite,
  type WriteResult,
} from "#app/channels/contract.ts";
import { db, inTransaction } from "#app/db/client.server.ts";
import { buryAll, type NewDeadLetter } from "#app/db/dead-letter.repo.ts";
import { pauseConnection, type Lease, type NewPush } from "#app/db/propagation.repo.ts";
import { recordOutcomes, type PushOutcome } from "#app/db/push.repo.ts";
import { retryLostRace } from "#app/db/stock.repo.ts";
import { faultWords, type Fault } from "#app/domain/propagation/faults.ts";
import { decideRetry, isOutage } from "#app/domain/propagation/retry-policy.ts";
import type { OpenConnection } from "#app/services/connections/open-session.ts";

/** A push with what its listing is at the channel and how it stands. */
export interface PlannedPush extends NewPush {
  readonly sku: string;
  readonly externalIds: Readonly<Record<string, string>>;
  readonly attempts: number;
  readonly dueSince: Date | null;
  /** It was sent before, and nobody knows what became of it. */
  readonly resent?: true;
}

/** How the channel took a batch. */
export interface BatchResult {
  /** Every result was an outage fault: the channel is down. */
  readonly outage: boolean;
  readonly paused: boolean;
}

/** A batch without an answer for this long is given up; single calls end earlier (callTimeoutMs). */
const batchMsMax = 60_000;
/** A write that timed out may still land; by then it has, and is read back. */
const lateLandingMs = callTimeoutMs + 1_000;

/** Sends pushes that are recorded as sending, and records the answers, one by one. */
export async function pushBatch(
  lease: Lease,
  connection: OpenConnection,
  pushes: readonly PlannedPush[],
): Promise<BatchResult> {
  return await recordBatch(lease, connection, pushes, await send(connection, pushes));
}

/** Records what the channel said about pushes that are recorded as sending, one by one. */
export async function recordBatch(
  lease: Lease,
  { channel }: OpenConnection,
  pushes: readonly PlannedPush[],
  answers: readonly WriteResult[],
): Promise<BatchResult> {
  const results = asOutage(answers);
  const decided = pushes.map((push, index) => {
    const result = results[index] ?? missingResult(channel.label);
    return decideOutcome(push, result, channel.push.mode);
  });
  const pauses = decided.flatMap(({ pause }) => pause ?? []);
  // A difference whose fate is unknown stays "sending": it is sent again under the same key.
  const known = decided.flatMap(({ outcome, keepSending }) => (keepSending ? [] : [outcome]));
  const dead = letters(lease, pushes, decided);
  if (dead.length === 0 && pauses[0] === undefined) {
    await retryLostRace(() => recordOutcomes(db(), lease, channel.push.mode, known));
  } else {
    await retryLostRace(() =>
      inTransaction(async (tx) => {
        await recordOutcomes(tx, lease, channel.push.mode, known);
        await buryAll(tx, lease.shopId, dead);
        if (pauses[0] !== undefined) await pauseConnection(tx, lease, pauses[0]);
      }),
    );
  }
  const faults = results.flatMap((result) => (result.ok ? [] : [result.fault]));
  // A batch that has to be sent again whole leaves the connection alone for a while, whatever the fault.
  const stuck = decided.some(({ keepSending }) => keepSending);
  const down = faults.length === results.length && faults.every(({ kind }) => isOutage(kind));
  return { outage: down || stuck, paused: pauses.length > 0 };
}

/** This many listings that are all gone at once are a gateway's 404, not a merchant's doing. */
const allGoneMin = 3;

function asOutage(results: readonly WriteResult[]): readonly WriteResult[] {
  const gone = results.every((result) => !result.ok && result.fault.kind === "unknown-listing");
  if (!gone || results.length < allGoneMin) return results;
  return results.map((result) =>
    result.ok ? result : { ok: false, fault: { ...result.fault, kind: "unavailable" } },
  );
}

async function send(
  { session, channel }: OpenConnection,
  pushes: readonly PlannedPush[],
): Promise<readonly WriteResult[]> {
  const writes = writesOf(pushes);
  try {
    return await session.pushQuantities(writes, AbortSignal.timeout(batchMsMax));
  } catch (error) {
    const fault: Fault =
      error instanceof ChannelFault
        ? error.fault
        : { kind: "unexpected", message: `${channel.label}: ${String(error)}` };
    return writes.map(() => ({ ok: false, fault }));
  }
}

/** Pushes as the channel's contract takes them. */
export function writesOf(pushes: readonly PlannedPush[]): QuantityWrite[] {
  return pushes.map(({ id, listingId, sku, externalIds, quantity, delta }) => ({
    ...{ listingId, sku, externalIds, quantity, delta, idempotencyKey: id },
  }));
}

function missingResult(label: string): WriteResult {
  return {
    ok: false,
    fault: { kind: "unexpected", message: `${label} gave no result for this listing` },
  };
}

interface Decided {
  readonly outcome: PushOutcome;
  readonly keepSending: boolean;
  /** Why the connection has to pause. */
  readonly pause?: string;
  readonly dead?: string;
}

function decideOutcome(
  push: PlannedPush,
  result: WriteResult,
  mode: "absolute" | "difference",
): Decided {
  if (!result.ok) return decideFault(push, result.fault, mode);
  const acknowledged = { outcome: "acknowledged", faultKind: null, answer: null } as const;
  return { outcome: { ...untouched(push), ...acknowledged, attempts: 0 }, keepSending: false };
}

/**
 * Faults after which nobody knows whether the write was done. A server error and an answer that fits no schema may
 * hide a write; a fault that names its reason does not.
 */
function isAmbiguous(fault: Fault, push: PlannedPush, mode: "absolute" | "difference"): boolean {
  if (fault.kind === "timeout" || fault.kind === "unexpected") return true;
  // Believing nothing costs an absolute channel one write. Shopify's client tells what surely was not done.
  if (fault.kind === "unavailable" && mode === "absolute") return true;
  // What a repeat meets says nothing about the first try, unless it is an answer about this very listing.
  return (
    push.resent === true && !["rejected", "unknown-listing", "unsupported"].includes(fault.kind)
  );
}

function decideFault(push: PlannedPush, fault: Fault, mode: "absolute" | "difference"): Decided {
  const retry = decideRetry(fault, push.attempts, Math.random());
  const counts = retry.action !== "again" || retry.counts;
  const unknown = isAmbiguous(fault, push, mode);
  const answer = faultWords(fault);
  const outcome: PushOutcome = {
    ...untouched(push),
    outcome: unknown ? "unknown" : "failed",
    faultKind: fault.kind,
    answer,
    attempts: push.attempts + (counts ? 1 : 0),
    readAfterMs: fault.kind === "timeout" ? lateLandingMs : null,
  };
  const decided = { outcome, keepSending: unknown && mode === "difference" };
  switch (retry.action) {
    case "again":
      return { ...decided, outcome: { ...outcome, retryAfterMs: retry.afterMs } };
    case "pause-connection":
      // It stays due: the first thing to be written once the connection is back.
      return { ...decided, outcome: { ...outcome, retryAfterMs: 0 }, pause: fault.message };
    case "listing-missing":
      return { ...decided, outcome: { ...outcome, state: "missing" }, dead: answer };
    case "dead-letter":
      return { ...decided, dead: answer };
  }
}

function untouched(push: PlannedPush) {
  return {
    pushId: push.id,
    listingId: push.listingId,
    dueSince: push.dueSince,
    readAfterMs: null,
    retryAfterMs: null,
    state: "active" as const,
  };
}

function letters(
  lease: Lease,
  pushes: readonly PlannedPush[],
  decided: readonly Decided[],
): NewDeadLetter[] {
  return pushes.flatMap((push, index) => {
    const { dead, outcome } = decided[index] ?? {};
    if (dead === undefined) return [];
    const payload = JSON.stringify({ sku: push.sku, quantity: push.quantity, ...push.externalIds });
    return [
      {
        subject: "listing" as const,
        subjectId: push.listingId,
        connectionId: lease.connectionId,
        reason: dead,
        payload,
        attempts: outcome?.attempts ?? 1,
      },
    ];
  });
}

/** Pushes of a dead worker: a difference is sent again under its key; an absolute number is decided anew. */
export async function settleUnanswered(
  lease: Lease,
  connection: OpenConnection,
  unanswered: readonly PlannedPush[],
): Promise<BatchResult> {
  if (connection.channel.push.mode === "absolute") {
    const outcomes = unanswered.map((push): PushOutcome => ({
      pushId: push.id,
      listingId: push.listingId,
      outcome: "unknown",
      faultKind: null,
      answer: "the worker stopped before the channel answered",
      dueSince: push.dueSince ?? new Date(),
      retryAfterMs: 0,
      attempts: push.attempts,
      state: "active",
      readAfterMs: lateLandingMs,
    }));
    await recordOutcomes(db(), lease, "absolute", outcomes);
    return { outage: false, paused: false };
  }
  const batches = Map.groupBy(unanswered, (push) => push.batchId);
  for (const batch of batches.values()) {
    const again = batch.map((push) => ({ ...push, resent: true as const }));
    const result = await pushBatch(lease, connection, again);
    if (result.outage || result.paused) return result;
  }
  return { outage: false, paused: false };
}
