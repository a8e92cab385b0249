import { stringify } from "csv-stringify/sync";
import { db } from "#app/db/client.server.ts";
import { matchColumns } from "./match-columns.ts";

/** Listings read for one piece of the file. */
const pieceRowsMax = 2_000;

/**
 * All of a connection's listings with their SKUs as CSV (RFC 4180, UTF-8), piece by piece: what comes out goes into
 * `importMatches` again, changed or not.
 */
export async function* exportMatches(
  shopId: string,
  connectionId: string,
): AsyncGenerator<string, void, void> {
  yield stringify([[...matchColumns]]);
  let after: string | null = null;
  for (;;) {
    const rows: ExportedRow[] = await readPiece(shopId, connectionId, after);
    if (rows.length > 0) yield stringify(rows.map(cellsOf));
    const last = rows.at(-1)?.id;
    if (last === undefined || rows.length < pieceRowsMax) return;
    after = last;
  }
}

interface ExportedRow {
  readonly id: string;
  readonly listing_key: string | null;
  readonly channel_sku: string | null;
  readonly title: string;
  readonly barcode: string | null;
  readonly shown: number | null;
  readonly state: string;
  readonly ignored: boolean;
  readonly code: string | null;
  readonly components: string | null;
  readonly suggestion: string | null;
  readonly score: number | null;
}

async function readPiece(
  shopId: string,
  connectionId: string,
  after: string | null,
): Promise<ExportedRow[]> {
  return await db().$queryRaw<ExportedRow[]>`
    SELECT l.id, l.listing_key, l.channel_sku, l.title, l.barcode, l.expected_qty AS shown, l.state, l.ignored, s.code,
      (SELECT string_agg(c.code || ':' || b.quantity, '; ' ORDER BY c.code) FROM bundle_component b
        JOIN sku c ON c.shop_id = b.shop_id AND c.id = b.component_sku_id
        WHERE b.shop_id = l.shop_id AND b.bundle_sku_id = l.sku_id) AS components,
      m.code AS suggestion, m.score
    FROM listing l
    LEFT JOIN sku s ON s.shop_id = l.shop_id AND s.id = l.sku_id
    LEFT JOIN LATERAL (
      SELECT k.code, g.score FROM match_suggestion g JOIN sku k ON k.shop_id = g.shop_id AND k.id = g.sku_id
      WHERE g.shop_id = l.shop_id AND g.listing_id = l.id ORDER BY g.score DESC, k.code LIMIT 1
    ) AS m ON true
    WHERE l.shop_id = ${shopId}::uuid AND l.connection_id = ${connectionId}::uuid
      AND (${after}::uuid IS NULL OR l.id > ${after}::uuid)
    ORDER BY l.id LIMIT ${pieceRowsMax}`;
}

function cellsOf(row: ExportedRow): string[] {
  const cells: Record<(typeof matchColumns)[number], string> = {
    listing: row.listing_key ?? row.id,
    channel_sku: row.channel_sku ?? "",
    title: row.title,
    barcode: row.barcode ?? "",
    shown: row.shown === null ? "" : String(row.shown),
    state: row.state,
    sku: row.components === null ? (row.code ?? "") : "",
    components: row.components ?? "",
    action: row.ignored ? "ignore" : "",
    suggestion: row.suggestion ?? "",
    score: row.score === null ? "" : row.score.toFixed(2),
  };
  return matchColumns.map((column) => neutral(cells[column]));
}

/** A spreadsheet would run a text that begins like a formula: a quote in front makes it a text (OWASP, CSV injection). */
function neutral(cell: string): string {
  return /^[=+\-@\t\r]/.test(cell) && !/^-?\d+(\.\d+)?$/.test(cell) ? `'${cell}` : cell;
}
