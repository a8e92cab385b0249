import { z } from "zod";
import type { BuyerOrder, OrderOutcome } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import { Shelf, type ShelfOwner } from "../shelf.ts";
import { placeOf, sizeProperty } from "./names.ts";
import { StateLists } from "./state-lists.ts";

/** `edit` and the like are left out: the shop's own pages do not make them. */
export const etsyStates = ["active", "inactive", "sold_out", "draft", "expired"] as const;
export type EtsyState = (typeof etsyStates)[number];

const valueShape = z.object({
  property_id: z.number(),
  property_name: z.string(),
  scale_id: z.number().nullable(),
  value_ids: z.array(z.number()),
  values: z.array(z.string()),
});
export type EtsyPropertyValue = z.infer<typeof valueShape>;

const productShape = z.object({
  /** The catalogue's SKU whose stock this is. */
  code: z.string(),
  /** What the merchant wrote into the SKU field. */
  sku: z.string(),
  values: z.array(valueShape),
  priceMinor: z.number(),
  enabled: z.boolean(),
  productId: z.number(),
  readinessStateId: z.number().nullable(),
});
export type EtsyProduct = z.infer<typeof productShape>;

const listingShape = z.object({
  number: z.number(),
  state: z.enum(etsyStates),
  products: z.array(productShape),
  priceOn: z.array(z.number()),
  quantityOn: z.array(z.number()),
  skuOn: z.array(z.number()),
  readinessOn: z.array(z.number()),
  updatedAtMs: z.number(),
  /** How often the merchant paid the listing fee again. */
  renewals: z.number(),
});
export type EtsyListing = z.infer<typeof listingShape>;

const savedShape = z.object({
  shelf: z.unknown(),
  listings: z.array(listingShape),
  nextProductId: z.number(),
});

/** Etsy gives every product a new id with every edit; ours begin here. */
const firstNewProductId = 9_000_000_000;
const firstProductId = 2_000_000_000;
const productsPerListingMax = 10;
/** The demo shop's one processing profile, as in the supplement's example. */
const readinessStateId = 900_001;

/** The shop: its listings over a shelf that holds their numbers. Listings that nobody touched are made when asked for. */
export class EtsyShop {
  readonly shelf: Shelf;
  readonly #context: SandboxContext;
  readonly #touched = new Map<number, EtsyListing>();
  readonly #states: StateLists<EtsyState>;
  #nextProductId = firstNewProductId;

  constructor(context: SandboxContext, owner: ShelfOwner) {
    this.#context = context;
    this.shelf = new Shelf(context, owner);
    this.#states = new StateLists<EtsyState>(context.catalogue.products.length, "active");
  }

  get listingCount(): number {
    return this.#context.catalogue.products.length;
  }

  /** To look at. @param number from 1 to `listingCount` */
  listing(number: number): EtsyListing {
    return this.#touched.get(number) ?? this.#fresh(number);
  }

  /** To change: it is kept from now on. */
  edit(number: number): EtsyListing {
    const listing = this.listing(number);
    this.#touched.set(number, listing);
    listing.updatedAtMs = this.#context.now();
    this.#context.changed();
    return listing;
  }

  setState(listing: EtsyListing, state: EtsyState): void {
    this.#states.move(listing.number, listing.state, state);
    listing.state = state;
  }

  countIn(state: EtsyState): number {
    return this.#states.of(state).length;
  }

  pageOf(state: EtsyState, offset: number, limit: number): EtsyListing[] {
    const numbers = this.#states.of(state).slice(offset, offset + limit);
    return numbers.map((number) => this.listing(number));
  }

  newProductId(): number {
    this.#nextProductId += 1;
    return this.#nextProductId;
  }

  quantityOf(product: EtsyProduct): number {
    return this.shelf.shown(product.code) ?? 0;
  }

  /** Etsy's number of a whole listing: the sum of what its offerings show. */
  totalOf(listing: EtsyListing): number {
    return listing.products.reduce(
      (sum, product) => sum + (product.enabled ? this.quantityOf(product) : 0),
      0,
    );
  }

  /** What buyers see of a catalogue SKU; null when it has no listing (its variation was wiped). */
  shown(code: string): number | null {
    const place = this.#placeOf(code);
    if (!place) return null;
    const { listing, product } = place;
    return listing.state === "active" && product.enabled ? this.quantityOf(product) : 0;
  }

  placeOrder(order: BuyerOrder): OrderOutcome {
    const place = this.#placeOf(order.sku);
    if (!place) return { accepted: false, reason: "not-listed" };
    if ((this.shown(order.sku) ?? 0) < order.quantity)
      return { accepted: false, reason: "sold-out" };
    const outcome = this.shelf.placeOrder(order);
    if (outcome.accepted) this.#spread(place.listing.number, place.product);
    return outcome;
  }

  /** A person writes a number on Etsy's own page; a positive one puts the listing on sale. */
  setShown(code: string, quantity: number): void {
    const place = this.#placeOf(code);
    if (!place) return;
    const listing = this.edit(place.listing.number);
    const product = listing.products.find((one) => one.code === code);
    if (!product) return;
    this.shelf.setShown(code, quantity);
    if (quantity > 0) product.enabled = true;
    this.#spread(listing.number, product);
    if (quantity > 0) this.setState(listing, "active");
  }

  snapshot(): z.infer<typeof savedShape> {
    return {
      shelf: this.shelf.snapshot(),
      listings: [...this.#touched.values()],
      nextProductId: this.#nextProductId,
    };
  }

  restore(snapshot: unknown): void {
    const saved = savedShape.parse(snapshot);
    this.shelf.restore(saved.shelf);
    this.#nextProductId = saved.nextProductId;
    for (const listing of saved.listings) {
      this.#touched.set(listing.number, listing);
      this.#states.move(listing.number, "active", listing.state);
    }
  }

  /** After one product's number moved: those that share it follow, and a listing without stock is sold out. */
  #spread(number: number, moved: EtsyProduct): void {
    const listing = this.listing(number);
    const group = groupOf(moved, listing.quantityOn);
    const quantity = this.quantityOf(moved);
    for (const product of listing.products) {
      if (groupOf(product, listing.quantityOn) === group) {
        this.shelf.setShown(product.code, quantity);
      }
    }
    if (listing.state === "active" && this.totalOf(listing) === 0) {
      this.setState(this.edit(number), "sold_out");
    }
  }

  #placeOf(code: string): { readonly listing: EtsyListing; readonly product: EtsyProduct } | null {
    const sku = this.#context.skuByCode(code);
    if (!sku) return null;
    const listing = this.listing(placeOf(sku).listing);
    const product = listing.products.find((one) => one.code === code);
    return product ? { listing, product } : null;
  }

  #fresh(number: number): EtsyListing {
    const { skus } = this.#context.catalogue.products[number - 1] ?? { skus: [] };
    const on = [sizeProperty.id];
    return {
      number,
      state: "active",
      products: skus.map((sku, index) => {
        const { value, valueId } = placeOf(sku);
        return {
          code: sku.code,
          sku: sku.code,
          values: [
            {
              property_id: sizeProperty.id,
              property_name: sizeProperty.name,
              scale_id: null,
              value_ids: [valueId],
              values: [value],
            },
          ],
          priceMinor: sku.priceMinor,
          enabled: true,
          productId: firstProductId + number * productsPerListingMax + index,
          readinessStateId,
        };
      }),
      priceOn: on,
      quantityOn: on,
      skuOn: on,
      readinessOn: [],
      updatedAtMs: 1_760_000_000_000,
      renewals: 0,
    };
  }
}

/** The product's values of the given properties: products with the same ones share what varies by them. */
export function groupOf(
  product: { readonly values: readonly EtsyPropertyValue[] },
  on: readonly number[],
): string {
  const ruling = product.values.filter(({ property_id: id }) => on.includes(id));
  return JSON.stringify(
    ruling.map(({ property_id: id, value_ids, values }) => [id, value_ids, values]),
  );
}
