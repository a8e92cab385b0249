import { z } from "zod";
import { parseJson, pathParts } from "../answer.ts";
import type { SandboxPlatform, SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import type { PlatformDefinition } from "../platform.ts";
import { Access, demoKeys } from "./access.ts";
import { noRoute, Refusal, send, type WooAnswer } from "./frame.ts";
import { idsOfSku, type Item, type Items } from "./items.ts";
import { marksOf, type Mark } from "./marks.ts";
import type { WooOrder } from "./order-book.ts";
import { Orders, type OrderEvent } from "./orders.ts";
import { Parcels } from "./parcels.ts";
import { Products } from "./products.ts";
import { routeOf, type Shop } from "./routes.ts";
import { Webhooks } from "./webhooks.ts";
import { shopHome } from "./wire.ts";

/**
 * What this shop's host bears. Core WooCommerce has no limiter; a good host lets through more than the app's own
 * assumption (specs/channel-limits.json: 4 a second).
 */
const hostLimit = { ratePerSecond: 20, burst: 40 };
const tooManyPage =
  "<html><head><title>429 Too Many Requests</title></head><body><h1>Too Many Requests</h1></body></html>";
const notFoundPage = "<!DOCTYPE html><html><body><h1>Page not found</h1></body></html>";

const snapshotShape = z.looseObject({
  items: z.custom<ReturnType<Items["snapshot"]>>(),
  orders: z.unknown(),
  webhooks: z.unknown(),
  keys: z.custom<ReturnType<Access["snapshot"]>>(),
});

function createWooSandbox(context: SandboxContext): SandboxPlatform {
  const webhooks = new Webhooks(context);
  const access = new Access(context);
  const tell = (visit: string, topic: string, body: () => object) => {
    webhooks.announce(visit, [{ topic, body: () => (isBlind() ? blindBody : body()) }]);
  };
  // The body is made with the rights of whoever made the webhook.
  const isBlind = () => context.faults().consentRevoked;
  const announceItem = (item: Item, event: "updated" | "deleted", visit?: string) => {
    tell(visit ?? `product ${String(item.id)}`, `product.${event}`, () =>
      event === "deleted" ? { id: item.id } : products.wireOf(item),
    );
  };
  const products = new Products(context, announceItem);
  const announceOrder = (order: WooOrder, events: readonly OrderEvent[], moved: Item | null) => {
    const visit = `order ${String(order.id)}`;
    for (const event of events) {
      tell(visit, `order.${event}`, () =>
        event === "deleted" ? { id: order.id } : orders.wireOf(order),
      );
    }
    if (moved) announceItem(moved, "updated", visit);
  };
  const orders = new Orders(context, products, announceOrder);
  const parcels = new Parcels(context, orders);
  const shop: Shop = { context, access, products, orders, parcels, webhooks };
  return {
    id: "woocommerce",
    async handle(request, response) {
      send(response, await answer(shop, request));
    },
    placeOrder: (order) => orders.place(order),
    cancelOrder: (orderId) => orders.cancel(orderId),
    cancelUnits: (orderId, units) => orders.cancelUnits(orderId, units),
    shown: (sku) => products.shown(sku),
    shipments: (orderId) => parcels.shipments(orderId),
    setShown: (sku, quantity) => {
      products.setShown(sku, quantity);
    },
    snapshot: () => ({
      items: products.items.snapshot(),
      orders: orders.book.snapshot(),
      webhooks: webhooks.snapshot(),
      keys: access.snapshot(),
    }),
    restore(snapshot) {
      const saved = snapshotShape.parse(snapshot);
      products.items.restore(saved.items);
      orders.book.restore(saved.orders, context.now());
      webhooks.restore(saved.webhooks);
      access.restore(saved.keys);
    },
  };
}

const blindBody = {
  code: "woocommerce_rest_cannot_view",
  message: "Sorry, you cannot view this resource.",
  data: { status: 401 },
};

async function answer(shop: Shop, request: SandboxRequest): Promise<WooAnswer> {
  const { own, path } = marksOf(request.path);
  if (request.method === "GET" && path === "/wc-auth/v1/authorize") {
    return shop.access.authorize(request.url.searchParams);
  }
  const route = restRoute(path, request.url, own);
  if (route === null) return { status: 404, body: notFoundPage };
  const admission = shop.context.limiter.take("shop", "site", hostLimit);
  if (!admission.granted) {
    const seconds = Math.max(1, Math.ceil(admission.retryAfterMs / 1_000));
    return { status: 429, body: tooManyPage, headers: { "retry-after": String(seconds) } };
  }
  try {
    return await serve(shop, { request, route, own });
  } catch (error) {
    if (error instanceof Refusal) return error.answer;
    throw error;
  }
}

function serve(
  shop: Shop,
  call: {
    readonly request: SandboxRequest;
    readonly route: string;
    readonly own: ReadonlySet<Mark>;
  },
): WooAnswer | Promise<WooAnswer> {
  const { request, route, own } = call;
  if (route === "/") return { status: 200, body: siteIndex(own) };
  const isKnown = shop.access.isKnown(request, own.has("noheader"));
  const run = routeOf(shop, {
    method: request.method,
    parts: pathParts(route) ?? [],
    query: request.url.searchParams,
    body: () => jsonOf(request),
    own,
  });
  if (!run) throw noRoute();
  if (!isKnown) {
    const what = request.method === "GET" ? "cannot_view" : "cannot_edit";
    throw new Refusal(401, `woocommerce_rest_${what}`, "Sorry, you cannot list resources.");
  }
  return run();
}

function jsonOf(request: SandboxRequest): unknown {
  const body = parseJson(request.rawBody);
  if (body === undefined || !(request.headers["content-type"] ?? "").includes("json")) {
    throw new Refusal(400, "rest_invalid_json", "Invalid JSON body passed.");
  }
  return body;
}

function siteIndex(own: ReadonlySet<Mark>): object {
  const namespaces = ["wp/v2", "wc/v1", "wc/v2", "wc/v3"];
  if (own.has("tracking")) namespaces.push("wc-shipment-tracking/v3");
  return { name: "Demo shop", url: shopHome, home: shopHome, namespaces };
}

/** The REST route of an address; null where WordPress has a page, or none. */
function restRoute(path: string, url: URL, own: ReadonlySet<Mark>): string | null {
  const given = url.searchParams.get("rest_route");
  if (path === "/" && given !== null) return given === "" ? "/" : given;
  if (own.has("plain") || !path.startsWith("/wp-json")) return null;
  return path.slice("/wp-json".length).replace(/\/+$/, "") || "/";
}

const definition: PlatformDefinition = {
  id: "woocommerce",
  credentials: [],
  variables: () => ({}),
  // No repeats (channels.md 7.4).
  ladder: { delaysMs: [], answerTimeoutMs: 3_000 },
  serverError: {
    code: "internal_server_error",
    message: "<p>There has been a critical error on this website.</p>",
    data: { status: 500 },
  },
  demo: {
    accountId: shopHome.replace("https://", ""),
    marketplace: "",
    label: "WooCommerce",
    values: ({ sandboxUrl }) => ({ siteUrl: `${sandboxUrl}/woocommerce` }),
    settings: ({ sandboxUrl }) => ({ siteUrl: `${sandboxUrl}/woocommerce`, currency: "USD" }),
    secrets: demoKeys,
    listing(sku) {
      const { productId, variationId } = idsOfSku(sku);
      const key = String(variationId ?? productId);
      const externalIds: Record<string, string> = { productId: String(productId), stock: "own" };
      if (variationId !== null) externalIds["variationId"] = key;
      return { key, externalIds, orderKey: key };
    },
  },
  create: createWooSandbox,
};
export default definition;
