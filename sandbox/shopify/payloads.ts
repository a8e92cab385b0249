import {
  currentQuantity,
  fulfilmentStatus,
  orderIds,
  shippedUnits,
  unfulfilledUnits,
  type ShopFulfilment,
  type ShopOrder,
  type ShopRefund,
  type ShopReturn,
} from "./shop-order.ts";
import { numberOf, type StockLevel } from "./stock.ts";

/** The demo shop lives at UTC−5, all year; REST times carry the shop's offset. */
const shopOffsetMs = -5 * 3_600_000;
const shopOffset = "-05:00";

/** As GraphQL tells times: UTC, whole seconds. */
export function utcTime(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`;
}

/** As REST bodies and webhooks tell times: the shop's clock with its offset, whole seconds. */
export function shopTime(atMs: number): string {
  return `${new Date(atMs + shopOffsetMs).toISOString().slice(0, 19)}${shopOffset}`;
}

/**
 * The REST order of the orders/* topics, shaped as `orders_create.minimal.json` of the published
 * tests. Nothing personal: as for apps without access to protected customer data.
 */
export function orderPayload(order: ShopOrder): Record<string, unknown> {
  const { orderGid, name } = orderIds(order);
  const total = money(order.item.sku.priceMinor * order.quantity);
  const current = money(order.item.sku.priceMinor * currentQuantity(order));
  const cancelledAt = order.cancelledAtMs === null ? null : shopTime(order.cancelledAtMs);
  return {
    id: Number(order.orderId),
    admin_graphql_api_id: orderGid,
    app_id: 580111,
    buyer_accepts_marketing: false,
    cancel_reason: cancelledAt === null ? null : "customer",
    cancelled_at: cancelledAt,
    closed_at: cancelledAt,
    confirmed: true,
    created_at: shopTime(order.placedAtMs),
    currency: "USD",
    current_subtotal_price: current,
    current_total_price: current,
    discount_codes: [],
    financial_status: financialStatus(order),
    fulfillment_status: fulfillmentStatus(order),
    location_id: null,
    name,
    note: null,
    note_attributes: [],
    number: order.serial,
    order_number: order.serial,
    payment_gateway_names: ["bogus"],
    presentment_currency: "USD",
    processed_at: shopTime(order.placedAtMs),
    source_identifier: null,
    source_name: "web",
    subtotal_price: total,
    tags: "",
    taxes_included: false,
    test: false,
    total_line_items_price: total,
    total_price: total,
    total_weight: 0,
    updated_at: shopTime(order.updatedAtMs),
    user_id: null,
    billing_address: null,
    customer: null,
    discount_applications: [],
    fulfillments: order.fulfilments.map((one) => fulfillmentPayload(order, one)),
    line_items: [linePayload(order)],
    refunds: order.refunds.map((one) => refundPayload(order, one)),
    shipping_address: null,
    shipping_lines: [],
  };
}

function financialStatus(order: ShopOrder): string {
  if (order.refunds.length === 0) return "paid";
  return currentQuantity(order) === 0 ? "refunded" : "partially_refunded";
}

function fulfillmentStatus(order: ShopOrder): string | null {
  if (shippedUnits(order) === 0) return null;
  return unfulfilledUnits(order) === 0 ? "fulfilled" : "partial";
}

function linePayload(order: ShopOrder): Record<string, unknown> {
  const { sku, product } = order.item;
  const { lineId } = orderIds(order);
  return {
    id: lineId,
    admin_graphql_api_id: `gid://shopify/LineItem/${String(lineId)}`,
    current_quantity: currentQuantity(order),
    fulfillable_quantity: unfulfilledUnits(order),
    fulfillment_service: "manual",
    fulfillment_status: fulfillmentStatus(order),
    gift_card: false,
    grams: 200,
    name: sku.title,
    price: money(sku.priceMinor),
    product_exists: true,
    product_id: Number(numberOf(product.gid)),
    properties: [],
    quantity: order.quantity,
    requires_shipping: true,
    sku: sku.code,
    taxable: true,
    title: product.title,
    total_discount: "0.00",
    variant_id: Number(sku.shopify.variantId),
    variant_inventory_management: "shopify",
    variant_title: sku.title.split(" / ").at(-1) ?? null,
    vendor: "Demo",
    tax_lines: [],
    duties: [],
    discount_allocations: [],
  };
}

/** Body of refunds/create, and an element of an order's `refunds`. */
export function refundPayload(order: ShopOrder, refund: ShopRefund): Record<string, unknown> {
  const { refundId, lineId } = orderIds(order);
  const id = refundId(refund);
  const location = refund.locationGid;
  return {
    id,
    admin_graphql_api_id: `gid://shopify/Refund/${String(id)}`,
    order_id: Number(order.orderId),
    created_at: shopTime(refund.atMs),
    processed_at: shopTime(refund.atMs),
    note: null,
    restock: location !== null,
    user_id: null,
    refund_line_items: [
      {
        id,
        line_item_id: lineId,
        location_id: location === null ? null : Number(numberOf(location)),
        quantity: refund.units,
        restock_type: refund.restockType,
        line_item: linePayload(order),
      },
    ],
    transactions: [],
    order_adjustments: [],
    return: null,
  };
}

/** Body of fulfillments/create, and an element of an order's `fulfillments`. */
export function fulfillmentPayload(
  order: ShopOrder,
  fulfilment: ShopFulfilment,
): Record<string, unknown> {
  const { fulfillmentId, name } = orderIds(order);
  const id = fulfillmentId(fulfilment);
  const numbers = fulfilment.trackings.flatMap((tracking) => tracking.number ?? []);
  const urls = fulfilment.trackings.flatMap((tracking) => tracking.url ?? []);
  return {
    id,
    admin_graphql_api_id: `gid://shopify/Fulfillment/${String(id)}`,
    order_id: Number(order.orderId),
    status: "success",
    created_at: shopTime(fulfilment.atMs),
    updated_at: shopTime(fulfilment.atMs),
    service: "manual",
    shipment_status: null,
    location_id: Number(numberOf(fulfilment.locationGid)),
    name: `${name}.${String(fulfilment.number + 1)}`,
    tracking_company: fulfilment.trackings[0]?.company ?? null,
    tracking_number: numbers[0] ?? null,
    tracking_numbers: numbers,
    tracking_url: urls[0] ?? null,
    tracking_urls: urls,
    receipt: {},
    line_items: [{ ...linePayload(order), quantity: fulfilment.units }],
  };
}

/** Body of returns/request and approve: the only topics of a return that name its lines. */
export function returnPayload(order: ShopOrder, returned: ShopReturn): Record<string, unknown> {
  const { orderGid, lineId, name } = orderIds(order);
  const { id, gid } = returnIds(returned);
  return {
    id,
    admin_graphql_api_id: gid,
    name: `${name}-R1`,
    order: { id: Number(order.orderId), admin_graphql_api_id: orderGid },
    status: returned.state === "requested" ? "requested" : "open",
    total_return_line_items: returned.units,
    return_line_items: [
      {
        id: lineId,
        admin_graphql_api_id: `gid://shopify/ReturnLineItem/${String(lineId)}`,
        quantity: returned.units,
        return_reason: "other",
        fulfillment_line_item: {
          id: lineId,
          admin_graphql_api_id: `gid://shopify/FulfillmentLineItem/${String(lineId)}`,
          line_item: {
            id: lineId,
            admin_graphql_api_id: `gid://shopify/LineItem/${String(lineId)}`,
          },
        },
      },
    ],
    exchange_line_items: [],
    total_exchange_line_items: 0,
    return_shipping_fees: [],
  };
}

/** Body of returns/close, cancel and reopen. */
export function returnEndPayload(order: ShopOrder, returned: ShopReturn): Record<string, unknown> {
  const { id, gid } = returnIds(returned);
  return { id, admin_graphql_api_id: gid, order_id: Number(order.orderId), status: "closed" };
}

/** The control API names returns as it likes; Shopify's are numbers. */
function returnIds({ returnId }: ShopReturn): { readonly id: number; readonly gid: string } {
  const isNumber = /^\d{1,15}$/.test(returnId);
  const id = isNumber ? Number(returnId) : hashed(returnId);
  return { id, gid: `gid://shopify/Return/${String(id)}` };
}

/** The same number for the same text. */
function hashed(text: string): number {
  let hash = 7;
  for (const character of text) {
    hash = (hash * 31 + (character.codePointAt(0) ?? 0)) % 1_000_000_007;
  }
  return 30_000_000_000 + hash;
}

/** Body of fulfillment_orders/moved: ids of GraphQL, and neither the order nor its lines. */
export function movedPayload(order: ShopOrder, from: StockLevel): Record<string, unknown> {
  const { fulfillmentOrderId, fulfillmentOrderLineId } = orderIds(order);
  const moved = {
    id: `gid://shopify/FulfillmentOrder/${String(fulfillmentOrderId)}`,
    status: fulfilmentStatus(order).toLowerCase(),
    assigned_location_id: order.level.locationGid,
  };
  return {
    original_fulfillment_order: moved,
    moved_fulfillment_order: moved,
    source_location: { id: from.locationGid },
    destination_location_id: order.level.locationGid,
    fulfillment_order_line_items_requested: [
      {
        id: `gid://shopify/FulfillmentOrderLineItem/${String(fulfillmentOrderLineId)}`,
        quantity: unfulfilledUnits(order),
      },
    ],
  };
}

/** Body of inventory_levels/update: the level as it is now, whoever changed it, by however much. */
export function levelPayload(level: StockLevel): Record<string, unknown> {
  return {
    inventory_item_id: Number(numberOf(level.item.gid)),
    location_id: Number(numberOf(level.locationGid)),
    available: level.available,
    updated_at: shopTime(level.updatedAtMs),
    admin_graphql_api_id: level.gid,
  };
}

/** Minor units as Shopify writes money: "15.00". */
export function money(minor: number): string {
  return (minor / 100).toFixed(2);
}
