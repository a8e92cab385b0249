import type { Database } from "./client.server.ts";
import type { Lease } from "./propagation.repo.ts";

/** A listing whose number is to be read at the channel. */
export interface ReadDueListing {
  readonly listingId: string;
  readonly skuId: string;
  readonly sku: string;
  readonly externalIds: Readonly<Record<string, string>>;
  readonly locationId: string | null;
  readonly expected: number | null;
  readonly drift: { readonly quantity: number; readonly since: Date } | null;
}

/** SKUs read back at once: while a reading is under way, no push goes out. */
const readSkusMax = 25;

/**
 * All listings of the SKUs of which one is due: they are judged together. SKUs with a write on its way wait: while one
 * is, nobody can say what they show.
 */
export async function readDueListings(db: Database, lease: Lease): Promise<ReadDueListing[]> {
  const { shopId, connectionId } = lease;
  const rows = await db.$queryRaw<
    {
      id: string;
      sku_id: string;
      code: string;
      external_ids: Record<string, string>;
      location_id: string | null;
      expected_qty: number | null;
      drift_qty: number | null;
      drift_since: Date | null;
    }[]
  >`
    WITH due AS (
      SELECT DISTINCT sku_id FROM (
        SELECT l.sku_id FROM listing l
        WHERE l.shop_id = ${shopId}::uuid AND l.connection_id = ${connectionId}::uuid
          AND l.read_due_at <= now() AND l.inflight_push_id IS NULL AND l.state = 'active'
          AND NOT EXISTS (SELECT 1 FROM listing o WHERE o.shop_id = l.shop_id
            AND o.connection_id = l.connection_id AND o.sku_id = l.sku_id AND o.inflight_push_id IS NOT NULL)
        ORDER BY l.read_due_at LIMIT ${readSkusMax}
      ) AS oldest
    )
    SELECT l.id, l.sku_id, s.code, l.external_ids, l.location_id, l.expected_qty, l.drift_qty, l.drift_since
    FROM due d
    JOIN listing l ON l.shop_id = ${shopId}::uuid AND l.connection_id = ${connectionId}::uuid
      AND l.sku_id = d.sku_id AND l.state = 'active'
    JOIN sku s ON s.shop_id = l.shop_id AND s.id = l.sku_id
    ORDER BY l.sku_id, l.id`;
  return rows.map((row) => ({
    listingId: row.id,
    skuId: row.sku_id,
    sku: row.code,
    externalIds: row.external_ids,
    locationId: row.location_id,
    expected: row.expected_qty,
    drift:
      row.drift_qty !== null && row.drift_since !== null
        ? { quantity: row.drift_qty, since: row.drift_since }
        : null,
  }));
}

/** What a read-back found out about one listing. */
export interface Reading {
  readonly listingId: string;
  /** What was expected when it was read: an order applied meanwhile makes the reading void. */
  readonly readExpected: number | null;
  /** What is expected from now on. */
  readonly expected: number | null;
  /** Read again after this many ms; null = not by itself. */
  readonly again: number | null;
  readonly drift: { readonly quantity: number; readonly since: Date } | null;
  readonly missing: boolean;
}

/** A reading that an order or a push overtook is repeated after this long. */
const overtakenMs = 1_000;

/**
 * Writes readings; those that something overtook change nothing and are read again.
 * @returns the listings whose readings were overtaken
 */
export async function writeReadings(
  db: Database,
  lease: Lease,
  readings: readonly Reading[],
): Promise<ReadonlySet<string>> {
  const ids = readings.map(({ listingId }) => listingId);
  const rows = readings.map((reading) => ({
    id: reading.listingId,
    read_expected: reading.readExpected,
    expected: reading.expected,
    again_ms: reading.again,
    drift_qty: reading.drift?.quantity ?? null,
    drift_since: reading.drift?.since ?? null,
    missing: reading.missing,
  }));
  const written = await db.$queryRaw<{ id: string; valid: boolean }[]>`
    WITH r AS (
      SELECT * FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r(id uuid, read_expected int,
        expected int, again_ms float8, drift_qty int, drift_since timestamptz, missing boolean)
    ), locked AS (
      SELECT l.id, l.expected_qty IS NOT DISTINCT FROM r.read_expected AS valid
      FROM listing l JOIN r ON r.id = l.id
      WHERE l.shop_id = ${lease.shopId}::uuid AND l.id = ANY(${ids}::uuid[]) ORDER BY l.id FOR UPDATE OF l
    )
    UPDATE listing AS l SET
      expected_qty = CASE WHEN k.valid THEN r.expected ELSE l.expected_qty END,
      drift_qty = CASE WHEN k.valid THEN r.drift_qty ELSE l.drift_qty END,
      drift_since = CASE WHEN k.valid THEN r.drift_since ELSE l.drift_since END,
      state = CASE WHEN r.missing THEN 'missing' ELSE l.state END,
      next_attempt_at = CASE WHEN k.valid AND r.expected IS DISTINCT FROM r.read_expected
        THEN COALESCE(l.next_attempt_at, now()) ELSE l.next_attempt_at END,
      due_since = CASE WHEN k.valid AND r.expected IS DISTINCT FROM r.read_expected
        THEN COALESCE(l.due_since, now()) ELSE l.due_since END,
      -- A hint that came during the read asks for another one.
      read_due_at = CASE WHEN l.read_due_at > now() AND r.again_ms IS NULL THEN l.read_due_at
        WHEN NOT k.valid THEN now() + ${overtakenMs} * interval '1 millisecond'
        ELSE now() + r.again_ms * interval '1 millisecond' END
    FROM r, locked k
    WHERE l.shop_id = ${lease.shopId}::uuid AND l.id = ANY(${ids}::uuid[]) AND l.id = r.id AND k.id = l.id
    RETURNING l.id, k.valid`;
  return new Set(written.flatMap(({ id, valid }) => (valid ? [] : [id])));
}
