import type {
  ImportedListing,
  ListingRef,
  ListingState,
  PriceWrite,
  QuantityWrite,
  ReadResult,
  WriteResult,
} from "#app/channels/contract.ts";
import { decimalOf, moneyOf, type Money } from "#app/domain/money.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { faultOfRow, plainText } from "./errors.ts";
import type { BatchRow, Row, ShelfChange, WooProduct, WooVariation } from "./wire.ts";

/** What a listing is in the shop (channels.md 11.1). */
export interface ListingKeys {
  readonly productId: string;
  /** Null for a product without variations. */
  readonly variationId: string | null;
  /**
   * Where its number lives, as the last import found it: with itself; with its product, which all its variations
   * then share; or nowhere, because the shop does not count it.
   */
  readonly stock: "own" | "parent" | "none";
}

const idShape = /^[1-9]\d{0,15}$/;

/** Null when the listing does not say which product it is. */
export function keysOf({ externalIds }: Pick<ListingRef, "externalIds">): ListingKeys | null {
  const { productId = "", variationId, stock } = externalIds;
  if (!idShape.test(productId)) return null;
  if (variationId !== undefined && !idShape.test(variationId)) return null;
  return {
    productId,
    variationId: variationId ?? null,
    stock: stock === "parent" || stock === "none" ? stock : "own",
  };
}

/** One row of a batch: whose it is, where it goes, what it changes. */
export interface PlannedChange {
  /** The product whose variations are changed; null: products themselves. */
  readonly parentId: string | null;
  readonly change: ShelfChange;
}

/**
 * The change that makes a listing show a number. A variation whose stock its product keeps is changed there: a number
 * of its own would silently part it from the others (channels.md 7.2). `manage_stock` is only sent where it is true
 * already or nothing is counted yet, so that a setting the merchant changed since the import is not turned back.
 */
export function quantityChange(keys: ListingKeys, quantity: number): PlannedChange {
  const onParent = keys.variationId === null || keys.stock === "parent";
  const counts = keys.variationId === null || keys.stock === "none";
  return {
    parentId: onParent ? null : keys.productId,
    change: {
      id: Number(onParent ? keys.productId : keys.variationId),
      ...(counts && { manage_stock: true as const }),
      stock_quantity: Math.max(0, quantity),
    },
  };
}

/** The change that sets a listing's regular price; a sale the merchant runs goes on. */
export function priceChange(keys: ListingKeys, price: Money): PlannedChange {
  return ownChange(keys, { regular_price: decimalOf(price) });
}

/** Takes a listing off sale: its page is gone, its data stay. */
export function endChange(keys: ListingKeys): PlannedChange {
  return ownChange(keys, { status: "private" });
}

/** Puts an ended listing back, without a number where that belongs to its product. */
export function relistChange(keys: ListingKeys, quantity: number): PlannedChange {
  if (keys.stock === "parent") return ownChange(keys, { status: "publish" });
  const { parentId, change } = quantityChange(keys, quantity);
  return { parentId, change: { ...change, status: "publish" } };
}

function ownChange(keys: ListingKeys, change: Omit<ShelfChange, "id">): PlannedChange {
  const { productId, variationId } = keys;
  return variationId === null
    ? { parentId: null, change: { id: Number(productId), ...change } }
    : { parentId: productId, change: { id: Number(variationId), ...change } };
}

/**
 * Two changes of the same thing in one call: variations that share their product's stock. The lower number wins: it
 * oversells none of them.
 */
export function mergedChange(one: ShelfChange, other: ShelfChange): ShelfChange {
  const numbers = [one.stock_quantity, other.stock_quantity].filter((it) => it !== undefined);
  return {
    ...one,
    ...other,
    ...(numbers.length > 0 && { stock_quantity: Math.min(...numbers) }),
  };
}

/** What became of a change, by the row that answers it. A 200 without the wanted effect is no success. */
export function resultOfRow(change: ShelfChange, row: BatchRow | undefined): WriteResult {
  if (row === undefined || row.id !== String(change.id)) {
    return refused("unexpected", "The shop's answer says nothing about this product.");
  }
  if (row.error) return { ok: false, fault: faultOfRow(row.error) };
  const { stock_quantity: wanted, regular_price: price } = change;
  if (wanted !== undefined && row.manage_stock === "parent") {
    return refused(
      "rejected",
      "This variation shares its product's stock now. Import the shop's listings again.",
    );
  }
  if (wanted !== undefined && row.manage_stock === false) {
    return refused(
      "rejected",
      "The shop does not count this product's stock. Switch on stock management for it in WooCommerce.",
    );
  }
  if (wanted !== undefined && row.stock_quantity !== wanted) {
    return refused("unexpected", "The shop shows another number than it was told.");
  }
  if (price !== undefined && Number(row.regular_price) !== Number(price)) {
    return refused("unexpected", "The shop shows another price than it was told.");
  }
  return { ok: true };
}

function refused(kind: Fault["kind"], message: string): { ok: false; fault: Fault } {
  return { ok: false, fault: { kind, message } };
}

/** A price that can be sent, or why not. */
export function priceProblem(write: PriceWrite, currency: string | undefined): Fault | null {
  if (currency === undefined) {
    return {
      kind: "rejected",
      message:
        "The shop's currency is not known. Connect the shop again with keys that may read its settings.",
    };
  }
  if (write.price.currency === currency) return null;
  return {
    kind: "rejected",
    message: `The shop sells in ${currency}, and this price is in ${write.price.currency}.`,
  };
}

/** What was read of the listings' products and variations, by id. */
export interface Shelf {
  readonly products: ReadonlyMap<string, Row<WooProduct>>;
  readonly variations: ReadonlyMap<string, Row<WooVariation>>;
  /** Calls that failed, by the product whose variations they asked for. */
  readonly faults: ReadonlyMap<string, Fault>;
}

/** What a listing shows. */
export function toReadResult(
  listing: ListingRef,
  shelf: Shelf,
  currency: string | undefined,
): ReadResult {
  const keys = keysOf(listing);
  const parent = keys && shelf.products.get(keys.productId);
  if (!keys || !parent) return notThere;
  const fault = keys.variationId === null ? undefined : shelf.faults.get(keys.productId);
  if (fault) return { ok: false, fault };
  const row = keys.variationId === null ? parent : shelf.variations.get(keys.variationId);
  if (!row) return notThere;
  if (!row.ok || !parent.ok) {
    return refused("unexpected", "The shop's answer about this product cannot be read.");
  }
  const quantity = sellableOf(row.value);
  if (quantity === null) {
    return refused(
      "rejected",
      "The shop does not count this product's stock. Switch on stock management for it in WooCommerce.",
    );
  }
  return {
    ok: true,
    quantity,
    // The time of change does not move with every sale (channels.md 7.2).
    asOf: null,
    price: priceOf(row.value, currency),
    state: stateOf(row.value, parent.value.status),
  };
}

const notThere: ReadResult = {
  ok: false,
  fault: { kind: "unknown-listing", message: "The shop does not have this product any more." },
};

/** Units a buyer can order; null where the shop sells without counting. Backorders go below zero. */
function sellableOf(item: WooProduct | WooVariation): number | null {
  if (item.manage_stock !== false && item.stock_quantity !== null) {
    return Math.max(0, Math.floor(item.stock_quantity));
  }
  return item.stock_status === "outofstock" ? 0 : null;
}

/** The price that `setPrices` sets: a running sale is the merchant's own. */
function priceOf(item: WooProduct | WooVariation, currency: string | undefined): Money | null {
  if (currency === undefined || item.regular_price === "") return null;
  return moneyOf(item.regular_price, currency);
}

/** Published and without a price: only the merchant can mend that. */
function stateOf(item: WooProduct | WooVariation, parentStatus: string): ListingState {
  if (item.status !== "publish" || parentStatus !== "publish") return "inactive";
  return item.purchasable === false ? "suppressed" : "active";
}

/** Whether a product is sold by its variations. */
export function isVariable({ type, variations }: WooProduct): boolean {
  return type.startsWith("variable") || (variations?.length ?? 0) > 0;
}

/** Types that are sold elsewhere or stand for other products: nothing of theirs can be counted. */
const typesWithoutStock = new Set(["external", "grouped", "bundle", "composite", "yith_bundle"]);

/** A product as a listing; null where it has no number of its own. */
export function listingOfProduct(
  item: WooProduct,
  currency: string | undefined,
): ImportedListing | null {
  if (isVariable(item) || typesWithoutStock.has(item.type)) return null;
  return {
    ...listingBase(item, item.status, currency),
    externalIds: { productId: item.id, stock: item.manage_stock === false ? "none" : "own" },
    sku: item.sku?.trim() ? item.sku : null,
    title: plainText(item.name) || `Product ${item.id}`,
  };
}

/** A variation as a listing. */
export function listingOfVariation(
  item: WooVariation,
  parent: WooProduct,
  currency: string | undefined,
): ImportedListing {
  const stock = { true: "own", false: "none", parent: "parent" } as const;
  const managed = stock[`${item.manage_stock}`];
  // A variation without a SKU shows its product's. That names it only where they share the stock too.
  const isInherited = item.sku === parent.sku && managed !== "parent";
  const options = (item.attributes ?? []).map(({ option }) => plainText(option)).filter(Boolean);
  const name = plainText(parent.name) || `Product ${parent.id}`;
  return {
    ...listingBase(item, parent.status, currency),
    externalIds: { productId: parent.id, variationId: item.id, stock: managed },
    sku: item.sku?.trim() && !isInherited ? item.sku : null,
    title: options.length > 0 ? `${name} / ${options.join(", ")}` : `${name} #${item.id}`,
  };
}

function listingBase(
  item: WooProduct | WooVariation,
  parentStatus: string,
  currency: string | undefined,
): Omit<ImportedListing, "externalIds" | "sku" | "title"> {
  return {
    // Products and variations are numbered together.
    key: item.id,
    orderKey: item.id,
    barcode: item.global_unique_id?.trim() || null,
    quantity: sellableOf(item),
    price: priceOf(item, currency),
    state: stateOf(item, parentStatus),
    heldByChannel: false,
    externalLocationId: null,
    url: item.permalink || null,
  };
}

/** The change of each write, or why there is none. */
export function planned<Write extends ListingRef>(
  write: Write,
  change: (keys: ListingKeys) => PlannedChange,
): PlannedChange | Fault {
  const keys = keysOf(write);
  if (keys) return change(keys);
  return {
    kind: "rejected",
    message:
      "It is not known which product of the shop this listing is. Import the listings again.",
  };
}

/** Whether a quantity can be sent at all. */
export function isWholeQuantity({ quantity }: QuantityWrite): boolean {
  return Number.isSafeInteger(quantity) && quantity >= 0;
}
