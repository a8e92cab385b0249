import type { SandboxContext } from "../context.ts";

/** specs/channel-limits.json, ebay.perListing (documented): beyond it eBay refuses until the next day. */
const revisionsPerListingPerDayMax = 250;

/** Revisions of one listing on one day. */
interface Revisions {
  readonly day: string;
  count: number;
}

export type SavedRevisions = readonly (readonly [listing: string, revisions: Revisions])[];

/** How often each listing was revised today, by either API; a listing with variations counts as one. */
export class EbayRevisions {
  readonly #context: SandboxContext;
  readonly #byListing = new Map<string, Revisions>();

  constructor(context: SandboxContext) {
    this.#context = context;
  }

  /** False: the listing has had its revisions of today. */
  count(listing: string): boolean {
    // The platform's day is Pacific; for the limit's effect any fixed day will do.
    const day = new Date(this.#context.now()).toISOString().slice(0, 10);
    const known = this.#byListing.get(listing);
    const today = known?.day === day ? known : { day, count: 0 };
    const max = revisionsPerListingPerDayMax * this.#context.faults().rateLimitFactor;
    if (today.count >= max) return false;
    today.count += 1;
    this.#byListing.set(listing, today);
    return true;
  }

  snapshot(): SavedRevisions {
    return [...this.#byListing];
  }

  restore(saved: SavedRevisions): void {
    for (const [listing, revisions] of saved) this.#byListing.set(listing, { ...revisions });
  }
}
