import { availableUnits } from "./available-units.ts";
import type { Database } from "./client.server.ts";

/** A worker's hold on a connection. A stalled worker's twin took another token: the first one's writes then fail. */
export interface Lease {
  readonly shopId: string;
  readonly connectionId: string;
  readonly token: string;
}

/** The connection is worked on by somebody else now. */
export class LeaseLost extends Error {
  constructor() {
    super("another worker took over this connection");
    this.name = "LeaseLost";
  }
}

export interface ConnectionState {
  readonly channel: string;
  readonly status: string;
  readonly offsetSeq: bigint;
  readonly headSeq: bigint;
  readonly outageCount: number;
  /** The circuit breaker is open until then. */
  readonly nextAttemptAt: Date | null;
  /** Pushes were sent whose answer never came. */
  readonly hasUnanswered: boolean;
  /** Listings are due again. */
  readonly hasDue: boolean;
  /** Listings are to be read back. */
  readonly hasReadDue: boolean;
  /** A bulk job is under way. */
  readonly hasBulkJob: boolean;
  /** It is to be looked at. */
  readonly hasBulkDue: boolean;
  /** Listings may have to be ended, or put back on sale. */
  readonly hasEndings: boolean;
}

export async function takeLease(db: Database, lease: Lease): Promise<void> {
  await db.$executeRaw`
    UPDATE connection SET lease_token = ${lease.token}::uuid
    WHERE shop_id = ${lease.shopId}::uuid AND id = ${lease.connectionId}::uuid`;
}

/** Where the connection stands and what kinds of work wait. @throws LeaseLost */
export async function readConnection(db: Database, lease: Lease): Promise<ConnectionState> {
  const [row] = await db.$queryRaw<
    {
      channel: string;
      status: string;
      offset_seq: bigint;
      head_seq: bigint;
      outage_count: number;
      next_attempt_at: Date | null;
      has_unanswered: boolean;
      has_due: boolean;
      has_read_due: boolean;
      has_bulk_job: boolean;
      has_bulk_due: boolean;
      has_endings: boolean;
    }[]
  >`
    SELECT c.channel, CASE WHEN s.status = 'installed' THEN c.status ELSE s.status END AS status, c.offset_seq, h.seq AS head_seq, c.outage_count, c.next_attempt_at,
      EXISTS (SELECT 1 FROM push p WHERE p.shop_id = c.shop_id AND p.connection_id = c.id
        AND p.outcome = 'sending') AS has_unanswered,
      EXISTS (SELECT 1 FROM listing l WHERE l.shop_id = c.shop_id AND l.connection_id = c.id
        AND l.next_attempt_at <= now() AND l.state = 'active' AND l.sku_id IS NOT NULL) AS has_due,
      EXISTS (SELECT 1 FROM listing l WHERE l.shop_id = c.shop_id AND l.connection_id = c.id
        AND l.read_due_at <= now() AND l.inflight_push_id IS NULL AND l.state = 'active') AS has_read_due,
      EXISTS (SELECT 1 FROM bulk_job b WHERE b.shop_id = c.shop_id AND b.connection_id = c.id
        AND b.status = 'running' AND b.poll_due_at <= now()) AS has_bulk_due,
      EXISTS (SELECT 1 FROM bulk_job b WHERE b.shop_id = c.shop_id AND b.connection_id = c.id
        AND b.status = 'running') AS has_bulk_job,
      (c.at_zero = 'end' OR EXISTS (SELECT 1 FROM listing l WHERE l.shop_id = c.shop_id AND l.connection_id = c.id
        AND (l.paused_as = 'end' OR l.state = 'ended'))) AS has_endings
    FROM connection c JOIN ledger_head h ON h.shop_id = c.shop_id JOIN shop s ON s.id = c.shop_id
    WHERE c.shop_id = ${lease.shopId}::uuid AND c.id = ${lease.connectionId}::uuid
      AND c.lease_token = ${lease.token}::uuid`;
  if (!row) throw new LeaseLost();
  return {
    channel: row.channel,
    status: row.status,
    offsetSeq: row.offset_seq,
    headSeq: row.head_seq,
    outageCount: row.outage_count,
    nextAttemptAt: row.next_attempt_at,
    hasUnanswered: row.has_unanswered,
    hasDue: row.has_due,
    hasReadDue: row.has_read_due,
    hasBulkJob: row.has_bulk_job,
    hasBulkDue: row.has_bulk_due,
    hasEndings: row.has_endings,
  };
}

/** A listing that was touched by the log or is due again, with everything its sellable needs. */
export interface Candidate {
  readonly listingId: string;
  readonly skuId: string;
  readonly sku: string;
  readonly externalIds: Readonly<Record<string, string>>;
  readonly expected: number | null;
  readonly ackedSeq: bigint;
  readonly ackedAt: Date | null;
  readonly attempts: number;
  /** Arrival of the oldest change that it does not show yet. */
  readonly dueSince: Date | null;
  /** The channel named a wait that is not over. */
  readonly lockedUntil: Date | null;
  readonly safetyStock: number;
  /** The merchant paused it: it shows 0 whatever there is. */
  readonly paused: boolean;
  readonly available: readonly number[];
  readonly writesToday: number;
}

interface CandidateRow {
  id: string;
  sku_id: string;
  code: string;
  external_ids: Record<string, string>;
  expected_qty: number | null;
  acked_seq: bigint;
  acked_at: Date | null;
  attempts: number;
  due_since: Date | null;
  locked_until: Date | null;
  safety_stock: number;
  paused: boolean;
  available: number[] | null;
  writes_today: number;
}

/**
 * The listings that the entries in (offset, upTo] touch, and those that are due again (the oldest `dueMax` of them).
 * Levels are read with them: they are at least as new as `upTo`.
 */
export async function readCandidates(
  db: Database,
  lease: Lease,
  {
    offset,
    upTo,
    dueMax,
  }: { readonly offset: bigint; readonly upTo: bigint; readonly dueMax: number },
): Promise<Candidate[]> {
  const { shopId, connectionId } = lease;
  const rows = await db.$queryRaw<CandidateRow[]>`
    WITH touched AS (
      SELECT sku_id, min(received_at) AS since FROM ledger_entry
      WHERE shop_id = ${shopId}::uuid AND seq > ${offset} AND seq <= ${upTo} GROUP BY sku_id
    ), chosen AS (
      SELECT l.id, t.since FROM touched t JOIN listing l
        ON l.shop_id = ${shopId}::uuid AND l.connection_id = ${connectionId}::uuid AND l.sku_id = t.sku_id
      UNION ALL
      -- A bundle has no stock of its own: it is touched when one of its components is.
      SELECT l.id, t.since FROM touched t
        JOIN bundle_component b ON b.shop_id = ${shopId}::uuid AND b.component_sku_id = t.sku_id
        JOIN listing l ON l.shop_id = ${shopId}::uuid AND l.connection_id = ${connectionId}::uuid
          AND l.sku_id = b.bundle_sku_id
      UNION ALL
      (SELECT l.id, NULL FROM listing l
        WHERE l.shop_id = ${shopId}::uuid AND l.connection_id = ${connectionId}::uuid
          AND l.next_attempt_at <= now() AND l.state = 'active' AND l.sku_id IS NOT NULL ORDER BY l.next_attempt_at LIMIT ${dueMax})
    ), known AS (SELECT id, min(since) AS since FROM chosen GROUP BY id)
    SELECT l.id, l.sku_id, s.code, l.external_ids, l.expected_qty, l.acked_seq, l.acked_at, l.attempts,
      LEAST(l.due_since, k.since) AS due_since, CASE WHEN l.last_error IS NOT NULL THEN l.next_attempt_at END AS locked_until, s.safety_stock,
      l.paused_as IS NOT NULL AS paused,
      ${availableUnits} AS available,
      CASE WHEN l.writes_on = current_date THEN l.writes_count ELSE 0 END AS writes_today
    FROM known k
    JOIN listing l ON l.shop_id = ${shopId}::uuid AND l.id = k.id
    JOIN sku s ON s.shop_id = l.shop_id AND s.id = l.sku_id
    WHERE l.state = 'active'`;
  return rows.map((row) => ({
    listingId: row.id,
    skuId: row.sku_id,
    sku: row.code,
    externalIds: row.external_ids,
    expected: row.expected_qty,
    ackedSeq: row.acked_seq,
    ackedAt: row.acked_at,
    attempts: row.attempts,
    dueSince: row.due_since,
    lockedUntil: row.locked_until,
    safetyStock: row.safety_stock,
    paused: row.paused,
    available: row.available ?? [],
    writesToday: row.writes_today,
  }));
}

/** One push of one listing, as it is sent. */
export interface NewPush {
  readonly id: string;
  readonly batchId: string;
  readonly listingId: string;
  readonly skuId: string;
  readonly fromSeq: bigint;
  readonly toSeq: bigint;
  readonly quantity: number;
  readonly delta: number;
}

/** What a round decided, to be written before anything is sent. */
export interface SettledRound {
  /** The connection has dealt with the ledger up to here. */
  readonly toSeq: bigint;
  /** To be sent now; recorded first, so that a crash in between leaves a trace. */
  readonly pushes: readonly NewPush[];
  /** They show what they should. */
  readonly inStep: readonly string[];
  /** They wait for a later round. */
  readonly deferred: readonly {
    readonly listingId: string;
    readonly dueSince: Date | null;
    readonly afterMs: number;
  }[];
  /** They must be read before they can be written: nothing is known of what they show. */
  readonly unread: readonly string[];
}

/**
 * Writes a round's decisions and moves the offset, all in one statement: every touched listing is then in step, on its
 * way, or due. @throws LeaseLost, and then nothing was written
 */
export async function settleRound(db: Database, lease: Lease, round: SettledRound): Promise<void> {
  const { shopId, connectionId, token } = lease;
  const [result] = await db.$queryRaw<{ held: bigint }[]>`
    WITH held AS (
      UPDATE connection SET offset_seq = GREATEST(offset_seq, ${round.toSeq})
      WHERE shop_id = ${shopId}::uuid AND id = ${connectionId}::uuid AND lease_token = ${token}::uuid
      RETURNING 1
    ), in_step AS (
      UPDATE listing SET acked_seq = GREATEST(acked_seq, ${round.toSeq}), next_attempt_at = NULL,
        due_since = NULL, attempts = 0, last_error = NULL
      FROM held
      WHERE shop_id = ${shopId}::uuid AND id = ANY(${[...round.inStep]}::uuid[]) AND expected_qty IS NOT NULL
    ), deferred AS (
      UPDATE listing AS l SET due_since = LEAST(l.due_since, r.due_since),
        next_attempt_at = now() + r.after_ms * interval '1 millisecond'
      FROM held, jsonb_to_recordset(${deferredRows(round)}::jsonb)
        AS r(id uuid, due_since timestamptz, after_ms float8)
      WHERE l.shop_id = ${shopId}::uuid AND l.id = r.id
        AND l.id = ANY(${round.deferred.map(({ listingId }) => listingId)}::uuid[])
    ), unread AS (
      UPDATE listing SET read_due_at = COALESCE(read_due_at, now()), next_attempt_at = NULL,
        due_since = COALESCE(due_since, now())
      FROM held
      WHERE shop_id = ${shopId}::uuid AND id = ANY(${[...round.unread]}::uuid[])
    ), sent AS (
      INSERT INTO push (shop_id, id, connection_id, batch_id, listing_id, sku_id, from_seq, to_seq, quantity,
        delta, sent_at)
      SELECT ${shopId}::uuid, r.id, ${connectionId}::uuid, r.batch_id, r.listing_id, r.sku_id,
        r.from_seq, r.to_seq, r.quantity, r.delta, clock_timestamp()
      FROM held, jsonb_to_recordset(${pushRows(round)}::jsonb) AS r(id uuid, batch_id uuid, listing_id uuid,
        sku_id uuid, from_seq bigint, to_seq bigint, quantity int, delta int)
      RETURNING id, listing_id
    ), marked AS (
      UPDATE listing AS l SET inflight_push_id = sent.id FROM sent
      WHERE l.shop_id = ${shopId}::uuid AND l.id = sent.listing_id
        AND l.id = ANY(${round.pushes.map(({ listingId }) => listingId)}::uuid[])
    )
    SELECT count(*) AS held FROM held`;
  if (Number(result?.held ?? 0) === 0) throw new LeaseLost();
}

function pushRows(round: SettledRound): string {
  return JSON.stringify(
    round.pushes.map((push) => ({
      id: push.id,
      batch_id: push.batchId,
      listing_id: push.listingId,
      sku_id: push.skuId,
      from_seq: Number(push.fromSeq),
      to_seq: Number(push.toSeq),
      quantity: push.quantity,
      delta: push.delta,
    })),
  );
}

function deferredRows(round: SettledRound): string {
  return JSON.stringify(
    round.deferred.map(({ listingId, dueSince, afterMs }) => ({
      id: listingId,
      due_since: dueSince,
      after_ms: afterMs,
    })),
  );
}

/** Counts an outage (and waits) or its end. */
export async function recordHealth(
  db: Database,
  lease: Lease,
  outageCount: number,
  waitMs: number | null,
): Promise<void> {
  await db.$executeRaw`
    UPDATE connection SET outage_count = ${outageCount},
      next_attempt_at = now() + ${waitMs}::float8 * interval '1 millisecond'
    WHERE shop_id = ${lease.shopId}::uuid AND id = ${lease.connectionId}::uuid`;
}

/** Stops a connection until the merchant does something about it. */
export async function pauseConnection(db: Database, lease: Lease, reason: string): Promise<void> {
  await db.connection.update({
    where: { shopId_id: { shopId: lease.shopId, id: lease.connectionId } },
    data: { status: "paused", pausedReason: reason },
  });
}
