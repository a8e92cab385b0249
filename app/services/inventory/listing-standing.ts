import { needsPush } from "#app/domain/propagation/sellable.ts";

/** The facts of one listing that say where it stands. Quantities are whole units. */
export interface ListingFacts {
  /** active | paused | ended | missing | held */
  readonly state: string;
  /** What we believe the channel shows; null while that is not known. */
  readonly believed: number | null;
  /** What it should show. */
  readonly expected: number;
  readonly lastError: string | null;
  /** A write is out and its answer is not known. */
  readonly writing: boolean;
}

/** in-step: shows what it should. behind: will soon. failed: the last write was refused. resting: not ours to write now. */
export type ListingStanding = "in-step" | "behind" | "failed" | "resting";

/** Where one listing stands. The overview counts by the same rule in SQL (overview/listing-counts.ts). */
export function listingStanding(listing: ListingFacts): ListingStanding {
  if (listing.state !== "active") return "resting";
  if (listing.lastError !== null) return "failed";
  return needsPush(listing.believed, listing.expected) || listing.writing ? "behind" : "in-step";
}

const worstFirst = ["failed", "behind", "in-step", "resting"] as const;

/** One standing for several listings: the worst of them; in-step when there is none. */
export function worstStanding(standings: readonly ListingStanding[]): ListingStanding {
  return worstFirst.find((standing) => standings.includes(standing)) ?? "in-step";
}

/**
 * What to tell people and programs that a channel shows: what we believe; while a write is under way
 * and nothing is believed, the number it last confirmed; null before the first read or write. Never
 * below 0: that is what buyers see of a negative number.
 */
export function shownBy(listing: {
  readonly expectedQty: number | null;
  readonly ackedQty: number | null;
}): number | null {
  const shown = listing.expectedQty ?? listing.ackedQty;
  return shown === null ? null : Math.max(0, shown);
}

/** A listing's state to people: one that the merchant paused is paused, whatever the channel calls it. */
export function stateOf(listing: {
  readonly state: string;
  readonly pausedAs: string | null;
}): string {
  return listing.pausedAs === null ? listing.state : "paused";
}
