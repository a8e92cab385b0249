import type { ListingRef } from "#app/channels/contract.ts";

/** A listing of the Inventory API: an inventory item, and the offer that puts it on a site. */
export interface InventoryKey {
  readonly kind: "inventory";
  /** As eBay has it: the merchant's text may have blanks around it. */
  readonly sku: string;
  /** Not known of listings that were written down before this was read. */
  readonly offerId: string | undefined;
  /** One of several variations that share a listing. */
  readonly groupKey: string | undefined;
}

/** Everything else (Seller Hub, other tools): an item number, and which of its variations. */
export interface TradingKey {
  readonly kind: "trading";
  readonly itemId: string;
  /** `undefined`: the listing has no variations. */
  readonly variationSku: string | undefined;
  /** A variation without a SKU: eBay's API has no name for it, and it can only be shown. */
  readonly nameless: boolean;
}

export type ListingKey = InventoryKey | TradingKey;

/** Which of eBay's two kinds a listing is, from the ids its import gave. */
export function keyOf(listing: Pick<ListingRef, "sku" | "externalIds">): ListingKey {
  const { itemId, variationSku, variation, sku, offerId, groupKey } = listing.externalIds;
  if (itemId !== undefined) {
    return { kind: "trading", itemId, variationSku, nameless: variation !== undefined };
  }
  return { kind: "inventory", sku: sku ?? listing.sku, offerId, groupKey };
}

/** Listings with their keys, by kind, each with its place in the list it came from. */
export interface Sorted<Item extends ListingRef> {
  readonly inventory: readonly Keyed<Item, InventoryKey>[];
  readonly trading: readonly Keyed<Item, TradingKey>[];
}

export interface Keyed<Item extends ListingRef, Key> {
  readonly item: Item;
  readonly key: Key;
  readonly at: number;
}

export function sortedByKind<Item extends ListingRef>(items: readonly Item[]): Sorted<Item> {
  const inventory: Keyed<Item, InventoryKey>[] = [];
  const trading: Keyed<Item, TradingKey>[] = [];
  for (const [at, item] of items.entries()) {
    const key = keyOf(item);
    if (key.kind === "inventory") inventory.push({ item, key, at });
    else trading.push({ item, key, at });
  }
  return { inventory, trading };
}
