import { describe, expect, test } from "vitest";
import type { OrderLineSnapshot, OrderSnapshot } from "#app/domain/orders/order-snapshot.ts";
import { parseAmazonEvent } from "./amazon/events.ts";
import { snapshotOfOrder } from "./amazon/mapping.ts";
import { order as amazonOrder } from "./amazon/wire.ts";
import { toOrderSnapshot as ebaySnapshot } from "./ebay/mapping.ts";
import { order as ebayOrder } from "./ebay/wire.ts";
import { snapshotOfGraphql } from "./shopify/mapping.ts";
import { parseShopifyEvent } from "./shopify/webhooks.ts";
import { ordersData } from "./shopify/wire.ts";
import { toOrderSnapshot as tiktokSnapshot } from "./tiktok-shop/mapping.ts";
import { order as tiktokOrder } from "./tiktok-shop/wire.ts";

const time = "2026-01-02T03:04:05.000Z";
type Fields = Readonly<Record<string, unknown>>;

function orderOf(facts: ReturnType<typeof parseShopifyEvent>): OrderSnapshot {
  const [fact] = facts;
  if (fact?.kind !== "order") throw new Error(JSON.stringify(facts));
  return fact.order;
}

/** Each way an order reaches us: a good line "1" of two units, and a second one with `quantity`. */
const ways: Readonly<Record<string, (quantity: unknown, more?: Fields) => OrderSnapshot>> = {
  "shopify webhook": (quantity, more) => {
    const line = { product_id: 5, variant_id: 6, sku: "A" };
    const line_items = [
      { ...line, id: 1, quantity: 2 },
      { ...line, id: 2, quantity, ...more },
    ];
    const order = { id: 9, created_at: time, updated_at: time, line_items };
    return orderOf(parseShopifyEvent({ topic: "orders/create", payload: JSON.stringify(order) }));
  },
  "shopify graphql": (quantity, more) => {
    const line = { sku: "A", currentQuantity: 2, unfulfilledQuantity: 2, isGiftCard: false };
    const pageInfo = { hasNextPage: false };
    const lineItems = {
      nodes: [
        { ...line, id: "gid://shopify/LineItem/1", quantity: 2 },
        { ...line, id: "gid://shopify/LineItem/2", quantity, ...more },
      ],
      pageInfo,
    };
    const order = { id: "gid://shopify/Order/9", createdAt: time, updatedAt: time, test: false };
    const data = ordersData.parse({ orders: { nodes: [{ ...order, lineItems }], pageInfo } });
    const [read] = data.orders.nodes;
    if (!read) throw new Error("no order");
    return snapshotOfGraphql(read);
  },
  "amazon notification": (Quantity, more) => {
    const OrderItems = [
      { OrderItemId: "1", SellerSKU: "A", Quantity: 2 },
      { OrderItemId: "2", SellerSKU: "A", Quantity, ...more },
    ];
    const Summary = {
      OrderStatus: "Unshipped",
      PurchaseDate: time,
      FulfillmentType: "MFN",
      OrderItems,
    };
    const Payload = { OrderChangeNotification: { AmazonOrderId: "9", Summary } };
    const payload = JSON.stringify({ EventTime: time, Payload });
    return orderOf(parseAmazonEvent({ topic: "ORDER_CHANGE", payload }));
  },
  "amazon orders api": (quantityOrdered, more) => {
    const product = { sellerSku: "A" };
    const orderItems = [
      { orderItemId: "1", product, quantityOrdered: 2 },
      { orderItemId: "2", product, quantityOrdered, ...more },
    ];
    const order = { orderId: "9", createdTime: time, lastUpdatedTime: time, orderItems };
    return snapshotOfOrder(amazonOrder.parse(order));
  },
  ebay: (quantity, more) => {
    const lineItems = [
      { lineItemId: "1", sku: "A", quantity: 2 },
      { lineItemId: "2", sku: "A", quantity, ...more },
    ];
    const order = { orderId: "9", creationDate: time, lastModifiedDate: time, lineItems };
    return ebaySnapshot(ebayOrder.parse(order));
  },
  "tiktok shop": (sku_count, more) => {
    const part = { sku_id: "1", sku_count: 2 };
    const line_items = [
      { id: "u1", sku_id: "1", combined_listing_skus: [part] },
      { id: "2", sku_id: "2", combined_listing_skus: [{ sku_id: "2", sku_count }], ...more },
    ];
    const order = { id: "9", status: "UNPAID", create_time: 1_767_312_885, line_items };
    return tiktokSnapshot(tiktokOrder.parse({ ...order, update_time: 1_767_312_885 }));
  },
};

const bad = (lineId: string, reason: string | RegExp): Partial<OrderLineSnapshot> => ({
  ...{ lineId, quantity: 0, shipped: 0 },
  unreadable: (reason instanceof RegExp ? expect.stringMatching(reason) : reason) as string,
});

describe.each(Object.entries(ways))("one odd line, by %s", (way, read) => {
  const good = { lineId: "1", quantity: 2 };

  test.each([
    [1.5, / 1\.5 is not a whole number$/],
    [null, / is empty$/],
    [undefined, / is missing$/],
    ["many", / "many" is not a number$/],
    [1e300, / is too large$/],
    [true, / is not a number$/],
  ])("quantity %j: that line is unreadable, the other applies", (quantity, reason) => {
    expect(read(quantity).lines).toMatchObject([good, bad("2", reason)]);
  });

  test("digits are a number", () => {
    const [, second] = read("2").lines;
    expect(second).toMatchObject({ quantity: 2 });
    expect(second).not.toHaveProperty("unreadable");
  });

  test("a SKU that Postgres cannot hold", () => {
    if (way === "tiktok shop") return;
    const sku = "A\0";
    const [, second] = read(1, { sku, SellerSKU: sku, product: { sellerSku: sku } }).lines;
    expect(second).toMatchObject(bad("2", /holds characters that no text may have$/));
  });
});

describe("lines that name nothing", () => {
  const noSku = bad("2", "the channel gave no SKU");
  test("amazon and ebay", () => {
    const without = { SellerSKU: undefined, product: {}, sku: null };
    for (const way of ["amazon notification", "amazon orders api", "ebay"]) {
      expect(ways[way]?.(1, without).lines[1]).toMatchObject(noSku);
    }
  });

  test("shopify: a custom sale item is left out, anything else is not", () => {
    const read = ways["shopify webhook"];
    const nothing = { variant_id: null, sku: " ", variant_inventory_management: null };
    expect(read?.(1, { ...nothing, product_id: null }).lines).toHaveLength(1);
    expect(read?.(1, { ...nothing, product_id: 5 }).lines[1]).toMatchObject(noSku);
    expect(
      read?.(1, { variant_id: undefined, product_id: undefined, sku: null }).lines[1],
    ).toMatchObject(noSku);
    expect(read?.(1, { ...nothing, product_id: 5, gift_card: true }).lines).toHaveLength(1);
  });

  test("a line without an id is named by its position; no object is no line", () => {
    expect(ways["ebay"]?.(1, { lineItemId: undefined }).lines[1]).toMatchObject(
      bad("#2", "lineItemId is missing"),
    );
    const order = { id: 9, created_at: time, updated_at: time, line_items: [5] };
    const payload = JSON.stringify(order);
    expect(orderOf(parseShopifyEvent({ topic: "orders/create", payload })).lines).toMatchObject([
      bad("#1", "it 5 is not an object"),
    ]);
  });
});

test("unreadable refunds make the lines that lost units unreadable, no others", () => {
  const line = { variant_id: 6, sku: "A", quantity: 2 };
  const line_items = [
    { ...line, id: 1, current_quantity: 2 },
    { ...line, id: 2, current_quantity: 1 },
  ];
  const order = {
    id: 9,
    created_at: time,
    updated_at: time,
    line_items,
    refunds: [{ refund_line_items: 5 }],
  };
  const payload = JSON.stringify(order);
  expect(orderOf(parseShopifyEvent({ topic: "orders/updated", payload })).lines).toMatchObject([
    { lineId: "1", quantity: 2 },
    bad("2", "its refunds cannot be read"),
  ]);
});

test.each([
  ["{", "Shopify sent something that is not JSON."],
  ["[]", "Shopify's order cannot be read: it is not an object."],
  [
    `{"id":9,"created_at":"${time}","updated_at":"${time}"}`,
    "Shopify's order cannot be read: line_items is missing.",
  ],
  [
    `{"id":9,"created_at":"soon\\nish"}`,
    `Shopify's order cannot be read: created_at "soon\\nish" is not a time.`,
  ],
])("a reason in words, on one line: %s", (payload, reason) => {
  expect(parseShopifyEvent({ topic: "orders/create", payload })).toEqual([
    { kind: "unreadable", reason },
  ]);
});
