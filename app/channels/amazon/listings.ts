import type { Fault } from "#app/domain/propagation/faults.ts";
import { mapBounded } from "../map-bounded.ts";
import type { AmazonContext } from "./auth.ts";
import type { AmazonClient } from "./client.ts";
import { listingItem, listingsAnswer, type ListingItem } from "./wire.ts";

/** SKUs one searchListingsItems call takes. */
export const searchSizeMax = 20;
const getConcurrencyMax = 5;

export type FoundListings =
  | { readonly ok: true; readonly items: ReadonlyMap<string, ListingItem> }
  | { readonly ok: false; readonly fault: Fault };

/** Path of a seller's listing; every SKU text is allowed in it. */
export function listingPath(context: AmazonContext, sku: string): string {
  return `${listingsPath(context)}/${encodeURIComponent(sku)}`;
}

function listingsPath(context: AmazonContext): string {
  return `/listings/2021-08-01/items/${encodeURIComponent(context.accountId)}`;
}

/** Reads at most {@link searchSizeMax} listings by SKU; one that Amazon does not know is left out. */
export async function findListings(
  context: AmazonContext,
  client: AmazonClient,
  { skus, signal }: { readonly skus: readonly string[]; readonly signal: AbortSignal },
): Promise<FoundListings> {
  const query = {
    marketplaceIds: context.settings.marketplaceId,
    includedData: "fulfillmentAvailability",
  };
  const items = new Map<string, ListingItem>();
  // The search takes a comma-separated list: a SKU with a comma in it is asked for by itself.
  const searchable = skus.filter((sku) => !sku.includes(","));
  if (searchable.length > 0) {
    const found = await client({
      operation: "searchListingsItems",
      method: "GET",
      path: listingsPath(context),
      query: {
        ...query,
        identifiersType: "SKU",
        identifiers: searchable.join(","),
        pageSize: String(searchSizeMax),
      },
      data: listingsAnswer,
      signal,
    });
    if (!found.ok) return found;
    for (const item of found.data.items) items.set(item.sku, item);
  }
  const single = skus.filter((sku) => sku.includes(","));
  const results = await mapBounded(single, getConcurrencyMax, (sku) =>
    client({
      operation: "getListingsItem",
      method: "GET",
      path: listingPath(context, sku),
      query,
      data: listingItem,
      signal,
    }),
  );
  for (const result of results) {
    if (result.ok) items.set(result.data.sku, result.data);
    else if (result.fault.kind !== "unknown-listing") return result;
  }
  return { ok: true, items };
}
