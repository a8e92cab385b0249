import { ChannelFault, readBatchSizeMax, type ReadResult } from "#app/channels/contract.ts";
import { db, type Database } from "#app/db/client.server.ts";
import type { Lease } from "#app/db/propagation.repo.ts";
import {
  readDueListings,
  writeReadings,
  type ReadDueListing,
  type Reading,
} from "#app/db/read-back.repo.ts";
import { readLevels } from "#app/db/stock.repo.ts";
import { bookable, judgeObservations, type Verdict } from "#app/domain/propagation/observe.ts";
import { retryDelayMsMax, retryDelayMsMin } from "#app/domain/propagation/retry-policy.ts";
import type { Movement } from "#app/domain/stock/movement.ts";
import { StockBook } from "#app/domain/stock/stock-book.ts";
import { newId } from "#app/lib/ids.ts";
import type { OpenConnection } from "#app/services/connections/open-session.ts";
import { commitMovements } from "#app/services/stock/commit-movements.ts";
import { wakePropagation } from "#app/services/wake/wake.ts";

/** A read without an answer for this long is given up and repeated later. */
const readMsMax = 30_000;

/** One listing with what the channel answered for it. */
interface Read {
  readonly listing: ReadDueListing;
  readonly result: ReadResult;
}

/** All listings of one SKU, judged together. */
interface Judged {
  readonly reads: readonly Read[];
  readonly readings: readonly Reading[];
  /** Units by which each listing changed, when that is news. */
  readonly news: readonly number[] | null;
}

/**
 * Reads back SKUs of which a number moved at the channel, and decides: echo of our own doing, a late order on its
 * way, or news. News on Shopify becomes `observed` movements; elsewhere our number is written again.
 * @returns false when nothing was due
 */
export async function readBack(lease: Lease, connection: OpenConnection): Promise<boolean> {
  const due = await readDueListings(db(), lease);
  if (due.length === 0) return false;
  const reads = await readAll(connection, due);
  const believed = connection.channel.push.mode === "difference";
  const now = new Date();
  const skus = [...Map.groupBy(reads, ({ listing }) => listing.skuId).values()].map((sku) =>
    judge(sku, now),
  );
  const news = believed ? skus.filter((sku) => sku.news !== null) : [];
  const quiet = skus.filter((sku) => !news.includes(sku));
  await writeReadings(
    db(),
    lease,
    quiet.flatMap(({ readings }) => readings),
  );
  if (news.length > 0) await bookNews(lease, connection, news);
  return true;
}

async function readAll(
  { session, channel }: OpenConnection,
  due: readonly ReadDueListing[],
): Promise<Read[]> {
  const reads: Read[] = [];
  for (let start = 0; start < due.length; start += readBatchSizeMax) {
    const batch = due.slice(start, start + readBatchSizeMax);
    const results = await read(() => session.readListings(batch, AbortSignal.timeout(readMsMax)));
    for (const [index, listing] of batch.entries()) {
      const missing = { kind: "unexpected" as const, message: `${channel.label} gave no reading` };
      const result = Array.isArray(results) ? results[index] : results;
      reads.push({ listing, result: result ?? { ok: false, fault: missing } });
    }
  }
  return reads;
}

/** Results one by one, or the one fault that stands for all of them. */
async function read(
  call: () => Promise<readonly ReadResult[]>,
): Promise<ReadResult[] | ReadResult> {
  try {
    return [...(await call())];
  } catch (error) {
    if (error instanceof ChannelFault) return { ok: false, fault: error.fault };
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, fault: { kind: "unexpected", message } };
  }
}

function judge(reads: readonly Read[], now: Date): Judged {
  const observations = reads.flatMap(({ listing: { expected, drift }, result }) =>
    result.ok && expected !== null ? [{ expected, drift, shown: result.quantity }] : [],
  );
  // With one listing unread or unknown, the SKU's others cannot be judged: what is unknown becomes known.
  if (observations.length < reads.length) {
    return { reads, readings: reads.map(unjudged), news: null };
  }
  const verdict = judgeObservations(observations, now);
  const readings = reads.map((one, index) => readingOf(one, index, verdict));
  return { reads, readings, news: verdict.verdict === "observed" ? verdict.quantities : null };
}

function unjudged({ listing, result }: Read): Reading {
  const { listingId, expected, drift } = listing;
  const same = { listingId, readExpected: expected, expected, drift };
  if (!result.ok) {
    const missing = result.fault.kind === "unknown-listing";
    const waitMs = result.fault.retryAfterMs ?? retryDelayMsMax;
    return { ...same, again: missing ? null : waitMs, missing };
  }
  // Nothing was known: now it is. Otherwise it waits for its neighbours.
  if (expected === null) return { ...same, expected: result.quantity, again: null, missing: false };
  return { ...same, again: retryDelayMsMin, missing: false };
}

function readingOf({ listing, result }: Read, index: number, verdict: Verdict): Reading {
  const { listingId, expected } = listing;
  const same = { listingId, readExpected: expected, expected, drift: null, missing: false };
  switch (verdict.verdict) {
    case "in-step":
      return { ...same, again: null };
    case "settling":
      return { ...same, drift: verdict.drifts[index] ?? null, again: verdict.afterMs };
    case "observed":
      return { ...same, expected: result.ok ? result.quantity : expected, again: null };
  }
}

/** An order came between the reading and its booking, and may be the explanation. */
class Overtaken extends Error {}

async function bookNews(
  lease: Lease,
  connection: OpenConnection,
  skus: readonly Judged[],
): Promise<void> {
  const readings = skus.flatMap((sku) => sku.readings);
  try {
    await commitMovements(lease.shopId, async () => ({
      book: await bookOf(lease, connection, skus),
      alongside: async (tx: Database) => {
        if ((await writeReadings(tx, lease, readings)).size > 0) throw new Overtaken();
      },
    }));
    await wakePropagation(lease.shopId);
  } catch (error) {
    if (!(error instanceof Overtaken)) throw error;
    // Nothing is booked; all of it is read again.
    const again = readings.map((reading) => ({
      ...reading,
      expected: reading.readExpected,
      again: retryDelayMsMin,
    }));
    await writeReadings(db(), lease, again);
  }
}

/** Books what nobody explained; what cannot be booked is pushed back as a difference. */
async function bookOf(
  lease: Lease,
  { channel, accountId }: OpenConnection,
  skus: readonly Judged[],
): Promise<StockBook> {
  const skuIds = skus.flatMap(({ reads }) => reads[0]?.listing.skuId ?? []);
  const book = new StockBook(await readLevels(db(), lease.shopId, skuIds));
  for (const { reads, news } of skus) {
    const places = reads.map(({ listing }) => listing);
    const units = bookable(
      news ?? [],
      places.map(({ skuId, locationId }) => (locationId ? book.available(skuId, locationId) : 0)),
    );
    for (const [index, { skuId, locationId, listingId, drift }] of places.entries()) {
      const onHandDelta = units[index] ?? 0;
      if (onHandDelta === 0 || !locationId) continue;
      const since = drift?.since ?? new Date();
      const key = [channel.id, accountId, "observed", listingId, since.toISOString(), onHandDelta];
      const applied = book.apply({
        kind: "observed",
        skuId,
        locationId,
        onHandDelta,
        committedDelta: 0,
        idempotencyKey: key.join(":"),
        cause: observedCause(lease, channel.id, since),
      });
      if (!applied.ok) throw new Error(`an observed change was refused: ${applied.refusal}`);
    }
  }
  return book;
}

function observedCause(lease: Lease, channel: string, since: Date): Movement["cause"] {
  return {
    channel,
    connectionId: lease.connectionId,
    orderId: null,
    actor: channel,
    reason: `changed at ${channel}, no order explains it`,
    correlationId: newId(),
    occurredAt: since,
    receivedAt: since,
  };
}
