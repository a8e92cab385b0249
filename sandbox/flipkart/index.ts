import type { ServerResponse } from "node:http";
import { z } from "zod";
import { answerJson, parseJson, pathParts } from "../answer.ts";
import type { SandboxPlatform, SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import type { PlatformDefinition } from "../platform.ts";
import { FlipkartAuth, notFound, type SavedCodes } from "./auth.ts";
import { demoRefreshToken, listingIdOf, mainLocation, otherLocation, productIdOf } from "./demo.ts";
import { deskCall } from "./desk.ts";
import {
  cancelShipments,
  dispatchPacked,
  dispatchSelfShipped,
  packShipments,
} from "./dispatch-calls.ts";
import { oauthError, type FlipkartAnswer } from "./frame.ts";
import { helperCall } from "./helper-calls.ts";
import { ListingCalls } from "./listing-calls.ts";
import { Notifications } from "./notifications.ts";
import { ShipmentBook } from "./shipment-book.ts";
import { allLocations, nextShipments, searchShipments, shipmentsById } from "./shipment-reads.ts";
import { Stock } from "./stock.ts";

/** Flipkart publishes no rates; 5 a second is assumed (specs/channel-limits.json), with room for jitter on the way. */
const assumedLimit = { ratePerSecond: 5, burst: 10 };
const tokenLimit = { ratePerSecond: 1, burst: 20 };

interface Parts {
  readonly context: SandboxContext;
  readonly auth: FlipkartAuth;
  readonly stock: Stock;
  readonly notifications: Notifications;
  readonly book: ShipmentBook;
  readonly listings: ListingCalls;
}

function createParts(context: SandboxContext): Parts {
  const stock = new Stock(context);
  const notifications = new Notifications(context);
  const book = new ShipmentBook(context, stock, (eventType, record, attributes) => {
    notifications.announce(eventType, record, attributes);
  });
  const listings = new ListingCalls(context, stock);
  return { context, auth: new FlipkartAuth(context), stock, notifications, book, listings };
}

interface Call {
  readonly operation: string;
  readonly run: () => FlipkartAnswer;
}

/** Flipkart's Seller API v3: OAuth, listings, shipments, dispatch, its sandbox's helpers, signed notifications. */
function createFlipkartSandbox(context: SandboxContext): SandboxPlatform {
  const parts = createParts(context);
  const { auth, book, notifications, stock } = parts;
  return {
    id: "flipkart",
    handle(request, response) {
      reply(response, answer(parts, request));
      return Promise.resolve();
    },
    ...buyersSide(parts),
    snapshot: () => ({
      stock: stock.snapshot(),
      book: book.snapshot(),
      codes: auth.snapshot(),
      notificationUrl: notifications.snapshot(),
    }),
    restore(snapshot) {
      const saved = snapshotShape.parse(snapshot);
      stock.restore(saved.stock);
      book.restore(saved.book);
      auth.restore(saved.codes);
      notifications.restore(saved.notificationUrl);
    },
  };
}

const snapshotShape = z.looseObject({
  stock: z.unknown(),
  book: z.unknown(),
  codes: z.custom<SavedCodes>(Array.isArray),
  notificationUrl: z.string().nullable(),
});

function reply(response: ServerResponse, { status, body, headers }: FlipkartAnswer): void {
  answerJson(response, status, body, headers);
}

function answer(parts: Parts, request: SandboxRequest): FlipkartAnswer {
  const { auth, context } = parts;
  const open = openRoute(parts, request);
  if (open) return open;
  const call = route(parts, request);
  if (!call) return notFound;
  const refusal = auth.refuseBearer(request);
  if (refusal) return refusal;
  if (request.method === "POST" && !request.headers["content-type"]?.includes("json")) {
    return { status: 415, body: { error: "Unsupported Media Type" } };
  }
  const admission = context.limiter.take("seller", call.operation, assumedLimit);
  return admission.granted ? call.run() : throttled;
}

/** What needs no bearer token; null when it is none of that. */
function openRoute(parts: Parts, request: SandboxRequest): FlipkartAnswer | null {
  const { auth, context } = parts;
  const where = `${request.method} ${request.path}`;
  if (where === "GET /oauth-service/oauth/authorize") {
    return auth.authorize(request.url.searchParams);
  }
  if (where === "GET /oauth-service/oauth/token") {
    const admission = context.limiter.take("seller", "token", tokenLimit);
    return admission.granted ? auth.token(request) : throttled;
  }
  const desk = /^\/desk\/(.+)$/.exec(request.path)?.[1];
  if (desk === undefined) return null;
  return deskCall(parts, `${request.method} ${desk}`, bodyOf(request)) ?? notFound;
}

/** Flipkart names no wait. */
const throttled = oauthError(429, "too_many_requests", "Request throttled: too many requests");

function bodyOf(request: SandboxRequest): unknown {
  return parseJson(request.rawBody);
}

/** Which call this is; null when Flipkart has no such call here. */
function route(parts: Parts, request: SandboxRequest): Call | null {
  const { context, book, listings } = parts;
  const { method, path } = request;
  const query = request.url.searchParams;
  const body = () => bodyOf(request);
  const call = (operation: string, run: () => FlipkartAnswer): Call => ({ operation, run });
  switch (`${method} ${path}`) {
    case "POST /sellers/listings/v3/update/inventory":
      return call("updateInventory", () => listings.updateInventory(body()));
    case "POST /sellers/listings/v3/update/price":
      return call("updatePrice", () => listings.updatePrice(body()));
    case "POST /sellers/listings/v3/search":
      return call("searchListings", () => listings.search(body()));
    case "GET /sellers/locations/allLocations":
      return call("getLocations", allLocations);
    case "POST /sellers/v3/shipments/filter":
      return call("filterShipments", () => searchShipments(context, book, body()));
    case "GET /sellers/v3/shipments/filter":
      return call("filterShipments", () => nextShipments(context, book, query.get("next_token")));
    case "GET /sellers/v3/shipments":
      return call("getShipments", () => shipmentsById(context, book, query));
    case "POST /sellers/v3/shipments/selfShip/dispatch":
      return call("dispatch", () => dispatchSelfShipped(book, body(), context.now()));
    case "POST /sellers/v3/shipments/dispatch":
      return call("dispatch", () => dispatchPacked(book, body()));
    case "POST /sellers/v3/shipments/labels":
      return call("labels", () => packShipments(book, body()));
    case "POST /sellers/v3/shipments/cancel":
      return call("cancel", () => cancelShipments(book, body()));
    default:
      return namedRoute(parts, request);
  }
}

/** Calls whose path ends in a name. */
function namedRoute({ context, book, listings }: Parts, request: SandboxRequest): Call | null {
  const { method, path } = request;
  const listing = /^\/sellers\/listings\/v3\/([^/]+)$/.exec(path)?.[1];
  if (method === "GET" && listing) {
    return { operation: "getListings", run: () => listings.get(listing) };
  }
  const parts = pathParts(path) ?? [];
  if (parts.length !== 4 || !path.startsWith("/sellers/orders/sandbox/")) return null;
  const name = `${method} ${parts[3] ?? ""}`;
  const run = () => helperCall({ context, book }, name, bodyOf(request)) ?? notFound;
  return { operation: "sandboxHelper", run };
}

/** What buyers and bystanders do. */
function buyersSide({
  stock,
  book,
}: Parts): Pick<
  SandboxPlatform,
  "placeOrder" | "cancelOrder" | "cancelUnits" | "putReturn" | "shipments" | "shown" | "setShown"
> {
  return {
    // The demo's sellers ship themselves: their tracking numbers reach Flipkart.
    placeOrder: (order) => book.place([order], { shipmentType: "SELF" }),
    cancelOrder(orderId) {
      const record = book.find(orderId);
      const type = "buyerCancellation";
      const done = record?.items.map((item) => book.cancel(record, item, { type }));
      return done?.includes(true) ?? false;
    },
    cancelUnits(orderId, units) {
      const record = book.find(orderId);
      const [item] = record?.items ?? [];
      return record && item
        ? book.cancel(record, item, { type: "buyerCancellation", units })
        : false;
    },
    putReturn(orderId, returned) {
      const record = book.find(orderId);
      return record ? book.putReturn(record, returned) : false;
    },
    shipments: (orderId) => book.find(orderId)?.parcels ?? [],
    shown: (sku) => stock.shown(sku),
    setShown(sku, quantity) {
      stock.change(sku, ({ inventory }) => {
        inventory[mainLocation] = quantity;
        inventory[otherLocation] = 0;
      });
    },
  };
}

const definition: PlatformDefinition = {
  id: "flipkart",
  credentials: ["FLIPKART_APP_ID", "FLIPKART_APP_SECRET"],
  variables: ({ sandboxUrl }) => ({ FLIPKART_API_URL: `${sandboxUrl}/flipkart` }),
  // Flipkart repeats until it is answered; compressed.
  ladder: { delaysMs: [200, 500, 1_000, 2_000, 4_000], answerTimeoutMs: 5_000 },
  serverError: {
    errors: [{ severity: "ERROR", code: 500, description: "Internal Server Error" }],
  },
  demo: {
    accountId: mainLocation,
    marketplace: "",
    label: `Flipkart, Main warehouse (${mainLocation})`,
    settings: () => ({ locationIds: [mainLocation] }),
    secrets: { refreshToken: demoRefreshToken },
    listing: (sku) => ({
      key: listingIdOf(sku),
      externalIds: {
        sku: sku.code,
        productId: productIdOf(sku),
        listingId: listingIdOf(sku),
      },
      orderKey: listingIdOf(sku),
    }),
  },
  create: createFlipkartSandbox,
};

export default definition;
