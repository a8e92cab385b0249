import { db } from "#app/db/client.server.ts";

/** Ledger entries on one page of the timeline. */
const entriesPageSizeMax = 25;
/** Pushes listed beside them. */
const pushesMax = 25;

/** One ledger entry as the timeline shows it. Moments are ISO 8601. */
export interface TimelineEntry {
  readonly seq: number;
  readonly kind: string;
  readonly locationId: string;
  readonly onHandDelta: number;
  readonly committedDelta: number;
  readonly onHandAfter: number;
  readonly committedAfter: number;
  readonly connectionId: string | null;
  readonly orderId: string | null;
  readonly actor: string;
  readonly reason: string | null;
  readonly occurredAt: string;
  readonly recordedAt: string;
}

/** One attempt to write one of the SKU's listings. */
export interface TimelinePush {
  readonly id: string;
  readonly listingId: string;
  readonly connectionId: string;
  readonly quantity: number;
  readonly outcome: string;
  readonly answer: string | null;
  readonly toSeq: number;
  readonly lagMs: number | null;
  readonly sentAt: string;
}

/** Newest first. `older` is where the next page of entries begins; null at the end. */
export interface SkuHistory {
  readonly entries: readonly TimelineEntry[];
  readonly older: number | null;
  readonly pushes: readonly TimelinePush[];
}

async function entriesOf(shopId: string, skuId: string, before: number | null) {
  const found = await db().ledgerEntry.findMany({
    where: { shopId, skuId, ...(before === null ? {} : { seq: { lt: BigInt(before) } }) },
    orderBy: { seq: "desc" },
    take: entriesPageSizeMax + 1,
  });
  const entries = found.slice(0, entriesPageSizeMax).map((entry) => ({
    seq: Number(entry.seq),
    kind: entry.kind,
    locationId: entry.locationId,
    onHandDelta: entry.onHandDelta,
    committedDelta: entry.committedDelta,
    onHandAfter: entry.onHandAfter,
    committedAfter: entry.committedAfter,
    connectionId: entry.connectionId,
    orderId: entry.orderId,
    actor: entry.actor,
    reason: entry.reason,
    occurredAt: entry.occurredAt.toISOString(),
    recordedAt: entry.recordedAt.toISOString(),
  }));
  return { entries, older: found.length > entries.length ? (entries.at(-1)?.seq ?? null) : null };
}

/**
 * What happened to one SKU: ledger entries below `before` (from the newest when null) and its newest
 * pushes.
 * @param listingIds the SKU's listings: the push table is indexed by them, not by SKU.
 */
export async function readSkuHistory(request: {
  readonly shopId: string;
  readonly skuId: string;
  readonly listingIds: readonly string[];
  readonly before: number | null;
}): Promise<SkuHistory> {
  const { shopId, skuId, listingIds, before } = request;
  const [{ entries, older }, newest] = await Promise.all([
    entriesOf(shopId, skuId, before),
    db().$queryRaw<{ id: string }[]>`
      select p.id::text as id from unnest(${[...listingIds]}::uuid[]) as l(id)
      cross join lateral (
        select id, sent_at from push where shop_id = ${shopId}::uuid and listing_id = l.id
        order by to_seq desc limit ${pushesMax}
      ) p
      order by p.sent_at desc limit ${pushesMax}`,
  ]);
  const pushes = await db().push.findMany({
    where: { shopId, id: { in: newest.map((row) => row.id) } },
    orderBy: [{ sentAt: "desc" }, { id: "desc" }],
  });
  return {
    entries,
    older,
    pushes: pushes.map((push) => ({
      id: push.id,
      listingId: push.listingId,
      connectionId: push.connectionId,
      quantity: push.quantity,
      outcome: push.outcome,
      answer: push.answer,
      toSeq: Number(push.toSeq),
      lagMs: push.lagMs,
      sentAt: push.sentAt.toISOString(),
    })),
  };
}
