import type { ServerResponse } from "node:http";
import { answerJson } from "../answer.ts";
import { demoAccounts } from "../catalogue.ts";
import type { SandboxPlatform, SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import type { PlatformDefinition } from "../platform.ts";
import { createAdmin } from "./admin.ts";
import { orderIds, type ShopOrder } from "./shop-order.ts";
import { createShop, type ShopSnapshot } from "./shop.ts";
import { numberOf, sellable, type ShopStock, type StockItem } from "./stock.ts";

/**
 * One Shopify shop: token endpoint and Admin GraphQL below /shopify, webhooks to the app, stock rules
 * of shopify.md 4.4, and below /admin the pages that embed the app.
 */
function createShopifySandbox(context: SandboxContext): SandboxPlatform {
  const shop = createShop(context);
  const { stock, orders, catalogue } = shop;

  function route(request: SandboxRequest, response: ServerResponse): void {
    const { method, path } = request;
    // Results of bulk queries lie at the storage, whose addresses know no shop.
    if (method === "GET" && path.startsWith("/bulk/")) shop.bulk.serveFile(request, response);
    else if (method === "POST" && path.startsWith("/staff/")) shop.staff(request, response);
    else if (request.headers["x-sandbox-shop"] !== context.catalogue.shop) {
      answerJson(response, 404, { errors: "Not Found" });
    } else if (method !== "POST") {
      answerJson(response, 405, { errors: "Method Not Allowed" });
    } else if (path === "/admin/oauth/access_token") {
      shop.access.handleTokenRequest(request, response);
    } else if (/^\/admin\/api\/\d{4}-\d{2}\/graphql\.json$/.test(path)) {
      shop.graphql(request, response);
    } else {
      answerJson(response, 404, { errors: "Not Found" });
    }
  }

  return {
    id: "shopify",
    handle(request, response) {
      route(request, response);
      return Promise.resolve();
    },
    handleAdmin: createAdmin(context),
    placeOrder: (order) => orders.place(order),
    cancelOrder: (orderId) => orders.cancel(numberOf(orderId) || orderId),
    cancelUnits: (orderId, units) => orders.refund(orderId, { units, restockType: "cancel" }),
    putReturn: (orderId, returned) => orders.putReturn(orderId, returned),
    shown(sku) {
      const item = stock.itemOfSku(sku);
      return item && catalogue.isOnSale(item) ? sellable(item) : null;
    },
    shipments(orderId) {
      const order = orders.find(orderId);
      return order ? parcelsOf(order) : [];
    },
    setShown(sku, quantity) {
      const item = stock.itemOfSku(sku);
      if (item) spread(stock, item, quantity);
    },
    snapshot: () => shop.snapshot(),
    restore(snapshot) {
      shop.restore(snapshot as ShopSnapshot);
    },
  };
}

function parcelsOf(order: ShopOrder): ReturnType<SandboxPlatform["shipments"]> {
  const lineId = String(orderIds(order).lineId);
  return order.fulfilments.map(({ trackings: [tracking], units }) => ({
    trackingNumber: tracking?.number ?? "",
    carrier: tracking?.company ?? "",
    lines: [{ lineId, quantity: units }],
  }));
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
      const productId = productGidOf(shopify.variantId);
      return {
        key: `${inventoryItemId} ${locationId}`,
        externalIds: { inventoryItemId, locationId, variantId, productId },
        orderKey: shopify.variantId,
      };
    },
  },
  create: createShopifySandbox,
};
export default definition;

/** The catalogue numbers variants on from 8 · 10¹², four to a product, and products on from 7 · 10¹². */
function productGidOf(variantId: string): string {
  const number = Math.ceil((Number(variantId) - 8_000_000_000_000) / 4);
  return `gid://shopify/Product/${String(7_000_000_000_000 + number)}`;
}

/** A member of staff types a new total: the difference goes to the first location, what it lacks to the next. */
function spread(stock: ShopStock, item: StockItem, quantity: number): void {
  let rest = quantity - item.levels.reduce((sum, level) => sum + level.available, 0);
  for (const level of item.levels) {
    const delta = Math.max(rest, Math.min(0, -level.available));
    if (delta !== 0) stock.change(level, { available: delta, committed: 0 });
    rest -= delta;
  }
}
