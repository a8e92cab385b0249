import { z } from "zod";
import { demoAccounts, demoCredentials, demoTiktokWarehouseId } from "../catalogue.ts";
import type { OrderOutcome, SandboxPlatform } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import type { PlatformDefinition } from "../platform.ts";
import { buyersSide, Shelf } from "../shelf.ts";
import { createAccessTokens } from "../tokens.ts";
import { createCalls } from "./calls.ts";
import { Announcer, type OrderCause } from "./events.ts";
import type { ShopFloor } from "./inventory.ts";
import { Market } from "./market.ts";
import { orderIdOf } from "./orders.ts";
import { serveSellerCenter } from "./seller-center.ts";
import { SignIn } from "./sign-in.ts";

/** About a week (channels.md 2). */
const accessTokenLifeMs = 7 * 24 * 3_600_000;

/** TikTok Shop: consent, signed calls, products, inventory, orders, shipments, signed webhooks. */
function createTiktokShopSandbox(context: SandboxContext): SandboxPlatform {
  const market = new Market(context);
  const announcer = new Announcer(context);
  const { because, cause } = causes();
  const shelf = new Shelf(context, {
    orderId: orderIdOf,
    announce(order) {
      if (cause() === "placed" && market.newOrders !== "AWAITING_SHIPMENT") {
        market.openOrders.set(order.orderId, market.newOrders);
      }
      announcer.order(floor, order, cause());
    },
  });
  const floor: ShopFloor = { context, market, shelf };
  const accessTokens = createAccessTokens({
    prefix: "ROW_",
    kind: "tiktok-access",
    secret: context.credential("TIKTOK_SHOP_APP_SECRET"),
    lifeMs: accessTokenLifeMs,
    now: context.now,
    validFromMs: context.tokensValidFromMs,
  });
  const signIn = new SignIn(context, accessTokens, accessTokenLifeMs);
  const serveCall = createCalls({ floor, other: emptyShop(context), announcer, accessTokens });
  const isOnSale = (code: string) => {
    const sku = context.skuByCode(code);
    return sku !== undefined && market.status(sku.tiktok.productId) === "ACTIVATE";
  };
  const buyers = buyersSide(shelf);
  return {
    id: "tiktok-shop",
    handle(request, response) {
      response.setHeader("date", new Date(context.now()).toUTCString());
      if (request.method === "POST" && request.path === "/seller-center") {
        // Of the shelf, a person there changes nothing but orders, which they cancel.
        because("cancelled", () => {
          serveSellerCenter(floor, announcer, request, response);
        });
      } else if (!signIn.serve(request, response)) {
        serveCall(request, response);
      }
      return Promise.resolve();
    },
    ...buyers,
    placeOrder(order): OrderOutcome {
      if (!isOnSale(order.sku)) return { accepted: false, reason: "not-listed" };
      return because("placed", () => shelf.placeOrder(order));
    },
    cancelOrder: (orderId) => because("cancelled", () => shelf.cancelOrder(orderId)),
    cancelUnits: (orderId, units) => because("cancelled", () => shelf.cancelUnits(orderId, units)),
    putReturn: (orderId, returned) => because("returned", () => shelf.putReturn(orderId, returned)),
    // A product that is off sale shows its page to nobody.
    shown: (code) => (isOnSale(code) ? shelf.shown(code) : shelf.shown(code) && 0),
    snapshot: () => ({
      shelf: shelf.snapshot(),
      market: market.snapshot(),
      signIn: signIn.snapshot(),
    }),
    restore(snapshot) {
      const saved = z.looseObject({ shelf: z.unknown() }).parse(snapshot);
      shelf.restore(saved.shelf);
      market.restore(saved["market"]);
      signIn.restore(saved["signIn"]);
    },
  };
}

/** The shelf announces every change of an order, and does not say which. */
function causes() {
  let cause: OrderCause = "shipped";
  return {
    cause: () => cause,
    because<T>(this: void, why: OrderCause, change: () => T): T {
      cause = why;
      try {
        return change();
      } finally {
        cause = "shipped";
      }
    },
  };
}

/** The seller's other shop: nothing is listed there. */
function emptyShop(context: SandboxContext): ShopFloor {
  const catalogue = { ...context.catalogue, products: [], skus: [] };
  const bare: SandboxContext = { ...context, catalogue, skuByCode: () => undefined };
  const market = new Market(bare);
  const shelf = new Shelf(bare, { orderId: orderIdOf, announce: () => undefined });
  return { context: bare, market, shelf };
}

const definition: PlatformDefinition = {
  id: "tiktok-shop",
  credentials: ["TIKTOK_SHOP_APP_KEY", "TIKTOK_SHOP_APP_SECRET"],
  variables: ({ sandboxUrl }) => ({
    TIKTOK_SHOP_API_URL: `${sandboxUrl}/tiktok-shop`,
    TIKTOK_SHOP_AUTH_URL: `${sandboxUrl}/tiktok-shop/auth`,
    TIKTOK_SHOP_AUTHORIZE_URL: `${sandboxUrl}/tiktok-shop/open/authorize`,
    TIKTOK_SHOP_AUTHORIZE_URL_US: `${sandboxUrl}/tiktok-shop/us/open/authorize`,
    TIKTOK_SHOP_SERVICE_ID: "7300000000000000001",
  }),
  // 4 over 12 hours (channels.md 5.6).
  ladder: { delaysMs: [1_000, 5_000, 15_000, 60_000], answerTimeoutMs: 3_000 },
  serverError: { code: 36009003, message: "Internal error", request_id: "", data: {} },
  demo: {
    accountId: demoAccounts.tiktok,
    marketplace: "",
    label: "TikTok Shop",
    values: () => ({ market: "US" }),
    settings: () => ({
      shopCipher: demoCredentials.tiktok.shopCipher,
      warehouseId: demoTiktokWarehouseId,
    }),
    secrets: { refreshToken: demoCredentials.tiktok.refreshToken },
    listing: ({ tiktok }) => ({ key: tiktok.skuId, externalIds: tiktok, orderKey: tiktok.skuId }),
  },
  create: createTiktokShopSandbox,
};
export default definition;
