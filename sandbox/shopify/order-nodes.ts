import { page, type PageArguments } from "./pages.ts";
import { utcTime } from "./payloads.ts";
import {
  currentQuantity,
  fulfilmentStatus,
  keptUnits,
  orderIds,
  shippedUnits,
  unfulfilledUnits,
  type ShopFulfilment,
  type ShopOrder,
  type ShopRefund,
} from "./shop-order.ts";
import type { StockItem } from "./stock.ts";

/** The nodes that orders lead to. */
export interface NeighbourNodes {
  variantNode(item: StockItem): object;
  locationNode(gid: string): { readonly name: string } | null;
}

/** Orders, their lines, fulfilments and refunds as GraphQL answers them. */
export class OrderNodes {
  readonly #nodes: NeighbourNodes;

  constructor(nodes: NeighbourNodes) {
    this.#nodes = nodes;
  }

  lineNode(order: ShopOrder) {
    const { sku, product } = order.item;
    return {
      __typename: "LineItem",
      id: `gid://shopify/LineItem/${String(orderIds(order).lineId)}`,
      sku: sku.code,
      name: sku.title,
      title: product.title,
      quantity: order.quantity,
      currentQuantity: currentQuantity(order),
      unfulfilledQuantity: unfulfilledUnits(order),
      refundableQuantity: keptUnits(order) + unfulfilledUnits(order),
      isGiftCard: false,
      requiresShipping: true,
      variant: () => this.#nodes.variantNode(order.item),
    };
  }

  fulfillmentOrderNode(order: ShopOrder) {
    const ids = orderIds(order);
    const left = unfulfilledUnits(order);
    const status = fulfilmentStatus(order);
    return {
      __typename: "FulfillmentOrder",
      id: `gid://shopify/FulfillmentOrder/${String(ids.fulfillmentOrderId)}`,
      orderId: ids.orderGid,
      status,
      supportedActions: actionsOf(status).map((action) => ({ action })),
      assignedLocation: () => {
        const location = this.#nodes.locationNode(order.level.locationGid);
        return { name: location?.name ?? "", location };
      },
      lineItems: (wanted: PageArguments) =>
        page([order], wanted, {
          node: () => ({
            __typename: "FulfillmentOrderLineItem",
            id: `gid://shopify/FulfillmentOrderLineItem/${String(ids.fulfillmentOrderLineId)}`,
            inventoryItemId: order.item.gid,
            totalQuantity: left + shippedUnits(order),
            remainingQuantity: left,
            lineItem: () => this.lineNode(order),
          }),
        }),
    };
  }

  fulfillmentNode(order: ShopOrder, fulfilment: ShopFulfilment) {
    const id = orderIds(order).fulfillmentId(fulfilment);
    return {
      __typename: "Fulfillment",
      id: `gid://shopify/Fulfillment/${String(id)}`,
      legacyResourceId: String(id),
      status: "SUCCESS",
      createdAt: utcTime(fulfilment.atMs),
      updatedAt: utcTime(fulfilment.atMs),
      totalQuantity: fulfilment.units,
      location: () => this.#nodes.locationNode(fulfilment.locationGid),
      trackingInfo: ({ first }: { first?: number | null }) =>
        fulfilment.trackings.slice(0, first ?? undefined),
      fulfillmentLineItems: (wanted: PageArguments) =>
        page([order], wanted, {
          node: () => ({
            __typename: "FulfillmentLineItem",
            id: `gid://shopify/FulfillmentLineItem/${String(id)}`,
            quantity: fulfilment.units,
            lineItem: () => this.lineNode(order),
          }),
        }),
    };
  }

  refundNode(order: ShopOrder, refund: ShopRefund) {
    const id = String(orderIds(order).refundId(refund));
    const { locationGid } = refund;
    return {
      __typename: "Refund",
      id: `gid://shopify/Refund/${id}`,
      legacyResourceId: id,
      createdAt: utcTime(refund.atMs),
      refundLineItems: (wanted: PageArguments) =>
        page([order], wanted, {
          node: () => ({
            quantity: refund.units,
            restocked: locationGid !== null,
            restockType: refund.restockType.toUpperCase(),
            lineItem: () => this.lineNode(order),
            location: () => (locationGid === null ? null : this.#nodes.locationNode(locationGid)),
          }),
        }),
    };
  }

  orderNode(order: ShopOrder) {
    const ids = orderIds(order);
    const cancelledAt = order.cancelledAtMs === null ? null : utcTime(order.cancelledAtMs);
    return {
      __typename: "Order",
      id: ids.orderGid,
      legacyResourceId: order.orderId,
      name: ids.name,
      test: false,
      sourceName: "web",
      createdAt: utcTime(order.placedAtMs),
      processedAt: utcTime(order.placedAtMs),
      updatedAt: utcTime(order.updatedAtMs),
      cancelledAt,
      closedAt: cancelledAt,
      cancelReason: cancelledAt === null ? null : "CUSTOMER",
      retailLocation: null,
      refunds: ({ first }: { first?: number | null }) =>
        order.refunds.slice(0, first ?? undefined).map((one) => this.refundNode(order, one)),
      fulfillments: ({ first }: { first?: number | null }) =>
        order.fulfilments
          .slice(0, first ?? undefined)
          .map((one) => this.fulfillmentNode(order, one)),
      lineItems: (wanted: PageArguments) =>
        page([order], wanted, { node: (one) => this.lineNode(one) }),
      fulfillmentOrders: (wanted: PageArguments) =>
        page([order], wanted, { node: (one) => this.fulfillmentOrderNode(one) }),
    };
  }
}

function actionsOf(status: ReturnType<typeof fulfilmentStatus>): readonly string[] {
  if (status === "ON_HOLD") return ["RELEASE_HOLD"];
  if (status === "OPEN") return ["CREATE_FULFILLMENT", "HOLD", "MOVE"];
  return status === "IN_PROGRESS" ? ["CREATE_FULFILLMENT", "MOVE"] : [];
}
