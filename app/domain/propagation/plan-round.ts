import { needsPush, sellable, urgency } from "./sellable.ts";
import { writeDelayMs } from "./write-budget.ts";

/** What a round needs to know about one listing. */
export interface PlannableListing {
  readonly expected: number | null;
  /** The merchant paused it. */
  readonly paused: boolean;
  readonly available: readonly number[];
  readonly safetyStock: number;
  readonly writesToday: number;
  readonly ackedAt: Date | null;
  /** After a refusal: when the channel may be asked again. */
  readonly lockedUntil: Date | null;
}

export interface RoundLimits {
  /** Listings in one call. */
  readonly batchSizeMax: number;
  readonly perListingPerDayMax: number | undefined;
  readonly quantityMax?: number | undefined;
  /** A channel that takes differences cannot be written while nothing is known of what it shows. */
  readonly mode: "absolute" | "difference";
  /** The channel's bulk job, where it has one and none is running. */
  readonly bulk?: { readonly sizeMin: number; readonly sizeMax: number } | undefined;
  readonly now: Date;
}

export interface Round<T> {
  /** To push now, most urgent first, with what each should show. */
  readonly push: readonly { readonly listing: T; readonly quantity: number }[];
  /** To go out together in one bulk job. */
  readonly bulk: readonly { readonly listing: T; readonly quantity: number }[];
  readonly inStep: readonly T[];
  /** For a later round. */
  readonly deferred: readonly { readonly listing: T; readonly afterMs: number }[];
  /** To be read before anything can be decided. */
  readonly unread: readonly T[];
}

/** A listing that may not be written today looks again after this long. */
const budgetWaitMsMax = 15 * 60_000;

/** Decides what one round of propagation does with the listings that were touched or are due. Pure. */
export function planRound<T extends PlannableListing>(
  listings: readonly T[],
  limits: RoundLimits,
): Round<T> {
  const inStep: T[] = [];
  const unread: T[] = [];
  const deferred: { listing: T; afterMs: number }[] = [];
  const wanted: { listing: T; quantity: number; urgency: number }[] = [];
  for (const listing of listings) {
    const quantity = listing.paused ? 0 : sellable({ ...listing, quantityMax: limits.quantityMax });
    if (!needsPush(listing.expected, quantity)) {
      inStep.push(listing);
    } else if (limits.mode === "difference" && listing.expected === null) {
      unread.push(listing);
    } else {
      const waitMs = delayMs(listing, quantity, limits);
      if (waitMs > 0) deferred.push({ listing, afterMs: Math.min(waitMs, budgetWaitMsMax) });
      else wanted.push({ listing, quantity, urgency: urgency(listing.expected, quantity) });
    }
  }
  wanted.sort((a, b) => a.urgency - b.urgency);
  const push = wanted.slice(0, limits.batchSizeMax);
  const rest = wanted.slice(limits.batchSizeMax);
  const bulk = bulkOf(rest, limits);
  for (const { listing } of rest.filter((one) => !bulk.includes(one))) {
    deferred.push({ listing, afterMs: 0 });
  }
  return { push, bulk, inStep, deferred, unread };
}

/**
 * What waits is worth a job when it is much. Sold-out listings stay out of it: a job may take an hour (channels.md
 * 3.4, 6.2), and a call does not.
 */
function bulkOf<W extends { readonly quantity: number }>(
  waiting: readonly W[],
  { bulk }: RoundLimits,
): readonly W[] {
  const patient = waiting.filter(({ quantity }) => quantity > 0);
  return bulk && patient.length >= bulk.sizeMin ? patient.slice(0, bulk.sizeMax) : [];
}

/** A wait this long was named by the channel (a lock, a daily limit); our own back-off yields to news. */
const namedWaitMsMin = 60_000;

function delayMs(listing: PlannableListing, wanted: number, limits: RoundLimits): number {
  const lockedMs = (listing.lockedUntil?.getTime() ?? 0) - limits.now.getTime();
  if (lockedMs >= namedWaitMsMin) return lockedMs;
  if (limits.perListingPerDayMax === undefined) return 0;
  return writeDelayMs({
    usedToday: listing.writesToday,
    perDayMax: limits.perListingPerDayMax,
    wanted,
    lastWriteAt: listing.ackedAt,
    now: limits.now,
  });
}
