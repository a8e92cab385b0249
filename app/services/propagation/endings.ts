import { ChannelFault } from "#app/channels/contract.ts";
import { db } from "#app/db/client.server.ts";
import {
  readEndings,
  readRelistable,
  writeEndings,
  type EndingOutcome,
} from "#app/db/ending.repo.ts";
import type { Lease } from "#app/db/propagation.repo.ts";
import { faultWords, type Fault } from "#app/domain/propagation/faults.ts";
import { decideRetry } from "#app/domain/propagation/retry-policy.ts";
import { newId } from "#app/lib/ids.ts";
import type { OpenConnection } from "#app/services/connections/open-session.ts";

/** One call's listings have this long. */
const callMsMax = 60_000;

/**
 * Ends listings that show 0 where the merchant chose that over "sold out", and puts them back once there is stock.
 * Quantity 0 went out before, ahead of everything: ending is what follows in peace.
 * @returns whether anything changed
 */
export async function settleEndings(lease: Lease, connection: OpenConnection): Promise<boolean> {
  const { endListings, relistListings } = connection.session;
  if (!endListings || !relistListings) return false;
  const ended = await endSome(lease, connection, endListings);
  const relisted = await relistSome(lease, connection, relistListings);
  return ended || relisted;
}

async function endSome(
  lease: Lease,
  { channel }: OpenConnection,
  endListings: NonNullable<OpenConnection["session"]["endListings"]>,
): Promise<boolean> {
  const listings = await readEndings(db(), lease, channel.push.batchSizeMax);
  if (listings.length === 0) return false;
  const results = await attempt(
    () => endListings(listings, AbortSignal.timeout(callMsMax)),
    listings.length,
  );
  const outcomes = listings.map(({ listingId }, index): EndingOutcome => {
    const result = results[index] ?? nothingSaid;
    return result.ok
      ? { ...plain(listingId), state: "ended", expected: 0 }
      : afterFault(listingId, "active", result.fault);
  });
  await writeEndings(db(), lease, outcomes);
  return outcomes.some(({ error }) => error === null);
}

async function relistSome(
  lease: Lease,
  { channel }: OpenConnection,
  relistListings: NonNullable<OpenConnection["session"]["relistListings"]>,
): Promise<boolean> {
  const listings = await readRelistable(db(), lease, channel.push.batchSizeMax);
  if (listings.length === 0) return false;
  const writes = listings.map((listing) => ({
    ...listing,
    quantity: Math.min(listing.quantity, channel.push.quantityMax ?? Infinity),
    delta: 0,
    idempotencyKey: newId(),
  }));
  const results = await attempt(
    () => relistListings(writes, AbortSignal.timeout(callMsMax)),
    writes.length,
  );
  const outcomes = writes.map(({ listingId, quantity }, index): EndingOutcome => {
    const result = results[index] ?? nothingSaid;
    if (!result.ok) return afterFault(listingId, "ended", result.fault);
    const externalIds = result.externalIds ?? null;
    return { ...plain(listingId), state: "active", expected: quantity, externalIds };
  });
  await writeEndings(db(), lease, outcomes);
  return outcomes.some(({ error }) => error === null);
}

const nothingSaid = {
  ok: false as const,
  fault: { kind: "unexpected" as const, message: "the channel gave no result for this listing" },
};

function plain(listingId: string) {
  return { listingId, expected: null, externalIds: null, error: null, retryAfterMs: null };
}

/** A fault that asking again cannot mend waits for a day: the merchant sees it at the listing. */
const hopelessMs = 24 * 60 * 60_000;

function afterFault(listingId: string, state: "active" | "ended", fault: Fault): EndingOutcome {
  const retry = decideRetry(fault, 0, Math.random());
  const gone = retry.action === "listing-missing";
  return {
    ...plain(listingId),
    state: gone ? "missing" : state,
    error: faultWords(fault),
    retryAfterMs: gone ? null : retry.action === "again" ? retry.afterMs : hopelessMs,
  };
}

async function attempt<Result>(
  call: () => Promise<readonly (Result | { readonly ok: false; readonly fault: Fault })[]>,
  count: number,
): Promise<readonly (Result | { readonly ok: false; readonly fault: Fault })[]> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof ChannelFault)) throw error;
    if (error.fault.kind === "revoked") throw error;
    return Array.from({ length: count }, () => ({ ok: false as const, fault: error.fault }));
  }
}
