import type { Fault } from "#app/domain/propagation/faults.ts";
import type { AmazonContext } from "./auth.ts";
import type { AmazonClient, AmazonResult } from "./client.ts";
import { faultOfSubmission, refusesMerge } from "./errors.ts";
import { listingPath, readAttributes } from "./lookup.ts";
import {
  isAmazonsCode,
  patchOf,
  shippedByAmazonFault,
  type AttributeChange,
} from "./listing-mapping.ts";
import { submissionAnswer, type AttributeValue, type Submission } from "./wire-listings.ts";

interface AttributeWish {
  readonly sku: string;
  readonly change: AttributeChange;
  readonly signal: AbortSignal;
}

/**
 * Changes one attribute of a listing and leaves the rest of it as it is. `merge` does that by itself; where an
 * account or product type refuses it (channels.md 14.2), the attribute is read and sent back whole.
 * @returns null when Amazon took it
 */
export async function writeAttribute(
  context: AmazonContext,
  client: AmazonClient,
  wish: AttributeWish,
): Promise<Fault | null> {
  const { sku, change, signal } = wish;
  const merged = await patch(context, client, { sku, signal, body: mergeOf(change) });
  if (!merged.ok) return merged.fault;
  const fault = faultOfSubmission(merged.data, change.what);
  if (fault === null || !refusesMerge(merged.data.issues)) return fault;
  return await writeWhole(context, client, wish);
}

async function writeWhole(
  context: AmazonContext,
  client: AmazonClient,
  { sku, change, signal }: AttributeWish,
): Promise<Fault | null> {
  const read = await readAttributes(context, client, { sku, signal });
  if (!read.ok) return read.fault;
  // Sent back, an Amazon-fulfilled entry would be written: never.
  if (read.data.fulfillment_availability.some(isAmazons)) return shippedByAmazonFault;
  const value = change.replaced(read.data[change.attribute]);
  const body = patchOf(change, "replace", value);
  const replaced = await patch(context, client, { sku, signal, body });
  return replaced.ok ? faultOfSubmission(replaced.data, change.what) : replaced.fault;
}

function isAmazons(value: AttributeValue): boolean {
  return isAmazonsCode(value["fulfillment_channel_code"]);
}

function mergeOf(change: AttributeChange) {
  return patchOf(change, "merge", change.merged);
}

function patch(
  context: AmazonContext,
  client: AmazonClient,
  wish: {
    readonly sku: string;
    readonly body: ReturnType<typeof patchOf>;
    readonly signal: AbortSignal;
  },
): Promise<AmazonResult<Submission>> {
  return client.call({
    operation: "patchListingsItem",
    method: "PATCH",
    path: listingPath(context, wish.sku),
    query: { marketplaceIds: context.settings.marketplaceId, issueLocale: "en_US" },
    body: wish.body,
    data: submissionAnswer,
    signal: wish.signal,
  });
}
