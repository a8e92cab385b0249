import { expectedAfterOwnOrder } from "#app/domain/propagation/expected.ts";
import type { Database } from "./client.server.ts";

/** A number moved at the channel: read it back after this long, together with what moves meanwhile. */
const hintDelayMs = 1_000;
/**
 * Most hints are the echo of a write of ours. Soon after one, the reading waits for the next ones too: in a flash sale
 * readings would otherwise use up the points that writes need (flash sale: Shopify's p99 1.9 s, eBay's 0.4 s).
 */
const echoDelayMs = 5_000;

/** Units a channel took off (+) or put back (−) by itself, at one of its listings. */
export interface OwnSale {
  readonly connectionId: string;
  readonly skuId: string;
  /** Where we took them; null when nobody had them. */
  readonly locationId: string | null;
  readonly units: number;
  readonly placedAt: Date;
  readonly receivedAt: Date;
  readonly mode: "absolute" | "difference";
  /** Nobody can say what the listings of this SKU show now (a bundle was sold). */
  readonly uncertain?: true;
}

interface ListingRow {
  id: string;
  connection_id: string;
  sku_id: string;
  location_id: string | null;
  expected_qty: number | null;
  acked_at: Date | null;
  in_flight: boolean;
}

/**
 * Moves what we believe the source channel shows after its own orders, and makes those listings due of
 * which nothing sure is known any more. Runs in the orders' transaction.
 */
export async function applyOwnSales(
  db: Database,
  shopId: string,
  sales: readonly OwnSale[],
): Promise<void> {
  if (sales.length === 0) return;
  const listings = await db.$queryRaw<ListingRow[]>`
    SELECT id, connection_id, sku_id, location_id, expected_qty, acked_at,
      inflight_push_id IS NOT NULL AS in_flight
    FROM listing
    WHERE shop_id = ${shopId}::uuid
      AND connection_id = ANY(${[...new Set(sales.map((s) => s.connectionId))]}::uuid[])
      AND sku_id = ANY(${[...new Set(sales.map((s) => s.skuId))]}::uuid[])
    ORDER BY id FOR UPDATE`;
  const rows = listings.flatMap((listing) => {
    const own = sales.filter((sale) => sellsFrom(listing, sale, listings));
    if (own.length === 0) return [];
    const after = afterSales(listing, own);
    // Of several listings that sell the same units one went down, and nobody knows which.
    const expected = isOneOfSeveral(listing, listings) ? null : after.expected;
    return [{ ...after, id: listing.id, expected }];
  });
  await readWhatWasObserved(db, shopId, sales);
  await db.$executeRaw`
    UPDATE listing AS l SET expected_qty = r.expected,
      sold_seq = (SELECT seq FROM ledger_head WHERE shop_id = ${shopId}::uuid),
      next_attempt_at = CASE WHEN r.expected IS NULL THEN COALESCE(l.next_attempt_at, now()) ELSE l.next_attempt_at END,
      due_since = CASE WHEN r.expected IS NULL THEN COALESCE(l.due_since, r.received_at) ELSE l.due_since END
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS r(id uuid, expected int, received_at timestamptz)
    WHERE l.shop_id = ${shopId}::uuid AND l.id = ANY(${rows.map(({ id }) => id)}::uuid[]) AND l.id = r.id`;
}

/** Pooled listings sell all of a SKU; a location's listing sells that location, the first one also what nobody had. */
function sellsFrom(listing: ListingRow, sale: OwnSale, all: readonly ListingRow[]): boolean {
  const same = (other: ListingRow) =>
    other.connection_id === sale.connectionId && other.sku_id === sale.skuId;
  if (!same(listing)) return false;
  if (listing.location_id === null) return true;
  const atLocation = all.find((other) => same(other) && other.location_id === sale.locationId);
  return (atLocation ?? all.find(same))?.id === listing.id;
}

function isOneOfSeveral(listing: ListingRow, all: readonly ListingRow[]): boolean {
  const pooled = all.filter(
    (other) =>
      other.connection_id === listing.connection_id &&
      other.sku_id === listing.sku_id &&
      other.location_id === null,
  );
  return listing.location_id === null && pooled.length > 1;
}

/** Shopify delivers an order at most this late ("up to a day in rare cases", reference/shopify.md 4.1). */
const lateOrderMsMax = 86_400_000;

/** An order that comes after its effect was observed counts twice until the next read puts it right: ask for it. */
async function readWhatWasObserved(
  db: Database,
  shopId: string,
  sales: readonly OwnSale[],
): Promise<void> {
  const rows = sales
    .filter(({ mode }) => mode === "difference")
    .map(({ connectionId, skuId }) => ({ connection_id: connectionId, sku_id: skuId }));
  if (rows.length === 0) return;
  await db.$executeRaw`
    UPDATE listing AS l SET read_due_at = now() + ${hintDelayMs} * interval '1 millisecond'
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS r(connection_id uuid, sku_id uuid)
    WHERE l.shop_id = ${shopId}::uuid AND l.connection_id = r.connection_id AND l.sku_id = r.sku_id
      AND l.sku_id = ANY(${rows.map((row) => row.sku_id)}::uuid[])
      AND EXISTS (SELECT 1 FROM ledger_entry e WHERE e.shop_id = l.shop_id AND e.sku_id = l.sku_id
        AND e.connection_id = l.connection_id AND e.kind = 'observed'
          AND e.recorded_at > now() - ${lateOrderMsMax} * interval '1 millisecond')`;
}

function afterSales(listing: ListingRow, sales: readonly OwnSale[]) {
  let expected = listing.expected_qty;
  for (const { mode, units, placedAt, uncertain } of sales) {
    const { acked_at: ackedAt, in_flight: inFlight } = listing;
    if (uncertain) {
      expected = null;
      continue;
    }
    expected = expectedAfterOwnOrder({ mode, expected, units, placedAt, ackedAt, inFlight });
  }
  const receivedAt = new Date(Math.min(...sales.map((sale) => sale.receivedAt.getTime())));
  return { expected, received_at: receivedAt };
}

/** Marks listings to be read back. @param matches parts of `externalIds`, per connection */
export async function markReadDue(
  db: Database,
  shopId: string,
  hints: readonly { connectionId: string; match: Readonly<Record<string, string>> }[],
): Promise<void> {
  if (hints.length === 0) return;
  const rows = hints.map(({ connectionId, match }) => ({ connection_id: connectionId, match }));
  await db.$executeRaw`
    UPDATE listing AS l SET read_due_at = now() + interval '1 millisecond' * (CASE
      WHEN l.acked_at > now() - ${echoDelayMs} * interval '1 millisecond' THEN ${echoDelayMs}::float8
      ELSE ${hintDelayMs}::float8 END)
    FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS h(connection_id uuid, match jsonb)
    WHERE l.shop_id = ${shopId}::uuid AND l.connection_id = h.connection_id
      AND l.external_ids @> h.match AND (l.read_due_at IS NULL OR l.read_due_at <= now())`;
}
