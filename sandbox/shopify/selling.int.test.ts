import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { demoCatalogue, type DemoSku } from "../catalogue.ts";
import { testSandboxConfig } from "../test-config.ts";
import { startShopRig, type ShopRig } from "./shop-rig.ts";

const catalogue = demoCatalogue({ skus: testSandboxConfig.skus, stock: 60 });
const [sku, otherSku] = catalogue.skus as [DemoSku, DemoSku];
const [warehouse, floor] = catalogue.locations;
const [product] = catalogue.products;

let rig: ShopRig;
let token: string;
beforeEach(async () => {
  rig = await startShopRig();
  token = (await rig.exchange(await rig.sessionToken())).body["access_token"] ?? "";
});
afterEach(async () => {
  await rig.stop();
});

const call = async (query: string, variables: Record<string, unknown> = {}) =>
  await rig.graphql(query, variables, token);
const shop = () => rig.sandbox.platform("shopify");

async function staff(what: string, body: object): Promise<unknown> {
  const answer = await fetch(`${rig.sandbox.url}/shopify/staff/${what}`, {
    method: "POST",
    body: JSON.stringify(body),
  });
  return await answer.json();
}

function ordered(quantity: number): string {
  const order = shop().placeOrder({ sku: sku.code, quantity });
  if (!order.accepted) throw new Error("the order was refused");
  return order.orderId;
}

async function levels(): Promise<unknown> {
  const { data } = await call(
    `query ($id: ID!) { inventoryItem(id: $id) { inventoryLevels(first: 5) {
      nodes { quantities(names: ["available", "committed", "on_hand"]) { quantity } } } } }`,
    { id: sku.shopify.inventoryItemGid },
  );
  const { inventoryLevels } = data?.["inventoryItem"] as {
    inventoryLevels: { nodes: { quantities: { quantity: number }[] }[] };
  };
  return inventoryLevels.nodes.map(({ quantities }) => quantities.map((it) => it.quantity));
}

async function fulfilmentOrder(orderId: string) {
  const { data } = await call(
    `query ($id: ID!) { order(id: $id) { fulfillmentOrders(first: 5) { nodes {
      id status supportedActions { action } assignedLocation { location { id } }
      lineItems(first: 5) { nodes { id remainingQuantity } } } } } }`,
    { id: `gid://shopify/Order/${orderId}` },
  );
  const found = data?.["order"] as {
    fulfillmentOrders: {
      nodes: {
        id: string;
        status: string;
        supportedActions: { action: string }[];
        assignedLocation: { location: { id: string } };
        lineItems: { nodes: { id: string; remainingQuantity: number }[] };
      }[];
    };
  };
  const [one] = found.fulfillmentOrders.nodes;
  if (!one) throw new Error("no fulfilment order");
  return one;
}

async function fulfil(orderId: string, quantity: number, number = "T1") {
  const { id, lineItems } = await fulfilmentOrder(orderId);
  const lines = [{ id: lineItems.nodes[0]?.id, quantity }];
  const { data } = await call(
    `mutation ($fulfillment: FulfillmentInput!) { fulfillmentCreate(fulfillment: $fulfillment) {
      fulfillment { status totalQuantity } userErrors { message } } }`,
    {
      fulfillment: {
        lineItemsByFulfillmentOrder: [{ fulfillmentOrderId: id, fulfillmentOrderLineItems: lines }],
        trackingInfo: { company: "UPS", number },
      },
    },
  );
  return data?.["fulfillmentCreate"];
}

const topics = () => rig.delivered.map(({ headers }) => String(headers["x-shopify-topic"]));

test("shopify.md 4.4: what a sale, a parcel and each restock type move", async () => {
  const orderId = ordered(6);
  expect(await levels()).toEqual([
    [36, 6, 42],
    [18, 0, 18],
  ]);
  expect(await fulfil(orderId, 3)).toMatchObject({ fulfillment: { status: "SUCCESS" } });
  expect(await levels()).toMatchObject([[36, 3, 39], {}]);
  await staff("refund", { orderId, quantity: 1, restockType: "cancel" });
  expect(await levels()).toMatchObject([[37, 2, 39], {}]);
  await staff("refund", { orderId, quantity: 1, restockType: "return" });
  expect(await levels()).toMatchObject([[38, 2, 40], {}]);
  await staff("refund", { orderId, quantity: 1, restockType: "no_restock" });
  expect(await levels()).toMatchObject([[38, 2, 40], {}]);
  expect(await staff("refund", { orderId, quantity: 4, restockType: "cancel" })).toEqual({
    done: false,
  });
  // What left cannot be cancelled.
  expect(shop().cancelOrder(orderId)).toBe(false);
  await vi.waitFor(() => {
    expect(topics()).toEqual(
      expect.arrayContaining([
        "fulfillments/create",
        "orders/partially_fulfilled",
        "refunds/create",
        "orders/updated",
      ]),
    );
  });
  const refunds = rig.delivered
    .filter(({ headers }) => headers["x-shopify-topic"] === "refunds/create")
    .map(({ body }) => JSON.parse(body) as { id: number; refund_line_items: object[] });
  expect(refunds.flatMap((one) => one.refund_line_items)).toMatchObject([
    { restock_type: "cancel", location_id: 70000000001 },
    { restock_type: "return", location_id: 70000000001 },
    { restock_type: "no_restock", location_id: null },
  ]);
  expect(new Set(refunds.map(({ id }) => id)).size).toBe(3);
});

test("a fulfilment order says what can be done with it", async () => {
  const orderId = ordered(2);
  expect(await fulfilmentOrder(orderId)).toMatchObject({ status: "OPEN" });
  await staff("hold", { orderId, onHold: true });
  expect(await fulfilmentOrder(orderId)).toMatchObject({
    status: "ON_HOLD",
    supportedActions: [{ action: "RELEASE_HOLD" }],
  });
  expect(await fulfil(orderId, 1)).toMatchObject({ userErrors: [{ message: /hold/ }] });
  await staff("hold", { orderId, onHold: false });
  expect(await fulfil(orderId, 3)).toMatchObject({ fulfillment: null });
  await fulfil(orderId, 1);
  expect(await fulfilmentOrder(orderId)).toMatchObject({ status: "IN_PROGRESS" });
  await fulfil(orderId, 1, "T2");
  expect(await fulfilmentOrder(orderId)).toMatchObject({ status: "CLOSED", supportedActions: [] });
  expect(shop().shipments(orderId)).toMatchObject([
    { trackingNumber: "T1", carrier: "UPS" },
    { trackingNumber: "T2", carrier: "UPS" },
  ]);
});

test("another location takes an order over, with its units", async () => {
  const orderId = ordered(4);
  expect(await staff("move", { orderId, locationId: floor.gid })).toEqual({ done: true });
  expect(await levels()).toEqual([
    [42, 0, 42],
    [14, 4, 18],
  ]);
  expect(await fulfilmentOrder(orderId)).toMatchObject({
    assignedLocation: { location: { id: floor.gid } },
  });
  expect(await staff("move", { orderId, locationId: floor.gid })).toEqual({ done: false });
  await vi.waitFor(() => expect(topics()).toContain("fulfillment_orders/moved"));
});

test("a return is told step by step and moves no stock by itself", async () => {
  const orderId = ordered(2);
  await fulfil(orderId, 2);
  const before = await levels();
  for (const state of ["requested", "received", "closed"] as const) {
    expect(shop().putReturn?.(orderId, { returnId: "77", units: 1, state })).toBe(true);
  }
  expect(shop().putReturn?.(orderId, { returnId: "78", units: 3, state: "requested" })).toBe(false);
  expect(await levels()).toEqual(before);
  await vi.waitFor(() => {
    expect(topics().filter((topic) => topic.startsWith("returns/"))).toEqual([
      "returns/request",
      "returns/process",
      "returns/close",
    ]);
  });
});

const publishMutation = (verb: string) => `mutation ($id: ID!, $to: ID!) {
  ${verb}(id: $id, input: [{ publicationId: $to }]) { userErrors { field message } } }`;

test("what is published nowhere, or is a draft, sells nothing", async () => {
  const { data } = await call(
    "{ publications(first: 5) { nodes { id channels(first: 5) { nodes { handle } } } } }",
  );
  const { nodes } = data?.["publications"] as {
    nodes: { id: string; channels: { nodes: { handle: string }[] } }[];
  };
  const to = nodes.find(({ channels }) => channels.nodes[0]?.handle === "online_store")?.id;
  const id = sku.shopify.variantGid;
  await call(publishMutation("publishableUnpublish"), { id, to });
  expect(shop().shown(sku.code)).toBeNull();
  expect(shop().shown(otherSku.code)).toBe(60);
  expect(shop().placeOrder({ sku: sku.code, quantity: 1 })).toMatchObject({ accepted: false });
  await call(publishMutation("publishablePublish"), { id, to });
  expect(shop().shown(sku.code)).toBe(60);
  await staff("product", { sku: sku.code, status: "DRAFT" });
  expect(shop().shown(otherSku.code)).toBeNull();
  const stray = { id: "gid://shopify/ProductVariant/1", to };
  expect((await call(publishMutation("publishablePublish"), stray)).data).toMatchObject({
    publishablePublish: { userErrors: [{ field: ["id"] }] },
  });
});

test("prices are set by product; one bad variant fails alone where that was asked for", async () => {
  const update = async (variants: readonly object[], partial: boolean) => {
    const { data } = await call(
      `mutation ($productId: ID!, $variants: [ProductVariantsBulkInput!]!, $partial: Boolean) {
        productVariantsBulkUpdate(productId: $productId, variants: $variants,
          allowPartialUpdates: $partial) { productVariants { price } userErrors { code field } } }`,
      { productId: product?.productGid, variants, partial },
    );
    return data?.["productVariantsBulkUpdate"];
  };
  const good = { id: sku.shopify.variantGid, price: "12.50" };
  const bad = { id: otherSku.shopify.variantGid, price: "-1.00" };
  expect(await update([good, bad], false)).toMatchObject({
    productVariants: [],
    userErrors: [{ code: "NEGATIVE_PRICE_VALUE", field: ["variants", "1", "price"] }],
  });
  expect(await update([good, bad], true)).toMatchObject({ productVariants: [{ price: "12.50" }] });
  const stranger = { id: catalogue.skus[4]?.shopify.variantGid, price: "1.00" };
  expect(await update([stranger], true)).toMatchObject({
    userErrors: [{ code: "PRODUCT_VARIANT_DOES_NOT_EXIST" }],
  });
});

test("what is no id at all is refused, what is nobody's is null", async () => {
  const node = "query ($id: ID!) { node(id: $id) { id } }";
  const wrong = await call(node, { id: "gid://shopify/Order/4-0-4" });
  expect(wrong.errors?.[0]?.message).toContain("Invalid global id");
  expect((await call(node, { id: "gid://shopify/Order/404" })).data).toEqual({ node: null });
});

test("withdrawn consent closes the door until the app is let in again", async () => {
  const { body } = await rig.exchange(await rig.sessionToken());
  rig.sandbox.control.setFaults({ channel: "shopify", consentRevoked: true });
  expect((await rig.graphql("{ shop { id } }", {}, body["access_token"])).status).toBe(401);
  const renew = { grant_type: "refresh_token", refresh_token: body["refresh_token"] ?? "" };
  expect(await rig.tokenCall(renew)).toMatchObject({
    status: 400,
    body: { error: "invalid_grant" },
  });
  rig.sandbox.control.setFaults({ channel: "shopify", consentRevoked: false });
  expect((await rig.graphql("{ shop { id } }", {}, body["access_token"])).status).toBe(200);
});

test("a restart keeps parcels, refunds, prices and what is published", async () => {
  const orderId = ordered(3);
  await fulfil(orderId, 1);
  await staff("refund", { orderId, quantity: 1, restockType: "cancel" });
  await staff("item", { sku: otherSku.code, tracked: false });
  await call(publishMutation("publishableUnpublish"), {
    id: otherSku.shopify.variantGid,
    to: "gid://shopify/Publication/90000000001",
  });
  const before = { levels: await levels(), order: await fulfilmentOrder(orderId) };
  const saved: unknown = JSON.parse(JSON.stringify(shop().snapshot()));
  rig.sandbox.control.reset({});
  shop().restore(saved);
  expect({ levels: await levels(), order: await fulfilmentOrder(orderId) }).toEqual(before);
  expect(shop().shipments(orderId)).toHaveLength(1);
  expect(shop().shown(otherSku.code)).toBeNull();
  const { data } = await call("query ($id: ID!) { inventoryItem(id: $id) { tracked } }", {
    id: otherSku.shopify.inventoryItemGid,
  });
  expect(data).toEqual({ inventoryItem: { tracked: false } });
  expect(warehouse.gid).not.toBe(floor.gid);
});
