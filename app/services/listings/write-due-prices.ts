import type { ListingRef, PriceWrite } from "#app/channels/contract.ts";
import { db } from "#app/db/client.server.ts";
import type { DueConnection } from "#app/db/due-connection.repo.ts";
import {
  claimDuePrices,
  readPriceConnections,
  writePrices,
  type DuePrice,
  type PriceOutcome,
} from "#app/db/price.repo.ts";
import { decimalOf, type Money } from "#app/domain/money.ts";
import { faultWords, type Fault } from "#app/domain/propagation/faults.ts";
import { decideRetry } from "#app/domain/propagation/retry-policy.ts";
import { logger } from "#app/lib/logger.ts";
import {
  isConnectionTrouble,
  openSession,
  type OpenConnection,
} from "#app/services/connections/open-session.ts";
import { pauseForFault } from "#app/services/connections/pause-for-fault.ts";

/** How often a worker looks whether prices are due. */
export const priceLookEveryMs = 2_000;
const callMsMax = 60_000;
/** A worker that died is followed by another one after this. */
const claimMs = 2 * callMsMax;
/** The first look whether a price is shown, and the wait between looks after it. */
const firstLookMs = 1_000;
const lookEveryMs = 15_000;
/** Batches of one connection in one turn. */
const batchesMax = 20;

/** Writes prices that are wanted, and looks whether those that were accepted are shown. */
export async function writeDuePrices(): Promise<void> {
  const connections = await readPriceConnections(db());
  await Promise.all(connections.map(writeSafely));
}

async function writeSafely(due: DueConnection): Promise<void> {
  try {
    await writeConnectionPrices(due);
  } catch (error) {
    const err = isConnectionTrouble(error) ? undefined : error;
    logger.warn({ ...due, err }, "prices could not be written");
  }
}

/** One connection's due prices. */
export async function writeConnectionPrices(due: DueConnection): Promise<void> {
  const connection = await openSession(due.shopId, due.connectionId);
  const listingsMax = connection.channel.push.batchSizeMax;
  for (let batches = 0; batches < batchesMax; batches += 1) {
    const prices = await claimDuePrices(db(), due, { listingsMax, claimMs });
    if (prices.length === 0) return;
    const unsent = prices.filter(({ sentAt }) => sentAt === null);
    const sent = prices.filter(({ sentAt }) => sentAt !== null);
    const outcomes = [...(await write(connection, unsent)), ...(await look(connection, sent))];
    await writePrices(
      db(),
      due.shopId,
      outcomes.map(({ outcome }) => outcome),
    );
    const revoked = outcomes.find(({ pause }) => pause !== undefined);
    if (revoked?.pause !== undefined) {
      await pauseForFault(due, revoked.pause);
      return;
    }
  }
}

interface Decided {
  readonly outcome: PriceOutcome;
  /** Why the connection has to pause. */
  readonly pause?: string;
}

async function write(
  { session, channel }: OpenConnection,
  prices: readonly DuePrice[],
): Promise<Decided[]> {
  if (prices.length === 0) return [];
  const writes = prices.map((price): PriceWrite => ({
    ...refOf(price),
    price: { minor: Number(price.wantedMinor), currency: price.currency },
  }));
  const signal = AbortSignal.timeout(callMsMax);
  const results = (await session.setPrices?.(writes, signal)) ?? [];
  return prices.map((price, index) => {
    const result = results[index];
    if (result?.ok) return decided(price, { kind: "sent", lookAfterMs: firstLookMs });
    const message = `${channel.label} gave no result for this listing`;
    return afterFault(price, result?.fault ?? { kind: "unexpected", message });
  });
}

async function look(
  { session, channel }: OpenConnection,
  prices: readonly DuePrice[],
): Promise<Decided[]> {
  if (prices.length === 0) return [];
  const reads = await session.readListings(prices.map(refOf), AbortSignal.timeout(callMsMax));
  return prices.map((price, index) => {
    const read = reads[index];
    if (read?.ok) return afterReading(channel, price, read.price);
    const message = `${channel.label} gave no reading`;
    return afterFault(price, read?.fault ?? { kind: "unexpected", message });
  });
}

function afterReading(
  channel: OpenConnection["channel"],
  price: DuePrice,
  shown: Money | null,
): Decided {
  if (shown?.minor === Number(price.wantedMinor) && shown.currency === price.currency) {
    return decided(price, { kind: "shown" });
  }
  const sinceMs = Date.now() - (price.sentAt?.getTime() ?? 0);
  if (sinceMs < channel.visibleAfterMsMax) {
    const error = `${channel.label} accepted the price and does not show it yet.`;
    return decided(price, { kind: "again", afterMs: lookEveryMs, error, attempts: 0 });
  }
  const words = shown ? `still shows ${decimalOf(shown)} ${shown.currency}` : "shows no price";
  const error = `${channel.label} accepted the price and ${words}: look at the listing there.`;
  const shownMinor = shown ? BigInt(shown.minor) : null;
  return decided(price, { kind: "refused", error, shownMinor });
}

function refOf({ listingId, sku, externalIds }: DuePrice): ListingRef {
  return { listingId, sku, externalIds };
}

function decided(price: DuePrice, became: PriceOutcome["became"]): Decided {
  const { listingId, wantedMinor } = price;
  return { outcome: { listingId, wantedMinor, became } };
}

function afterFault(price: DuePrice, fault: Fault): Decided {
  const error = faultWords(fault);
  const retry = decideRetry(fault, price.attempts, Math.random());
  if (retry.action === "again") {
    const attempts = price.attempts + (retry.counts ? 1 : 0);
    return decided(price, { kind: "again", afterMs: retry.afterMs, error, attempts });
  }
  if (retry.action === "pause-connection") {
    const again = { kind: "again", afterMs: 0, error, attempts: price.attempts } as const;
    return { ...decided(price, again), pause: fault.message };
  }
  return decided(price, { kind: "refused", error, shownMinor: null });
}
