import type { ImportedListing } from "#app/channels/contract.ts";
import type { ImportedRow } from "#app/db/import.repo.ts";
import { newId } from "#app/lib/ids.ts";

/** Texts of the channel's own are cut to this: a title is for people. */
const titleCharsMax = 500;
const urlCharsMax = 2_000;
const keyCharsMax = 200;

/**
 * A page's listings as rows. One that comes twice in a page counts once (a list that changes while it is read); one
 * whose key is too long to be a key is left out and named.
 */
export function listingRows(listings: readonly ImportedListing[]): {
  readonly rows: readonly ImportedRow[];
  readonly leftOut: readonly string[];
} {
  const byKey = new Map<string, ImportedRow>();
  const leftOut: string[] = [];
  for (const listing of listings) {
    const key = storable(listing.key);
    if (!key || key.length > keyCharsMax) leftOut.push(listing.title);
    else byKey.set(key, rowOf(listing, key));
  }
  return { rows: [...byKey.values()], leftOut };
}

function rowOf(listing: ImportedListing, key: string): ImportedRow {
  const url = storable(listing.url);
  return {
    id: newId(),
    listing_key: key,
    external_ids: listing.externalIds,
    order_key: storable(listing.orderKey) ?? key,
    external_location_id: listing.externalLocationId,
    held: listing.heldByChannel,
    channel_sku: storable(listing.sku),
    title: storable(listing.title)?.slice(0, titleCharsMax) ?? "",
    barcode: storable(listing.barcode),
    url: url && url.length <= urlCharsMax ? url : null,
    channel_state: listing.state,
    price_minor: listing.price?.minor ?? null,
    currency: listing.price?.currency ?? null,
    quantity: listing.quantity,
  };
}

/** Postgres holds no NUL and no half of a character pair. */
function storable(text: string | null): string | null {
  return text === null ? null : text.toWellFormed().replaceAll("\0", "\uFFFD");
}
