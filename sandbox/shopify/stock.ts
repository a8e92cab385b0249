import type { DemoCatalogue, DemoSku } from "../catalogue.ts";

/** One inventory item at one location. `on_hand` is available + committed: the sandbox uses no other state. */
export interface StockLevel {
  readonly gid: string;
  readonly item: StockItem;
  readonly locationGid: string;
  available: number;
  committed: number;
  updatedAtMs: number;
}

export interface StockItem {
  readonly gid: string;
  readonly sku: DemoSku;
  readonly product: { readonly gid: string; readonly title: string };
  /** In the order of the shop's order routing. */
  readonly levels: readonly StockLevel[];
}

/** The shop's own stock. */
export interface ShopStock {
  readonly items: readonly StockItem[];
  item(gid: string): StockItem | undefined;
  itemOfSku(sku: string): StockItem | undefined;
  itemOfVariant(gid: string): StockItem | undefined;
  product(gid: string): StockItem["product"] | undefined;
  level(gid: string): StockLevel | undefined;
  levelAt(itemGid: string, locationGid: string): StockLevel | undefined;
  /** Adds to a level; the observer learns of it. */
  change(level: StockLevel, delta: { available: number; committed: number }): void;
  snapshot(): StockSnapshot;
  restore(snapshot: StockSnapshot): void;
}

export type StockSnapshot = readonly (readonly [
  levelGid: string,
  available: number,
  committed: number,
  updatedAtMs: number,
])[];

const firstLevelNumber = 600_000_000_000;

/** The number at the end of "gid://shopify/Thing/123" (an InventoryLevel's query is cut off). */
export function numberOf(gid: string): string {
  return /\/(\d+)(?:\?.*)?$/.exec(gid)?.[1] ?? "";
}

/** @param onChange called after each change of a level */
export function createStock(
  catalogue: DemoCatalogue,
  now: () => number,
  onChange: (level: StockLevel) => void,
): ShopStock {
  const items = itemsOf(catalogue, now());
  const levels = items.flatMap((item) => item.levels);
  const byGid = new Map(items.map((item) => [item.gid, item]));
  const bySku = new Map(items.map((item) => [item.sku.code, item]));
  const byVariant = new Map(items.map((item) => [item.sku.shopify.variantGid, item]));
  const products = new Map(items.map(({ product }) => [product.gid, product]));
  const levelByGid = new Map(levels.map((level) => [level.gid, level]));
  return {
    items,
    item: (gid) => byGid.get(gid),
    itemOfSku: (sku) => bySku.get(sku),
    itemOfVariant: (gid) => byVariant.get(gid),
    product: (gid) => products.get(gid),
    level: (gid) => levelByGid.get(gid),
    levelAt: (itemGid, locationGid) =>
      byGid.get(itemGid)?.levels.find((level) => level.locationGid === locationGid),
    change(level, delta) {
      level.available += delta.available;
      level.committed += delta.committed;
      level.updatedAtMs = now();
      onChange(level);
    },
    snapshot: () =>
      levels.map((level) => [level.gid, level.available, level.committed, level.updatedAtMs]),
    restore(snapshot) {
      for (const [gid, available, committed, updatedAtMs] of snapshot) {
        const level = levelByGid.get(gid);
        if (level) Object.assign(level, { available, committed, updatedAtMs });
      }
    },
  };
}

/** What buyers can still order: the sum of `available` over the locations, never below 0. */
export function sellable(item: StockItem): number {
  return Math.max(
    0,
    item.levels.reduce((sum, level) => sum + level.available, 0),
  );
}

/** Order routing: the first location that has enough, else the one that has most. */
export function routeOrder(item: StockItem, quantity: number): StockLevel {
  const enough = item.levels.find((level) => level.available >= quantity);
  const route =
    enough ?? item.levels.toSorted((left, right) => right.available - left.available)[0];
  if (!route) throw new Error(`item ${item.gid} is stocked nowhere`);
  return route;
}

function itemsOf(catalogue: DemoCatalogue, nowMs: number): StockItem[] {
  let levelNumber = firstLevelNumber;
  return catalogue.products.flatMap((product) =>
    product.skus.map((sku) => {
      const gid = sku.shopify.inventoryItemGid;
      const levels: StockLevel[] = [];
      const item: StockItem = {
        gid,
        sku,
        product: { gid: product.productGid, title: product.title },
        levels,
      };
      for (const location of catalogue.locations) {
        levelNumber += 1;
        levels.push({
          gid: `gid://shopify/InventoryLevel/${String(levelNumber)}?inventory_item_id=${numberOf(gid)}`,
          item,
          locationGid: location.gid,
          available: sku.stockByLocation[location.gid] ?? 0,
          committed: 0,
          updatedAtMs: nowMs,
        });
      }
      return item;
    }),
  );
}
