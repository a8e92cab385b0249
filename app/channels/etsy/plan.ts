import type { PriceWrite, WriteResult } from "#app/channels/contract.ts";
import { minorDigitsOf, type Money } from "#app/domain/money.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import {
  groupOf,
  hasStock,
  isPaused,
  isSame,
  pausedProducts,
  quantityMax,
  type DocumentProduct,
  type InventoryDocument,
} from "./document.ts";
import type { WireMoney } from "./wire.ts";

/** What one listing's writes come to. Pure: made from what was read, carried out by `change-listing.ts`. */
export interface Plan {
  /** One per write, in their order; the good ones count once the rest of the plan is done. */
  readonly results: readonly WriteResult[];
  /** What the document is to hold; null where nothing of it is to change. */
  readonly products: readonly DocumentProduct[] | null;
  /** The listing's state afterwards; null leaves it. */
  readonly state: "active" | "inactive" | null;
}

/** A listing as it was read. `state` is Etsy's word. */
export interface ReadListing {
  readonly document: InventoryDocument;
  readonly state: string;
}

interface VariationWrite {
  readonly variation: string;
  readonly quantity: number;
}

/** Quantities of one listing: numbers, and the state that they ask for (channels.md 8.2). */
export function planQuantities(
  read: ReadListing,
  writes: readonly VariationWrite[],
  renewSoldOut: boolean,
): Plan {
  const { products, results } = withQuantities(read, writes);
  if (!results.some(({ ok }) => ok)) return untouched(results);
  const forSale = hasStock(products);
  if (isOver(read.state)) {
    // Sold out (or expired) is what zero asks for; anything else costs the merchant Etsy's fee.
    if (!forSale) return untouched(results);
    if (read.state === "sold_out" && renewSoldOut) return { results, products, state: "active" };
    return untouched(refusedFor(writes, results, faultOfOver(read.state)));
  }
  return settled(read, products, results);
}

/** Puts ended variations back on sale, and the listing with them: this time the merchant asked for it. */
export function planRelisting(
  read: ReadListing,
  writes: readonly VariationWrite[],
  renewSoldOut: boolean,
): Plan {
  const enabled = new Set(writes.map(({ variation }) => variation));
  const opened: ReadListing = {
    ...read,
    document: {
      ...read.document,
      products: baseProducts(read).map((product) =>
        enabled.has(product.variation) ? { ...product, enabled: true } : product,
      ),
    },
  };
  const { products, results } = withQuantities({ ...opened, state: "active" }, writes);
  if (!results.some(({ ok }) => ok)) return untouched(results);
  if (isOver(read.state) && !renewSoldOut) {
    return untouched(refusedFor(writes, results, feeNotAllowed));
  }
  if (read.state === "draft") return untouched(refusedFor(writes, results, isDraft));
  const changed = isSame(products, read.document.products) ? null : products;
  return { results, products: changed, state: read.state === "active" ? null : "active" };
}

/** Takes variations off sale for good: hidden from buyers; the last one takes the listing with it. */
export function planEnding(read: ReadListing, variations: readonly string[]): Plan {
  const { document } = read;
  const results = variations.map((variation) => resultFor(document, variation));
  const ended = new Set(variations);
  const products = baseProducts(read).map((product) =>
    ended.has(product.variation) ? { ...product, enabled: false } : product,
  );
  if (isOver(read.state) || !results.some(({ ok }) => ok)) {
    return untouched(results);
  }
  // Etsy wants one visible offering: the last ones stay visible in a listing that is not on sale.
  const left = products.some(({ enabled }) => enabled);
  const kept = left
    ? products
    : baseProducts(read).map((product) =>
        ended.has(product.variation) ? { ...product, quantity: 0 } : product,
      );
  return settled(read, kept, results);
}

/** Prices of one listing. They touch neither numbers nor state. */
export function planPrices(
  { document }: ReadListing,
  writes: readonly (Pick<PriceWrite, "price"> & { readonly variation: string })[],
): Plan {
  const on = document.wire.price_on_property;
  const wanted = new Map<string, WireMoney>();
  const results = writes.map(({ variation, price }): WriteResult => {
    const product = productOf(document, variation);
    if (!product) return { ok: false, fault: noVariation };
    const money = wireMoneyOf(price, product.price);
    if (!money) return { ok: false, fault: otherCurrency(price, product.price) };
    const group = groupOf(product, on);
    const known = wanted.get(group);
    if (known && known.amount !== money.amount) return { ok: false, fault: sharedPrice };
    wanted.set(group, money);
    return { ok: true };
  });
  const products = document.products.map((product) => ({
    ...product,
    price: wanted.get(groupOf(product, on)) ?? product.price,
  }));
  if (isSame(products, document.products)) return untouched(results);
  if (!hasStock(products)) {
    return untouched(failedWith(results, emptyDocument));
  }
  return { results, products, state: null };
}

/** What a listing that is on sale, or inactive, becomes with these numbers. */
function settled(
  read: ReadListing,
  products: readonly DocumentProduct[],
  results: readonly WriteResult[],
): Plan {
  const { document, state } = read;
  const wasPaused = isPaused(document, state);
  const forSale = hasStock(products);
  const paused = pausedProducts(products, document.wire.quantity_on_property);
  const changed = (wanted: readonly DocumentProduct[]) =>
    isSame(wanted, document.products) ? null : wanted;
  if (state === "active") {
    if (forSale) return { results, products: changed(products), state: null };
    // Nothing visible is left to keep a unit in: nothing is on sale either.
    const isHidden = !products.some(({ enabled }) => enabled);
    if (isHidden) return untouched(results);
    return { results, products: changed(paused), state: "inactive" };
  }
  if (wasPaused) {
    return forSale
      ? { results, products: changed(products), state: "active" }
      : { results, products: changed(paused), state: null };
  }
  // The merchant took it off sale: its numbers follow, its state does not. Etsy takes no document of zeroes.
  return { results, products: forSale ? changed(products) : null, state: null };
}

/** The numbers that count: the one unit of a paused listing is none. */
function baseProducts({ document, state }: ReadListing): readonly DocumentProduct[] {
  if (!isPaused(document, state)) return document.products;
  return document.products.map((product) => ({ ...product, quantity: 0 }));
}

/** The products with the wanted numbers; what shares a number gets the smallest one asked for. */
function withQuantities(
  read: ReadListing,
  writes: readonly VariationWrite[],
): { readonly products: readonly DocumentProduct[]; readonly results: readonly WriteResult[] } {
  const { document } = read;
  const on = document.wire.quantity_on_property;
  const wanted = new Map<string, number>();
  for (const { variation, quantity } of writes) {
    const product = productOf(document, variation);
    if (!product) continue;
    const group = groupOf(product, on);
    const number = Math.min(quantity, quantityMax);
    wanted.set(group, Math.min(number, wanted.get(group) ?? number));
  }
  const results = writes.map(({ variation, quantity }): WriteResult => {
    const product = productOf(document, variation);
    if (!product) return { ok: false, fault: noVariation };
    const number = wanted.get(groupOf(product, on)) ?? 0;
    return number === Math.min(quantity, quantityMax)
      ? { ok: true }
      : { ok: false, fault: sharedQuantity(number) };
  });
  const products = baseProducts(read).map((product) => ({
    ...product,
    quantity: wanted.get(groupOf(product, on)) ?? product.quantity,
  }));
  return { products, results };
}

function productOf(document: InventoryDocument, variation: string): DocumentProduct | undefined {
  return document.products.find((product) => product.variation === variation);
}

function resultFor(document: InventoryDocument, variation: string): WriteResult {
  return productOf(document, variation) ? { ok: true } : { ok: false, fault: noVariation };
}

/** Over until the merchant pays for it again. */
function isOver(state: string): boolean {
  return state === "sold_out" || state === "expired";
}

/** Zero is what an over listing shows anyway: only the others are refused. */
function refusedFor(
  writes: readonly VariationWrite[],
  results: readonly WriteResult[],
  fault: Fault,
): WriteResult[] {
  return results.map((result, index) =>
    result.ok && (writes[index]?.quantity ?? 0) > 0 ? { ok: false, fault } : result,
  );
}

/** The good ones fail with this. */
export function failedWith(results: readonly WriteResult[], fault: Fault): WriteResult[] {
  return results.map((result) => (result.ok ? { ok: false, fault } : result));
}

function untouched(results: readonly WriteResult[]): Plan {
  return { results, products: null, state: null };
}

const feeNotAllowed: Fault = {
  kind: "rejected",
  message:
    "The listing is over at Etsy, and renewing it costs Etsy's listing fee. Allow that in this connection's settings, or renew it at Etsy.",
  code: "fee",
};

function faultOfOver(state: string): Fault {
  if (state !== "expired") return feeNotAllowed;
  const message =
    "The listing has expired at Etsy. Relist it; renewing costs the merchant Etsy's listing fee.";
  return { kind: "rejected", message, code: state };
}

const isDraft: Fault = {
  kind: "rejected",
  message: "The listing is a draft at Etsy. Publish it there.",
};
const noVariation: Fault = {
  kind: "unknown-listing",
  message: "Etsy's listing no longer has this variation. Import the listings again.",
};
const sharedPrice: Fault = {
  kind: "rejected",
  message: "Etsy's listing has one price for these variations; another one was set.",
};
const emptyDocument: Fault = {
  kind: "locked",
  message: "Etsy changes no price of a listing that is sold out. It is tried again.",
};

function sharedQuantity(shown: number): Fault {
  return {
    kind: "rejected",
    message: `Etsy's listing has one quantity for these variations and shows the smallest, ${shown}. Let its quantity vary at Etsy.`,
  };
}

function otherCurrency(wanted: Money, listed: WireMoney): Fault {
  return {
    kind: "rejected",
    message: `The listing is sold in ${listed.currency_code} at Etsy; a price in ${wanted.currency} cannot be set.`,
  };
}

/** In the listing's own divisor; null for another currency or a fraction it cannot hold. */
function wireMoneyOf({ minor, currency }: Money, listed: WireMoney): WireMoney | null {
  if (currency !== listed.currency_code) return null;
  const amount = (minor * listed.divisor) / 10 ** minorDigitsOf(currency);
  return Number.isInteger(amount) ? { ...listed, amount } : null;
}
