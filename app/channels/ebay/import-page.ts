import type { ImportedListing } from "#app/channels/contract.ts";
import { chunked, mapBounded } from "#app/channels/map-bounded.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { Answer, EbayClient, EbayContext } from "./client.ts";
import { toImported, type FoundListing, type InventorySide } from "./found-listing.ts";
import { refused } from "./in-calls.ts";
import { getInventoryItems, itemsPerCallMax } from "./inventory.ts";
import { marketplaceOf } from "./marketplaces.ts";
import { getOffers } from "./offers.ts";
import type { EbayOffer, InventoryItem } from "./wire.ts";

/** bulk_get_inventory_item calls under way at once. */
const itemCallsAtOnceMax = 6;
/** getOffers calls under way at once: one SKU each, and the larger part of an import's time. */
const offerCallsAtOnceMax = 24;
/** Longer ones are no SKUs of the Inventory API (channels.md 4.3). */
const skuCharactersMax = 50;

/**
 * Tells the two kinds apart: a listing is the Inventory API's when its SKU is an inventory item with an offer that is
 * published as this very item number; everything else belongs to the Trading API. Any call that fails fails the page.
 */
export async function importPage(
  context: EbayContext,
  client: EbayClient,
  found: readonly FoundListing[],
  signal: AbortSignal,
): Promise<Answer<readonly ImportedListing[]>> {
  const skus = [...new Set(found.flatMap(({ sku }) => sku ?? []))];
  const wanted = skus.filter((sku) => sku.length <= skuCharactersMax && sku.trim() !== "");
  const items = await inventoryItems(client, wanted, signal);
  if (!items.ok) return items;
  const offers = await allOffers(client, [...items.value.keys()], signal);
  if (!offers.ok) return offers;
  const { marketplaceId } = context.settings;
  const host = marketplaceOf(marketplaceId)?.host ?? "www.ebay.com";
  const listings = found.flatMap((one) => {
    const side = sideOf(one, items.value, offers.value);
    return toImported(one, side, { marketplaceId, host }) ?? [];
  });
  return { ok: true, value: listings };
}

function sideOf(
  { sku, itemId }: FoundListing,
  items: ReadonlyMap<string, InventoryItem>,
  offers: ReadonlyMap<string, readonly EbayOffer[]>,
): InventorySide | null {
  const item = sku === null ? undefined : items.get(sku);
  const offer = offers.get(sku ?? "")?.find(({ listing }) => listing?.listingId === itemId);
  return item && offer ? { item, offer } : null;
}

/** The inventory items among these SKUs. */
async function inventoryItems(
  client: EbayClient,
  skus: readonly string[],
  signal: AbortSignal,
): Promise<Answer<ReadonlyMap<string, InventoryItem>>> {
  const items = new Map<string, InventoryItem>();
  const fault = await untilFault(chunked(skus, itemsPerCallMax), itemCallsAtOnceMax, (chunk) =>
    collectItems(client, chunk, items, signal),
  );
  return fault ? refused(fault) : { ok: true, value: items };
}

async function collectItems(
  client: EbayClient,
  chunk: readonly string[],
  items: Map<string, InventoryItem>,
  signal: AbortSignal,
): Promise<Fault | null> {
  const answer = await getInventoryItems(client, chunk, signal);
  if (answer.ok) {
    for (const { sku, inventoryItem } of answer.value) {
      if (inventoryItem) items.set(sku, inventoryItem);
    }
    return null;
  }
  // A SKU that the Inventory API cannot spell (25707) may fail the whole call: it is found by halving.
  if (answer.fault.kind !== "rejected") return answer.fault;
  if (chunk.length === 1) return null;
  const middle = Math.ceil(chunk.length / 2);
  const first = await collectItems(client, chunk.slice(0, middle), items, signal);
  return first ?? (await collectItems(client, chunk.slice(middle), items, signal));
}

async function allOffers(
  client: EbayClient,
  skus: readonly string[],
  signal: AbortSignal,
): Promise<Answer<ReadonlyMap<string, readonly EbayOffer[]>>> {
  const offers = new Map<string, readonly EbayOffer[]>();
  const fault = await untilFault(skus, offerCallsAtOnceMax, async (sku) => {
    const answer = await getOffers(client, sku, signal);
    if (!answer.ok) return answer.fault;
    offers.set(sku, answer.value);
    return null;
  });
  return fault ? refused(fault) : { ok: true, value: offers };
}

/** Works through all items; after the first fault nothing more is begun. */
async function untilFault<Item>(
  items: readonly Item[],
  atOnceMax: number,
  work: (item: Item) => Promise<Fault | null>,
): Promise<Fault | null> {
  let fault: Fault | null = null;
  await mapBounded(items, atOnceMax, async (item) => {
    if (fault === null) fault = (await work(item)) ?? fault;
  });
  return fault;
}
