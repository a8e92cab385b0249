import type { ServerResponse } from "node:http";
import { parseJson, pathParts } from "../answer.ts";
import { demoAccounts, demoCredentials } from "../catalogue.ts";
import type { SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import { equalInConstantTime, type AccessTokens } from "../tokens.ts";
import {
  authorisedShops,
  deleteWebhook,
  listWarehouses,
  listWebhooks,
  putWebhook,
  secondShop,
} from "./account.ts";
import type { Announcer } from "./events.ts";
import { answerFailure, answerSuccess, type CallResult, type TiktokFailure } from "./frame.ts";
import { listDeliveryOptions, listProviders, markShipped, shipPackage } from "./fulfilment.ts";
import { searchInventory, updateInventory, type ShopFloor } from "./inventory.ts";
import { orderDetails, searchCancellations, searchOrders } from "./orders.ts";
import { getProduct, moveProducts, searchProducts, updatePrices } from "./products.ts";
import { tiktokRequestSignature } from "./signature.ts";

/** 50 requests/s per API per app and shop (specs/channel-limits.json, tiktok.operations["*"], documented). */
const publishedLimit = { ratePerSecond: 50, burst: 50 };
/** The request's clock may differ this much from TikTok's (channels.md 5.1). */
const clockBehindSMax = 300;
const clockAheadSMax = 30;

/** What a call is made with. */
interface Call {
  readonly floor: ShopFloor;
  readonly announcer: Announcer;
  /** The id in the path; empty where it has none. */
  readonly id: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

/** Every call by method and path; `*` stands for an id. */
const routes: Readonly<Record<string, (call: Call) => CallResult>> = {
  "GET /authorization/202309/shops": ({ floor }) => authorisedShops(floor),
  "GET /logistics/202309/warehouses": ({ query }) => listWarehouses(query.get("shop_cipher") ?? ""),
  "GET /logistics/202309/warehouses/*/delivery_options": ({ id }) => listDeliveryOptions(id),
  "GET /logistics/202309/delivery_options/*/shipping_providers": ({ id }) => listProviders(id),
  "GET /event/202309/webhooks": ({ floor }) => listWebhooks(floor),
  "PUT /event/202309/webhooks": ({ floor, body }) => putWebhook(floor, body),
  "DELETE /event/202309/webhooks": ({ floor, body }) => deleteWebhook(floor, body),
  "POST /product/202502/products/search": ({ floor, query, body }) =>
    searchProducts(floor, query, body),
  "GET /product/202309/products/*": ({ floor, id }) => getProduct(floor, id),
  "POST /product/202309/products/*/inventory/update": ({ floor, id, body }) =>
    updateInventory(floor, id, body),
  "POST /product/202309/products/*/prices/update": ({ floor, id, body }) =>
    updatePrices(floor, id, body),
  "POST /product/202309/products/activate": ({ floor, announcer, body }) =>
    moveProducts(floor, "activate", body, (productId) => announcer.product(floor, productId)),
  "POST /product/202309/products/deactivate": ({ floor, announcer, body }) =>
    moveProducts(floor, "deactivate", body, (productId) => announcer.product(floor, productId)),
  "POST /product/202309/inventory/search": ({ floor, body }) => searchInventory(floor, body),
  "GET /order/202507/orders": ({ floor, query }) => orderDetails(floor, query),
  "POST /order/202309/orders/search": ({ floor, query, body }) => searchOrders(floor, query, body),
  "POST /fulfillment/202309/orders/*/packages": ({ floor, id, body }) =>
    markShipped(floor, id, body),
  "POST /fulfillment/202309/packages/*/ship": ({ floor, id, body }) => shipPackage(floor, id, body),
  "POST /return_refund/202309/cancellations/search": ({ floor, query, body }) =>
    searchCancellations(floor, query, body),
};

/** Serves TikTok's signed calls: signature, clock, token, shop, rate, and then what was asked for. */
export function createCalls({
  floor,
  other,
  announcer,
  accessTokens,
}: {
  readonly floor: ShopFloor;
  /** The seller's second shop, where there is one. */
  readonly other: ShopFloor;
  readonly announcer: Announcer;
  readonly accessTokens: AccessTokens;
}): (request: SandboxRequest, response: ServerResponse) => void {
  const { context } = floor;
  return (request, response) => {
    const route = routeOf(request);
    const refusal = refuseCall(floor, accessTokens, request, route?.shape ?? "");
    if (refusal) {
      answerFailure(response, refusal);
      return;
    }
    if (!route) {
      answerFailure(response, { status: 404, code: 36009009, message: "Invalid path" });
      return;
    }
    const admission = context.limiter.take(demoAccounts.tiktok, route.shape, publishedLimit);
    if (!admission.granted) {
      answerFailure(response, { status: 429, code: 36009002, message: "Too many requests" });
      return;
    }
    const body = request.rawBody.length === 0 ? undefined : parseJson(request.rawBody);
    const query = request.url.searchParams;
    const meant = query.get("shop_cipher") === secondShop.cipher ? other : floor;
    const result = route.run({ floor: meant, announcer, id: route.id, query, body });
    if ("code" in result) answerFailure(response, result);
    else answerSuccess(response, result.data);
  };
}

function routeOf(request: SandboxRequest): {
  readonly shape: string;
  readonly id: string;
  readonly run: (call: Call) => CallResult;
} | null {
  const parts = pathParts(request.path) ?? [];
  const exact = `${request.method} /${parts.join("/")}`;
  const withId = parts.map((part, index) => (index === 3 ? "*" : part));
  for (const [shape, id] of [
    [exact, ""],
    [`${request.method} /${withId.join("/")}`, parts[3] ?? ""],
  ] as const) {
    const run = routes[shape];
    if (run) return { shape, id, run };
  }
  return null;
}

/** Signature, clock, token and shop, in the order the platform checks them; null when all is well. */
function refuseCall(
  { context, market }: ShopFloor,
  accessTokens: AccessTokens,
  request: SandboxRequest,
  shape: string,
): TiktokFailure | null {
  const query = request.url.searchParams;
  const refusal = refuseSignature(context, request);
  if (refusal) return refusal;
  const state = accessTokens.state(request.headers["x-tts-access-token"]);
  if (state === "expired") {
    return { status: 401, code: 105002, message: "Expired credentials" };
  }
  if (state === "unknown" || context.faults().consentRevoked) {
    return { status: 401, code: 105001, message: "Access token is invalid" };
  }
  const cipher = query.get("shop_cipher");
  if (shape === "GET /authorization/202309/shops") {
    const message =
      "Unexpected identifier. The `shop_cipher` query parameter is not required for this request.";
    return cipher === null ? null : { status: 400, code: 36009004, message };
  }
  const isOurs =
    cipher === demoCredentials.tiktok.shopCipher ||
    (market.secondShop && cipher === secondShop.cipher);
  if (isOurs) return null;
  return { status: 403, code: 106013, message: "Shop cipher is invalid or not authorised" };
}

function refuseSignature(context: SandboxContext, request: SandboxRequest): TiktokFailure | null {
  const appSecret = context.credential("TIKTOK_SHOP_APP_SECRET");
  const query = request.url.searchParams;
  if (query.get("app_key") !== context.credential("TIKTOK_SHOP_APP_KEY")) {
    const message = "Invalid credentials. Invalid `app_key` query parameter.";
    return { status: 400, code: 36009004, message };
  }
  const timestampS = Number(query.get("timestamp"));
  const nowS = context.now() / 1_000;
  if (!(timestampS >= nowS - clockBehindSMax && timestampS <= nowS + clockAheadSMax)) {
    const message =
      "Invalid timestamp. The value of the `timestamp` query parameter is out of bounds.";
    return { status: 400, code: 36009004, message };
  }
  if (request.headers["content-type"] !== "application/json") {
    return { status: 400, code: 36009022, message: "Invalid content type" };
  }
  const body = request.rawBody.toString("utf8");
  const expected = tiktokRequestSignature(appSecret, request.path, query, body);
  if (equalInConstantTime(query.get("sign") ?? "", expected)) return null;
  return { status: 401, code: 106001, message: "Signature is invalid" };
}
