import type { InventoryBody, WireInventory, WireMoney, WireProduct } from "./wire.ts";
import { variationOf } from "./variation.ts";

/** The most that one offering shows (specs/etsy/etsy-2026-supplement.json). */
export const quantityMax = 999;

/** One product of a listing: what is changed of it, and what goes back to Etsy as it came. */
export interface DocumentProduct {
  readonly variation: string;
  readonly quantity: number;
  /** Shown to buyers. */
  readonly enabled: boolean;
  readonly price: WireMoney;
  readonly wire: WireProduct;
}

/** A listing's inventory document, open for changes. Etsy takes it back only whole. */
export interface InventoryDocument {
  readonly products: readonly DocumentProduct[];
  readonly wire: WireInventory;
}

export function openDocument(wire: WireInventory): InventoryDocument {
  const products = wire.products.flatMap((product): DocumentProduct[] => {
    const [offering] = product.offerings;
    if (!offering) return [];
    return [
      {
        variation: variationOf(product.property_values),
        quantity: offering.quantity,
        enabled: offering.is_enabled,
        price: offering.price,
        wire: product,
      },
    ];
  });
  return { products, wire };
}

/** Something a buyer could buy while the listing is on sale. */
export function hasStock(products: readonly DocumentProduct[]): boolean {
  return products.some(({ enabled, quantity }) => enabled && quantity > 0);
}

/** Etsy's number of the whole listing. */
export function totalOf(products: readonly DocumentProduct[]): number {
  return products.reduce((sum, { enabled, quantity }) => sum + (enabled ? quantity : 0), 0);
}

/**
 * The property values that rule a number: products with the same ones share it. `on` empty: all of the listing's do
 * (channels.md 8.2).
 */
export function groupOf(product: DocumentProduct, on: readonly number[]): string {
  return variationOf(product.wire.property_values.filter(({ property_id: id }) => on.includes(id)));
}

/**
 * How a listing stands that we took off sale because nothing is left: one unit in the group of the first product that
 * buyers would see, none elsewhere. Etsy refuses a document without a single unit (channels.md 8.2), and one is the
 * least that a person who puts the listing back by hand could sell.
 */
export function pausedProducts(
  products: readonly DocumentProduct[],
  quantityOn: readonly number[],
): DocumentProduct[] {
  const first = products.find(({ enabled }) => enabled);
  const group = first && groupOf(first, quantityOn);
  return products.map((product) => ({
    ...product,
    quantity: groupOf(product, quantityOn) === group ? 1 : 0,
  }));
}

/**
 * Whether an inactive listing stands as {@link pausedProducts} leaves it. A listing with one unit that the merchant
 * took off sale looks the same: Etsy has no place where we could leave a mark.
 */
export function isPaused({ products, wire }: InventoryDocument, state: string): boolean {
  if (!isInactive(state) || !products.some(({ enabled }) => enabled)) return false;
  const paused = pausedProducts(products, wire.quantity_on_property);
  return products.every(({ quantity }, index) => quantity === paused[index]?.quantity);
}

/** "edit" is the same state by its older name (etsy/open-api #473). */
export function isInactive(state: string): boolean {
  return state === "inactive" || state === "edit";
}

/** Nothing of what we change differs. */
export function isSame(a: readonly DocumentProduct[], b: readonly DocumentProduct[]): boolean {
  return (
    a.length === b.length &&
    a.every((product, index) => {
      const other = b[index];
      return (
        other !== undefined &&
        product.variation === other.variation &&
        product.quantity === other.quantity &&
        product.enabled === other.enabled &&
        product.price.amount === other.price.amount &&
        product.price.divisor === other.price.divisor
      );
    })
  );
}

/**
 * The body of the write. Keys that Etsy refuses are left out; property values, readiness states and every
 * `*_on_property` are echoed, since a missing one wipes the variations (channels.md 8.2).
 */
export function bodyOf(
  document: InventoryDocument,
  products: readonly DocumentProduct[],
): InventoryBody {
  const { wire } = document;
  return {
    products: products.map(({ wire: product, quantity, enabled, price }) => ({
      sku: product.sku ?? "",
      property_values: product.property_values.map((value) => ({
        property_id: value.property_id,
        ...(value.property_name != null && { property_name: value.property_name }),
        scale_id: value.scale_id ?? null,
        value_ids: value.value_ids,
        values: value.values,
      })),
      // Etsy keeps one offering per product; were there more, they would go back as they came.
      offerings: product.offerings.map((offering, index) => ({
        price: decimal(index === 0 ? price : offering.price),
        quantity: index === 0 ? quantity : offering.quantity,
        is_enabled: index === 0 ? enabled : offering.is_enabled,
        readiness_state_id: offering.readiness_state_id ?? null,
      })),
    })),
    price_on_property: wire.price_on_property,
    quantity_on_property: wire.quantity_on_property,
    sku_on_property: wire.sku_on_property,
    readiness_state_on_property: wire.readiness_state_on_property,
  };
}

/** The nearest double to a decimal of two digits is written as that decimal: 1999 / 100 is 19.99. */
function decimal({ amount, divisor }: WireMoney): number {
  return amount / divisor;
}

/** Whether Etsy's answer to a write shows what was written: no product lost, no number or price another. */
export function shows(answer: WireInventory, products: readonly DocumentProduct[]): boolean {
  const shown = new Map(openDocument(answer).products.map((one) => [one.variation, one]));
  return (
    shown.size === products.length &&
    products.every(({ variation, quantity, enabled, price }) => {
      const now = shown.get(variation);
      return (
        now?.quantity === quantity &&
        now.enabled === enabled &&
        now.price.amount * price.divisor === price.amount * now.price.divisor
      );
    })
  );
}
