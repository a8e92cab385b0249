import { z } from "zod";
import type { DemoCatalogue, DemoSku } from "../catalogue.ts";
import type { SandboxContext } from "../context.ts";

/**
 * What is on sale at this eBay. Every SKU of the catalogue is a listing of the Inventory API. In addition, of every eight
 * products of the catalogue:
 * - the first is also one Trading listing (Seller Hub) with a variation for each SKU, `<SKU>-CLASSIC`;
 * - the second one's first SKU is also a Trading listing without variations, `<SKU>-CLASSIC`;
 * - the third's Inventory API listing is one for all its SKUs: an inventory item group.
 */
const cycle = 8;
const classicSuffix = "-CLASSIC";

/** One thing with an item number: a listing, with one SKU or with a variation for each of several. */
export interface EbayItem {
  /** Never changes; the item number does when it is relisted. */
  readonly id: string;
  readonly kind: "inventory" | "trading";
  readonly title: string;
  readonly hasVariations: boolean;
  /** The Inventory API's name of a listing with variations. */
  readonly groupKey: string | null;
  readonly skus: readonly DemoSku[];
  listingId: string;
  ended: boolean;
}

const savedShape = z.object({
  serial: z.number(),
  items: z.array(z.tuple([z.string(), z.string(), z.boolean()])),
  past: z.array(z.tuple([z.string(), z.string()])),
  prices: z.array(z.tuple([z.string(), z.number()])),
  sold: z.array(z.tuple([z.string(), z.number()])),
});

/** Item numbers given to relisted items begin here. */
const relistedNumbersFrom = 300_000_000_000;

export class EbayListings {
  readonly #context: SandboxContext;
  readonly #bySku = new Map<string, { readonly sku: DemoSku; readonly item: EbayItem }>();
  readonly #byOffer = new Map<string, DemoSku>();
  readonly #byGroup = new Map<string, EbayItem>();
  readonly #byId = new Map<string, EbayItem>();
  readonly #byNumber = new Map<string, EbayItem>();
  /** Numbers of items that were relisted, and the number each goes on under. */
  readonly #past = new Map<string, string>();
  readonly #prices = new Map<string, number>();
  readonly #sold = new Map<string, number>();
  #active: readonly EbayItem[] | null = null;
  #serial = 0;

  constructor(context: SandboxContext) {
    this.#context = context;
    for (const item of itemsOf(context.catalogue)) {
      this.#byId.set(item.id, item);
      this.#byNumber.set(item.listingId, item);
      if (item.groupKey) this.#byGroup.set(item.groupKey, item);
      for (const sku of item.skus) {
        this.#bySku.set(sku.code, { sku, item });
        if (item.kind === "inventory") this.#byOffer.set(sku.ebay.offerId, sku);
      }
    }
  }

  /** The catalogue with the Trading listings' SKUs: what a shelf has to hold. */
  static wholeCatalogue(catalogue: DemoCatalogue): DemoCatalogue {
    const extra = itemsOf(catalogue).filter(({ kind }) => kind === "trading");
    return { ...catalogue, skus: [...catalogue.skus, ...extra.flatMap(({ skus }) => skus)] };
  }

  bySku(code: string): { readonly sku: DemoSku; readonly item: EbayItem } | undefined {
    return this.#bySku.get(code);
  }

  /** Of the Inventory API only: the Trading API's listings are none of its. */
  inventorySku(code: string): { readonly sku: DemoSku; readonly item: EbayItem } | undefined {
    const found = this.#bySku.get(code);
    return found?.item.kind === "inventory" ? found : undefined;
  }

  byOffer(offerId: string): { readonly sku: DemoSku; readonly item: EbayItem } | undefined {
    const sku = this.#byOffer.get(offerId);
    return sku && this.#bySku.get(sku.code);
  }

  byGroup(groupKey: string): EbayItem | undefined {
    return this.#byGroup.get(groupKey);
  }

  /** @returns `successor`: the number it goes on under, where this one is history */
  byNumber(
    listingId: string,
  ): { readonly item: EbayItem; readonly successor: string | null } | null {
    const item = this.#byNumber.get(listingId);
    return item ? { item, successor: this.#past.get(listingId) ?? null } : null;
  }

  /** Items on sale, in a lasting order. */
  active(): readonly EbayItem[] {
    this.#active ??= [...this.#byId.values()].filter(({ ended }) => !ended);
    return this.#active;
  }

  isOnSale(code: string): boolean {
    return this.#bySku.get(code)?.item.ended === false;
  }

  end(item: EbayItem): void {
    item.ended = true;
    this.#changed();
  }

  /** Back on sale under a new number. */
  relist(item: EbayItem): void {
    this.#serial += 1;
    const number = String(relistedNumbersFrom + this.#serial);
    this.#past.set(item.listingId, number);
    item.listingId = number;
    item.ended = false;
    this.#byNumber.set(number, item);
    this.#changed();
  }

  priceMinor(sku: DemoSku): number {
    return this.#prices.get(sku.code) ?? sku.priceMinor;
  }

  setPrice(sku: DemoSku, minor: number): void {
    this.#prices.set(sku.code, minor);
    this.#context.changed();
  }

  /** Units ever sold: the Trading API counts them into a listing's quantity. */
  sold(code: string): number {
    return this.#sold.get(code) ?? 0;
  }

  addSold(code: string, units: number): void {
    this.#sold.set(code, this.sold(code) + units);
  }

  snapshot(): z.infer<typeof savedShape> {
    const changed = [...this.#byId.values()].filter(
      (item) => item.ended || Number(item.listingId) > relistedNumbersFrom,
    );
    return {
      serial: this.#serial,
      items: changed.map(({ id, listingId, ended }) => [id, listingId, ended]),
      past: [...this.#past],
      prices: [...this.#prices],
      sold: [...this.#sold],
    };
  }

  /** To be called on fresh listings. */
  restore(snapshot: unknown): void {
    const saved = savedShape.parse(snapshot);
    this.#serial = saved.serial;
    for (const [id, listingId, ended] of saved.items) {
      const item = this.#byId.get(id);
      if (!item) continue;
      Object.assign(item, { listingId, ended });
      this.#byNumber.set(listingId, item);
    }
    for (const [number, successor] of saved.past) {
      const item = this.#byNumber.get(successor);
      if (item) this.#byNumber.set(number, item);
      this.#past.set(number, successor);
    }
    for (const [code, minor] of saved.prices) this.#prices.set(code, minor);
    for (const [code, units] of saved.sold) this.#sold.set(code, units);
    this.#active = null;
  }

  #changed(): void {
    this.#active = null;
    this.#context.changed();
  }
}

/** The keys of a SKU's Inventory API listing, as an import finds them. */
export function demoListing(sku: DemoSku): {
  readonly key: string;
  readonly externalIds: Readonly<Record<string, string>>;
  readonly orderKey: string;
} {
  const number = productNumber(sku);
  const { sku: code, offerId } = sku.ebay;
  const ids: Record<string, string> = isGroup(number)
    ? { listingId: groupListingId(number), groupKey: groupKeyOf(number) }
    : { listingId: sku.ebay.listingId };
  return { key: offerId, externalIds: { sku: code, offerId, ...ids }, orderKey: code };
}

const isVariationListing = (number: number) => number % cycle === 1;
const isSingleListing = (number: number) => number % cycle === 2;
const isGroup = (number: number) => number % cycle === 3;

/** "TEE-003-M" is of product 3. */
function productNumber(sku: DemoSku): number {
  return Number(/-(\d+)-/.exec(sku.code)?.[1] ?? 0);
}

function groupKeyOf(number: number): string {
  return `GROUP-${String(number)}`;
}

/** Beside the catalogue's own item numbers, which begin with a 2. */
function groupListingId(number: number): string {
  return String(250_000_000_000 + number);
}

function itemsOf(catalogue: DemoCatalogue): EbayItem[] {
  return catalogue.products.flatMap((product, index) => {
    const number = index + 1;
    const items: EbayItem[] = [];
    const common = { ended: false, title: product.title };
    if (isGroup(number)) {
      const groupKey = groupKeyOf(number);
      const listingId = groupListingId(number);
      const more = { id: groupKey, groupKey, listingId, hasVariations: true };
      items.push({ ...common, ...more, kind: "inventory", skus: product.skus });
    } else {
      for (const sku of product.skus) {
        const { listingId, offerId } = sku.ebay;
        const more = { id: offerId, groupKey: null, listingId, hasVariations: false };
        items.push({ ...common, ...more, kind: "inventory", title: sku.title, skus: [sku] });
      }
    }
    const skus = isVariationListing(number)
      ? product.skus
      : isSingleListing(number)
        ? product.skus.slice(0, 1)
        : [];
    if (skus.length > 0) {
      const id = `classic-${String(number)}`;
      const listingId = String(110_000_000_000 + number);
      const more = { id, groupKey: null, listingId, hasVariations: isVariationListing(number) };
      const title = `${product.title} (classic)`;
      items.push({ ...common, ...more, kind: "trading", title, skus: skus.map(classicOf) });
    }
    return items;
  });
}

function classicOf(sku: DemoSku): DemoSku {
  const code = `${sku.code}${classicSuffix}`;
  return { ...sku, code, title: `${sku.title} (classic)` };
}
