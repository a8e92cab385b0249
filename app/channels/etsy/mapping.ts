import type {
  ImportedListing,
  ListingRef,
  ListingState,
  ReadResult,
} from "#app/channels/contract.ts";
import { noSkuReason, unreadableLine } from "#app/channels/wire-fields.ts";
import { minorDigitsOf, type Money } from "#app/domain/money.ts";
import type { OrderLineSnapshot, OrderSnapshot } from "#app/domain/orders/order-snapshot.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { isInactive, isPaused, openDocument, type DocumentProduct } from "./document.ts";
import { keyOf, variationOf, variationOfLine } from "./variation.ts";
import type { ListingRow, WireListing, WireMoney, WireReceipt, WireTransaction } from "./wire.ts";

/** Etsy's listing that a listing of ours is a product of. */
export function listingIdOf({ externalIds }: ListingRef): string {
  return externalIds["listingId"] ?? "";
}

/** Which of the listing's products it is (`variation.ts`). */
export function variationOfRef({ externalIds }: ListingRef): string {
  return externalIds["variation"] ?? "";
}

/** One of a listing's products, as buyers and we see it. */
interface Product {
  readonly variation: string;
  readonly values: readonly string[];
  readonly sku: string | null;
  /** What a buyer could buy now. */
  readonly quantity: number;
  readonly price: Money | null;
  readonly state: ListingState;
}

/** What the listing shows of this product. Null: it has no such product. */
export function readOf(listing: WireListing, variation: string): ReadResult | null {
  const product = productsOf(listing).find((one) => one.variation === variation);
  if (!product) return null;
  const { quantity, price, state } = product;
  return { ok: true, quantity, asOf: null, price, state };
}

/** One result per listing from the rows of a batch. */
export function toReadResults(
  refs: readonly ListingRef[],
  rows: readonly ListingRow[],
): readonly ReadResult[] {
  const byId = new Map(
    rows.map((row) => [row.ok ? row.listing.listing_id : row.listingId, row] as const),
  );
  return refs.map((ref) => {
    const row = byId.get(listingIdOf(ref));
    if (!row) return { ok: false, fault: unknownListing };
    if (!row.ok) return { ok: false, fault: unreadableRow(row.reason) };
    return readOf(row.listing, variationOfRef(ref)) ?? { ok: false, fault: unknownListing };
  });
}

/** Every product of a listing is a listing of ours. */
export function toImported(listing: WireListing): readonly ImportedListing[] {
  const listingId = listing.listing_id;
  const title = plainText(listing.title ?? "") || `Etsy listing ${listingId}`;
  return productsOf(listing).map(({ variation, values, ...product }) => ({
    key: keyOf(listingId, variation),
    externalIds: { listingId, variation },
    orderKey: keyOf(listingId, variation),
    sku: product.sku,
    title: [title, ...values.map(plainText)].join(" / "),
    barcode: null,
    quantity: product.quantity,
    price: product.price,
    state: product.state,
    heldByChannel: false,
    externalLocationId: null,
    url: listing.url ?? null,
  }));
}

function productsOf(listing: WireListing): Product[] {
  // A listing that was never edited with Etsy's inventory tools has no inventory record.
  if (!listing.inventory) {
    const state = stateOf(listing.state);
    const quantity = listing.state === "active" ? (listing.quantity ?? 0) : 0;
    const price = listing.price ? moneyOfWire(listing.price) : null;
    return [{ variation: "", values: [], sku: null, quantity, price, state }];
  }
  const document = openDocument(listing.inventory);
  const paused = isPaused(document, listing.state);
  return document.products.map((product) => ({
    variation: product.variation,
    values: product.wire.property_values.flatMap(({ values }) => values),
    sku: product.wire.sku || null,
    quantity: listing.state === "active" && product.enabled ? product.quantity : 0,
    price: moneyOfWire(product.price),
    state: stateOfProduct(product, paused ? "sold_out" : listing.state),
  }));
}

/** A variation that is hidden from buyers comes back by relisting alone. */
function stateOfProduct({ enabled }: DocumentProduct, state: string): ListingState {
  const whole = stateOf(state);
  return whole === "active" && !enabled ? "ended" : whole;
}

/** Etsy's states, those of older documents included, as ours. Sold out counts as on sale. */
const byState: Readonly<Record<string, ListingState>> = {
  active: "active",
  sold_out: "active",
  inactive: "inactive",
  edit: "inactive",
  draft: "inactive",
  expired: "ended",
  removed: "ended",
  unavailable: "suppressed",
};

function stateOf(state: string): ListingState {
  return byState[state] ?? (isInactive(state) ? "inactive" : "suppressed");
}

/** Null: an amount that is no whole number of the currency's minor units. */
export function moneyOfWire({ amount, divisor, currency_code: currency }: WireMoney): Money | null {
  const minor = (amount * 10 ** minorDigitsOf(currency)) / divisor;
  return Number.isSafeInteger(minor) && /^[A-Z]{3}$/.test(currency) ? { minor, currency } : null;
}

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
  "#39": "'",
};

/** Etsy escapes titles for web pages. */
function plainText(text: string): string {
  return text.replace(
    /&(amp|lt|gt|quot|apos|#39);/g,
    (whole, name: string) => entities[name] ?? whole,
  );
}

const unknownListing: Fault = {
  kind: "unknown-listing",
  message: "Etsy does not know this listing, or no longer has this variation of it.",
};

function unreadableRow(reason: string): Fault {
  return { kind: "unexpected", message: `Etsy's listing cannot be read: ${reason}.` };
}

/**
 * An order as it is now. Unpaid ones count: Etsy took the unit off its shelf at checkout. Only "canceled" cancels; a
 * refund, even a full one, says nothing about goods (channels.md 2).
 */
export function toOrderSnapshot(receipt: WireReceipt): OrderSnapshot {
  const status = receipt.status.toLowerCase();
  const cancelled = status === "canceled" || status === "cancelled";
  const shipped = receipt.is_shipped === true || status === "completed";
  const createdS = receipt.created_timestamp ?? receipt.create_timestamp ?? 0;
  const updatedS = receipt.updated_timestamp ?? receipt.update_timestamp ?? createdS;
  return {
    orderId: receipt.receipt_id,
    // Etsy's clock ticks in seconds. What cannot be undone wins within one.
    revision: updatedS * 1_000 + (cancelled ? 2 : shipped ? 1 : 0),
    placedAt: new Date(createdS * 1_000).toISOString(),
    cancelled,
    test: false,
    lines: receipt.transactions.map((wire, position) =>
      wire.ok ? toLine(wire.line, { shipped, position }) : unreadableLine(wire, position),
    ),
  };
}

function toLine(
  line: WireTransaction,
  { shipped, position }: { readonly shipped: boolean; readonly position: number },
): OrderLineSnapshot {
  const orderKey = orderKeyOf(line);
  const sku = line.sku || null;
  if (orderKey === null && sku === null) {
    return unreadableLine({ lineId: line.transaction_id, reason: noSkuReason }, position);
  }
  return {
    lineId: line.transaction_id,
    orderKey,
    sku,
    quantity: line.quantity,
    shipped: shipped || line.shipped_timestamp != null ? line.quantity : 0,
    externalLocationId: null,
  };
}

/** The product by its property values: its id is of the time of the sale (channels.md 8.3). */
function orderKeyOf(line: WireTransaction): string | null {
  if (line.listing_id == null || line.listing_id === "0") return null;
  const fromData = variationOf(line.product_data);
  return keyOf(line.listing_id, fromData || variationOfLine(line.variations ?? []));
}
