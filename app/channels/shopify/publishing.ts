import type { Fault } from "#app/domain/propagation/faults.ts";
import type { ListingRef, QuantityWrite, RelistResult, WriteResult } from "../contract.ts";
import { chunked } from "../map-bounded.ts";
import type { ShopifyClient } from "./client.ts";
import { setQuantities } from "./compare-and-set.ts";
import * as documents from "./documents.ts";
import { elementOf, faultOfUserError } from "./errors.ts";
import { rememberedOf, unknownVariantFault } from "./listing-mapping.ts";
import { findVariants } from "./variants.ts";
import type { UserError } from "./wire.ts";
import {
  forgetData,
  publicationsData,
  publishData,
  publishedData,
  rememberData,
  unpublishData,
} from "./wire-listings.ts";

/** Variants in one query and one write of metafields: both stay below Shopify's bounds (1,000 points, 25). */
const variantsAtOnceMax = 20;
/** The second try leaves out the sales channels that are gone. */
const publishTriesMax = 2;
/** Of an online store, as installations spell it. */
const onlineStoreHandle = /^online[-_]store$/;
const memoryKey = { namespace: "$app:lockstep", key: "ended" } as const;

/** A variant with where buyers find it, and where they did before we took it off. */
interface PublishedVariant {
  readonly variantId: string;
  /**
   * Its own publications. Variants are published by default, and it is not documented whether those that nobody ever
   * touched have any of their own: without any, and not ended by us, its product's stand for it.
   */
  readonly publicationIds: readonly string[];
  /** Null when we did not take it off. */
  readonly remembered: readonly string[] | null;
}

/** What becomes of each variant. */
type Outcomes = Map<string, WriteResult>;
const done: WriteResult = { ok: true };

/**
 * Takes each listing's variant off every sales channel of the shop, and remembers in the shop where it was
 * (an app-owned metafield). Its listings at other locations end with it: Shopify sells variants, not locations.
 * Remembered first, taken off second: what breaks off in between is finished by the next try.
 */
export async function endListings(
  client: ShopifyClient,
  listings: readonly ListingRef[],
  signal: AbortSignal,
): Promise<readonly WriteResult[]> {
  return forVariants(client, { listings, signal }, async (variants) => {
    const outcomes: Outcomes = await remember(client, variants, signal);
    for (const variant of variants) {
      const { variantId } = variant;
      // What was taken off before is taken off again: nobody knows how far the last try came.
      const ids = everywhereOf(variant);
      if (!outcomes.get(variantId)?.ok || ids.length === 0) continue;
      const result = await client({
        query: documents.unpublishMutation,
        variables: { id: variantId, input: inputOf(ids) },
        cost: documents.mutationCostPoints,
        data: unpublishData,
        optional: true,
        signal,
      });
      outcomes.set(
        variantId,
        outcomeOf(result, (data) => data.publishableUnpublish.userErrors),
      );
    }
    return outcomes;
  });
}

/**
 * Puts each listing's variant back where it was taken off (the online store, where nothing is remembered), and sets
 * its quantity by compare-and-set. Published first: the quantity is the step whose repeat is counted.
 */
export async function relistListings(
  client: ShopifyClient,
  writes: readonly QuantityWrite[],
  signal: AbortSignal,
): Promise<readonly RelistResult[]> {
  const published = await forVariants(client, { listings: writes, signal }, (variants) =>
    publishAgain(client, variants, signal),
  );
  const back = writes.filter((_, index) => published[index]?.ok);
  const set = await setQuantities(client, back, signal);
  const quantities = new Map(back.map((write, index) => [write, set[index]]));
  return writes.map(
    (write, index) => quantities.get(write) ?? published[index] ?? { ok: false, fault: lostFault },
  );
}

async function publishAgain(
  client: ShopifyClient,
  variants: readonly PublishedVariant[],
  signal: AbortSignal,
): Promise<Outcomes> {
  const outcomes: Outcomes = new Map();
  for (const { variantId, publicationIds, remembered } of variants) {
    const before = remembered ?? [];
    const isNowhere = publicationIds.length === 0 && before.length === 0;
    const wanted = isNowhere
      ? await onlineStore(client, signal)
      : { ok: true as const, ids: before.filter((id) => !publicationIds.includes(id)) };
    if (!wanted.ok) outcomes.set(variantId, wanted);
    else outcomes.set(variantId, await publish(client, { variantId, ids: wanted.ids }, signal));
  }
  const restored = variants.filter(
    ({ variantId, remembered }) => remembered !== null && outcomes.get(variantId)?.ok,
  );
  await forget(client, { variants: restored, outcomes }, signal);
  return outcomes;
}

/** Publishes a variant; a sales channel that is gone meanwhile is left out. */
async function publish(
  client: ShopifyClient,
  { variantId, ids }: { readonly variantId: string; readonly ids: readonly string[] },
  signal: AbortSignal,
): Promise<WriteResult> {
  let left = ids;
  let outcome: WriteResult = done;
  for (let tries = 0; left.length > 0 && tries < publishTriesMax; tries += 1) {
    const result = await client({
      query: documents.publishMutation,
      variables: { id: variantId, input: inputOf(left) },
      cost: documents.mutationCostPoints,
      data: publishData,
      optional: true,
      signal,
    });
    outcome = outcomeOf(result, (data) => data.publishablePublish.userErrors);
    if (!result.ok || outcome.ok) return outcome;
    const gone = new Set(result.data.publishablePublish.userErrors.map((it) => elementOf(it, 1)));
    const kept = left.filter((_, index) => !gone.has(index));
    // Nothing to leave out, or nothing left.
    if (kept.length === left.length) return outcome;
    left = kept;
  }
  return outcome;
}

/** Where buyers find what was never published by us. */
async function onlineStore(
  client: ShopifyClient,
  signal: AbortSignal,
): Promise<
  | { readonly ok: true; readonly ids: readonly string[] }
  | { readonly ok: false; readonly fault: Fault }
> {
  const result = await client({
    query: documents.publicationsQuery,
    variables: {},
    cost: documents.publicationsCostPoints,
    data: publicationsData,
    optional: true,
    signal,
  });
  if (!result.ok) return result;
  const ids = result.data.publications.nodes
    .filter(({ channels }) => channels?.nodes.some(({ handle }) => onlineStoreHandle.test(handle)))
    .map(({ id }) => id);
  return ids.length > 0 ? { ok: true, ids } : { ok: false, fault: noStoreFault };
}

/** Writes down where the variants are published, with what was written down before. */
async function remember(
  client: ShopifyClient,
  variants: readonly PublishedVariant[],
  signal: AbortSignal,
): Promise<Outcomes> {
  const metafields = variants.map((variant) => ({
    ...memoryKey,
    ownerId: variant.variantId,
    type: "json",
    value: JSON.stringify(everywhereOf(variant)),
  }));
  const result = await client({
    query: documents.rememberMutation,
    variables: { metafields },
    cost: documents.mutationCostPoints,
    data: rememberData,
    optional: true,
    signal,
  });
  const outcome = outcomeOf(result, (data) => data.metafieldsSet.userErrors);
  return new Map(variants.map(({ variantId }) => [variantId, outcome]));
}

async function forget(
  client: ShopifyClient,
  {
    variants,
    outcomes,
  }: { readonly variants: readonly PublishedVariant[]; readonly outcomes: Outcomes },
  signal: AbortSignal,
): Promise<void> {
  if (variants.length === 0) return;
  const result = await client({
    query: documents.forgetMutation,
    variables: {
      metafields: variants.map(({ variantId }) => ({ ...memoryKey, ownerId: variantId })),
    },
    cost: documents.mutationCostPoints,
    data: forgetData,
    optional: true,
    signal,
  });
  const outcome = outcomeOf(result, (data) => data.metafieldsDelete.userErrors);
  for (const { variantId } of variants) outcomes.set(variantId, outcome);
}

/** Where the variant is or was published. */
function everywhereOf({ publicationIds, remembered }: PublishedVariant): readonly string[] {
  return [...new Set([...(remembered ?? []), ...publicationIds])];
}

/** Does something to the listings' variants, a few at a time, each once; the results in the listings' order. */
async function forVariants(
  client: ShopifyClient,
  { listings, signal }: { readonly listings: readonly ListingRef[]; readonly signal: AbortSignal },
  act: (variants: readonly PublishedVariant[]) => Promise<Outcomes>,
): Promise<readonly WriteResult[]> {
  if (listings.length === 0) return [];
  const found = await findVariants(client, listings, signal);
  if (!found.ok) return listings.map(() => found);
  const variantIdOf = (listing: ListingRef) => {
    const variant = found.variants.get(listing);
    return variant && "variantId" in variant ? variant.variantId : null;
  };
  const ids = [...new Set(listings.flatMap((listing) => variantIdOf(listing) ?? []))];
  const outcomes: Outcomes = new Map();
  for (const some of chunked(ids, variantsAtOnceMax)) {
    const read = await readPublished(client, some, signal);
    if (!read.ok) for (const id of some) outcomes.set(id, read);
    else if (read.variants.length > 0) {
      for (const [id, outcome] of await act(read.variants)) outcomes.set(id, outcome);
    }
  }
  return listings.map((listing) => {
    const variant = found.variants.get(listing);
    if (variant && "fault" in variant) return { ok: false, fault: variant.fault };
    return outcomes.get(variantIdOf(listing) ?? "") ?? { ok: false, fault: unknownVariantFault };
  });
}

/** The variants that are there, with where they are published. */
async function readPublished(
  client: ShopifyClient,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<
  | { readonly ok: true; readonly variants: readonly PublishedVariant[] }
  | { readonly ok: false; readonly fault: Fault }
> {
  const result = await client({
    query: documents.publishedQuery,
    variables: { ids },
    cost: ids.length * documents.publishedCostPoints,
    data: publishedData,
    optional: true,
    signal,
  });
  if (!result.ok) return result;
  const variants = result.data.nodes.flatMap((node): PublishedVariant[] => {
    if (node === null) return [];
    const idsOf = ({ nodes }: typeof node.resourcePublicationsV2) =>
      nodes.map(({ publication }) => publication.id);
    const own = idsOf(node.resourcePublicationsV2);
    const isUntouched = own.length === 0 && !node.ended;
    return [
      {
        variantId: node.id,
        publicationIds: isUntouched ? idsOf(node.product.resourcePublicationsV2) : own,
        remembered: node.ended ? rememberedOf(node.ended) : null,
      },
    ];
  });
  return { ok: true, variants };
}

function inputOf(publicationIds: readonly string[]) {
  return publicationIds.map((publicationId) => ({ publicationId }));
}

function outcomeOf<Data>(
  result:
    { readonly ok: true; readonly data: Data } | { readonly ok: false; readonly fault: Fault },
  errorsOf: (data: Data) => readonly UserError[],
): WriteResult {
  if (!result.ok) return result;
  const [error] = errorsOf(result.data);
  return error ? { ok: false, fault: faultOfUserError(error, "rejected") } : done;
}

const noStoreFault: Fault = {
  kind: "rejected",
  message:
    "The shop has no online store to put this back on sale in. Publish it in the Shopify admin.",
};
const lostFault: Fault = {
  kind: "unexpected",
  message: "Shopify gave no result for this listing.",
};
