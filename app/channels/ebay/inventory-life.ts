import type {
  ListingRef,
  QuantityWrite,
  RelistResult,
  WriteResult,
} from "#app/channels/contract.ts";
import type { Answer, EbayClient, EbayContext } from "./client.ts";
import { refused, type Refused } from "./in-calls.ts";
import { getOffer, updatePriceQuantity } from "./inventory.ts";
import type { InventoryKey, Keyed } from "./listing-keys.ts";
import { toPriceQuantityBody, toWriteResults } from "./inventory-mapping.ts";
import { isOnMarketplace } from "./marketplaces.ts";
import { getOffers } from "./offers.ts";
import { byWholeListing, refusedPart, type WholeListing } from "./whole-listings.ts";
import { groupAnswer, publishedAnswer, type EbayOffer } from "./wire.ts";

type Ended = Keyed<ListingRef, InventoryKey>;
type Relisted = Keyed<QuantityWrite, InventoryKey>;
const done: WriteResult = { ok: true };

/** Withdraws offers. The offer stays at eBay, unpublished. */
export function endInventory(
  context: EbayContext,
  client: EbayClient,
  entries: readonly Ended[],
  signal: AbortSignal,
): Promise<readonly WriteResult[]> {
  return byWholeListing<Ended, WriteResult>(entries, listingOf, async (listing) => {
    const { groupKey } = listing.entries[0]?.key ?? {};
    if (groupKey !== undefined) {
      const result = await endGroup(context, client, listing, groupKey, signal);
      return listing.entries.map(() => result);
    }
    const results: WriteResult[] = [];
    for (const { key } of listing.entries) {
      results.push(await endOffer(context, client, key, signal));
    }
    return results;
  });
}

/** A group is one listing; an offer without one is a listing of its own. */
function listingOf({ key: { groupKey, sku } }: { readonly key: InventoryKey }): string {
  return groupKey === undefined ? `sku ${sku}` : `group ${groupKey}`;
}

async function endOffer(
  context: EbayContext,
  client: EbayClient,
  key: InventoryKey,
  signal: AbortSignal,
): Promise<WriteResult> {
  const offer = await offerOf(context, client, key, signal);
  if (!offer.ok) return offer;
  if (offer.value.status === "UNPUBLISHED") return done;
  const path = `/sell/inventory/v1/offer/${encodeURIComponent(offer.value.offerId)}/withdraw`;
  const withdrawn = await client.command(post("withdrawOffer", path), signal);
  return withdrawn.ok ? done : withdrawn;
}

async function endGroup(
  context: EbayContext,
  client: EbayClient,
  listing: WholeListing<{ readonly key: InventoryKey }>,
  groupKey: string,
  signal: AbortSignal,
): Promise<WriteResult> {
  const refusal = await refusedGroup(client, listing, groupKey, signal);
  if (refusal) return refusal;
  const first = listing.entries[0];
  const offer = first && (await offerOf(context, client, first.key, signal));
  if (offer?.ok && offer.value.status === "UNPUBLISHED") return done;
  const { marketplaceId } = context.settings;
  const path = "/sell/inventory/v1/offer/withdraw_by_inventory_item_group";
  const body = { inventoryItemGroupKey: groupKey, marketplaceId };
  const withdrawn = await client.command(post("withdrawOffer", path, body), signal);
  return withdrawn.ok ? done : withdrawn;
}

/** Publishes offers again: a new listing with a new number, watchers and history are gone. */
export function relistInventory(
  context: EbayContext,
  client: EbayClient,
  entries: readonly Relisted[],
  signal: AbortSignal,
): Promise<readonly RelistResult[]> {
  return byWholeListing<Relisted, RelistResult>(entries, listingOf, async (listing) => {
    const groupKey = listing.entries[0]?.key.groupKey;
    if (groupKey !== undefined) {
      const refusal = await refusedGroup(client, listing, groupKey, signal);
      if (refusal) return listing.entries.map(() => refusal);
    }
    // The item's number first: it is what a published offer without a number of its own shows.
    const withoutOffers = listing.entries.map((entry) => ({
      ...entry,
      key: { ...entry.key, offerId: undefined },
    }));
    const prepared = await push(context, client, withoutOffers, signal);
    const refusal = prepared.find((result) => !result.ok);
    if (refusal && !refusal.ok) return listing.entries.map(() => refusal);
    return groupKey === undefined
      ? Promise.all(listing.entries.map((entry) => publishOffer(context, client, entry, signal)))
      : publishGroup(context, client, listing, signal);
  });
}

async function publishOffer(
  context: EbayContext,
  client: EbayClient,
  entry: Relisted,
  signal: AbortSignal,
): Promise<RelistResult> {
  const offer = await offerOf(context, client, entry.key, signal);
  if (!offer.ok) return offer;
  const { offerId } = offer.value;
  // A repeat of a call whose answer was lost finds it published already.
  let listingId = offer.value.status === "PUBLISHED" ? offer.value.listing?.listingId : undefined;
  if (!listingId) {
    const path = `/sell/inventory/v1/offer/${encodeURIComponent(offerId)}/publish`;
    const published = await client.rest(post("publishOffer", path), publishedAnswer, signal);
    if (!published.ok) return published;
    ({ listingId } = published.value);
  }
  const [pushed] = await push(
    context,
    client,
    [{ ...entry, key: { ...entry.key, offerId } }],
    signal,
  );
  if (pushed && !pushed.ok) return pushed;
  return { ok: true, externalIds: { ...entry.item.externalIds, offerId, listingId } };
}

async function publishGroup(
  context: EbayContext,
  client: EbayClient,
  listing: WholeListing<Relisted>,
  signal: AbortSignal,
): Promise<readonly RelistResult[]> {
  const published = await publishedGroup(context, client, listing, signal);
  if (!published.ok) return listing.entries.map(() => published);
  const listingId = published.value;
  const pushed = await push(context, client, listing.entries, signal);
  return listing.entries.map(({ item }, index): RelistResult => {
    const result = pushed[index];
    if (result && !result.ok) return result;
    return { ok: true, externalIds: { ...item.externalIds, listingId } };
  });
}

/** @returns the listing's number; of one that an earlier call published already, that one */
async function publishedGroup(
  context: EbayContext,
  client: EbayClient,
  { entries: [first] }: WholeListing<Relisted>,
  signal: AbortSignal,
): Promise<Answer<string>> {
  const offer = first && (await offerOf(context, client, first.key, signal));
  if (offer?.ok && offer.value.status === "PUBLISHED" && offer.value.listing?.listingId) {
    return { ok: true, value: offer.value.listing.listingId };
  }
  const { marketplaceId } = context.settings;
  const path = "/sell/inventory/v1/offer/publish_by_inventory_item_group";
  const body = { inventoryItemGroupKey: first?.key.groupKey, marketplaceId };
  const published = await client.rest(post("publishOffer", path, body), publishedAnswer, signal);
  return published.ok ? { ok: true, value: published.value.listingId } : published;
}

async function push(
  context: EbayContext,
  client: EbayClient,
  entries: readonly Relisted[],
  signal: AbortSignal,
): Promise<readonly WriteResult[]> {
  const answer = await updatePriceQuantity(client, toPriceQuantityBody(entries), signal);
  if (!answer.ok) return entries.map(() => answer);
  return toWriteResults(entries, answer.value, context.now());
}

async function refusedGroup(
  client: EbayClient,
  { entries }: WholeListing<{ readonly key: InventoryKey }>,
  groupKey: string,
  signal: AbortSignal,
): Promise<Refused | null> {
  const path = `/sell/inventory/v1/inventory_item_group/${encodeURIComponent(groupKey)}`;
  const call = { operation: "getInventoryItemGroup", method: "GET", path } as const;
  const group = await client.rest(call, groupAnswer, signal);
  if (!group.ok) return group;
  return refusedPart(
    group.value.variantSKUs,
    entries.map(({ key }) => key.sku),
  );
}

async function offerOf(
  { settings }: EbayContext,
  client: EbayClient,
  { sku, offerId }: InventoryKey,
  signal: AbortSignal,
): Promise<Answer<EbayOffer>> {
  if (offerId !== undefined) return getOffer(client, offerId, signal);
  const offers = await getOffers(client, sku, signal);
  if (!offers.ok) return offers;
  const own = offers.value.find(({ marketplaceId }) =>
    isOnMarketplace(marketplaceId, settings.marketplaceId),
  );
  if (own) return { ok: true, value: own };
  return refused({ kind: "unknown-listing", message: "eBay has no offer of this SKU here." });
}

/** An empty body gives HTTP 411 [F]: there is always one (channels.md 4.3). */
function post(operation: string, path: string, body: unknown = {}) {
  return { operation, method: "POST", path, body } as const;
}
