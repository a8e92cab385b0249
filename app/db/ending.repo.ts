import { sellableUnits } from "./available-units.ts";
import type { Database } from "./client.server.ts";
import type { Lease } from "./propagation.repo.ts";

/** A listing to be taken off sale. */
export interface EndingListing {
  readonly listingId: string;
  readonly sku: string;
  readonly externalIds: Readonly<Record<string, string>>;
}

/** An ended listing whose SKU can be sold again, with how many. */
export interface RelistableListing extends EndingListing {
  readonly quantity: number;
}

/**
 * Listings that show 0 and are to be ended: the merchant paused them so, or wants it so at zero. A listing for each
 * location (Shopify) is one offer to the buyer: it ends when no location has any left.
 */
export async function readEndings(
  db: Database,
  lease: Lease,
  listingsMax: number,
): Promise<EndingListing[]> {
  const { shopId, connectionId } = lease;
  return await db.$queryRaw<EndingListing[]>`
    SELECT l.id AS "listingId", s.code AS sku, l.external_ids AS "externalIds"
    FROM listing l
    JOIN connection c ON c.shop_id = l.shop_id AND c.id = l.connection_id
    JOIN sku s ON s.shop_id = l.shop_id AND s.id = l.sku_id
    WHERE l.shop_id = ${shopId}::uuid AND l.connection_id = ${connectionId}::uuid AND l.state = 'active'
      AND l.expected_qty = 0 AND l.inflight_push_id IS NULL
      AND (l.next_attempt_at IS NULL OR l.next_attempt_at <= now())
      AND (l.paused_as = 'end' OR (l.paused_as IS NULL AND c.at_zero = 'end'))
      AND NOT EXISTS (
        SELECT FROM listing other
        WHERE l.location_id IS NOT NULL AND other.shop_id = l.shop_id AND other.sku_id = l.sku_id
          AND other.connection_id = l.connection_id AND other.state = 'active' AND other.expected_qty > 0)
    ORDER BY l.id LIMIT ${listingsMax}`;
}

/** Ended listings that are wanted again. Quantities as propagation reckons them (`sellable`). */
export async function readRelistable(
  db: Database,
  lease: Lease,
  listingsMax: number,
): Promise<RelistableListing[]> {
  const { shopId, connectionId } = lease;
  return await db.$queryRaw<RelistableListing[]>`
    SELECT * FROM (
      SELECT l.id AS "listingId", s.code AS sku, l.external_ids AS "externalIds",
        ${sellableUnits} AS quantity
      FROM listing l JOIN sku s ON s.shop_id = l.shop_id AND s.id = l.sku_id
      WHERE l.shop_id = ${shopId}::uuid AND l.connection_id = ${connectionId}::uuid AND l.state = 'ended'
        AND l.paused_as IS NULL AND (l.next_attempt_at IS NULL OR l.next_attempt_at <= now())
      ORDER BY l.id
    ) AS ended WHERE quantity > 0 LIMIT ${listingsMax}`;
}

/** What became of one listing that was to be ended or put back. */
export interface EndingOutcome {
  readonly listingId: string;
  readonly state: "active" | "ended" | "missing";
  /** What it shows now; null leaves it. */
  readonly expected: number | null;
  readonly externalIds: Readonly<Record<string, string>> | null;
  readonly error: string | null;
  readonly retryAfterMs: number | null;
}

export async function writeEndings(
  db: Database,
  lease: Lease,
  outcomes: readonly EndingOutcome[],
): Promise<void> {
  const rows = outcomes.map((outcome) => ({
    id: outcome.listingId,
    state: outcome.state,
    expected: outcome.expected,
    external_ids: outcome.externalIds,
    error: outcome.error,
    retry_after_ms: outcome.retryAfterMs,
  }));
  await db.$executeRaw`
    UPDATE listing AS l SET state = r.state, expected_qty = COALESCE(r.expected, l.expected_qty),
      acked_qty = COALESCE(r.expected, l.acked_qty),
      acked_at = CASE WHEN r.error IS NULL THEN clock_timestamp() ELSE l.acked_at END,
      external_ids = COALESCE(r.external_ids, l.external_ids), last_error = r.error,
      next_attempt_at = clock_timestamp() + r.retry_after_ms * interval '1 millisecond'
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS r(id uuid, state text, expected int, external_ids jsonb, error text, retry_after_ms float8)
    WHERE l.shop_id = ${lease.shopId}::uuid AND l.id = ANY(${rows.map(({ id }) => id)}::uuid[]) AND l.id = r.id`;
}
