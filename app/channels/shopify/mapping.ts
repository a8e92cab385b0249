import type { OrderLineSnapshot, OrderSnapshot } from "#app/domain/orders/order-snapshot.ts";
import { noSkuReason, unreadableLine } from "../wire-fields.ts";
import type { GraphqlLine, GraphqlOrder, WebhookLine, WebhookOrder } from "./wire.ts";

/** gid://shopify/Order/123 → 123. */
export function numberOfGid(gid: string): string {
  return gid.slice(gid.lastIndexOf("/") + 1).replace(/\?.*$/, "");
}

/** Order body of a webhook → snapshot. */
export function snapshotOfWebhook(order: WebhookOrder): OrderSnapshot {
  const shippedOf = shippedByLine(order);
  const keptOf = unitsByLine(
    (order.refunds === "unreadable" ? [] : (order.refunds ?? []))
      .flatMap((refund) => refund.refund_line_items ?? [])
      .filter((refund) => !isPutBack(refund.restock_type))
      .map((refund) => ({ id: refund.line_item_id, quantity: refund.quantity })),
  );
  const externalLocationId = order.location_id
    ? `gid://shopify/Location/${order.location_id}`
    : null;
  return {
    orderId: order.id,
    revision: Date.parse(order.updated_at),
    placedAt: new Date(order.created_at).toISOString(),
    cancelled: order.cancelled_at != null,
    test: order.test ?? false,
    lines: order.line_items.flatMap((wire, position): OrderLineSnapshot[] => {
      if (!wire.ok) return [unreadableLine(wire, position)];
      const { line } = wire;
      if (!movesStock(line)) return [];
      const reason = whyUnreadable(line, order);
      if (reason) return [unreadableLine({ lineId: line.id, reason }, position)];
      const quantity = wanted(line.quantity, line.current_quantity, keptOf.get(line.id));
      return [
        {
          lineId: line.id,
          orderKey: line.variant_id ?? null,
          sku: line.sku ?? null,
          quantity,
          ...(quantity === 0 && line.quantity > 0 && { withdrawn: true as const }),
          shipped: within(shippedOf.get(line.id) ?? 0, quantity),
          externalLocationId,
        },
      ];
    }),
  };
}

/**
 * Units the order still holds against stock. A refund lowers Shopify's current quantity even when the
 * goods are gone (shipped, or written off without restock): those do not come back through the order.
 * Returned goods that are restocked show in the level and are read there (shopify.md 4.4).
 */
function wanted(ordered: number, current: number | null | undefined, kept = 0): number {
  return current == null ? ordered : Math.min(current + kept, Math.max(ordered, current));
}

/** Refunded units that never left and are for sale again: "cancel" and its old name. */
export function isPutBack(restockType: string | null | undefined): boolean {
  return /^(cancel|legacy_restock)$/i.test(restockType ?? "");
}

function unitsByLine(
  rows: readonly { readonly id: string; readonly quantity: number }[],
): Map<string, number> {
  const units = new Map<string, number>();
  for (const { id, quantity } of rows) {
    units.set(id, (units.get(id) ?? 0) + Math.max(quantity, 0));
  }
  return units;
}

function within(units: number, unitsMax: number): number {
  return Math.max(Math.min(units, unitsMax), 0);
}

/** Gift cards, custom sale items (tips too) and items Shopify does not count move no stock. */
function movesStock(line: WebhookLine): boolean {
  if (line.gift_card) return false;
  if (namesNothing(line)) return line.product_id !== null || line.variant_id !== null;
  // Present and null: the variant is not tracked. Absent: the subscription left the field out.
  return line.variant_inventory_management !== null;
}

function namesNothing(line: WebhookLine): boolean {
  return line.variant_id == null && !line.sku?.trim();
}

function whyUnreadable(line: WebhookLine, order: WebhookOrder): string | null {
  if (namesNothing(line)) return noSkuReason;
  const takenOff = line.current_quantity != null && line.current_quantity < line.quantity;
  if (takenOff && order.refunds === "unreadable") return "its refunds cannot be read";
  return null;
}

/** Units in fulfilments that stand, by line. */
function shippedByLine(order: WebhookOrder): Map<string, number> {
  return unitsByLine(
    (order.fulfillments ?? [])
      .filter(({ status }) => status === "success")
      .flatMap((fulfilment) => fulfilment.line_items ?? []),
  );
}

/** One refunded line, as GraphQL names it. */
export interface RefundedLine {
  readonly quantity: number;
  readonly restockType: string;
  readonly lineItem: { readonly id: string };
}

/** Whether the order had units taken off, so that its refunds must be known to read it right. */
export function needsRefunds(order: GraphqlOrder): boolean {
  return (
    order.cancelledAt == null &&
    order.lineItems.nodes.some((wire) => wire.ok && wire.line.currentQuantity < wire.line.quantity)
  );
}

/** Order read through GraphQL → the same snapshot as its webhook gives. */
export function snapshotOfGraphql(
  order: GraphqlOrder,
  refunded: readonly RefundedLine[] = [],
): OrderSnapshot {
  const externalLocationId = order.retailLocation?.id ?? null;
  const keptOf = unitsByLine(
    refunded
      .filter((refund) => !isPutBack(refund.restockType))
      .map((refund) => ({ id: refund.lineItem.id, quantity: refund.quantity })),
  );
  return {
    orderId: numberOfGid(order.id),
    revision: Date.parse(order.updatedAt),
    placedAt: new Date(order.createdAt).toISOString(),
    cancelled: order.cancelledAt != null,
    test: order.test,
    lines: order.lineItems.nodes.flatMap((wire, position): OrderLineSnapshot[] => {
      if (!wire.ok) {
        const lineId = wire.lineId === null ? null : numberOfGid(wire.lineId);
        return [unreadableLine({ ...wire, lineId }, position)];
      }
      const { line } = wire;
      if (!movesStockInGraphql(line)) return [];
      const quantity = wanted(line.quantity, line.currentQuantity, keptOf.get(line.id));
      return [
        {
          lineId: numberOfGid(line.id),
          orderKey: line.variant ? numberOfGid(line.variant.id) : null,
          sku: line.sku ?? null,
          quantity,
          ...(quantity === 0 && line.quantity > 0 && { withdrawn: true as const }),
          shipped: within(quantity - line.unfulfilledQuantity, quantity),
          externalLocationId,
        },
      ];
    }),
  };
}

function movesStockInGraphql(line: GraphqlLine): boolean {
  if (line.isGiftCard) return false;
  return line.variant ? line.variant.inventoryItem.tracked : Boolean(line.sku?.trim());
}
