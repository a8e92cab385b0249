import type { Database } from "./client.server.ts";

/** An import with a page to read. */
export interface DueImport {
  readonly shopId: string;
  readonly id: string;
  readonly connectionId: string;
  readonly cursor: string | null;
  readonly attempts: number;
}

/** A listing as an import found it, ready to be stored. */
export interface ImportedRow {
  readonly id: string;
  readonly listing_key: string;
  readonly external_ids: Readonly<Record<string, string>>;
  readonly order_key: string;
  readonly external_location_id: string | null;
  readonly held: boolean;
  readonly channel_sku: string | null;
  readonly title: string;
  readonly barcode: string | null;
  readonly url: string | null;
  readonly channel_state: string;
  readonly price_minor: number | null;
  readonly currency: string | null;
  readonly quantity: number | null;
}

export interface ImportedPage {
  readonly rows: readonly ImportedRow[];
  readonly cursor: string | null;
  readonly total: number | null;
}

/** Takes imports whose next page is due; nobody else gets them before `claimMs` are over. */
export async function claimDueImports(
  db: Database,
  runsMax: number,
  claimMs: number,
): Promise<DueImport[]> {
  return await db.$queryRaw<DueImport[]>`
    UPDATE import_run AS r SET due_at = now() + ${claimMs} * interval '1 millisecond'
    FROM (
      SELECT shop_id, id FROM import_run WHERE status = 'running' AND due_at <= now()
      ORDER BY due_at LIMIT ${runsMax} FOR UPDATE SKIP LOCKED
    ) AS due
    WHERE r.shop_id = due.shop_id AND r.id = due.id
    RETURNING r.shop_id AS "shopId", r.id, r.connection_id AS "connectionId", r.cursor, r.attempts`;
}

/** @returns false when the run was stopped meanwhile */
export async function keepClaim(db: Database, run: DueImport, claimMs: number): Promise<boolean> {
  const kept = await db.importRun.updateMany({
    where: { shopId: run.shopId, id: run.id, status: "running" },
    data: { dueAt: new Date(Date.now() + claimMs) },
  });
  return kept.count === 1;
}

/** The next page is read after this long. */
export async function putOff(
  db: Database,
  run: DueImport,
  next: { readonly afterMs: number; readonly attempts: number; readonly error: string | null },
): Promise<void> {
  await db.importRun.updateMany({
    where: { shopId: run.shopId, id: run.id, status: "running" },
    data: {
      dueAt: new Date(Date.now() + next.afterMs),
      attempts: next.attempts,
      error: next.error,
    },
  });
}

/**
 * Stores a page, set-wise: new listings come in unmatched, known ones are brought up to date, one that had gone is
 * back. Then moves the run's cursor: a page that is read twice changes nothing. Nothing is stored for a connection that
 * has gone.
 * @returns ids of the page's listings that have no SKU yet
 */
export async function savePage(
  db: Database,
  run: DueImport,
  page: ImportedPage,
): Promise<string[]> {
  const { shopId, connectionId } = run;
  const rows = JSON.stringify(page.rows);
  await adoptKnown(db, run, rows);
  const written = await db.$queryRaw<{ id: string; added: boolean; unmatched: boolean }[]>`
    WITH home AS (
      -- Held to the end of this statement: a connection that is disconnected meanwhile gets no listings any more.
      SELECT id FROM connection WHERE shop_id = ${shopId}::uuid AND id = ${connectionId}::uuid FOR KEY SHARE
    )
    INSERT INTO listing AS l (shop_id, id, connection_id, listing_key, external_ids, order_key, location_id,
      state, channel_sku, title, barcode, url, channel_state, price_minor, currency, expected_qty, import_id)
    SELECT ${shopId}::uuid, r.id, ${connectionId}::uuid, r.listing_key, r.external_ids, r.order_key, p.id,
      CASE WHEN r.held THEN 'held' ELSE 'active' END, r.channel_sku, r.title, r.barcode, r.url, r.channel_state,
      r.price_minor, r.currency, r.quantity, ${run.id}::uuid
    FROM jsonb_to_recordset(${rows}::jsonb) AS r(id uuid, listing_key text, external_ids jsonb, order_key text,
      external_location_id text, held boolean, channel_sku text, title text, barcode text, url text,
      channel_state text, price_minor bigint, currency text, quantity int)
    CROSS JOIN home
    LEFT JOIN location p ON p.shop_id = ${shopId}::uuid AND p.external_id = r.external_location_id
    ON CONFLICT (shop_id, connection_id, listing_key) DO UPDATE SET
      external_ids = excluded.external_ids, order_key = excluded.order_key, location_id = excluded.location_id,
      channel_sku = excluded.channel_sku, title = excluded.title, barcode = excluded.barcode, url = excluded.url,
      channel_state = excluded.channel_state, import_id = excluded.import_id,
      price_minor = COALESCE(excluded.price_minor, l.price_minor),
      currency = COALESCE(excluded.currency, l.currency),
      -- What we know from our own writes and its orders is newer than a report; what nobody knew is now known.
      expected_qty = CASE WHEN excluded.state = 'held' THEN excluded.expected_qty
        ELSE COALESCE(l.expected_qty, excluded.expected_qty) END,
      state = CASE WHEN excluded.state = 'held' THEN 'held' WHEN l.state IN ('missing', 'held') THEN 'active' ELSE l.state END,
      -- It was gone and is back: whatever it shows, it is written anew.
      next_attempt_at = CASE WHEN l.state = 'missing' AND l.sku_id IS NOT NULL THEN now() ELSE l.next_attempt_at END,
      last_error = CASE WHEN l.state = 'missing' THEN NULL ELSE l.last_error END,
      attempts = CASE WHEN l.state = 'missing' THEN 0 ELSE l.attempts END
    RETURNING id, xmax = 0 AS added, sku_id IS NULL AND NOT ignored AS unmatched`;
  const added = written.filter((row) => row.added).length;
  await db.importRun.updateMany({
    where: { shopId, id: run.id },
    data: {
      cursor: page.cursor,
      seen: { increment: written.length },
      added: { increment: added },
      changed: { increment: written.length - added },
      attempts: 0,
      error: null,
      ...(page.total === null ? {} : { total: page.total }),
    },
  });
  return written.filter((row) => row.unmatched).map((row) => row.id);
}

/** Listings from before the first import have no key yet: they are the ones whose ids the page's listing contains. */
async function adoptKnown(db: Database, run: DueImport, rows: string): Promise<void> {
  await db.$executeRaw`
    UPDATE listing AS l SET listing_key = r.listing_key
    FROM jsonb_to_recordset(${rows}::jsonb) AS r(listing_key text, external_ids jsonb, order_key text)
    WHERE l.shop_id = ${run.shopId}::uuid AND l.connection_id = ${run.connectionId}::uuid
      AND l.order_key = r.order_key AND l.listing_key IS NULL AND l.external_ids <@ r.external_ids
      AND NOT EXISTS (SELECT 1 FROM listing o WHERE o.shop_id = l.shop_id
        AND o.connection_id = l.connection_id AND o.listing_key = r.listing_key)`;
}

/** A place of a listing with the quantity that the import found there. */
export interface FoundStock {
  readonly listingId: string;
  readonly skuId: string;
  readonly locationId: string;
  readonly quantity: number;
}

/** Listings of these keys at locations where their SKU has no level yet. */
export async function readUnstocked(
  db: Database,
  { shopId, connectionId }: DueImport,
  listingKeys: readonly string[],
): Promise<FoundStock[]> {
  return await db.$queryRaw<FoundStock[]>`
    SELECT l.id AS "listingId", l.sku_id AS "skuId", l.location_id AS "locationId", l.expected_qty AS quantity
    FROM listing l
    WHERE l.shop_id = ${shopId}::uuid AND l.connection_id = ${connectionId}::uuid
      AND l.listing_key = ANY(${[...listingKeys]}::text[])
      AND l.sku_id IS NOT NULL AND l.location_id IS NOT NULL AND l.expected_qty IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM stock_level v WHERE v.shop_id = l.shop_id AND v.sku_id = l.sku_id
        AND v.location_id = l.location_id)`;
}

/** Units that the channel holds itself of each SKU, by its listings of these keys; the newest word where there are several. */
export async function readHeld(
  db: Database,
  { shopId, connectionId }: DueImport,
  listingKeys: readonly string[],
): Promise<{ readonly skuId: string; readonly quantity: number }[]> {
  return await db.$queryRaw`
    SELECT l.sku_id AS "skuId", sum(l.expected_qty)::int AS quantity FROM listing l
    WHERE l.shop_id = ${shopId}::uuid AND l.connection_id = ${connectionId}::uuid AND l.state = 'held'
      AND l.sku_id IN (SELECT o.sku_id FROM listing o WHERE o.shop_id = l.shop_id
        AND o.connection_id = l.connection_id AND o.listing_key = ANY(${[...listingKeys]}::text[]))
      AND l.expected_qty IS NOT NULL
    GROUP BY l.sku_id`;
}

/**
 * Ends a run. When it went through, listings that it did not see are gone at the channel: state missing, shown, and
 * left out of pushes. A run that saw nothing at all proves nothing about them.
 * @param error why it failed; null when it went through
 */
export async function finishImport(
  db: Database,
  run: DueImport,
  error: string | null,
): Promise<void> {
  const { shopId, connectionId, id } = run;
  const [ended] = await db.$queryRaw<{ seen: number }[]>`
    UPDATE import_run SET status = ${error === null ? "done" : "failed"}, error = ${error}, finished_at = now()
    WHERE shop_id = ${shopId}::uuid AND id = ${id}::uuid AND status = 'running' RETURNING seen`;
  if (!ended || error !== null || ended.seen === 0) return;
  const missing = await db.$executeRaw`
    UPDATE listing SET state = 'missing', next_attempt_at = NULL, read_due_at = NULL,
      last_error = 'The channel no longer lists it. The next import looks again.'
    WHERE shop_id = ${shopId}::uuid AND connection_id = ${connectionId}::uuid
      AND listing_key IS NOT NULL AND import_id IS DISTINCT FROM ${id}::uuid
      AND state IN ('active', 'held') AND inflight_push_id IS NULL`;
  if (missing > 0) await db.importRun.updateMany({ where: { shopId, id }, data: { missing } });
}

/**
 * Adds the SKUs that the shop does not have yet. One statement with one parameter: Prisma remembers every `createMany`
 * by its rows, which is hundreds of megabytes over a large catalogue.
 */
export async function saveSkus(
  db: Database,
  shopId: string,
  rows: readonly {
    readonly id: string;
    readonly code: string;
    readonly title: string;
    readonly barcode: string | null;
  }[],
): Promise<void> {
  await db.$executeRaw`
    INSERT INTO sku (shop_id, id, code, title, barcode)
    SELECT ${shopId}::uuid, r.id, r.code, r.title, r.barcode
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r(id uuid, code text, title text, barcode text)
    ON CONFLICT DO NOTHING`;
}
