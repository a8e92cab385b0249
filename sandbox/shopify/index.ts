import type { ServerResponse } from "node:http";
import { answerJson } from "../answer.ts";
import { demoAccounts } from "../catalogue.ts";
import type { SandboxPlatform, SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import type { PlatformDefinition } from "../platform.ts";
import { createShopAccess, type AccessSnapshot } from "./access.ts";
import { createAdmin } from "./admin.ts";
import { createShopEvents, resumeLevels } from "./events.ts";
import { createGraphqlEndpoint } from "./graphql-endpoint.ts";
import { createIdempotencyMemory, type IdempotencySnapshot } from "./idempotency.ts";
import { createOrderBook, type OrdersSnapshot } from "./orders.ts";
import { createRootFields } from "./root-fields.ts";
import {
  createStock,
  numberOf,
  sellable,
  type ShopStock,
  type StockItem,
  type StockSnapshot,
} from "./stock.ts";

interface ShopifySnapshot {
  readonly stock: StockSnapshot;
  readonly orders: OrdersSnapshot;
  readonly access: AccessSnapshot;
  readonly idempotency: IdempotencySnapshot;
  readonly pendingLevels: readonly string[];
}

/**
 * One Shopify shop: token endpoint and Admin GraphQL below /shopify, webhooks to the app, stock rules
 * of shopify.md 4.4, and below /admin the pages that embed the app.
 */
function createShopifySandbox(context: SandboxContext): SandboxPlatform {
  const events = createShopEvents(context);
  const stock = createStock(context.catalogue, context.now, (level) => {
    events.levelChanged(level);
    context.changed();
  });
  const orders = createOrderBook({
    stock,
    now: context.now,
    onPlaced(order) {
      const { orderId, item, quantity, placedAtMs } = order;
      context.recordOrder({ orderId, sku: item.sku.code, quantity, placedAtMs });
      events.orderPlaced(order);
    },
    onCancelled: events.orderCancelled,
  });
  const access = createShopAccess(context);
  const idempotency = createIdempotencyMemory();
  const rootFields = createRootFields({ context, stock, orders }, idempotency);
  const graphql = createGraphqlEndpoint({ context, access, rootFields });

  return {
    id: "shopify",
    handle(request, response) {
      route(request, response);
      return Promise.resolve();
    },
    handleAdmin: createAdmin(context),
    placeOrder: (order) => orders.place(order),
    cancelOrder: (orderId) => orders.cancel(numberOf(orderId) || orderId),
    shown(sku) {
      const item = stock.itemOfSku(sku);
      return item ? sellable(item) : null;
    },
    shipments: () => [],
    setShown(sku, quantity) {
      const item = stock.itemOfSku(sku);
      if (item) spread(stock, item, quantity);
    },
    snapshot: (): ShopifySnapshot => ({
      stock: stock.snapshot(),
      orders: orders.snapshot(),
      access: access.snapshot(),
      idempotency: idempotency.snapshot(),
      pendingLevels: events.pendingLevels(),
    }),
    restore(snapshot) {
      const saved = snapshot as ShopifySnapshot;
      stock.restore(saved.stock);
      orders.restore(saved.orders);
      access.restore(saved.access);
      idempotency.restore(saved.idempotency);
      resumeLevels(events, stock, saved.pendingLevels);
    },
  };

  function route(request: SandboxRequest, response: ServerResponse): void {
    const shop = request.headers["x-sandbox-shop"];
    if (shop !== context.catalogue.shop) {
      answerJson(response, 404, { errors: "Not Found" });
    } else if (request.method !== "POST") {
      answerJson(response, 405, { errors: "Method Not Allowed" });
    } else if (request.path === "/admin/oauth/access_token") {
      access.handleTokenRequest(request, response);
    } else if (/^\/admin\/api\/\d{4}-\d{2}\/graphql\.json$/.test(request.path)) {
      graphql(request, response);
    } else {
      answerJson(response, 404, { errors: "Not Found" });
    }
  }
}

const definition: PlatformDefinition = {
  id: "shopify",
  credentials: ["SHOPIFY_API_KEY", "SHOPIFY_API_SECRET"],
  variables: ({ sandboxUrl }) => ({
    SHOPIFY_SIMULATOR_URL: `${sandboxUrl}/shopify`,
    APP_BRIDGE_URL: `${sandboxUrl}/admin/app-bridge.js`,
  }),
  // 8 within 4 hours (shopify.md 4.1).
  ladder: {
    delaysMs: [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 60_000, 60_000],
    answerTimeoutMs: 5_000,
  },
  serverError: { errors: "Internal Server Error" },
  demo: {
    accountId: demoAccounts.shopify,
    marketplace: "",
    label: "Shopify",
    settings: () => ({}),
    secrets: {},
    listing({ shopify, stockByLocation }) {
      const [locationId = ""] = Object.keys(stockByLocation);
      const { inventoryItemGid: inventoryItemId, variantGid: variantId } = shopify;
      return {
        key: `${inventoryItemId} ${locationId}`,
        externalIds: { inventoryItemId, locationId, variantId },
        orderKey: shopify.variantId,
      };
    },
  },
  create: createShopifySandbox,
};
export default definition;

/** A member of staff types a new total: the difference goes to the first location, what it lacks to the next. */
function spread(stock: ShopStock, item: StockItem, quantity: number): void {
  let rest = quantity - item.levels.reduce((sum, level) => sum + level.available, 0);
  for (const level of item.levels) {
    const delta = Math.max(rest, Math.min(0, -level.available));
    if (delta !== 0) stock.change(level, { available: delta, committed: 0 });
    rest -= delta;
  }
}
