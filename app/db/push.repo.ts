import type { Database } from "./client.server.ts";
import type { Lease, NewPush } from "./propagation.repo.ts";

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

/** Longest lag told apart, in ms (24 days): the column is 32-bit. */
const lagMsMax = 2_147_483_647;

/**
 * Writes the answers. What a listing shows moves forward only (invariant 5): an own sale that was applied after
 * the push was decided leaves an absolute channel's number unknown, and it is written again. The answer to a push
 * that a twin settled meanwhile is not believed, but its write may have landed late: the listing is read back.
 */
export async function recordOutcomes(
  db: Database,
  lease: Lease,
  mode: "absolute" | "difference",
  outcomes: readonly PushOutcome[],
): Promise<void> {
  if (outcomes.length === 0) return;
  // Named beside the join, so that the plan looks them up instead of hashing the shop's whole table.
  const listingIds = outcomes.map(({ listingId }) => listingId);
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
      SELECT l.id FROM listing l WHERE l.shop_id = ${lease.shopId}::uuid AND l.id = ANY(${listingIds}::uuid[])
      ORDER BY l.id FOR UPDATE
    ), answered AS (
      UPDATE push AS p SET outcome = r.outcome, fault_kind = r.fault_kind, answer = r.answer,
        answered_at = clock_timestamp(),
        lag_ms = CASE WHEN r.outcome = 'acknowledged' AND r.due_since IS NOT NULL
          THEN LEAST(${lagMsMax}, GREATEST(0, extract(epoch FROM clock_timestamp() - r.due_since) * 1000))::int END
      FROM r WHERE p.shop_id = ${lease.shopId}::uuid
        AND p.id = ANY(${outcomes.map(({ pushId }) => pushId)}::uuid[]) AND p.id = r.push_id AND p.outcome = 'sending'
      RETURNING p.id, p.quantity, p.delta, p.to_seq, p.lag_ms
    ), late AS (
      UPDATE listing AS l SET read_due_at = now() FROM r
      WHERE l.shop_id = ${lease.shopId}::uuid AND l.id = ANY(${listingIds}::uuid[]) AND l.id = r.listing_id AND r.outcome <> 'failed'
        AND NOT EXISTS (SELECT 1 FROM answered WHERE answered.id = r.push_id)
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
