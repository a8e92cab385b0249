import { createHmac } from "node:crypto";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { demoCatalogue, type DemoSku } from "../catalogue.ts";
import { testCredential, testSandboxConfig } from "../test-config.ts";
import { startShopRig, testShop as shop, type ShopRig } from "./shop-rig.ts";

const apiSecret = testCredential("SHOPIFY_API_SECRET");
const catalogue = demoCatalogue({ skus: testSandboxConfig.skus, stock: 60 });
const [sku, otherSku] = catalogue.skus as [DemoSku, DemoSku];
const [warehouse, floor] = catalogue.locations;

let rig: ShopRig;
beforeEach(async () => {
  rig = await startShopRig();
});
afterEach(async () => {
  await rig.stop();
});
const adjustMutation = `mutation A($input: InventoryAdjustQuantitiesInput!, $key: String!) {
  inventoryAdjustQuantities(input: $input) @idempotent(key: $key) {
    inventoryAdjustmentGroup { id changes(quantityNames: ["available"]) { delta quantityAfterChange } }
    userErrors { code field message }
  }
}`;
const setMutation = `mutation S($input: InventorySetQuantitiesInput!, $key: String!) {
  inventorySetQuantities(input: $input) @idempotent(key: $key) { userErrors { code field } }
}`;

function change(of: DemoSku, delta: number, changeFromQuantity: number | null = null) {
  return {
    inventoryItemId: of.shopify.inventoryItemGid,
    locationId: warehouse.gid,
    delta,
    changeFromQuantity,
  };
}
const adjust = (changes: readonly unknown[], key: string) =>
  rig.graphql(adjustMutation, { key, input: { name: "available", reason: "correction", changes } });

async function levelsOf(of: DemoSku) {
  const answer = await rig.graphql(
    `
      query ($ids: [ID!]!) {
        nodes(ids: $ids) {
          ... on InventoryItem {
            sku
            inventoryLevels(first: 10) {
              nodes {
                location {
                  id
                }
                quantities(names: ["available", "committed", "on_hand"]) {
                  name
                  quantity
                  updatedAt
                }
              }
            }
          }
        }
      }
    `,
    { ids: [of.shopify.inventoryItemGid] },
  );
  const [item] = answer.data?.nodes as {
    inventoryLevels: { nodes: { quantities: { quantity: number }[] }[] };
  }[];
  return item?.inventoryLevels.nodes.map((level) => level.quantities.map((q) => q.quantity));
}

test("an adjustment is done once per key; the key is refused for another change", async () => {
  const first = await adjust([change(sku, -3)], "key-1");
  const repeat = await adjust([change(sku, -3)], "key-1");
  expect(first.data).toMatchObject({
    inventoryAdjustQuantities: {
      inventoryAdjustmentGroup: { changes: [{ delta: -3, quantityAfterChange: 39 }] },
      userErrors: [],
    },
  });
  expect(repeat.data).toEqual(first.data);
  const other = await adjust([change(sku, -4)], "key-1");
  expect(other.data).toMatchObject({
    inventoryAdjustQuantities: {
      userErrors: [{ code: "IDEMPOTENCY_KEY_PARAMETER_MISMATCH" }],
    },
  });
  expect(await levelsOf(sku)).toEqual([
    [39, 0, 39],
    [18, 0, 18],
  ]);
  expect(rig.sandbox.platform("shopify").shown(sku.code)).toBe(57);
});

test("without @idempotent, or without changeFromQuantity, nothing is written", async () => {
  const bare = await rig.graphql(adjustMutation.replace("@idempotent(key: $key)", ""), {
    key: "unused",
    input: { name: "available", reason: "correction", changes: [change(sku, -1)] },
  });
  expect(bare.data).toBeUndefined();
  expect(bare.errors?.length).toBeGreaterThan(0);
  const unchecked = await adjust([{ ...change(sku, -1), changeFromQuantity: undefined }], "key-2");
  expect(unchecked.errors?.[0]?.message).toContain("changeFromQuantity");
  expect(rig.sandbox.platform("shopify").shown(sku.code)).toBe(60);
});

test("one bad element and the whole batch is left undone", async () => {
  const { data } = await adjust(
    [change(sku, -1), change(otherSku, -1, 7), change(otherSku, -1)],
    "key-3",
  );
  expect(data).toMatchObject({
    inventoryAdjustQuantities: {
      inventoryAdjustmentGroup: null,
      userErrors: [
        {
          code: "CHANGE_FROM_QUANTITY_STALE",
          field: ["input", "changes", "1", "changeFromQuantity"],
        },
      ],
    },
  });
  expect(rig.sandbox.platform("shopify").shown(sku.code)).toBe(60);
});

test("setting compares first and refuses what changed meanwhile", async () => {
  const set = (changeFromQuantity: number, key: string) =>
    rig.graphql(setMutation, {
      key,
      input: {
        name: "available",
        reason: "correction",
        quantities: [
          {
            inventoryItemId: sku.shopify.inventoryItemGid,
            locationId: floor.gid,
            quantity: 5,
            changeFromQuantity,
          },
        ],
      },
    });
  expect((await set(18, "set-1")).data).toEqual({ inventorySetQuantities: { userErrors: [] } });
  expect((await set(18, "set-2")).data).toMatchObject({
    inventorySetQuantities: { userErrors: [{ code: "CHANGE_FROM_QUANTITY_STALE" }] },
  });
  expect(rig.sandbox.platform("shopify").shown(sku.code)).toBe(47);
});

test("a shop out of points answers THROTTLED with HTTP 200 and says how long", async () => {
  rig.sandbox.control.setFaults({ channel: "shopify", rateLimitFactor: 0.01 });
  const token = (await rig.exchange(await rig.sessionToken())).body.access_token;
  const answers = [];
  for (let call = 0; call < 4; call += 1) {
    answers.push(
      await rig.graphql(
        "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }",
        { ids: Array.from({ length: 8 }, () => sku.shopify.inventoryItemGid) },
        token,
      ),
    );
  }
  const throttled = answers.find((answer) => answer.errors);
  expect(throttled).toMatchObject({
    status: 200,
    errors: [{ extensions: { code: "THROTTLED" } }],
    extensions: {
      cost: {
        requestedQueryCost: 8,
        actualQueryCost: null,
        throttleStatus: { maximumAvailable: 20, restoreRate: 1 },
      },
    },
  });
  expect(throttled?.data).toBeUndefined();
});

test("an order commits stock and tells the app; its cancellation gives it back", async () => {
  const platform = rig.sandbox.platform("shopify");
  const order = platform.placeOrder({ sku: sku.code, quantity: 2 });
  if (!order.accepted) throw new Error("the order was refused");
  expect(platform.shown(sku.code)).toBe(58);
  expect(await levelsOf(sku)).toEqual([
    [40, 2, 42],
    [18, 0, 18],
  ]);
  await vi.waitFor(() => {
    expect(topics()).toEqual(["inventory_levels/update", "orders/create"]);
  });
  expect(bodyOf("orders/create")).toMatchObject({
    id: Number(order.orderId),
    location_id: null,
    cancelled_at: null,
    line_items: [{ sku: sku.code, variant_id: Number(sku.shopify.variantId), current_quantity: 2 }],
  });
  expect(bodyOf("inventory_levels/update")).toMatchObject({ available: 40 });
  for (const { headers, body, path } of rig.delivered) {
    const signature = createHmac("sha256", apiSecret).update(body).digest("base64");
    expect(path).toBe("/webhooks/shopify");
    expect(headers["x-shopify-hmac-sha256"]).toBe(signature);
    expect(headers["x-shopify-shop-domain"]).toBe(shop);
    expect(headers["x-shopify-webhook-id"]).toMatch(/^[0-9a-f-]{36}$/);
  }

  rig.delivered.length = 0;
  expect(platform.cancelOrder(order.orderId)).toBe(true);
  expect(platform.cancelOrder(order.orderId)).toBe(false);
  expect(platform.shown(sku.code)).toBe(60);
  await vi.waitFor(() => {
    expect(topics()).toEqual([
      "inventory_levels/update",
      "orders/cancelled",
      "orders/updated",
      "refunds/create",
    ]);
  });
  expect(platform.placeOrder({ sku: sku.code, quantity: 61 })).toEqual({
    accepted: false,
    reason: "sold-out",
  });
});

test("orders are found by change time, page by page, with where they ship from", async () => {
  const platform = rig.sandbox.platform("shopify");
  const ids = [1, 2, 3].map((quantity) => {
    const order = platform.placeOrder({ sku: sku.code, quantity });
    return order.accepted ? order.orderId : "";
  });
  platform.cancelOrder(ids[0] ?? "");
  const query = `query ($after: String, $query: String!) { orders(first: 2, after: $after, query: $query, sortKey: UPDATED_AT) {
    nodes { legacyResourceId cancelledAt lineItems(first: 5) { nodes { quantity currentQuantity sku variant { id } } }
      fulfillmentOrders(first: 5) { nodes { assignedLocation { location { id } } } } }
    pageInfo { hasNextPage endCursor } } }`;
  interface Page {
    nodes: { legacyResourceId: string; cancelledAt: string | null }[];
    pageInfo: { hasNextPage: boolean; endCursor: string };
  }
  const search = `updated_at:>='${new Date(Date.now() - 60_000).toISOString()}'`;
  const first = (await rig.graphql(query, { query: search })).data?.orders as Page;
  const after = first.pageInfo.endCursor;
  const second = (await rig.graphql(query, { query: search, after })).data?.orders as Page;
  const found = [...first.nodes, ...second.nodes];
  expect(found.map((order) => order.legacyResourceId)).toEqual([ids[1], ids[2], ids[0]]);
  expect(found.map((order) => order.cancelledAt === null)).toEqual([true, true, false]);
  expect(found[0]).toMatchObject({
    fulfillmentOrders: { nodes: [{ assignedLocation: { location: { id: warehouse.gid } } }] },
  });
  expect(second.pageInfo.hasNextPage).toBe(false);
});

test("a restart keeps stock, orders, tokens and what a repeated key answers", async () => {
  const before = rig.sandbox.platform("shopify");
  const token = (await rig.exchange(await rig.sessionToken())).body.access_token;
  await adjust([change(sku, -5)], "key-9");
  const order = before.placeOrder({ sku: sku.code, quantity: 1 });
  const saved: unknown = JSON.parse(JSON.stringify(before.snapshot()));
  rig.sandbox.control.reset({});
  rig.sandbox.platform("shopify").restore(saved);
  expect(rig.sandbox.platform("shopify").shown(sku.code)).toBe(54);
  await adjust([change(sku, -5)], "key-9");
  expect(rig.sandbox.platform("shopify").shown(sku.code)).toBe(54);
  expect((await rig.graphql("{ shop { id } }", {}, token)).status).toBe(200);
  expect(rig.sandbox.platform("shopify").cancelOrder(order.accepted ? order.orderId : "")).toBe(
    true,
  );
});

const topics = () => rig.delivered.map(({ headers }) => String(headers["x-shopify-topic"])).sort();
function bodyOf(topic: string): unknown {
  const found = rig.delivered.find(({ headers }) => headers["x-shopify-topic"] === topic);
  return found && JSON.parse(found.body);
}
