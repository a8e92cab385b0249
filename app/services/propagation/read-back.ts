import { ChannelFault, readBatchSizeMax, type ReadResult } from "#app/channels/contract.ts";
import { db, type Database } from "#app/db/client.server.ts";
import {
  readDueListings,
  writeReadings,
  type ReadDueListing,
  type Reading,
} from "#app/db/read-back.repo.ts";
import type { Lease } from "#app/db/propagation.repo.ts";
import { readLevels } from "#app/db/stock.repo.ts";
import { judgeObservation } from "#app/domain/propagation/observe.ts";
import { retryDelayMsMax, retryDelayMsMin } from "#app/domain/propagation/retry-policy.ts";
import type { Movement } from "#app/domain/stock/movement.ts";
import { StockBook } from "#app/domain/stock/stock-book.ts";
import { newId } from "#app/lib/ids.ts";
import type { OpenConnection } from "#app/services/connections/open-session.ts";
import { commitMovements } from "#app/services/stock/commit-movements.ts";
import { wakePropagation } from "#app/services/wake/wake.ts";

/** A read without an answer for this long is given up and repeated later. */
const readMsMax = 30_000;

/**
 * Reads back listings whose number moved at the channel, and decides: echo of our own doing, a late order on its
 * way, or news. News on Shopify becomes an `observed` movement; elsewhere our number is written again.
 * @returns false when nothing was due
 */
export async function readBack(lease: Lease, connection: OpenConnection): Promise<boolean> {
  const due = await readDueListings(db(), lease, readBatchSizeMax);
  if (due.length === 0) return false;
  const results = await read(connection, due);
  const readings = due.map((listing, index) => judge(listing, results[index], connection));
  const news = readings.filter((reading) => reading.observed !== null);
  if (news.length === 0) {
    await writeReadings(db(), lease, readings);
    return true;
  }
  try {
    await bookObserved(lease, connection, readings, due);
  } catch (error) {
    if (!(error instanceof Overtaken)) throw error;
    // An order came in between and may be the explanation: nothing is booked, all is read again.
    await writeReadings(db(), lease, readings.map(unbooked));
  }
  return true;
}

class Overtaken extends Error {}

function unbooked(reading: Reading): Reading {
  if (reading.observed === null) return reading;
  return { ...reading, observed: null, expected: reading.readExpected, again: retryDelayMsMin };
}

async function read(
  { session, channel }: OpenConnection,
  due: readonly ReadDueListing[],
): Promise<readonly ReadResult[]> {
  try {
    return await session.readQuantities(due, AbortSignal.timeout(readMsMax));
  } catch (error) {
    const fault =
      error instanceof ChannelFault
        ? error.fault
        : { kind: "unexpected" as const, message: `${channel.label}: ${String(error)}` };
    return due.map(() => ({ ok: false, fault }));
  }
}

function judge(
  listing: ReadDueListing,
  result: ReadResult | undefined,
  { channel }: OpenConnection,
): Reading {
  const { listingId } = listing;
  const same = { listingId, readExpected: listing.expected, observed: null, drift: null };
  if (!result?.ok) {
    const missing = result?.fault.kind === "unknown-listing";
    const waitMs = result?.fault.retryAfterMs ?? retryDelayMsMax;
    return { ...same, expected: listing.expected, again: missing ? null : waitMs, missing };
  }
  const shown = result.quantity;
  // Nothing was known: now it is.
  if (listing.expected === null) return { ...same, expected: shown, again: null, missing: false };
  const { expected, drift } = listing;
  const verdict = judgeObservation({ expected, shown, drift, now: new Date() });
  switch (verdict.verdict) {
    case "in-step":
      return { ...same, expected, again: null, missing: false };
    case "settling": {
      const { quantity, since, afterMs } = verdict;
      return { ...same, expected, again: afterMs, drift: { quantity, since }, missing: false };
    }
    case "observed": {
      // A difference channel is believed; elsewhere our number is the truth and is written again.
      const observed = channel.push.mode === "difference" ? verdict.quantity : null;
      return { ...same, expected: shown, again: null, observed, missing: false };
    }
  }
}

/** Books what nobody explained, location by location, never below 0; what cannot be booked is pushed back. */
async function bookObserved(
  lease: Lease,
  { channel, accountId }: OpenConnection,
  readings: readonly Reading[],
  due: readonly ReadDueListing[],
): Promise<void> {
  const { shopId } = lease;
  const byId = new Map(due.map((listing) => [listing.listingId, listing]));
  const news = readings.flatMap(({ listingId, observed }) => {
    const listing = byId.get(listingId);
    return observed === null || !listing?.locationId
      ? []
      : [
          {
            observed,
            skuId: listing.skuId,
            locationId: listing.locationId,
            listingId,
            drift: listing.drift,
          },
        ];
  });
  // Losses first: a gain elsewhere is only as large as what the losses leave room for.
  news.sort((a, b) => a.observed - b.observed);
  await commitMovements(shopId, async () => {
    const book = new StockBook(
      await readLevels(
        db(),
        shopId,
        news.map(({ skuId }) => skuId),
      ),
    );
    const shortage = new Map<string, number>();
    for (const { observed, skuId, locationId, listingId, drift } of news) {
      const short = shortage.get(skuId) ?? 0;
      const units =
        observed < 0
          ? -Math.min(-observed, Math.max(0, book.available(skuId, locationId)))
          : Math.max(0, observed - short);
      shortage.set(skuId, observed < 0 ? short + units - observed : Math.max(0, short - observed));
      if (units === 0) continue;
      const since = drift?.since ?? new Date();
      const applied = book.apply({
        kind: "observed",
        skuId,
        locationId,
        onHandDelta: units,
        committedDelta: 0,
        idempotencyKey: [
          channel.id,
          accountId,
          "observed",
          listingId,
          since.toISOString(),
          units,
        ].join(":"),
        cause: observedCause(lease, channel.id, since),
      });
      if (!applied.ok) throw new Error(`an observed change was refused: ${applied.refusal}`);
    }
    return {
      book,
      alongside: async (tx: Database) => {
        const overtaken = await writeReadings(tx, lease, readings);
        if (news.some(({ listingId }) => overtaken.has(listingId))) throw new Overtaken();
      },
    };
  });
  await wakePropagation(shopId);
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
