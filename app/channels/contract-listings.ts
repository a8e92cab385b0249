import type { Money } from "#app/domain/money.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";

/** Which thing at the channel a listing is. `externalIds` is the channel's own business (mapping.ts). */
export interface ListingRef {
  readonly listingId: string;
  readonly sku: string;
  readonly externalIds: Readonly<Record<string, string>>;
}

export interface QuantityWrite extends ListingRef {
  /** Sellable: what the listing should show. Integer ≥ 0. */
  readonly quantity: number;
  /** quantity − what we believe the channel shows; only `difference` channels look at it. */
  readonly delta: number;
  /** One per intent; a retry of the same intent carries the same key. UUID. */
  readonly idempotencyKey: string;
}

export interface PriceWrite extends ListingRef {
  /** In the currency the listing is sold in; another one is `rejected`. */
  readonly price: Money;
}

export type WriteResult = { readonly ok: true } | { readonly ok: false; readonly fault: Fault };

/**
 * What a listing is at the channel, for merchants and for the push.
 * - `active`     buyers can find it (sold out counts as active)
 * - `inactive`   it exists and is not on sale: draft, paused, hidden, in review
 * - `ended`      it is over; selling again needs `relistListings`
 * - `suppressed` the channel took it off sale (policy, missing data): only the merchant can mend it
 */
export const listingStates = ["active", "inactive", "ended", "suppressed"] as const;
export type ListingState = (typeof listingStates)[number];

export type ReadResult =
  | {
      readonly ok: true;
      /** What a buyer could buy now. */
      readonly quantity: number;
      /** The time the channel gives for the number, ISO 8601, where it gives one. */
      readonly asOf: string | null;
      /** Null where the channel's answer carries no price. */
      readonly price: Money | null;
      readonly state: ListingState;
    }
  | { readonly ok: false; readonly fault: Fault };

/** A listing as an import finds it, not matched to anything yet. */
export interface ImportedListing {
  /**
   * What makes it the same listing at every import, whatever else changes: eBay's offer id, Etsy's listing id with the
   * property values, Shopify's inventory item with the location. At most 200 characters.
   */
  readonly key: string;
  /** What every later call about it needs (`ListingRef.externalIds`); an import brings it up to date. */
  readonly externalIds: Readonly<Record<string, string>>;
  /** How order lines of this channel name the listing (`OrderLineSnapshot.orderKey`). */
  readonly orderKey: string;
  /** The seller's own SKU text as it stands there, space and case kept; null where there is none. */
  readonly sku: string | null;
  readonly title: string;
  /** GTIN, UPC, EAN or ISBN, digits as given. */
  readonly barcode: string | null;
  /** What it shows now, where the import tells. */
  readonly quantity: number | null;
  readonly price: Money | null;
  readonly state: ListingState;
  /** The channel's own warehouse holds the stock (FBA, WFS, FBT, FBF): it is shown and never written. */
  readonly heldByChannel: boolean;
  /** The location at the channel whose stock this listing shows (Shopify); null pools all. */
  readonly externalLocationId: string | null;
  /** That location's name, where the import tells. */
  readonly externalLocationName?: string;
  /** Its page for people, where the import tells. */
  readonly url: string | null;
}

export type ListingsPage =
  | {
      readonly ok: true;
      readonly listings: readonly ImportedListing[];
      /** Give it back for the next page, in this process or another one, up to a day later; null: that was all. */
      readonly cursor: string | null;
      /** How many listings there are in all, where the channel tells. */
      readonly total: number | null;
      /** The channel is still at work on its report: ask again with `cursor` after this many ms. */
      readonly waitMs?: number;
    }
  | { readonly ok: false; readonly fault: Fault };

/** A bulk job that was handed in. `handle` is the channel's own business, at most 500 characters. */
export type BulkStart =
  { readonly ok: true; readonly handle: string } | { readonly ok: false; readonly fault: Fault };

export type BulkProgress =
  | { readonly ok: true; readonly done: false; readonly pollAfterMs: number }
  /** One result per write, in the writes' order. */
  | { readonly ok: true; readonly done: true; readonly results: readonly WriteResult[] }
  | { readonly ok: false; readonly fault: Fault };

/** What became of a listing that was put back on sale. */
export type RelistResult =
  | {
      readonly ok: true;
      /** Set when the channel gave it new ids (eBay: a new item number). */
      readonly externalIds?: Readonly<Record<string, string>>;
    }
  | { readonly ok: false; readonly fault: Fault };
