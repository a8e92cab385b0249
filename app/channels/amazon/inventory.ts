import type { Fault } from "#app/domain/propagation/faults.ts";
import type { ListingRef, QuantityWrite, ReadResult, WriteResult } from "../contract.ts";
import { mapBounded } from "../map-bounded.ts";
import type { AmazonContext } from "./auth.ts";
import type { AmazonClient } from "./client.ts";
import { amazonLimits } from "./config.ts";
import { fulfilmentMemory, memoryKey } from "./fulfilment-memory.ts";
import { findEach, refusalsBeforeWriting, unmappedFault } from "./lookup.ts";
import { quantityChange, readResultOf, skuOf, type AttributeChange } from "./listing-mapping.ts";
import { writeAttribute } from "./write-attribute.ts";

/** Writes in one push, a second's worth: the next push decides anew what is most urgent. */
export const pushBatchSizeMax = Math.ceil(amazonLimits.patchListingsItem.ratePerSecond);
const patchConcurrencyMax = Math.min(pushBatchSizeMax, 20);

/**
 * Sets the merchant-fulfilled quantity of each SKU. ACCEPTED counts as written; Amazon shows it
 * seconds to minutes later. After the first rate limit the remaining writes are given back unsent.
 */
export function pushQuantities(
  context: AmazonContext,
  client: AmazonClient,
  { writes, signal }: { readonly writes: readonly QuantityWrite[]; readonly signal: AbortSignal },
): Promise<readonly WriteResult[]> {
  const changeOf = (write: QuantityWrite) => quantityChange(write.quantity);
  return writeEach(context, client, { writes, changeOf, signal });
}

/** Makes one change of each listing that the merchant ships; the same rules for quantities and prices. */
export async function writeEach<Write extends ListingRef>(
  context: AmazonContext,
  client: AmazonClient,
  wish: {
    readonly writes: readonly Write[];
    /** The change, or why it is not even sent. */
    readonly changeOf: (write: Write) => AttributeChange | Fault;
    readonly signal: AbortSignal;
  },
): Promise<readonly WriteResult[]> {
  const { writes, changeOf, signal } = wish;
  const refusals = await refusalsBeforeWriting(context, client, { listings: writes, signal });
  let rateLimited: Fault | undefined;
  return mapBounded(writes, patchConcurrencyMax, async (write): Promise<WriteResult> => {
    const sku = skuOf(write);
    const change = changeOf(write);
    const refusal = refusals.get(write) ?? ("kind" in change ? change : rateLimited);
    if (refusal || sku === null || "kind" in change) {
      return { ok: false, fault: refusal ?? unmappedFault };
    }
    const fault = await writeAttribute(context, client, { sku, change, signal });
    if (fault === null) return { ok: true };
    if (fault.kind === "rate-limited") rateLimited = fault;
    if (fault.kind === "unknown-listing") fulfilmentMemory.forget(memoryKey(context, sku));
    return { ok: false, fault };
  });
}

/** What each listing shows, 20 per call. */
export async function readListings(
  context: AmazonContext,
  client: AmazonClient,
  request: { readonly listings: readonly ListingRef[]; readonly signal: AbortSignal },
): Promise<readonly ReadResult[]> {
  const reads = await findEach(context, client, request);
  return reads.map((read) =>
    "fault" in read
      ? { ok: false, fault: read.fault }
      : readResultOf(read.item, context.settings.marketplaceId),
  );
}
