import { Prisma } from "@prisma/client";
import type { Database } from "./client.server.ts";

/** SKU text without case, space and punctuation: "tee-001 s" and "TEE001S" are one. As the index on `sku` has it. */
const plain = (column: Prisma.Sql) =>
  Prisma.sql`lower(regexp_replace(${column}, '[^[:alnum:]]', '', 'g'))`;
/** A barcode's digits without leading zeros: a UPC is an EAN with a zero in front. */
const digits = (column: Prisma.Sql) =>
  Prisma.sql`ltrim(regexp_replace(${column}, '[^0-9]', '', 'g'), '0')`;
const listingSku = Prisma.sql`l.channel_sku`;
const skuCode = Prisma.sql`s.code`;
const barcodesDiffer = Prisma.sql`(${digits(Prisma.sql`l.barcode`)} <> '' AND ${digits(Prisma.sql`s.barcode`)} <> ''
  AND ${digits(Prisma.sql`l.barcode`)} <> ${digits(Prisma.sql`s.barcode`)})`;

/**
 * Matches listings whose SKU text is exactly that of a SKU: the same text is the merchant's own word, not a guess. One
 * whose barcode says otherwise is left to a person.
 * @returns ids of the listings that were matched
 */
export async function matchExactly(
  db: Database,
  shopId: string,
  listingIds: readonly string[],
): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    UPDATE listing AS l SET sku_id = s.id, matched_by = 'sku', next_attempt_at = now(), due_since = now()
    FROM sku s
    WHERE l.shop_id = ${shopId}::uuid AND l.id = ANY(${[...listingIds]}::uuid[]) AND l.sku_id IS NULL
      AND NOT l.ignored AND s.shop_id = l.shop_id AND s.code = l.channel_sku
      AND ${barcodesDiffer} IS NOT TRUE
    RETURNING l.id`;
  return rows.map(({ id }) => id);
}

/** How sure each rule is, as people are shown it; a title's own likeness counts at most {@link titleScoreMax}. */
export const ruleScores = { sku: 0.7, "sku-variant": 0.95, barcode: 0.9 } as const;
export const titleScoreMax = 0.8;

/** Writes what listings without a SKU may be: by their SKU text in other spelling, or by barcode. */
export async function suggestByText(
  db: Database,
  shopId: string,
  listingIds: readonly string[],
): Promise<void> {
  const ids = [...listingIds];
  await db.$executeRaw`
    INSERT INTO match_suggestion (shop_id, listing_id, sku_id, rule, score)
    SELECT DISTINCT ON (listing_id, sku_id) ${shopId}::uuid, listing_id, sku_id, rule, score FROM (
      SELECT l.id AS listing_id, s.id AS sku_id, 'sku' AS rule, ${ruleScores.sku}::float8 AS score
      FROM listing l JOIN sku s ON s.shop_id = l.shop_id AND s.code = l.channel_sku
      WHERE l.shop_id = ${shopId}::uuid AND l.id = ANY(${ids}::uuid[]) AND l.sku_id IS NULL
      UNION ALL
      SELECT l.id, s.id, 'sku-variant', ${ruleScores["sku-variant"]}::float8
      FROM listing l JOIN sku s ON s.shop_id = l.shop_id AND ${plain(skuCode)} = ${plain(listingSku)}
      WHERE l.shop_id = ${shopId}::uuid AND l.id = ANY(${ids}::uuid[]) AND l.sku_id IS NULL
        AND ${plain(listingSku)} <> '' AND s.code <> l.channel_sku
      UNION ALL
      SELECT l.id, s.id, 'barcode', ${ruleScores.barcode}::float8
      FROM listing l JOIN sku s ON s.shop_id = l.shop_id AND s.barcode IS NOT NULL
        AND ${digits(Prisma.sql`s.barcode`)} = ${digits(Prisma.sql`l.barcode`)}
      WHERE l.shop_id = ${shopId}::uuid AND l.id = ANY(${ids}::uuid[]) AND l.sku_id IS NULL
        AND ${digits(Prisma.sql`l.barcode`)} <> ''
    ) AS found
    ORDER BY listing_id, sku_id, score DESC
    ON CONFLICT (shop_id, listing_id, sku_id) DO UPDATE SET rule = excluded.rule, score = excluded.score`;
}

/** Titles less alike than this suggest nothing. */
const titleLikenessMin = 0.45;
/** Title suggestions for one listing. */
const titleSuggestionsMax = 3;

/** Writes what listings without any suggestion may be by their title. Slow for many: only for those a person looks at. */
export async function suggestByTitle(
  db: Database,
  shopId: string,
  listingIds: readonly string[],
): Promise<void> {
  await db.$executeRaw`
    INSERT INTO match_suggestion (shop_id, listing_id, sku_id, rule, score)
    SELECT ${shopId}::uuid, l.id, near.id, 'title', near.likeness * ${titleScoreMax}::float8
    FROM listing l CROSS JOIN LATERAL (
      SELECT s.id, similarity(s.title, l.title) AS likeness FROM sku s
      WHERE s.shop_id = l.shop_id AND s.title % l.title AND similarity(s.title, l.title) >= ${titleLikenessMin}::float8
      ORDER BY likeness DESC, s.id LIMIT ${titleSuggestionsMax}
    ) AS near
    WHERE l.shop_id = ${shopId}::uuid AND l.id = ANY(${[...listingIds]}::uuid[]) AND l.sku_id IS NULL
      AND length(l.title) >= 3
      AND NOT EXISTS (SELECT 1 FROM match_suggestion m WHERE m.shop_id = l.shop_id AND m.listing_id = l.id)
    ON CONFLICT DO NOTHING`;
}

/** A listing that waits for a person, with what it may be. */
export interface QueueRow {
  readonly listingId: string;
  readonly listingKey: string | null;
  readonly channelSku: string | null;
  readonly title: string;
  readonly barcode: string | null;
  readonly url: string | null;
  readonly priceMinor: bigint | null;
  readonly currency: string | null;
  readonly shown: number | null;
  readonly suggestions: readonly {
    readonly skuId: string;
    readonly code: string;
    readonly title: string;
    readonly rule: string;
    readonly score: number;
  }[];
}

/** Listings of a connection without a SKU, a page of them. @param after id of the page before's last one */
export async function readQueue(
  db: Database,
  shopId: string,
  page: { readonly connectionId: string; readonly after: string | null; readonly rowsMax: number },
): Promise<QueueRow[]> {
  return await db.$queryRaw<QueueRow[]>`
    SELECT l.id AS "listingId", l.listing_key AS "listingKey", l.channel_sku AS "channelSku", l.title, l.barcode,
      l.url, l.price_minor AS "priceMinor", l.currency, l.expected_qty AS shown,
      COALESCE((SELECT jsonb_agg(jsonb_build_object('skuId', s.id, 'code', s.code, 'title', s.title,
          'rule', m.rule, 'score', m.score) ORDER BY m.score DESC, s.code)
        FROM match_suggestion m JOIN sku s ON s.shop_id = m.shop_id AND s.id = m.sku_id
        WHERE m.shop_id = l.shop_id AND m.listing_id = l.id), '[]') AS suggestions
    FROM listing l
    WHERE l.shop_id = ${shopId}::uuid AND l.connection_id = ${page.connectionId}::uuid
      AND l.sku_id IS NULL AND NOT l.ignored AND l.state <> 'missing'
      AND (${page.after}::uuid IS NULL OR l.id > ${page.after}::uuid)
    ORDER BY l.id LIMIT ${page.rowsMax}`;
}

/** One decision about one listing. `skuId` null takes the match back. */
export interface MatchDecision {
  readonly listingId: string;
  readonly skuId: string | null;
  readonly matchedBy: string | null;
  readonly ignored: boolean;
}

/**
 * Writes decisions: a listing that gets a SKU, or another one, is due to be written; one that loses it is left as it is.
 * @returns listings that were there to be changed
 */
export async function writeMatches(
  db: Database,
  shopId: string,
  decisions: readonly MatchDecision[],
): Promise<string[]> {
  if (decisions.length === 0) return [];
  const ids = decisions.map(({ listingId }) => listingId);
  const rows = await db.$queryRaw<{ id: string }[]>`
    UPDATE listing AS l SET sku_id = d.sku_id, matched_by = d.matched_by, ignored = d.ignored,
      next_attempt_at = CASE WHEN d.sku_id IS NULL THEN NULL ELSE now() END,
      due_since = CASE WHEN d.sku_id IS NULL THEN NULL ELSE now() END,
      last_error = NULL, attempts = 0
    FROM jsonb_to_recordset(${JSON.stringify(
      decisions.map(({ listingId, skuId, matchedBy, ignored }) => ({
        ...{ id: listingId, sku_id: skuId, matched_by: matchedBy, ignored },
      })),
    )}::jsonb) AS d(id uuid, sku_id uuid, matched_by text, ignored boolean)
    WHERE l.shop_id = ${shopId}::uuid AND l.id = ANY(${ids}::uuid[]) AND l.id = d.id AND l.inflight_push_id IS NULL
    RETURNING l.id`;
  await db.matchSuggestion.deleteMany({
    where: { shopId, listingId: { in: rows.map(({ id }) => id) } },
  });
  return rows.map(({ id }) => id);
}

/** Best suggestions that stand alone: no other SKU comes near, and nothing contradicts. */
export async function readSureSuggestions(
  db: Database,
  shopId: string,
  wanted: { readonly connectionId: string; readonly scoreMin: number; readonly rowsMax: number },
): Promise<{ readonly listingId: string; readonly skuId: string; readonly rule: string }[]> {
  return await db.$queryRaw`
    SELECT DISTINCT ON (m.listing_id) m.listing_id AS "listingId", m.sku_id AS "skuId", m.rule
    FROM match_suggestion m JOIN listing l ON l.shop_id = m.shop_id AND l.id = m.listing_id
    WHERE m.shop_id = ${shopId}::uuid AND l.connection_id = ${wanted.connectionId}::uuid AND l.sku_id IS NULL
      AND NOT l.ignored AND l.state <> 'missing' AND m.score >= ${wanted.scoreMin}::float8 AND m.rule <> 'sku'
      AND NOT EXISTS (SELECT 1 FROM match_suggestion o WHERE o.shop_id = m.shop_id AND o.listing_id = m.listing_id
        AND o.sku_id <> m.sku_id AND o.score >= m.score - ${nearScore}::float8)
    ORDER BY m.listing_id, m.score DESC LIMIT ${wanted.rowsMax}`;
}

/** Two suggestions whose scores are this close contradict each other. */
export const nearScore = 0.1;
