import type { ServerResponse } from "node:http";
import { z } from "zod";
import { parseJson, pathParts } from "../answer.ts";
import { demoAccounts, demoCredentials, demoTiktokWarehouseId } from "../catalogue.ts";
import type { SandboxPlatform, SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import type { PlatformDefinition } from "../platform.ts";
import { buyersSide, Shelf, type ShelfOrder } from "../shelf.ts";
import { createAccessTokens, equalInConstantTime, type AccessTokens } from "../tokens.ts";
import { answerFailure, answerSuccess, type TiktokFailure } from "./frame.ts";
import { searchInventory, updateInventory } from "./inventory.ts";
import { orderDetails, searchOrders } from "./orders.ts";
import { createTokenRefresh } from "./refresh.ts";
import { tiktokRequestSignature, tiktokWebhookSignature } from "./signature.ts";

/** 50 requests/s per API per app and shop (specs/channel-limits.json, tiktok.operations["*"], documented). */
const publishedLimit = { ratePerSecond: 50, burst: 50 };
/** About a week (channels.md 2). */
const accessTokenLifeMs = 7 * 24 * 3_600_000;
/** The request's clock may differ this much from TikTok's (channels.md 5.1). */
const clockBehindSMax = 300;
const clockAheadSMax = 30;

/** TikTok Shop: signed calls, inventory update and search, orders, signed webhooks. */
function createTiktokShopSandbox(context: SandboxContext): SandboxPlatform {
  const shelf = new Shelf(context, {
    // 18 digits, above 2^53 as the real ones.
    orderId: (serial) => `57${String(serial).padStart(16, "0")}`,
    announce: (order) => {
      announce(context, order);
    },
  });
  const accessTokens = createAccessTokens({
    prefix: "ROW_",
    kind: "tiktok-access",
    secret: context.credential("TIKTOK_SHOP_APP_SECRET"),
    lifeMs: accessTokenLifeMs,
    now: context.now,
    validFromMs: context.tokensValidFromMs,
  });
  const refresh = createTokenRefresh(context, accessTokens, accessTokenLifeMs);
  return {
    id: "tiktok-shop",
    handle(request, response) {
      if (request.path === "/auth/api/v2/token/refresh") refresh.handle(request, response);
      else handleCall(context, shelf, accessTokens, request, response);
      return Promise.resolve();
    },
    ...buyersSide(shelf),
    snapshot: () => ({ shelf: shelf.snapshot(), generation: refresh.generation() }),
    restore(snapshot) {
      const saved = z.looseObject({ shelf: z.unknown(), generation: z.number() }).parse(snapshot);
      shelf.restore(saved.shelf);
      refresh.restore(saved.generation);
    },
  };
}

function announce(context: SandboxContext, order: ShelfOrder): void {
  const updatedAtS = Math.floor(order.updatedAtMs / 1_000);
  const body = JSON.stringify({
    type: 1,
    // Constant over repeats of one event, different for each event.
    tts_notification_id: `73${order.cancelled ? "9" : "1"}${String(order.serial).padStart(16, "0")}`,
    shop_id: demoAccounts.tiktok,
    timestamp: updatedAtS,
    data: {
      order_id: order.orderId,
      order_status: order.cancelled ? "CANCEL" : "AWAITING_SHIPMENT",
      is_on_hold_order: false,
      update_time: updatedAtS,
    },
  });
  const appKey = context.credential("TIKTOK_SHOP_APP_KEY");
  const appSecret = context.credential("TIKTOK_SHOP_APP_SECRET");
  context.emitter.send({
    path: "/webhooks/tiktok-shop",
    body,
    headers: { authorization: tiktokWebhookSignature(appKey, appSecret, body) },
  });
}

function handleCall(
  context: SandboxContext,
  shelf: Shelf,
  accessTokens: AccessTokens,
  request: SandboxRequest,
  response: ServerResponse,
): void {
  const refusal = refuseCall(context, accessTokens, request);
  if (refusal) {
    answerFailure(response, refusal);
    return;
  }
  const call = route(context, shelf, request);
  if (!call) {
    answerFailure(response, { status: 404, code: 36009009, message: "Invalid path" });
    return;
  }
  const admission = context.limiter.take(demoAccounts.tiktok, call.operation, publishedLimit);
  if (!admission.granted) {
    answerFailure(response, { status: 429, code: 36009002, message: "Too many requests" });
    return;
  }
  const result = call.run();
  if ("code" in result) answerFailure(response, result);
  else answerSuccess(response, result.data);
}

/** Signature, clock, token and shop, in the order the platform checks them; null when all is well. */
function refuseCall(
  context: SandboxContext,
  accessTokens: AccessTokens,
  request: SandboxRequest,
): TiktokFailure | null {
  const appKey = context.credential("TIKTOK_SHOP_APP_KEY");
  const appSecret = context.credential("TIKTOK_SHOP_APP_SECRET");
  const query = request.url.searchParams;
  if (query.get("app_key") !== appKey) {
    return { status: 400, code: 36009004, message: "Invalid app_key" };
  }
  const timestampS = Number(query.get("timestamp"));
  const nowS = context.now() / 1_000;
  if (!(timestampS >= nowS - clockBehindSMax && timestampS <= nowS + clockAheadSMax)) {
    return { status: 400, code: 36009004, message: "Invalid timestamp" };
  }
  const body = request.rawBody.toString("utf8");
  const expected = tiktokRequestSignature(appSecret, request.path, query, body);
  if (!equalInConstantTime(query.get("sign") ?? "", expected)) {
    return { status: 401, code: 106001, message: "Signature is invalid" };
  }
  const state = accessTokens.state(request.headers["x-tts-access-token"]);
  if (state === "expired") {
    return { status: 401, code: 105002, message: "Expired credentials" };
  }
  if (state === "unknown" || context.faults().consentRevoked) {
    return { status: 401, code: 105001, message: "Access token is invalid" };
  }
  if (query.get("shop_cipher") !== demoCredentials.tiktok.shopCipher) {
    return { status: 403, code: 106013, message: "Shop cipher is invalid or not authorised" };
  }
  return null;
}

type CallResult = { readonly data: unknown } | TiktokFailure;

function route(
  context: SandboxContext,
  shelf: Shelf,
  request: SandboxRequest,
): { readonly operation: string; readonly run: () => CallResult } | null {
  const parts = pathParts(request.path) ?? [];
  const productId = parts[3] ?? "";
  const shape = parts.map((part, index) => (index === 3 && parts[2] === "products" ? "*" : part));
  const body = () => parseJson(request.rawBody);
  const query = request.url.searchParams;
  switch (`${request.method} /${shape.join("/")}`) {
    case "POST /product/202309/products/*/inventory/update":
      return {
        operation: "updateInventory",
        run: () => updateInventory(context, shelf, productId, body()),
      };
    case "POST /product/202309/inventory/search":
      return {
        operation: "inventorySearch",
        run: () => searchInventory(context, shelf, body()),
      };
    case "GET /order/202507/orders":
      return { operation: "orderDetail", run: () => orderDetails(context, shelf, query) };
    case "POST /order/202309/orders/search":
      return {
        operation: "ordersSearch",
        run: () => searchOrders(context, shelf, query, body()),
      };
    case "GET /authorization/202309/shops":
      return { operation: "shops", run: authorisedShops };
    default:
      return null;
  }
}

function authorisedShops(): CallResult {
  const { shopCipher } = demoCredentials.tiktok;
  const shop = {
    id: demoAccounts.tiktok,
    name: "Lockstep demo",
    region: "US",
    seller_type: "LOCAL",
    cipher: shopCipher,
    code: "USLCDEMO",
  };
  return { data: { shops: [shop] } };
}

const definition: PlatformDefinition = {
  id: "tiktok-shop",
  credentials: ["TIKTOK_SHOP_APP_KEY", "TIKTOK_SHOP_APP_SECRET"],
  variables: ({ sandboxUrl }) => ({
    TIKTOK_SHOP_API_URL: `${sandboxUrl}/tiktok-shop`,
    TIKTOK_SHOP_AUTH_URL: `${sandboxUrl}/tiktok-shop/auth`,
  }),
  // 4 over 12 hours (channels.md 5.6).
  ladder: { delaysMs: [1_000, 5_000, 15_000, 60_000], answerTimeoutMs: 3_000 },
  serverError: { code: 36009003, message: "Internal error", request_id: "", data: {} },
  demo: {
    accountId: demoAccounts.tiktok,
    marketplace: "",
    label: "TikTok Shop",
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
