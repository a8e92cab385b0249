import { noSkuReason, unreadableLine } from "#app/channels/wire-fields.ts";
import type { OrderLineSnapshot, OrderSnapshot } from "#app/domain/orders/order-snapshot.ts";
import { isOnMarketplace } from "./marketplaces.ts";
import type { EbayOrder, EbayOrderLine } from "./wire.ts";

/**
 * An order as it is now, as far as it is a matter of this marketplace: one account sells on several, each is a
 * connection of its own, and an order may hold lines of two. Unpaid orders count as well: eBay took the unit off its
 * shelf at checkout.
 * @param marketplaceId left out: every line
 */
export function toOrderSnapshot(order: EbayOrder, marketplaceId?: string): OrderSnapshot {
  const lines = order.lineItems.flatMap((wire, position) => {
    if (!wire.ok) return [unreadableLine(wire, position)];
    const { listingMarketplaceId: listed } = wire.line;
    const isOurs = marketplaceId === undefined || isOnMarketplace(listed, marketplaceId);
    return isOurs ? [toLine(wire.line, position)] : [];
  });
  return {
    orderId: order.orderId,
    revision: Date.parse(order.lastModifiedDate),
    placedAt: new Date(order.creationDate).toISOString(),
    cancelled: isCancelled(order),
    test: false,
    lines,
  };
}

/** A request that was completed counts although the order's own state lags behind it. */
function isCancelled({ cancelStatus }: EbayOrder): boolean {
  if (cancelStatus?.cancelState === "CANCELED") return true;
  if (cancelStatus?.cancelState !== "IN_PROGRESS") return false;
  return (cancelStatus.cancelRequests ?? []).some(
    ({ cancelRequestState }) => cancelRequestState === "COMPLETED",
  );
}

/** Only the order's own answer (getOrder) says how its cancellation stands. */
export function needsCancelRequests({ cancelStatus }: EbayOrder): boolean {
  return cancelStatus?.cancelState === "IN_PROGRESS";
}

function toLine(line: EbayOrderLine, position: number): OrderLineSnapshot {
  const orderKey = orderKeyOf(line.sku, line.legacyItemId, line.legacyVariationId);
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

/**
 * How an order line names its listing: the SKU; a listing made outside the Inventory API may have none, and is its item
 * id, with the variation's id when there is one.
 */
export function orderKeyOf(
  sku: string | null | undefined,
  itemId: string | null | undefined,
  variationId?: string | null,
): string | null {
  if (sku) return sku;
  if (!itemId) return null;
  return variationId ? `${itemId}/${variationId}` : itemId;
}
