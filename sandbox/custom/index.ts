import { parseJson, pathParts } from "../answer.ts";
import type { SandboxPlatform, SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import type { PlatformDefinition } from "../platform.ts";
import { buyersSide } from "../shelf.ts";
import { Access } from "./access.ts";
import { demoPowers, demoServer, keyOfSku } from "./demo.ts";
import { deskCall } from "./desk.ts";
import { Events, putWebhook } from "./events.ts";
import { refuse, send, type CustomAnswer } from "./frame.ts";
import { listListings, listOrders, readListings, readOrders, serverPage } from "./read-calls.ts";
import { putShipment } from "./shipment-calls.ts";
import { Store } from "./store.ts";
import { putPrices, putQuantities, putStates } from "./write-calls.ts";

/** What is announced; the bucket has the documented two seconds' worth, and room for jitter on the way. */
const limit = {
  ratePerSecond: demoServer.ratePerSecond,
  burst: 3 * demoServer.ratePerSecond,
};

interface Parts {
  readonly context: SandboxContext;
  readonly store: Store;
  readonly events: Events;
}

interface Route {
  /** Null: every server has it. */
  readonly power: string | null;
  run(parts: Parts, request: SandboxRequest, id: string): CustomAnswer;
}

const bodyOf = ({ rawBody }: SandboxRequest) => parseJson(rawBody);

/** docs/custom-channel.md, the calls in its order. */
const routes: Readonly<Record<string, Route>> = {
  "GET /": { power: null, run: serverPage },
  "PUT /quantities": {
    power: "quantities",
    run: (parts, request) => putQuantities(parts, bodyOf(request)),
  },
  "POST /listings/read": {
    power: "listings",
    run: (parts, request) => readListings(parts, bodyOf(request)),
  },
  "GET /listings": {
    power: "listings",
    run: (parts, { url }) => listListings(parts, url.searchParams),
  },
  "PUT /prices": { power: "prices", run: (parts, request) => putPrices(parts, bodyOf(request)) },
  "PUT /states": { power: "states", run: (parts, request) => putStates(parts, bodyOf(request)) },
  "GET /orders": { power: "orders", run: (parts, { url }) => listOrders(parts, url.searchParams) },
  "POST /orders/read": {
    power: "orders",
    run: (parts, request) => readOrders(parts, bodyOf(request)),
  },
  "PUT /shipments/*": {
    power: "shipments",
    run: (parts, request, id) => putShipment(parts, id, bodyOf(request)),
  },
  "PUT /webhook": { power: "events", run: (parts, request) => putWebhook(parts, bodyOf(request)) },
};

/** The reference server of the custom channel: everything the protocol asks for, and nothing it does not. */
function createCustomSandbox(context: SandboxContext): SandboxPlatform {
  const events = new Events(context, () => store);
  const store: Store = new Store(context, (order) => {
    events.orderChanged(order);
  });
  const access = new Access(context);
  const parts: Parts = { context, store, events };

  function respond(request: SandboxRequest): CustomAnswer {
    const segments = pathParts(request.path) ?? [];
    if (segments[0] === "desk") return deskCall(parts, segments[1] ?? "", bodyOf(request));
    const refusal = access.refusal(request);
    if (refusal) return refusal;
    const admission = context.limiter.take(demoServer.name, "server", limit);
    if (!admission.granted) {
      const retryAfter = String(Math.ceil(admission.retryAfterMs / 1_000));
      const headers = { "retry-after": retryAfter };
      return refuse(429, "too-many-requests", "Slower, please.", headers);
    }
    const isShipment = segments[0] === "shipments" && segments.length === 2;
    const path = isShipment ? "/shipments/*" : `/${segments.join("/")}`;
    const route = routes[`${request.method} ${path}`];
    if (!route || (route.power !== null && !store.setup.powers.includes(route.power))) {
      return refuse(404, "unsupported", "This server has no such call.");
    }
    return route.run(parts, request, segments[1] ?? "");
  }

  const shelf = buyersSide(store.shelf);
  const isOnSale = (code: string) => {
    const sku = context.skuByCode(code);
    return sku !== undefined && store.state(sku) === "active";
  };
  return {
    id: "custom",
    handle(request, response) {
      send(response, respond(request), context.now());
      return Promise.resolve();
    },
    ...shelf,
    placeOrder: (order) =>
      isOnSale(order.sku) ? shelf.placeOrder(order) : { accepted: false, reason: "not-listed" },
    shown: (code) => (shelf.shown(code) === null || isOnSale(code) ? shelf.shown(code) : 0),
    setShown(code, quantity) {
      shelf.setShown(code, quantity);
      const sku = context.skuByCode(code);
      if (sku) events.send("quantity.changed", { key: keyOfSku(sku) });
    },
    putReturn(orderId, returned) {
      const order = store.shelf.find(orderId);
      // The shelf announces the order as changed; the return is an event of its own.
      if (!order || !store.shelf.putReturn(orderId, returned)) return false;
      events.returnChanged(order, returned);
      return true;
    },
    snapshot: () => store.snapshot(),
    restore: (snapshot) => {
      store.restore(snapshot);
    },
  };
}

const definition: PlatformDefinition = {
  id: "custom",
  credentials: [],
  variables: () => ({}),
  // What the protocol recommends (5 s, 5 min, 30 min, 2 h …), compressed.
  ladder: { delaysMs: [200, 1_000, 3_000, 8_000, 20_000], answerTimeoutMs: 3_000 },
  serverError: { error: { code: "try-again", message: "Something broke here." } },
  demo: {
    accountId: "127.0.0.1/custom",
    marketplace: "",
    label: `${demoServer.name}, 127.0.0.1/custom`,
    settings: ({ sandboxUrl }) => ({
      baseUrl: `${sandboxUrl}/custom`,
      powers: demoPowers,
      ratePerSecond: demoServer.ratePerSecond,
      batch: demoServer.batch,
    }),
    secrets: { secret: demoServer.secret },
    values: ({ sandboxUrl }) => ({
      baseUrl: `${sandboxUrl}/custom`,
      secret: demoServer.secret,
      name: demoServer.name,
    }),
    listing(sku) {
      const key = keyOfSku(sku);
      return { key, externalIds: { key }, orderKey: key };
    },
  },
  create: createCustomSandbox,
};

export default definition;
