import { explainListing } from "./explain-listing.ts";
import { readSkuHistory, type SkuHistory } from "./read-sku-history.ts";
import { readSku, type SkuListing, type SkuRecord } from "./read-sku.ts";

/** A SKU with everything that explains it. `now` is the server's clock, ISO 8601. */
export interface SkuPageData {
  readonly now: string;
  readonly sku: Omit<SkuRecord, "listings">;
  readonly listings: readonly (SkuListing & { readonly why: string })[];
  readonly history: SkuHistory;
}

/**
 * A SKU's page, or null when the shop has no such SKU.
 * @param before show ledger entries below this number; null shows the newest
 */
export async function readSkuPage(request: {
  readonly shopId: string;
  readonly code: string;
  readonly before: number | null;
}): Promise<SkuPageData | null> {
  const { shopId, code, before } = request;
  const record = await readSku(shopId, code);
  if (record === null) return null;
  const { listings, ...sku } = record;
  const asked = { shopId, skuId: sku.id, listingIds: listings.map((one) => one.listingId) };
  const newest = await readSkuHistory({ ...asked, before: null });
  const history = before === null ? newest : await readSkuHistory({ ...asked, before });
  const labelOf = (id: string | null) =>
    listings.find((listing) => listing.connectionId === id)?.label ?? null;
  const explained = listings.map((listing) => {
    const feeds = (locationId: string) =>
      listing.locationId === null || listing.locationId === locationId;
    const lastEntry = newest.entries.find((entry) => feeds(entry.locationId)) ?? null;
    const why = explainListing({
      listing,
      levels: sku.levels.filter((level) => level.heldBy === null && feeds(level.locationId)),
      safetyStock: sku.safetyStock,
      lastEntry,
      causeLabel: labelOf(lastEntry?.connectionId ?? null),
    });
    return { ...listing, why };
  });
  return { now: new Date().toISOString(), sku, listings: explained, history };
}
