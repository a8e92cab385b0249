import type { ServerResponse } from "node:http";
import { parseJson, pathParts } from "../answer.ts";
import type { SandboxRequest } from "../channel.ts";
import { identity, rateLimits, standards } from "./account.ts";
import type { TokenKind } from "./auth.ts";
import type { EbayFeed } from "./feed.ts";
import { ebayError, refuse, type EbayAnswer } from "./frame.ts";
import { createFulfilment, listFulfilments } from "./fulfilment.ts";
import type { EbayInventory, Shop } from "./inventory.ts";
import type { EbayNotifications } from "./notifications.ts";
import { listOrders, oneOrder } from "./orders.ts";
import { publishGroup, publishOffer, withdrawGroup, withdrawOffer } from "./publishing.ts";
import type { SigningKey } from "./signing-key.ts";

/** The parts of this eBay that its REST calls reach. */
export interface Parts {
  readonly shop: Shop;
  readonly inventory: EbayInventory;
  readonly feed: EbayFeed;
  readonly notifications: EbayNotifications;
  readonly key: () => SigningKey;
}

/** One call as it came. */
interface Call {
  readonly parts: Parts;
  readonly query: URLSearchParams;
  /** The variable parts of the path, in order. */
  readonly names: readonly string[];
  readonly body: unknown;
  readonly response: ServerResponse;
  readonly token: TokenKind;
}

interface Route {
  readonly method: string;
  /** "*" stands for one part. */
  readonly path: readonly string[];
  readonly operation: string;
  readonly tokens: readonly TokenKind[];
  readonly run: (call: Call) => EbayAnswer | Promise<EbayAnswer>;
}

const secondsPerDay = 86_400;
/** A daily allowance as a bucket that holds a day. */
const perDay = (calls: number) => ({ ratePerSecond: calls / secondsPerDay, burst: calls });
/** specs/channel-limits.json, ebay.daily, by the path's beginning: inventory, fulfilment and feed as reported. */
const limits: readonly (readonly [prefix: string, limit: ReturnType<typeof perDay>])[] = [
  ["sell/inventory", perDay(2_000_000)],
  ["sell/fulfillment", perDay(100_000)],
  ["sell/feed", perDay(100_000)],
  ["sell/analytics", perDay(100)],
  ["commerce/notification", perDay(10_000)],
  ["commerce/identity", perDay(5_000)],
  ["developer/analytics", perDay(5_000)],
];

export function limitOf(path: readonly string[]): ReturnType<typeof perDay> {
  const whole = path.join("/");
  const found = limits.find(([prefix]) => whole.startsWith(prefix));
  return found?.[1] ?? perDay(5_000);
}

const user = ["user"] as const;
const application = ["application"] as const;
const both = ["user", "application"] as const;

function route(
  tokens: readonly TokenKind[],
  address: string,
  operation: string,
  run: Route["run"],
): Route {
  const [method = "", path = ""] = address.split(" ");
  return { method, path: path.split("/").filter(Boolean), operation, tokens, run };
}

const inventory = "/sell/inventory/v1";
const orders = "/sell/fulfillment/v1/order";
const feed = "/sell/feed/v1";
const notification = "/commerce/notification/v1";

const routes: readonly Route[] = [
  route(user, `POST ${inventory}/bulk_update_price_quantity`, "bulkUpdatePriceQuantity", (call) =>
    call.parts.inventory.bulkUpdate(call.body, call.response),
  ),
  route(user, `POST ${inventory}/bulk_get_inventory_item`, "bulkGetInventoryItem", (call) =>
    call.parts.inventory.bulkGet(call.body),
  ),
  route(user, `GET ${inventory}/inventory_item/*`, "getInventoryItem", (call) =>
    call.parts.inventory.item(first(call)),
  ),
  route(user, `GET ${inventory}/inventory_item_group/*`, "getInventoryItemGroup", (call) =>
    call.parts.inventory.group(first(call)),
  ),
  route(user, `GET ${inventory}/offer`, "getOffers", (call) =>
    call.parts.inventory.offers(call.query.get("sku")),
  ),
  route(user, `GET ${inventory}/offer/*`, "getOffer", (call) =>
    call.parts.inventory.offer(first(call)),
  ),
  route(user, `POST ${inventory}/offer/withdraw_by_inventory_item_group`, "withdraw", (call) =>
    withdrawGroup(call.parts.shop, call.body),
  ),
  route(user, `POST ${inventory}/offer/publish_by_inventory_item_group`, "publish", (call) =>
    publishGroup(call.parts.shop, call.body),
  ),
  route(user, `POST ${inventory}/offer/*/withdraw`, "withdraw", (call) =>
    withdrawOffer(call.parts.shop, first(call)),
  ),
  route(user, `POST ${inventory}/offer/*/publish`, "publish", (call) =>
    publishOffer(call.parts.shop, first(call)),
  ),
  route(user, `GET ${orders}`, "getOrders", (call) => listOrders(call.parts.shop, call.query)),
  route(user, `GET ${orders}/*`, "getOrder", (call) => oneOrder(call.parts.shop, first(call))),
  route(user, `GET ${orders}/*/shipping_fulfillment`, "getShippingFulfillments", (call) =>
    listFulfilments(call.parts.shop, first(call)),
  ),
  route(user, `POST ${orders}/*/shipping_fulfillment`, "createShippingFulfillment", (call) =>
    createFulfilment(call.parts.shop, first(call), call.body),
  ),
  route(user, `POST ${feed}/inventory_task`, "createInventoryTask", (call) =>
    call.parts.feed.create(call.body),
  ),
  route(user, `GET ${feed}/inventory_task/*`, "getInventoryTask", (call) =>
    call.parts.feed.state(first(call)),
  ),
  route(user, `GET ${feed}/task/*/download_result_file`, "getResultFile", (call) =>
    call.parts.feed.file(first(call)),
  ),
  route(user, "GET /sell/analytics/v1/seller_standards_profile", "standards", (call) =>
    standards(call.parts.shop.context),
  ),
  route(user, "GET /commerce/identity/v1/user", "getUser", () => identity()),
  route(application, "GET /developer/analytics/v1_beta/rate_limit", "getRateLimits", (call) =>
    rateLimits(call.parts.shop.context, call.query),
  ),
  route(application, `GET ${notification}/public_key/*`, "getPublicKey", (call) =>
    publicKey(call.parts.key(), first(call)),
  ),
  route(application, `GET ${notification}/config`, "notification", (call) =>
    call.parts.notifications.config(),
  ),
  route(application, `PUT ${notification}/config`, "notification", (call) =>
    call.parts.notifications.putConfig(call.body),
  ),
  route(application, `GET ${notification}/destination`, "notification", (call) =>
    call.parts.notifications.destinations(),
  ),
  route(application, `POST ${notification}/destination`, "notification", (call) =>
    call.parts.notifications.createDestination(call.body),
  ),
  route(application, `PUT ${notification}/destination/*`, "notification", (call) =>
    call.parts.notifications.putDestination(first(call), call.body),
  ),
  route(application, `GET ${notification}/topic`, "notification", (call) =>
    call.parts.notifications.topics(),
  ),
  route(both, `GET ${notification}/subscription`, "notification", (call) =>
    call.parts.notifications.subscriptions(call.token),
  ),
  route(both, `POST ${notification}/subscription`, "notification", (call) =>
    call.parts.notifications.createSubscription(call.body, call.token),
  ),
  route(both, `PUT ${notification}/subscription/*`, "notification", (call) =>
    call.parts.notifications.putSubscription(first(call), call.body, call.token),
  ),
  route(both, `POST ${notification}/subscription/*/disable`, "notification", (call) =>
    call.parts.notifications.disableSubscription(first(call)),
  ),
];

function first({ names }: Call): string {
  return names[0] ?? "";
}

function publicKey(key: SigningKey, kid: string): EbayAnswer {
  if (kid !== key.kid) {
    return refuse(404, ebayError(195001, "API_NOTIFICATION", "The specified key id is invalid."));
  }
  return { status: 200, body: { key: key.publicKeyText, algorithm: "ECDSA", digest: "SHA1" } };
}

/** A call that eBay has, not run yet. */
export interface Found {
  readonly operation: string;
  readonly limit: ReturnType<typeof perDay>;
  readonly tokens: readonly TokenKind[];
  run(parts: Parts, response: ServerResponse, token: TokenKind): EbayAnswer | Promise<EbayAnswer>;
}

/** Which call this is; null when eBay has no such call here. */
export function findRoute(request: SandboxRequest): Found | null {
  const path = pathParts(request.path) ?? [];
  for (const one of routes) {
    if (one.method !== request.method || one.path.length !== path.length) continue;
    const isIt = one.path.every((part, index) => part === "*" || part === path[index]);
    if (!isIt) continue;
    const names = path.filter((_, index) => one.path[index] === "*");
    return {
      operation: one.operation,
      limit: limitOf(path),
      tokens: one.tokens,
      run(parts, response, token) {
        // An empty body of a call that has one is refused before anybody looks at it [F].
        const isEmpty = request.rawBody.length === 0 && request.method !== "GET";
        if (isEmpty) return { status: 411, body: {} };
        const query = request.url.searchParams;
        const body = parseJson(request.rawBody);
        return one.run({ parts, query, names, body, response, token });
      },
    };
  }
  return null;
}
