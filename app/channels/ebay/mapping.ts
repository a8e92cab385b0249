import type { ListingRef, QuantityWrite, ReadResult, WriteResult } from "#app/channels/contract.ts";
import { groupedBy } from "#app/channels/grouped-by.ts";
import { noSkuReason, unreadableLine } from "#app/channels/wire-fields.ts";
import type { OrderLineSnapshot, OrderSnapshot } from "#app/domain/orders/order-snapshot.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { faultOfErrors } from "./errors.ts";
import type {
  EbayOrder,
  EbayOrderLine,
  InventoryItemRow,
  PriceQuantityBody,
  PriceQuantityRow,
} from "./wire.ts";

/** The inventory item behind a listing. eBay's SKU text wins: the merchant's may have blanks around it. */
export function skuOf(listing: ListingRef): string {
  return listing.externalIds["sku"] ?? listing.sku;
}

function offerOf(listing: ListingRef): string | undefined {
  return listing.externalIds["offerId"];
}

/**
 * One request per SKU with the item's number and those of its offers. An offer's own number hides
 * the item's on its marketplace, so both are sent. Offers of one SKU may differ (buffers): the
 * item then gets the greatest, which limits none of them.
 */
export function toPriceQuantityBody(writes: readonly QuantityWrite[]): PriceQuantityBody {
  return {
    requests: [...groupedBy(writes, skuOf)].map(([sku, group]) => {
      const offers = group.flatMap((write) => {
        const offerId = offerOf(write);
        return offerId === undefined ? [] : [{ offerId, availableQuantity: write.quantity }];
      });
      const quantity = Math.max(...group.map((write) => write.quantity));
      const shipToLocationAvailability = { quantity };
      return offers.length > 0
        ? { sku, shipToLocationAvailability, offers }
        : { sku, shipToLocationAvailability };
    }),
  };
}

/**
 * One result per write. Every row that concerns it must be fine; the row of its offer (of the item,
 * when it has none) must be there. eBay's own sample shows the offer's row alone, and that is the
 * number buyers see: hence a missing item row beside a good offer row is a success.
 */
export function toWriteResults(
  writes: readonly QuantityWrite[],
  rows: readonly PriceQuantityRow[],
  now: Date,
): readonly WriteResult[] {
  return writes.map((write) => {
    const offerId = offerOf(write);
    const offerRow = rows.find((row) => row.offerId != null && row.offerId === offerId);
    const itemRow = rows.find((row) => row.offerId == null && row.sku === skuOf(write));
    const refused = [itemRow, offerRow].find((row) => row !== undefined && !isFine(row));
    if (refused) {
      return { ok: false, fault: faultOfErrors(refused.statusCode, refused.errors ?? [], now) };
    }
    const deciding = offerId === undefined ? itemRow : offerRow;
    return deciding ? { ok: true } : { ok: false, fault: noRow(skuOf(write)) };
  });
}

function isFine(row: PriceQuantityRow): boolean {
  return row.statusCode >= 200 && row.statusCode < 300 && (row.errors ?? []).length === 0;
}

function noRow(sku: string): Fault {
  return { kind: "unexpected", message: `eBay's answer says nothing about ${sku}.` };
}

/** One result per listing from the rows of bulk_get_inventory_item. */
export function toReadResults(
  listings: readonly ListingRef[],
  rows: readonly InventoryItemRow[],
  now: Date,
): readonly ReadResult[] {
  const bySku = new Map(rows.map((row) => [row.sku, row]));
  return listings.map((listing) => {
    const row = bySku.get(skuOf(listing));
    if (row === undefined) return { ok: false, fault: noRow(skuOf(listing)) };
    if (row.inventoryItem == null) {
      return { ok: false, fault: faultOfErrors(row.statusCode, row.errors ?? [], now) };
    }
    // An item whose number was never set sells nothing.
    const quantity = row.inventoryItem.availability?.shipToLocationAvailability?.quantity ?? 0;
    return { ok: true, quantity, asOf: null, price: null, state: "active" };
  });
}

/** An order as it is now. Unpaid ones count as well: eBay took the unit off its shelf at checkout. */
export function toOrderSnapshot(order: EbayOrder): OrderSnapshot {
  return {
    orderId: order.orderId,
    revision: Date.parse(order.lastModifiedDate),
    placedAt: new Date(order.creationDate).toISOString(),
    cancelled: order.cancelStatus?.cancelState === "CANCELED",
    test: false,
    lines: order.lineItems.map((wire, position) =>
      wire.ok ? toLine(wire.line, position) : unreadableLine(wire, position),
    ),
  };
}

function toLine(line: EbayOrderLine, position: number): OrderLineSnapshot {
  const orderKey = line.sku || legacyKeyOf(line);
  if (!orderKey) return unreadableLine({ lineId: line.lineItemId, reason: noSkuReason }, position);
  return {
    lineId: line.lineItemId,
    orderKey,
    sku: line.sku || null,
    quantity: line.quantity,
    // A partly shipped line says IN_PROGRESS without a number: it counts when it is done.
    shipped: line.lineItemFulfillmentStatus === "FULFILLED" ? line.quantity : 0,
    externalLocationId: null,
  };
}

/** Listings made outside the Inventory API may have no SKU: item id, and variation id when there is one. */
function legacyKeyOf(line: EbayOrderLine): string | null {
  if (!line.legacyItemId) return null;
  return line.legacyVariationId
    ? `${line.legacyItemId}/${line.legacyVariationId}`
    : line.legacyItemId;
}
