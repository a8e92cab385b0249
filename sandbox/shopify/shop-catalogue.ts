import type { StockItem } from "./stock.ts";

export const productStatuses = ["ACTIVE", "ARCHIVED", "DRAFT", "UNLISTED"] as const;
export type ProductStatus = (typeof productStatuses)[number];

/** A sales channel of the shop's own. */
export interface Publication {
  readonly gid: string;
  readonly channel: { readonly gid: string; readonly handle: string; readonly name: string };
}

export interface StoredMetafield {
  readonly ownerGid: string;
  readonly namespace: string;
  readonly key: string;
  readonly type: string;
  readonly value: string;
}

/** How a variant's inventory item is kept. */
export interface ItemTraits {
  /** Shopify counts it. */
  readonly tracked: boolean;
  /** A bundle: its stock follows from its components. */
  readonly requiresComponents: boolean;
}

/** What the merchant set about products and locations, beside their stock. */
export interface ShopCatalogue {
  /** US cents. */
  priceOf(item: StockItem): number;
  setPrice(item: StockItem, priceMinor: number): void;
  statusOf(productGid: string): ProductStatus;
  setStatus(productGid: string, status: ProductStatus): void;
  traitsOf(item: StockItem): ItemTraits;
  setTraits(item: StockItem, traits: Partial<ItemTraits>): void;
  /** Its stock is a fulfilment service's. */
  isServiceLocation(locationGid: string): boolean;
  setServiceLocation(locationGid: string, isService: boolean): void;
  /** Products and variants are published everywhere until somebody takes them off (2026-07). */
  isPublished(gid: string, publicationGid: string): boolean;
  setPublished(gid: string, publicationGid: string, published: boolean): void;
  /** Whether buyers find it in the online store: the product's own state goes before its variants'. */
  isOnSale(item: StockItem): boolean;
  metafield(owner: Omit<StoredMetafield, "type" | "value">): StoredMetafield | undefined;
  setMetafield(metafield: StoredMetafield): void;
  deleteMetafield(owner: Omit<StoredMetafield, "type" | "value">): boolean;
  snapshot(): CatalogueSnapshot;
  restore(snapshot: CatalogueSnapshot | undefined): void;
}

export interface CatalogueSnapshot {
  readonly prices: readonly (readonly [itemGid: string, priceMinor: number])[];
  readonly statuses: readonly (readonly [productGid: string, status: ProductStatus])[];
  readonly traits: readonly (readonly [itemGid: string, traits: ItemTraits])[];
  readonly services: readonly string[];
  readonly unpublished: readonly string[];
  readonly metafields: readonly StoredMetafield[];
}

const onlineStore: Publication = {
  gid: "gid://shopify/Publication/90000000001",
  channel: {
    gid: "gid://shopify/Channel/91000000001",
    handle: "online_store",
    name: "Online Store",
  },
};
const pointOfSale: Publication = {
  gid: "gid://shopify/Publication/90000000002",
  channel: { gid: "gid://shopify/Channel/91000000002", handle: "pos", name: "Point of Sale" },
};
/** Where the demo shop sells. Its simulated buyers come to the online store. */
export const publications: readonly Publication[] = [onlineStore, pointOfSale];

const plainTraits: ItemTraits = { tracked: true, requiresComponents: false };

/** @param changed called after each change */
export function createShopCatalogue(changed: () => void): ShopCatalogue {
  const prices = new Map<string, number>();
  const statuses = new Map<string, ProductStatus>();
  const traits = new Map<string, ItemTraits>();
  const services = new Set<string>();
  const unpublished = new Set<string>();
  const metafields = new Map<string, StoredMetafield>();

  const catalogue: ShopCatalogue = {
    priceOf: (item) => prices.get(item.gid) ?? item.sku.priceMinor,
    setPrice(item, priceMinor) {
      prices.set(item.gid, priceMinor);
      changed();
    },
    statusOf: (productGid) => statuses.get(productGid) ?? "ACTIVE",
    setStatus(productGid, status) {
      statuses.set(productGid, status);
      changed();
    },
    traitsOf: (item) => traits.get(item.gid) ?? plainTraits,
    setTraits(item, change) {
      traits.set(item.gid, { ...catalogue.traitsOf(item), ...change });
      changed();
    },
    isServiceLocation: (locationGid) => services.has(locationGid),
    setServiceLocation(locationGid, isService) {
      setMember(services, locationGid, isService);
      changed();
    },
    isPublished: (gid, publicationGid) => !unpublished.has(`${gid} ${publicationGid}`),
    setPublished(gid, publicationGid, published) {
      setMember(unpublished, `${gid} ${publicationGid}`, !published);
      changed();
    },
    isOnSale(item) {
      const status = catalogue.statusOf(item.product.gid);
      const published = [item.product.gid, item.sku.shopify.variantGid].every((gid) =>
        catalogue.isPublished(gid, onlineStore.gid),
      );
      return published && (status === "ACTIVE" || status === "UNLISTED");
    },
    metafield: (owner) => metafields.get(metafieldKey(owner)),
    setMetafield(metafield) {
      metafields.set(metafieldKey(metafield), metafield);
      changed();
    },
    deleteMetafield(owner) {
      changed();
      return metafields.delete(metafieldKey(owner));
    },
    snapshot: () => ({
      prices: [...prices],
      statuses: [...statuses],
      traits: [...traits],
      services: [...services],
      unpublished: [...unpublished],
      metafields: [...metafields.values()],
    }),
    restore(snapshot) {
      if (!snapshot) return;
      setAll(prices, snapshot.prices);
      setAll(statuses, snapshot.statuses);
      setAll(traits, snapshot.traits);
      for (const gid of snapshot.services) services.add(gid);
      for (const pair of snapshot.unpublished) unpublished.add(pair);
      for (const one of snapshot.metafields) metafields.set(metafieldKey(one), one);
    },
  };
  return catalogue;
}

function setAll<Value>(
  kept: Map<string, Value>,
  saved: readonly (readonly [string, Value])[],
): void {
  for (const [key, value] of saved) kept.set(key, value);
}

function setMember(kept: Set<string>, member: string, isIn: boolean): void {
  if (isIn) kept.add(member);
  else kept.delete(member);
}

function metafieldKey(owner: Omit<StoredMetafield, "type" | "value">): string {
  return `${owner.ownerGid} ${owner.namespace} ${owner.key}`;
}
