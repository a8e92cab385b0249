import type {
  ImportedListing,
  ListingRef,
  ListingState,
  ReadResult,
} from "#app/channels/contract.ts";
import { groupedBy } from "#app/channels/grouped-by.ts";
import { noSkuReason, unreadableLine, type WireLine } from "#app/channels/wire-fields.ts";
import { moneyOf, type Money } from "#app/domain/money.ts";
import type { OrderLineSnapshot, OrderSnapshot } from "#app/domain/orders/order-snapshot.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { nothingAbout, unreadableAnswer } from "./errors.ts";
import {
  listing as listingShape,
  type FlipkartListing,
  type FlipkartOrderItem,
  type FlipkartShipment,
  type FoundListing,
  type ListingsAnswer,
  type LocationWrite,
} from "./wire.ts";

export const currency = "INR";
/** Prices are whole rupees; a minor unit is a paisa. */
export const paisePerRupee = 100;

/** Flipkart's SKU text wins: the merchant's may have blanks around it. */
export function skuOf(listing: ListingRef): string {
  return listing.externalIds["sku"] ?? listing.sku;
}

/** The FSN, which every write names beside the SKU. */
export function productIdOf(listing: ListingRef): string | undefined {
  return listing.externalIds["productId"];
}

/** The stock lies in a warehouse of Flipkart's (FBF, FBF Lite): only NON_FBF is the seller's to write. */
function heldBy(profile: string): string | null {
  return profile === "NON_FBF" ? null : profile;
}

/** Why a listing is not written, without asking anybody; null when it may be. */
export function unwritable(listing: ListingRef): Fault | null {
  const profile = listing.externalIds["heldBy"];
  if (profile !== undefined) {
    return { kind: "unsupported", message: `Flipkart itself holds this stock (${profile}).` };
  }
  if (productIdOf(listing) !== undefined) return null;
  return {
    kind: "rejected",
    message: "This listing has no Flipkart product id (FSN). Import the listings again.",
  };
}

/** A number at several locations: the first one has it all, so that buyers are shown just that number. */
export function locationsOf(
  quantity: number,
  locationIds: readonly string[],
): readonly LocationWrite[] {
  return locationIds.map((id, index) => ({ id, inventory: index === 0 ? quantity : 0 }));
}

/** The rows to write by SKU; of two writes to one SKU the later one counts. */
export function bySku<Write extends ListingRef, Row>(
  writes: readonly Write[],
  row: (write: Write) => Row,
): Record<string, { readonly product_id: string } & Row> {
  return Object.fromEntries(
    writes.map((write) => [skuOf(write), { product_id: productIdOf(write) ?? "", ...row(write) }]),
  );
}

/** A listing in Flipkart's answer, or why there is none. */
export function listingIn(
  answer: ListingsAnswer,
  sku: string,
): { readonly ok: true; readonly listing: FlipkartListing } | { readonly ok: false; fault: Fault } {
  const row: unknown = Object.hasOwn(answer.available, sku) ? answer.available[sku] : undefined;
  if (row !== undefined) {
    const read = listingShape.safeParse(row);
    return read.success
      ? { ok: true, listing: read.data }
      : { ok: false, fault: unreadableAnswer(200) };
  }
  const unknown = [...(answer.unavailable ?? []), ...(answer.invalid ?? [])].includes(sku);
  const message = `Flipkart does not know the SKU ${sku}.`;
  return { ok: false, fault: unknown ? { kind: "unknown-listing", message } : nothingAbout(sku) };
}

/** What a listing shows at our locations. */
export function toReadResult(
  answer: ListingsAnswer,
  ref: ListingRef,
  locationIds: readonly string[],
): ReadResult {
  const found = listingIn(answer, skuOf(ref));
  if (!found.ok) return found;
  const { listing } = found;
  const quantity = shownBy(listing, locationIds);
  if (quantity === null) return { ok: false, fault: unreadableAnswer(200) };
  const state = stateOf(listing, locationIds);
  return { ok: true, quantity, asOf: null, price: priceOf(listing), state };
}

/**
 * Units that a buyer could buy from our locations; those of Flipkart's own stock from all of them. A disabled location
 * sells none. `pending_inventory` is not explained and not counted (channels.md 14, point 10).
 * @returns null when Flipkart does not say
 */
function shownBy(listing: FlipkartListing, locationIds: readonly string[]): number | null {
  if (!listing.locations) return null;
  let units = 0;
  for (const { id, status, inventory } of listing.locations) {
    const counts = heldBy(listing.fulfillment_profile) !== null || locationIds.includes(id);
    if (!counts || status === "DISABLED") continue;
    if (inventory == null) return null;
    units += Math.max(0, inventory);
  }
  return units;
}

function stateOf(listing: FlipkartListing, locationIds: readonly string[]): ListingState {
  if (listing.archived_status === "ARCHIVED" || listing.listing_status !== "ACTIVE") {
    return "inactive";
  }
  const ours = (listing.locations ?? []).filter(({ id }) => locationIds.includes(id));
  // That is how `endListings` ends one; `relistListings` enables the locations again.
  const ended = ours.length > 0 && ours.every(({ status }) => status === "DISABLED");
  return ended ? "ended" : "active";
}

export function priceOf({ price }: FlipkartListing): Money | null {
  return price ? moneyOf(price.selling_price, price.currency) : null;
}

/** A listing as the import gives it. Flipkart's listing API names neither title nor barcode. */
export function toImported(
  found: FoundListing,
  listing: FlipkartListing,
  locationIds: readonly string[],
): ImportedListing {
  const held = heldBy(listing.fulfillment_profile);
  const sku = found.sku_id;
  return {
    key: found.listing_id,
    externalIds: {
      sku,
      productId: found.product_id,
      listingId: found.listing_id,
      ...(held !== null && { heldBy: held }),
    },
    orderKey: found.listing_id,
    sku,
    title: sku,
    barcode: null,
    quantity: shownBy(listing, locationIds),
    price: priceOf(listing),
    state: stateOf(listing, locationIds),
    heldByChannel: held !== null,
    externalLocationId: null,
    url: null,
  };
}

/** Whole rupees of a price, or why Flipkart takes no such price. */
export function rupeesOf(
  price: Money,
  mrp: number,
): { readonly ok: true; readonly rupees: number } | { readonly ok: false; readonly fault: Fault } {
  const refused = (message: string) =>
    ({ ok: false, fault: { kind: "rejected", message } }) as const;
  if (price.currency !== currency) return refused(`Flipkart sells in ${currency} only.`);
  if (price.minor % paisePerRupee !== 0) return refused("Flipkart takes whole rupees only.");
  const rupees = price.minor / paisePerRupee;
  return rupees > mrp
    ? refused(`The price is above the maximum retail price of this listing (₹${mrp}).`)
    : { ok: true, rupees };
}

/** Order items in these states have left the house. */
const shippedStates: ReadonlySet<string> = new Set([
  "PICKUP_COMPLETE",
  "SHIPPED",
  "DELIVERED",
  "COMPLETED",
  "RETURN_REQUESTED",
  "RETURNED",
]);
/** How far along a state is, for `revision`. */
const stages = ["APPROVED", "PACKING_IN_PROGRESS", "FORM_FAILED", "PACKED", "READY_TO_DISPATCH"];

/**
 * A shipment as it is now: the order of our ledger (README: why). Flipkart lists an order item once for each of its
 * states, so a partly cancelled one has two rows: live rows add up, cancelled ones do not.
 * @param locationIds the connection's; a shipment of another location moves no stock of ours and has no lines
 */
export function toOrderSnapshot(
  shipment: FlipkartShipment,
  locationIds: readonly string[],
): OrderSnapshot {
  const { locationId } = shipment;
  const isOurs = locationId == null || locationIds.includes(locationId);
  const rows = shipment.orderItems;
  const items = rows.flatMap((row) => (row.ok ? [row.line] : []));
  const cancelled = items.filter(({ status }) => status === "CANCELLED");
  const updatedMs = Date.parse(shipment.updatedAt);
  const placed = items.find(({ orderDate }) => orderDate != null)?.orderDate;
  return {
    orderId: shipment.shipmentId,
    revision: updatedMs + progressOf(items),
    placedAt: new Date(placed ?? updatedMs).toISOString(),
    cancelled: rows.length > 0 && cancelled.length === rows.length,
    test: false,
    lines: isOurs ? linesOf(rows, locationId ?? null) : [],
  };
}

/**
 * Flipkart's times are whole seconds. Progress only ever grows, as its time does, so the sum of both orders changes of
 * one second as well.
 */
function progressOf(items: readonly FlipkartOrderItem[]): number {
  return items.reduce((sum, { status, quantity }) => {
    if (status === "CANCELLED") return sum + Math.min(quantity, 100) + stages.length;
    const stage = stages.indexOf(status);
    return sum + (stage < 0 ? stages.length : stage);
  }, 0);
}

function linesOf(
  rows: readonly WireLine<FlipkartOrderItem>[],
  locationId: string | null,
): readonly OrderLineSnapshot[] {
  const unreadable = rows.flatMap((row, index) => (row.ok ? [] : [unreadableLine(row, index)]));
  const spoilt = new Set(unreadable.map(({ lineId }) => lineId));
  const groups = groupedBy(
    // Half a line would be a number that nobody said.
    rows.flatMap((row) => (row.ok && !spoilt.has(row.line.orderItemId) ? [row.line] : [])),
    ({ orderItemId }) => orderItemId,
  );
  const lines = [...groups.values()].map((group, index) => lineOfGroup(group, index, locationId));
  return [...lines, ...unreadable];
}

function lineOfGroup(
  group: readonly FlipkartOrderItem[],
  index: number,
  locationId: string | null,
): OrderLineSnapshot {
  const lineId = group[0]?.orderItemId ?? `#${index + 1}`;
  const sku = group.find((item) => item.sku)?.sku ?? null;
  const orderKey = group.find((item) => item.listingId)?.listingId ?? null;
  if (sku === null && orderKey === null) {
    return unreadableLine({ lineId, reason: noSkuReason }, index);
  }
  const live = group.filter(({ status }) => status !== "CANCELLED");
  const quantity = unitsOf(live);
  const line = {
    lineId,
    orderKey,
    sku,
    quantity,
    shipped: unitsOf(live.filter(({ status }) => shippedStates.has(status))),
    externalLocationId: locationId,
  };
  return live.length === 0 ? { ...line, withdrawn: true } : line;
}

function unitsOf(items: readonly FlipkartOrderItem[]): number {
  return items.reduce((sum, { quantity }) => sum + quantity, 0);
}

/** Of a line's live rows, for shipping: units by order item. */
export function liveUnits(shipment: FlipkartShipment): ReadonlyMap<string, number> {
  const units = new Map<string, number>();
  for (const row of shipment.orderItems) {
    if (!row.ok || row.line.status === "CANCELLED") continue;
    const { orderItemId, quantity } = row.line;
    units.set(orderItemId, (units.get(orderItemId) ?? 0) + quantity);
  }
  return units;
}

/** States of a shipment's live rows. */
export function liveStates(shipment: FlipkartShipment): readonly string[] {
  return shipment.orderItems.flatMap((row) =>
    row.ok && row.line.status !== "CANCELLED" ? [row.line.status] : [],
  );
}

export function isShipped(states: readonly string[]): boolean {
  return states.length > 0 && states.every((state) => shippedStates.has(state));
}
