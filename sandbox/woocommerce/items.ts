import type { DemoCatalogue, DemoSku } from "../catalogue.ts";

/** A product of the shop, or a variation of one. */
export interface Item {
  readonly id: number;
  readonly parent: Item | null;
  readonly type: "simple" | "variable" | "variation";
  readonly sku: DemoSku | null;
  /** The product's name. */
  readonly name: string;
  /** A variation's option: "M". */
  readonly option: string | null;
  status: string;
  manageStock: boolean;
  stock: number | null;
  stockStatus: string;
  regularPrice: string;
  modifiedMs: number;
}

/** What an item's saved part is in the state file; items that are as at the beginning are left out. */
type SavedItem = readonly [
  id: number,
  status: string,
  manageStock: 0 | 1,
  stock: number | null,
  stockStatus: string,
  regularPrice: string,
  modifiedMs: number,
];

/** Ids of a product and its variations: this many apart. */
const idsPerProduct = 10;
const firstId = 1_000;
/** The catalogue's SKUs of one product. */
const skusPerProduct = 4;
const firstVariantId = 8_000_000_000_000;
/** When everything of the shop was made. */
export const shopOpenedMs = Date.UTC(2026, 0, 5, 9);

/**
 * How the shop names a SKU. Products are by turns sold as one product with variations, and as products of their own:
 * real shops have both.
 */
export function idsOfSku({ shopify }: DemoSku): {
  readonly productId: number;
  readonly variationId: number | null;
} {
  const number = Number(shopify.variantId) - firstVariantId - 1;
  const index = Math.floor(number / skusPerProduct);
  const base = firstId + index * idsPerProduct;
  const own = base + 1 + (number % skusPerProduct);
  return index % 2 === 0
    ? { productId: base, variationId: own }
    : { productId: own, variationId: null };
}

/** Everything the shop sells. Lists are by id. */
export class Items {
  readonly byId = new Map<number, Item>();
  readonly bySku = new Map<string, Item>();
  readonly #changed = new Set<Item>();
  #variationsOf = new Map<number, Item[]>();
  #products: Item[] = [];
  #variations: Item[] = [];

  constructor(catalogue: DemoCatalogue) {
    for (const product of catalogue.products) {
      for (const sku of product.skus) this.#stock(sku, product.title);
    }
  }

  /** Products that are not in the bin. */
  get products(): readonly Item[] {
    return this.#products;
  }

  get variations(): readonly Item[] {
    return this.#variations;
  }

  variationsOf(productId: number): readonly Item[] {
    return this.#variationsOf.get(productId) ?? [];
  }

  changed(item: Item): void {
    this.#changed.add(item);
  }

  /** Into the bin: no list shows it any more. */
  bin(item: Item): void {
    item.status = "trash";
    this.changed(item);
    this.#products = this.#products.filter((one) => one !== item);
    this.#variations = this.#variations.filter((one) => one !== item && one.parent !== item);
  }

  snapshot(): readonly SavedItem[] {
    return [...this.#changed].map((item): SavedItem => {
      const { id, status, manageStock, stock, stockStatus, regularPrice, modifiedMs } = item;
      return [id, status, manageStock ? 1 : 0, stock, stockStatus, regularPrice, modifiedMs];
    });
  }

  restore(saved: readonly SavedItem[]): void {
    for (const [id, status, managed, stock, stockStatus, regularPrice, modifiedMs] of saved) {
      const item = this.byId.get(id);
      if (!item) continue;
      const manageStock = managed === 1;
      Object.assign(item, { status, manageStock, stock, stockStatus, regularPrice, modifiedMs });
      if (status === "trash") this.bin(item);
      else this.changed(item);
    }
  }

  #stock(sku: DemoSku, title: string): void {
    const { productId, variationId } = idsOfSku(sku);
    const parent = variationId === null ? null : this.#parent(productId, title);
    const item: Item = {
      id: variationId ?? productId,
      parent,
      type: parent ? "variation" : "simple",
      sku,
      name: parent ? title : sku.title,
      option: parent ? (sku.title.split(" / ").at(-1) ?? "") : null,
      status: "publish",
      manageStock: true,
      stock: Object.values(sku.stockByLocation).reduce((sum, part) => sum + part, 0),
      stockStatus: "instock",
      regularPrice: (sku.priceMinor / 100).toFixed(2),
      modifiedMs: shopOpenedMs,
    };
    this.byId.set(item.id, item);
    this.bySku.set(sku.code, item);
    if (!parent) {
      this.#products.push(item);
      return;
    }
    this.#variations.push(item);
    const siblings = this.#variationsOf.get(parent.id);
    if (siblings) siblings.push(item);
    else this.#variationsOf.set(parent.id, [item]);
  }

  #parent(id: number, name: string): Item {
    const known = this.byId.get(id);
    if (known) return known;
    const parent: Item = {
      id,
      parent: null,
      type: "variable",
      sku: null,
      name,
      option: null,
      status: "publish",
      manageStock: false,
      stock: null,
      stockStatus: "instock",
      regularPrice: "",
      modifiedMs: shopOpenedMs,
    };
    this.byId.set(id, parent);
    this.#products.push(parent);
    return parent;
  }
}

/** Who keeps the item's number: itself, its product, or nobody. */
export function stockHolderOf(item: Item): Item | null {
  if (item.manageStock) return item;
  return item.parent?.manageStock ? item.parent : null;
}

/** Units that can be ordered; null without a count. */
export function sellableOf(item: Item): number | null {
  const holder = stockHolderOf(item);
  if (holder) return Math.max(0, holder.stock ?? 0);
  return item.stockStatus === "outofstock" ? 0 : null;
}

/** Whether buyers can reach it. */
export function isOnSale(item: Item): boolean {
  return item.status === "publish" && (item.parent?.status ?? "publish") === "publish";
}
