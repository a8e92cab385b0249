import { currentQuantity, type ShopOrder } from "./orders.ts";
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

/** The ids of an order's parts; each order has one line and one fulfilment order. */
export function orderIds(order: ShopOrder) {
  return {
    orderGid: `gid://shopify/Order/${order.orderId}`,
    lineId: 14_000_000_000_000 + order.serial,
    refundId: 950_000_000_000 + order.serial,
    fulfillmentOrderId: 6_500_000_000_000 + order.serial,
    fulfillmentOrderLineId: 16_000_000_000_000 + order.serial,
    name: `#${String(order.serial)}`,
  };
}

/**
 * The REST order of the orders/* topics, shaped as `orders_create.minimal.json` of the published
 * tests. Nothing personal: as for apps without access to protected customer data.
 */
export function orderPayload(order: ShopOrder): Record<string, unknown> {
  const { orderGid, name } = orderIds(order);
  const total = money(order.item.sku.priceMinor * order.quantity);
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
    current_subtotal_price: cancelledAt === null ? total : "0.00",
    current_total_price: cancelledAt === null ? total : "0.00",
    discount_codes: [],
    financial_status: cancelledAt === null ? "paid" : "refunded",
    fulfillment_status: null,
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
    fulfillments: [],
    line_items: [linePayload(order)],
    refunds: order.cancelledAtMs === null ? [] : [refundPayload(order)],
    shipping_address: null,
    shipping_lines: [],
  };
}

function linePayload(order: ShopOrder): Record<string, unknown> {
  const { sku, product } = order.item;
  const { lineId } = orderIds(order);
  const left = currentQuantity(order);
  return {
    id: lineId,
    admin_graphql_api_id: `gid://shopify/LineItem/${String(lineId)}`,
    current_quantity: left,
    fulfillable_quantity: left,
    fulfillment_service: "manual",
    fulfillment_status: null,
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

/** Body of refunds/create: a cancellation gives every unit back to the shelf. */
export function refundPayload(order: ShopOrder): Record<string, unknown> {
  const { refundId, lineId } = orderIds(order);
  return {
    id: refundId,
    admin_graphql_api_id: `gid://shopify/Refund/${String(refundId)}`,
    order_id: Number(order.orderId),
    created_at: shopTime(order.updatedAtMs),
    processed_at: shopTime(order.updatedAtMs),
    note: null,
    restock: true,
    user_id: null,
    refund_line_items: [
      {
        id: refundId,
        line_item_id: lineId,
        location_id: Number(numberOf(order.level.locationGid)),
        quantity: order.quantity,
        restock_type: "cancel",
        line_item: linePayload(order),
      },
    ],
    transactions: [],
    order_adjustments: [],
    return: null,
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
