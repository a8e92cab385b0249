import type { Fault } from "#app/domain/propagation/faults.ts";
import type { ListingRef, QuantityWrite, ReadResult, WriteResult } from "../contract.ts";
import { chunked, mapBounded } from "../map-bounded.ts";
import type { AmazonContext } from "./auth.ts";
import type { AmazonClient } from "./client.ts";
import { amazonLimits } from "./config.ts";
import { faultOfSubmission } from "./errors.ts";
import { FulfilmentMemory } from "./fulfilment-memory.ts";
import { findListings, listingPath, searchSizeMax } from "./listings.ts";
import {
  isShippedByAmazon,
  quantityPatch,
  readResultOf,
  shippedByAmazonFault,
  skuOf,
} from "./mapping.ts";
import { submissionAnswer, type ListingItem } from "./wire.ts";

/** Writes in one push, a second's worth: the next push decides anew what is most urgent. */
export const pushBatchSizeMax = Math.ceil(amazonLimits.patchListingsItem.ratePerSecond);
const patchConcurrencyMax = Math.min(pushBatchSizeMax, 20);

const memory = new FulfilmentMemory();

/**
 * Sets the merchant-fulfilled quantity of each SKU. ACCEPTED counts as written; Amazon shows it
 * seconds to minutes later. After the first rate limit the remaining writes are given back unsent.
 */
export async function pushQuantities(
  context: AmazonContext,
  client: AmazonClient,
  { writes, signal }: { readonly writes: readonly QuantityWrite[]; readonly signal: AbortSignal },
): Promise<readonly WriteResult[]> {
  const refusals = await refusalsBeforeWriting(context, client, { listings: writes, signal });
  let rateLimited: Fault | undefined;
  return mapBounded(writes, patchConcurrencyMax, async (write): Promise<WriteResult> => {
    const sku = skuOf(write);
    const refusal = refusals.get(write) ?? rateLimited;
    if (refusal || sku === null) return { ok: false, fault: refusal ?? unmappedFault };
    const result = await client({
      operation: "patchListingsItem",
      method: "PATCH",
      path: listingPath(context, sku),
      query: { marketplaceIds: context.settings.marketplaceId, issueLocale: "en_US" },
      body: quantityPatch(write.quantity),
      data: submissionAnswer,
      signal,
    });
    const fault = result.ok ? faultOfSubmission(result.data) : result.fault;
    if (fault === null) return { ok: true };
    if (fault.kind === "rate-limited") rateLimited = fault;
    if (fault.kind === "unknown-listing") memory.forget(memoryKey(context, sku));
    return { ok: false, fault };
  });
}

/** Which of the listings must not be written, and why. Looks at those not seen lately. */
async function refusalsBeforeWriting(
  context: AmazonContext,
  client: AmazonClient,
  { listings, signal }: { readonly listings: readonly ListingRef[]; readonly signal: AbortSignal },
): Promise<Map<ListingRef, Fault>> {
  const nowMs = context.now().getTime();
  const unsure = listings.filter((listing) => {
    const sku = skuOf(listing);
    return sku === null || !memory.isMerchant(memoryKey(context, sku), nowMs);
  });
  const reads = await findEach(context, client, { listings: unsure, signal });
  const refusals = new Map<ListingRef, Fault>();
  unsure.forEach((listing, index) => {
    const read = reads[index];
    if (!read || "fault" in read) refusals.set(listing, read?.fault ?? unmappedFault);
    else if (isShippedByAmazon(read.item)) refusals.set(listing, shippedByAmazonFault);
  });
  return refusals;
}

/** What each listing shows, 20 per call. */
export async function readListings(
  context: AmazonContext,
  client: AmazonClient,
  request: { readonly listings: readonly ListingRef[]; readonly signal: AbortSignal },
): Promise<readonly ReadResult[]> {
  const reads = await findEach(context, client, request);
  return reads.map((read) =>
    "fault" in read ? { ok: false, fault: read.fault } : readResultOf(read.item),
  );
}

type ListingRead = { readonly item: ListingItem } | { readonly fault: Fault };

async function findEach(
  context: AmazonContext,
  client: AmazonClient,
  { listings, signal }: { readonly listings: readonly ListingRef[]; readonly signal: AbortSignal },
): Promise<ListingRead[]> {
  const reads = new Map<string, ListingRead>();
  const skus = [...new Set(listings.map(skuOf).filter((sku) => sku !== null))];
  for (const some of chunked(skus, searchSizeMax)) {
    const found = await findListings(context, client, { skus: some, signal });
    for (const sku of some) {
      const item = found.ok ? found.items.get(sku) : undefined;
      if (item) remember(context, item);
      reads.set(sku, item ? { item } : { fault: found.ok ? unknownFault : found.fault });
    }
  }
  return listings.map((listing) => reads.get(skuOf(listing) ?? "") ?? { fault: unmappedFault });
}

function remember(context: AmazonContext, item: ListingItem): void {
  const key = memoryKey(context, item.sku);
  if (isShippedByAmazon(item)) memory.forget(key);
  else memory.sawMerchant(key, context.now().getTime());
}

function memoryKey(context: AmazonContext, sku: string): string {
  return `${context.accountId} ${context.settings.marketplaceId} ${sku}`;
}

const unmappedFault: Fault = {
  kind: "unknown-listing",
  message: "The listing does not say which Amazon SKU it is.",
};
const unknownFault: Fault = {
  kind: "unknown-listing",
  message: "Amazon has no listing of this SKU in this marketplace.",
  code: "NotFound",
};
