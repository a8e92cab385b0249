import type { Database } from "./client.server.ts";
import type { DueConnection } from "./due-connection.repo.ts";

/** A listing that is to cost something else. */
export interface DuePrice {
  readonly listingId: string;
  readonly sku: string;
  readonly externalIds: Readonly<Record<string, string>>;
  readonly wantedMinor: bigint;
  readonly currency: string;
  /** When the channel accepted it; null: not sent yet. */
  readonly sentAt: Date | null;
  readonly attempts: number;
}

/** Connections claimed by one look. */
const connectionsMax = 20;

/** Connections that have prices to write or to look at. */
export async function readPriceConnections(db: Database): Promise<DueConnection[]> {
  return await db.$queryRaw<DueConnection[]>`
    SELECT DISTINCT l.shop_id AS "shopId", l.connection_id AS "connectionId" FROM listing l
    JOIN connection c ON c.shop_id = l.shop_id AND c.id = l.connection_id AND c.status = 'active'
    WHERE l.wanted_minor IS NOT NULL AND l.price_due_at <= now() LIMIT ${connectionsMax}`;
}

/** Takes a connection's due prices; nobody else gets them before `claimMs` are over. */
export async function claimDuePrices(
  db: Database,
  { shopId, connectionId }: DueConnection,
  claim: { readonly listingsMax: number; readonly claimMs: number },
): Promise<DuePrice[]> {
  return await db.$queryRaw<DuePrice[]>`
    UPDATE listing AS l SET price_due_at = now() + ${claim.claimMs} * interval '1 millisecond'
    FROM (
      SELECT id FROM listing WHERE shop_id = ${shopId}::uuid AND connection_id = ${connectionId}::uuid
        AND wanted_minor IS NOT NULL AND price_due_at <= now()
      ORDER BY price_sent_at NULLS FIRST, price_due_at LIMIT ${claim.listingsMax} FOR UPDATE SKIP LOCKED
    ) AS due
    WHERE l.shop_id = ${shopId}::uuid AND l.id = due.id
    RETURNING l.id AS "listingId", COALESCE((SELECT code FROM sku s WHERE s.shop_id = l.shop_id AND s.id = l.sku_id),
      l.channel_sku, '') AS sku, l.external_ids AS "externalIds", l.wanted_minor AS "wantedMinor", l.currency,
      l.price_sent_at AS "sentAt", l.price_attempts AS attempts`;
}

/** What became of one price. */
export interface PriceOutcome {
  readonly listingId: string;
  readonly wantedMinor: bigint;
  readonly became:
    | { readonly kind: "sent"; readonly lookAfterMs: number }
    | { readonly kind: "shown" }
    | {
        readonly kind: "again";
        readonly afterMs: number;
        readonly error: string;
        readonly attempts: number;
      }
    | { readonly kind: "refused"; readonly error: string; readonly shownMinor: bigint | null };
}

/** Writes outcomes; one whose wish changed meanwhile is left to the next look. */
export async function writePrices(
  db: Database,
  shopId: string,
  outcomes: readonly PriceOutcome[],
): Promise<void> {
  for (const { listingId: id, wantedMinor, became } of outcomes) {
    await db.listing.updateMany({
      where: { shopId, id, wantedMinor },
      data: dataOf(wantedMinor, became),
    });
  }
}

function dataOf(wantedMinor: bigint, became: PriceOutcome["became"]) {
  const later = (ms: number) => new Date(Date.now() + ms);
  switch (became.kind) {
    case "sent":
      return {
        priceSentAt: new Date(),
        priceDueAt: later(became.lookAfterMs),
        priceError: null,
        priceAttempts: 0,
      };
    case "shown":
      return { priceMinor: wantedMinor, wantedMinor: null, priceDueAt: null, priceError: null };
    case "again":
      return {
        priceDueAt: later(became.afterMs),
        priceError: became.error,
        priceAttempts: became.attempts,
      };
    case "refused":
      return {
        wantedMinor: null,
        priceDueAt: null,
        priceError: became.error,
        ...(became.shownMinor === null ? {} : { priceMinor: became.shownMinor }),
      };
  }
}
