import type { SandboxContext } from "../context.ts";
import type { Access } from "./access.ts";
import type { WooAnswer } from "./frame.ts";
import type { Mark } from "./marks.ts";
import type { Orders } from "./orders.ts";
import type { Parcels } from "./parcels.ts";
import type { Products } from "./products.ts";
import type { Webhooks } from "./webhooks.ts";

/** The parts of the simulated shop. */
export interface Shop {
  readonly context: SandboxContext;
  readonly access: Access;
  readonly products: Products;
  readonly orders: Orders;
  readonly parcels: Parcels;
  readonly webhooks: Webhooks;
}

/** A call of the REST API. */
export interface Call {
  readonly method: string;
  readonly parts: readonly string[];
  readonly query: URLSearchParams;
  /** @throws Refusal when it is no JSON */
  readonly body: () => unknown;
  readonly own: ReadonlySet<Mark>;
}

type Run = () => WooAnswer | Promise<WooAnswer>;

/** Ids stand as "*" in a pattern. */
const routes: Readonly<
  Record<string, (shop: Shop, call: Call, ids: readonly number[]) => WooAnswer | Promise<WooAnswer>>
> = {
  "GET products": ({ products }, { query }) => products.list(query),
  "GET products/*": ({ products }, { query }, [id = 0]) => products.get(id, query),
  "PUT products/*": ({ products }, { body }, [id = 0]) => products.put(id, body()),
  "DELETE products/*": ({ products }, _, [id = 0]) => products.remove(id),
  "POST products/batch": ({ products }, { body }) => products.batch(null, body()),
  "GET products/*/variations": ({ products }, { query }, [id = 0]) =>
    products.listVariations(id, query),
  "GET products/*/variations/*": ({ products }, { query }, [id = 0, own = 0]) =>
    products.getVariation(id, own, query),
  "PUT products/*/variations/*": ({ products }, { body }, [id = 0, own = 0]) =>
    products.putVariation(id, own, body()),
  "POST products/*/variations/batch": ({ products }, { body }, [id = 0]) =>
    products.batch(id, body()),
  "GET variations": ({ products }, { query }) => products.listVariations(null, query),
  "GET orders": ({ orders }, { query }) => orders.list(query),
  "GET orders/*": ({ orders }, { query }, [id = 0]) => orders.get(id, query),
  "PUT orders/*": ({ orders }, { body, query }, [id = 0]) => orders.put(id, body(), query),
  "DELETE orders/*": ({ orders }, _, [id = 0]) => orders.remove(id),
  "GET orders/*/refunds": ({ orders }, { query }, [id = 0]) => orders.refunds(id, query),
  "POST orders/*/refunds": ({ orders }, { body }, [id = 0]) => orders.addRefund(id, body()),
  "GET orders/*/notes": ({ parcels }, { query }, [id = 0]) => parcels.notes(id, query),
  "POST orders/*/notes": ({ parcels }, { body }, [id = 0]) => parcels.addNote(id, body()),
  "GET orders/*/shipment-trackings": ({ parcels }, _, [id = 0]) => parcels.trackings(id),
  "POST orders/*/shipment-trackings": ({ parcels }, { body }, [id = 0]) =>
    parcels.addTracking(id, body()),
  "GET webhooks": ({ webhooks }, { query }) => webhooks.list(query),
  "POST webhooks": ({ webhooks }, { body }) => webhooks.create(body()),
  "GET webhooks/*": ({ webhooks }, _, [id = 0]) => webhooks.get(id),
  "PUT webhooks/*": ({ webhooks }, { body }, [id = 0]) => webhooks.update(id, body()),
  "DELETE webhooks/*": ({ webhooks }, { query }, [id = 0]) => webhooks.remove(id, query),
  "GET data/currencies/current": () => ({
    status: 200,
    body: { code: "USD", name: "United States (US) dollar", symbol: "&#36;" },
  }),
  "GET settings/products/woocommerce_manage_stock": () => ({
    status: 200,
    body: { id: "woocommerce_manage_stock", label: "Manage stock", type: "checkbox", value: "yes" },
  }),
};

/** What serves a call; null: the shop has no such route. */
export function routeOf(shop: Shop, call: Call): Run | null {
  const [space = "", version = "", ...parts] = call.parts;
  const isTracking = parts.at(-1) === "shipment-trackings";
  const home = isTracking ? "wc-shipment-tracking/v3" : "wc/v3";
  if (`${space}/${version}` !== home) return null;
  if (isTracking && !call.own.has("tracking")) return null;
  if (parts[0] === "variations" && call.own.has("old")) return null;
  const ids = parts.filter(isId).map(Number);
  const pattern = parts.map((part) => (isId(part) ? "*" : part)).join("/");
  const run = routes[`${call.method} ${pattern}`];
  return run ? () => run(shop, call, ids) : null;
}

function isId(part: string): boolean {
  return /^\d{1,15}$/.test(part);
}
