import type { Fault } from "#app/domain/propagation/faults.ts";
import type { ListingRef } from "../contract.ts";
import { chunked, mapBounded } from "../map-bounded.ts";
import { unreadableFault } from "../status-fault.ts";
import type { AmazonContext } from "./auth.ts";
import type { AmazonClient, AmazonResult } from "./client.ts";
import { fulfilmentMemory, memoryKey } from "./fulfilment-memory.ts";
import { isShippedByAmazon, shippedByAmazonFault, skuOf } from "./listing-mapping.ts";
import {
  listingAttributes,
  listingItem,
  listingsAnswer,
  type ListingAttributes,
  type ListingItem,
} from "./wire-listings.ts";

/** SKUs one searchListingsItems call takes (models/listingsItems_2021-08-01.json). */
const searchSizeMax = 20;
const getConcurrencyMax = 5;
/** Blocks of an item that say what a buyer sees. */
const readBlocks = "summaries,fulfillmentAvailability,offers,issues";

/** Path of a seller's listing; every SKU text is allowed in it. */
export function listingPath(context: AmazonContext, sku: string): string {
  return `${listingsPath(context)}/${encodeURIComponent(sku)}`;
}

function listingsPath(context: AmazonContext): string {
  return `/listings/2021-08-01/items/${encodeURIComponent(context.accountId)}`;
}

export type ListingRead = { readonly item: ListingItem } | { readonly fault: Fault };

interface ListingsWish {
  readonly listings: readonly ListingRef[];
  readonly signal: AbortSignal;
}

/** Each listing as it is now, 20 per call; in the listings' order. */
export async function findEach(
  context: AmazonContext,
  client: AmazonClient,
  { listings, signal }: ListingsWish,
): Promise<ListingRead[]> {
  const reads = new Map<string, ListingRead>();
  const skus = [...new Set(listings.map(skuOf).filter((sku) => sku !== null))];
  for (const some of chunked(skus, searchSizeMax)) {
    const found = await findListings(context, client, { skus: some, signal });
    for (const sku of some) {
      const read = found.ok ? found.data.get(sku) : { fault: found.fault };
      if (read && "item" in read) remember(context, read.item);
      reads.set(sku, read ?? { fault: unknownFault });
    }
  }
  return listings.map((listing) => reads.get(skuOf(listing) ?? "") ?? { fault: unmappedFault });
}

/** Which of the listings must not be written, and why. Looks at those not seen lately. */
export async function refusalsBeforeWriting<Listing extends ListingRef>(
  context: AmazonContext,
  client: AmazonClient,
  { listings, signal }: { readonly listings: readonly Listing[]; readonly signal: AbortSignal },
): Promise<Map<Listing, Fault>> {
  const nowMs = context.now().getTime();
  const unsure = listings.filter((listing) => {
    const sku = skuOf(listing);
    return sku === null || !fulfilmentMemory.isMerchant(memoryKey(context, sku), nowMs);
  });
  const reads = await findEach(context, client, { listings: unsure, signal });
  const refusals = new Map<Listing, Fault>();
  unsure.forEach((listing, index) => {
    const read = reads[index];
    if (!read || "fault" in read) refusals.set(listing, read?.fault ?? unmappedFault);
    else if (isShippedByAmazon(read.item)) refusals.set(listing, shippedByAmazonFault);
  });
  return refusals;
}

/** Reads at most {@link searchSizeMax} listings by SKU; one that Amazon does not know is left out. */
async function findListings(
  context: AmazonContext,
  client: AmazonClient,
  { skus, signal }: { readonly skus: readonly string[]; readonly signal: AbortSignal },
): Promise<AmazonResult<ReadonlyMap<string, ListingRead>>> {
  const query = { marketplaceIds: context.settings.marketplaceId, includedData: readBlocks };
  const items = new Map<string, ListingRead>();
  // The search takes a comma-separated list: a SKU with a comma in it is asked for by itself.
  const searchable = skus.filter((sku) => !sku.includes(","));
  if (searchable.length > 0) {
    const found = await client.call({
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
    for (const raw of found.data.items) {
      const item = listingItem.safeParse(raw).data;
      items.set(raw.sku, item ? { item } : { fault: unreadableFault("the listing") });
    }
  }
  const single = skus.filter((sku) => sku.includes(","));
  const results = await mapBounded(single, getConcurrencyMax, (sku) =>
    client.call({
      operation: "getListingsItem",
      method: "GET",
      path: listingPath(context, sku),
      query,
      data: listingItem,
      signal,
    }),
  );
  for (const result of results) {
    if (result.ok) items.set(result.data.sku, { item: result.data });
    else if (result.fault.kind !== "unknown-listing") return result;
  }
  return { ok: true, data: items };
}

/** What the seller has written into a listing's stock and offer, to be sent back with a change. */
export async function readAttributes(
  context: AmazonContext,
  client: AmazonClient,
  { sku, signal }: { readonly sku: string; readonly signal: AbortSignal },
): Promise<AmazonResult<ListingAttributes>> {
  const found = await client.call({
    operation: "getListingsItem",
    method: "GET",
    path: listingPath(context, sku),
    query: { marketplaceIds: context.settings.marketplaceId, includedData: "attributes" },
    data: listingAttributes,
    signal,
  });
  return found.ok ? { ok: true, data: found.data.attributes } : found;
}

/** Whether the seller lists nothing at all in the marketplace. */
export async function hasNoListings(
  context: AmazonContext,
  client: AmazonClient,
  signal: AbortSignal,
): Promise<AmazonResult<boolean>> {
  const found = await client.call({
    operation: "searchListingsItems",
    method: "GET",
    path: listingsPath(context),
    query: { marketplaceIds: context.settings.marketplaceId, pageSize: "1" },
    data: listingsAnswer,
    signal,
  });
  return found.ok ? { ok: true, data: found.data.items.length === 0 } : found;
}

function remember(context: AmazonContext, item: ListingItem): void {
  const key = memoryKey(context, item.sku);
  if (isShippedByAmazon(item)) fulfilmentMemory.forget(key);
  else fulfilmentMemory.sawMerchant(key, context.now().getTime());
}

export const unmappedFault: Fault = {
  kind: "unknown-listing",
  message: "The listing does not say which Amazon SKU it is.",
};
export const unknownFault: Fault = {
  kind: "unknown-listing",
  message: "Amazon has no listing of this SKU in this marketplace.",
  code: "NotFound",
};
