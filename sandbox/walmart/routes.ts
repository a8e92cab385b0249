import { parseJson, pathParts } from "../answer.ts";
import type { SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import { partnerProfile, performanceSummary, shipNodes } from "./account-info.ts";
import type { WalmartFeeds } from "./feeds.ts";
import type { WalmartAnswer } from "./frame.ts";
import type { WalmartInventory } from "./inventory.ts";
import type { WalmartItems } from "./items.ts";
import type { LimitedOperation } from "./limits.ts";
import type { WalmartOrders } from "./orders.ts";
import type { WalmartWebhooks } from "./webhooks.ts";

/** The APIs behind the addresses. */
export interface WalmartParts {
  readonly context: SandboxContext;
  readonly inventory: WalmartInventory;
  readonly items: WalmartItems;
  readonly feeds: WalmartFeeds;
  readonly orders: WalmartOrders;
  readonly webhooks: WalmartWebhooks;
}

/** A call that Walmart knows. */
export interface WalmartCall {
  readonly operation: LimitedOperation;
  /** Where one operation has a bucket for each thing that it names. */
  readonly bucket?: string;
  run(): WalmartAnswer;
}

type Route = (parts: WalmartParts, request: SandboxRequest, named: string) => WalmartCall;

const call =
  (
    operation: LimitedOperation,
    run: (parts: WalmartParts, request: SandboxRequest, named: string) => WalmartAnswer,
  ): Route =>
  (parts, request, named) => ({ operation, run: () => run(parts, request, named) });

const query = (request: SandboxRequest) => request.url.searchParams;
const body = (request: SandboxRequest) => parseJson(request.rawBody);

/** By method and path; a star stands for the part that names a thing. */
const routes: Readonly<Record<string, Route>> = {
  "GET inventory": call("readInventory", ({ inventory }, request) =>
    inventory.single(query(request).get("sku")),
  ),
  "PUT inventory": call("writeInventory", ({ inventory }, request) =>
    inventory.putSingle(query(request).get("sku"), body(request)),
  ),
  "GET inventories": call("listInventories", ({ inventory }, request) =>
    inventory.list(query(request)),
  ),
  "GET inventories/*": call("readInventory", ({ inventory }, _, sku) => inventory.nodesOf(sku)),
  "PUT inventories/*": call("writeInventory", ({ inventory }, request, sku) =>
    inventory.putNodes(sku, body(request)),
  ),
  "GET fulfillment/inventory": call("readHeld", ({ inventory }, request) =>
    inventory.held(query(request)),
  ),
  "GET items": call("listItems", ({ items }, request) => items.list(query(request))),
  "GET items/*": call("readItem", ({ items }, request, sku) => items.one(sku, query(request))),
  "PUT price": call("writePrice", ({ items }, request) => items.putPrice(body(request))),
  "POST feeds": call("submitFeed", ({ feeds }, request) => feeds.submit(request)),
  "GET feeds/*": call("readFeed", ({ feeds }, request, id) => feeds.status(id, query(request))),
  "GET orders": call("listOrders", ({ orders }, request) => orders.list(query(request))),
  "GET orders/released": call("listOrders", ({ orders }, request) =>
    orders.released(query(request)),
  ),
  "GET orders/*": call("readOrder", ({ orders }, _, id) => orders.one(id)),
  "POST orders/*/acknowledge": call("acknowledge", ({ orders }, _, id) => orders.acknowledge(id)),
  "POST orders/*/shipping": call("ship", ({ orders }, request, id) =>
    orders.ship(id, body(request)),
  ),
  "GET webhooks/eventTypes": call("listEventTypes", ({ webhooks }) => webhooks.types()),
  "GET webhooks/subscriptions": call("listSubscriptions", ({ webhooks }) => webhooks.list()),
  "POST webhooks/subscriptions": call("createSubscription", ({ webhooks }, request) =>
    webhooks.create(body(request)),
  ),
  "PATCH webhooks/subscriptions/*": call("updateSubscription", ({ webhooks }, request, id) =>
    webhooks.update(id, body(request)),
  ),
  "DELETE webhooks/subscriptions/*": call("deleteSubscription", ({ webhooks }, _, id) =>
    webhooks.remove(id),
  ),
  "GET settings/partnerprofile": call("settings", () => partnerProfile()),
  "GET settings/shipping/shipnodes": call("settings", () => shipNodes()),
  "GET insights/performance/*/summary": ({ context, orders }, request, metric) => ({
    operation: "performance",
    bucket: metric,
    run: () => {
      const hasOrders = orders.hasAny();
      return performanceSummary(context, { metric, hasOrders }, query(request));
    },
  }),
};

/** Which call this is; null when Walmart has no such address. */
export function routed(parts: WalmartParts, request: SandboxRequest): WalmartCall | null {
  const [version, ...path] = pathParts(request.path) ?? [];
  if (version !== "v3") return null;
  const whole = routes[`${request.method} ${path.join("/")}`];
  if (whole) return whole(parts, request, "");
  for (const [index, named] of path.entries()) {
    const pattern = path.with(index, "*").join("/");
    const route = routes[`${request.method} ${pattern}`];
    if (route) return route(parts, request, named);
  }
  return null;
}
