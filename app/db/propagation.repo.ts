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
}

export async function takeLease(db: Database, lease: Lease): Promise<void> {
  await db.$executeRaw`
    UPDATE connection SET lease_token = ${lease.token}::uuid
    WHERE shop_id = ${lease.shopId}::uuid AND id = ${lease.connectionId}::uuid`;
}

/** @throws LeaseLost */
export async function readConnection(db: Database, lease: Lease): Promise<ConnectionState> {
  const [row] = await db.$queryRaw<
    {
      channel: string;
      status: string;
      offset_seq: bigint;
      head_seq: bigint;
      outage_count: number;
      next_attempt_at: Date | null;
    }[]
  >`
    SELECT c.channel, c.status, c.offset_seq, h.seq AS head_seq, c.outage_count, c.next_attempt_at
    FROM connection c JOIN ledger_head h ON h.shop_id = c.shop_id
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
  readonly due: boolean;
  readonly safetyStock: number;
  readonly available: readonly number[];
  readonly writesToday: number;
}

/** Due listings looked at in one round; the touched ones come on top. */
const dueListingsMax = 500;

/**
 * The listings that the entries in (offset, upTo] touch, and those that are due again. Levels are read with
 * them: they are at least as new as `upTo`.
 */
export async function readCandidates(
  db: Database,
  lease: Lease,
  offset: bigint,
  upTo: bigint,
): Promise<Candidate[]> {
  const { shopId, connectionId } = lease;
  const rows = await db.$queryRaw<
    {
      id: string;
      sku_id: string;
      code: string;
      external_ids: Record<string, string>;
      expected_qty: number | null;
      acked_seq: bigint;
      acked_at: Date | null;
      attempts: number;
      due_since: Date | null;
      due: boolean;
      safety_stock: number;
      available: number[] | null;
      writes_today: number;
    }[]
  >`
    WITH touched AS (
      SELECT sku_id, min(received_at) AS since FROM ledger_entry
      WHERE shop_id = ${shopId}::uuid AND seq > ${offset} AND seq <= ${upTo} GROUP BY sku_id
    ), chosen AS (
      SELECT l.id, t.since FROM touched t JOIN listing l
        ON l.shop_id = ${shopId}::uuid AND l.connection_id = ${connectionId}::uuid AND l.sku_id = t.sku_id
      UNION ALL
      (SELECT l.id, NULL FROM listing l
        WHERE l.shop_id = ${shopId}::uuid AND l.connection_id = ${connectionId}::uuid
          AND l.next_attempt_at <= now() ORDER BY l.next_attempt_at LIMIT ${dueListingsMax})
    ), known AS (SELECT id, min(since) AS since FROM chosen GROUP BY id)
    SELECT l.id, l.sku_id, s.code, l.external_ids, l.expected_qty, l.acked_seq, l.acked_at, l.attempts,
      LEAST(l.due_since, k.since) AS due_since, l.next_attempt_at IS NOT NULL AS due, s.safety_stock,
      (SELECT array_agg(v.on_hand - v.committed) FROM stock_level v
        JOIN location p ON p.shop_id = v.shop_id AND p.id = v.location_id AND p.active
        WHERE v.shop_id = ${shopId}::uuid AND v.sku_id = l.sku_id
          AND (l.location_id IS NULL OR v.location_id = l.location_id)) AS available,
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
    due: row.due,
    safetyStock: row.safety_stock,
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

/** Records pushes before they are sent, so that a crash in between leaves a trace. @throws LeaseLost */
export async function recordSending(
  db: Database,
  lease: Lease,
  pushes: readonly NewPush[],
): Promise<void> {
  const rows = JSON.stringify(
    pushes.map((push) => ({
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
  const [held] = await db.$queryRaw<{ held: bigint }[]>`
    WITH held AS (
      SELECT 1 FROM connection WHERE shop_id = ${lease.shopId}::uuid AND id = ${lease.connectionId}::uuid
        AND lease_token = ${lease.token}::uuid
    ), sent AS (
      INSERT INTO push (shop_id, id, connection_id, batch_id, listing_id, sku_id, from_seq, to_seq, quantity,
        delta, sent_at)
      SELECT ${lease.shopId}::uuid, r.id, ${lease.connectionId}::uuid, r.batch_id, r.listing_id, r.sku_id,
        r.from_seq, r.to_seq, r.quantity, r.delta, clock_timestamp()
      FROM held, jsonb_to_recordset(${rows}::jsonb) AS r(id uuid, batch_id uuid, listing_id uuid, sku_id uuid,
        from_seq bigint, to_seq bigint, quantity int, delta int)
      RETURNING id, listing_id
    ), marked AS (
      UPDATE listing AS l SET inflight_push_id = sent.id FROM sent
      WHERE l.shop_id = ${lease.shopId}::uuid AND l.id = sent.listing_id
    )
    SELECT count(*) AS held FROM held`;
  if (Number(held?.held ?? 0) === 0) throw new LeaseLost();
}

/** What is to be written about one pushed listing. */
export interface PushOutcome {
  readonly pushId: string;
  readonly listingId: string;
  readonly outcome: "acknowledged" | "failed" | "unknown";
  readonly faultKind: string | null;
  readonly answer: string | null;
  readonly dueSince: Date | null;
  /** For the next try; null = none planned. */
  readonly retryAfterMs: number | null;
  readonly attempts: number;
  /** The listing's new state, where the fault decides it. */
  readonly state: "active" | "missing" | "paused";
  /** Read it back after this long: the write may still land. */
  readonly readAfterMs: number | null;
}

/**
 * Writes the answers. What a listing shows moves forward only (invariant 5): an own sale that was applied after
 * the push was decided leaves an absolute channel's number unknown, and it is written again.
 */
export async function recordOutcomes(
  db: Database,
  lease: Lease,
  mode: "absolute" | "difference",
  outcomes: readonly PushOutcome[],
): Promise<void> {
  if (outcomes.length === 0) return;
  const rows = JSON.stringify(
    outcomes.map((outcome) => ({
      push_id: outcome.pushId,
      listing_id: outcome.listingId,
      outcome: outcome.outcome,
      fault_kind: outcome.faultKind,
      answer: outcome.answer,
      due_since: outcome.dueSince,
      retry_after_ms: outcome.retryAfterMs,
      attempts: outcome.attempts,
      state: outcome.state,
      read_after_ms: outcome.readAfterMs,
    })),
  );
  // Rows are locked in the order of their ids, as ingest does: no deadlock between the two.
  await db.$executeRaw`
    WITH r AS (
      SELECT * FROM jsonb_to_recordset(${rows}::jsonb) AS r(push_id uuid, listing_id uuid, outcome text,
        fault_kind text, answer text, due_since timestamptz, retry_after_ms float8, attempts int, state text,
        read_after_ms float8)
    ), locked AS (
      SELECT l.id FROM listing l JOIN r ON l.id = r.listing_id WHERE l.shop_id = ${lease.shopId}::uuid
      ORDER BY l.id FOR UPDATE OF l
    ), answered AS (
      UPDATE push AS p SET outcome = r.outcome, fault_kind = r.fault_kind, answer = r.answer,
        answered_at = clock_timestamp(),
        lag_ms = CASE WHEN r.outcome = 'acknowledged' AND r.due_since IS NOT NULL
          THEN GREATEST(0, extract(epoch FROM clock_timestamp() - r.due_since) * 1000)::int END
      FROM r WHERE p.shop_id = ${lease.shopId}::uuid AND p.id = r.push_id
      RETURNING p.id, p.quantity, p.delta, p.to_seq, p.lag_ms
    )
    UPDATE listing AS l SET
      inflight_push_id = NULL, attempts = r.attempts, state = r.state,
      last_error = CASE WHEN r.outcome = 'acknowledged' THEN NULL ELSE r.answer END,
      expected_qty = CASE
        WHEN r.outcome = 'failed' THEN l.expected_qty
        WHEN ${mode} = 'difference' THEN CASE WHEN r.outcome = 'acknowledged' THEN l.expected_qty + p.delta ELSE NULL END
        WHEN r.outcome = 'unknown' OR l.sold_seq > p.to_seq THEN NULL
        ELSE p.quantity END,
      acked_qty = CASE WHEN r.outcome = 'acknowledged' AND p.to_seq >= l.acked_seq THEN p.quantity ELSE l.acked_qty END,
      acked_seq = CASE WHEN r.outcome = 'acknowledged' THEN GREATEST(l.acked_seq, p.to_seq) ELSE l.acked_seq END,
      acked_at = CASE WHEN r.outcome = 'acknowledged' THEN clock_timestamp() ELSE l.acked_at END,
      lag_ms = CASE WHEN r.outcome = 'acknowledged' THEN p.lag_ms ELSE l.lag_ms END,
      due_since = CASE WHEN r.outcome <> 'acknowledged' THEN LEAST(l.due_since, r.due_since)
        WHEN ${mode} = 'absolute' AND l.sold_seq > p.to_seq THEN COALESCE(l.due_since, clock_timestamp())
        ELSE NULL END,
      next_attempt_at = CASE
        WHEN r.outcome = 'acknowledged' AND ${mode} = 'absolute' AND l.sold_seq > p.to_seq THEN now()
        WHEN r.retry_after_ms IS NULL THEN NULL
        ELSE clock_timestamp() + r.retry_after_ms * interval '1 millisecond' END,
      read_due_at = CASE WHEN r.read_after_ms IS NULL THEN l.read_due_at
        ELSE clock_timestamp() + r.read_after_ms * interval '1 millisecond' END,
      writes_count = CASE WHEN r.outcome = 'failed' THEN l.writes_count
        WHEN l.writes_on = current_date THEN l.writes_count + 1 ELSE 1 END,
      writes_on = CASE WHEN r.outcome = 'failed' THEN l.writes_on ELSE current_date END
    FROM r, answered p, locked
    WHERE l.shop_id = ${lease.shopId}::uuid AND l.id = r.listing_id AND p.id = r.push_id AND locked.id = l.id`;
}

/** What a round decided about listings that it did not push. */
export interface Settled {
  /** They show what they should. */
  readonly inStep: readonly string[];
  /** They wait for a later round. */
  readonly deferred: readonly { listingId: string; dueSince: Date | null; afterMs: number }[];
}

/** Moves the offset and settles the listings that were not pushed. @throws LeaseLost */
export async function advance(
  db: Database,
  lease: Lease,
  toSeq: bigint,
  settled: Settled,
): Promise<void> {
  const { shopId, connectionId } = lease;
  const moved = await db.$executeRaw`
    UPDATE connection SET offset_seq = GREATEST(offset_seq, ${toSeq})
    WHERE shop_id = ${shopId}::uuid AND id = ${connectionId}::uuid AND lease_token = ${lease.token}::uuid`;
  if (moved === 0) throw new LeaseLost();
  if (settled.inStep.length > 0) {
    await db.$executeRaw`
      UPDATE listing SET acked_seq = GREATEST(acked_seq, ${toSeq}), next_attempt_at = NULL, due_since = NULL,
        attempts = 0, last_error = NULL
      WHERE shop_id = ${shopId}::uuid AND id = ANY(${[...settled.inStep]}::uuid[]) AND expected_qty IS NOT NULL`;
  }
  if (settled.deferred.length > 0) {
    const rows = settled.deferred.map(({ listingId, dueSince, afterMs }) => ({
      id: listingId,
      due_since: dueSince,
      after_ms: afterMs,
    }));
    await db.$executeRaw`
      UPDATE listing AS l SET due_since = LEAST(l.due_since, r.due_since),
        next_attempt_at = now() + r.after_ms * interval '1 millisecond'
      FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r(id uuid, due_since timestamptz, after_ms float8)
      WHERE l.shop_id = ${shopId}::uuid AND l.id = r.id`;
  }
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

/** A push that was sent and never answered, as it was sent. */
export interface UnansweredPush extends NewPush {
  readonly sku: string;
  readonly externalIds: Readonly<Record<string, string>>;
  readonly attempts: number;
  readonly dueSince: Date | null;
}

/** Pushes of this connection whose answer never came, batch by batch, each in the order it was sent. */
export async function readUnanswered(db: Database, lease: Lease): Promise<UnansweredPush[]> {
  const rows = await db.push.findMany({
    where: { shopId: lease.shopId, connectionId: lease.connectionId, outcome: "sending" },
    orderBy: [{ sentAt: "asc" }, { batchId: "asc" }, { id: "asc" }],
  });
  if (rows.length === 0) return [];
  const { shopId } = lease;
  const [listings, skus] = await Promise.all([
    db.listing.findMany({ where: { shopId, id: { in: rows.map((row) => row.listingId) } } }),
    db.sku.findMany({ where: { shopId, id: { in: rows.map((row) => row.skuId) } } }),
  ]);
  const listingOf = new Map(listings.map((listing) => [listing.id, listing]));
  const codeOf = new Map(skus.map((sku) => [sku.id, sku.code]));
  return rows.flatMap((row) => {
    const listing = listingOf.get(row.listingId);
    const sku = codeOf.get(row.skuId);
    if (!listing || sku === undefined) return [];
    const externalIds = listing.externalIds as Record<string, string>;
    return [{ ...row, sku, externalIds, attempts: listing.attempts, dueSince: listing.dueSince }];
  });
}
