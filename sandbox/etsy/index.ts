import type { ServerResponse } from "node:http";
import { z } from "zod";
import { answerJson, pathParts } from "../answer.ts";
import type { SandboxPlatform, SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import type { PlatformDefinition } from "../platform.ts";
import { buyersSide } from "../shelf.ts";
import { announceOrder } from "./announce.ts";
import { EtsyAuth } from "./auth.ts";
import { answer, refuse, type EtsyAnswer } from "./frame.ts";
import { EtsyInventory } from "./inventory.ts";
import { admit } from "./limits.ts";
import { batchListings, listListings, patchListing } from "./listings.ts";
import { demoEtsy, demoListing, listingNumberOf } from "./names.ts";
import { addTracking, listReceipts, oneReceipt, receiptIdOf } from "./receipts.ts";
import { editByHand } from "./shop-manager.ts";
import { EtsyShop } from "./shop.ts";

interface Parts {
  readonly context: SandboxContext;
  readonly shop: EtsyShop;
  readonly inventory: EtsyInventory;
}

/** Etsy: OAuth with PKCE, whole inventory documents, listing states, receipts, tracking, signed webhooks. */
function createEtsySandbox(context: SandboxContext): SandboxPlatform {
  const auth = new EtsyAuth(context);
  const shop = new EtsyShop(context, {
    orderId: receiptIdOf,
    announce: (order) => announceOrder(context, order),
  });
  const parts: Parts = { context, shop, inventory: new EtsyInventory(context, shop) };

  function respond(request: SandboxRequest, response: ServerResponse): EtsyAnswer {
    const { method, path } = request;
    if (method === "GET" && path === "/oauth/connect") return auth.connectPage(request);
    if (method === "POST" && path === "/v3/public/oauth/token") return auth.token(request);
    const segments = pathParts(path) ?? [];
    if (segments[0] === "shop-manager") return byHand(shop, segments, request);
    const refusal = auth.refuseCall(request);
    if (refusal) return refusal;
    const { refusal: tooMany, headers } = admit(context);
    const made = tooMany ?? route(parts, segments, request, response);
    return { ...made, headers: { ...headers, ...made.headers } };
  }

  // A shared quantity and a listing's state stand between a buyer and the shelf.
  const { cancelOrder, shipments } = buyersSide(shop.shelf);
  return {
    id: "etsy",
    handle(request, response) {
      const { status, body, headers } = respond(request, response);
      if (body === undefined) response.writeHead(status, headers).end();
      else answerJson(response, status, body, headers);
      return Promise.resolve();
    },
    cancelOrder,
    shipments,
    placeOrder: (order) => shop.placeOrder(order),
    shown: (sku) => shop.shown(sku),
    setShown: (sku, quantity) => shop.setShown(sku, quantity),
    snapshot: () => ({ shop: shop.snapshot(), auth: auth.snapshot() }),
    restore(snapshot) {
      const saved = z.looseObject({ shop: z.unknown(), auth: z.unknown() }).parse(snapshot);
      shop.restore(saved.shop);
      auth.restore(saved.auth);
    },
  };
}

const notFound = refuse(404, "Resource not found");

function byHand(shop: EtsyShop, segments: readonly string[], request: SandboxRequest): EtsyAnswer {
  const number = listingNumberOf(segments[2] ?? "", shop.listingCount);
  return number === null ? notFound : editByHand(shop, number, request);
}

function route(
  parts: Parts,
  segments: readonly string[],
  request: SandboxRequest,
  response: ServerResponse,
): EtsyAnswer {
  const [version, area, kind, id = "", ...rest] = segments;
  if (version !== "v3" || area !== "application") return notFound;
  if (kind === "users" && request.method === "GET") return ofUser(parts, id, rest);
  if (kind === "listings") return ofListing(parts, [id, ...rest], request, response);
  if (kind !== "shops") return notFound;
  if (id !== demoEtsy.shopId) return refuse(403, "The user is not the owner of the shop.");
  return ofShop(parts, rest, request);
}

function ofUser({ shop }: Parts, userId: string, rest: readonly string[]): EtsyAnswer {
  if (rest.join("/") !== "shops") return notFound;
  if (userId !== demoEtsy.userId) return refuse(404, "Shop not found for the user.");
  return answer({
    shop_id: Number(demoEtsy.shopId),
    user_id: Number(demoEtsy.userId),
    shop_name: demoEtsy.shopName,
    currency_code: demoEtsy.currency,
    is_vacation: false,
    listing_active_count: shop.countIn("active"),
    url: `https://www.etsy.com/shop/${demoEtsy.shopName}`,
  });
}

function ofListing(
  { context, shop, inventory }: Parts,
  [id = "", what]: readonly string[],
  request: SandboxRequest,
  response: ServerResponse,
): EtsyAnswer {
  const query = request.url.searchParams;
  if (id === "batch" && request.method === "GET") return batchListings(context, shop, query);
  const number = listingNumberOf(id, shop.listingCount);
  if (what !== "inventory") return notFound;
  if (number === null) return refuse(404, `Could not find a Listing with listing_id = ${id}`);
  if (request.method === "GET") return inventory.get(number, query);
  return request.method === "PUT" ? inventory.put(number, request, response) : notFound;
}

function ofShop(
  { context, shop }: Parts,
  [kind, id, what]: readonly string[],
  request: SandboxRequest,
): EtsyAnswer {
  const query = request.url.searchParams;
  const where = [request.method, kind, id === undefined ? undefined : "*", what].filter(Boolean);
  switch (where.join(" ")) {
    case "GET listings":
      return listListings(context, shop, query);
    case "PATCH listings *": {
      const number = listingNumberOf(id ?? "", shop.listingCount);
      return number === null ? notFound : patchListing(context, shop, number, request);
    }
    case "GET receipts":
      return listReceipts(context, shop.shelf, query);
    case "GET receipts *":
      return oneReceipt(context, shop.shelf, id ?? "");
    case "POST receipts * tracking":
      return addTracking(context, shop.shelf, id ?? "", request);
    default:
      return notFound;
  }
}

const definition: PlatformDefinition = {
  id: "etsy",
  credentials: ["ETSY_KEYSTRING", "ETSY_SHARED_SECRET", "ETSY_WEBHOOK_SECRET"],
  variables: ({ sandboxUrl }) => ({
    ETSY_API_URL: `${sandboxUrl}/etsy`,
    ETSY_AUTHORIZE_URL: `${sandboxUrl}/etsy/oauth/connect`,
  }),
  // At once, 5 s, 5 min … 10 h (channels.md 8.4), compressed.
  ladder: { delaysMs: [500, 2_000, 5_000, 15_000, 30_000, 60_000], answerTimeoutMs: 3_000 },
  serverError: { error: "Server Error" },
  demo: {
    accountId: demoEtsy.shopId,
    marketplace: "",
    label: "Etsy",
    values: () => ({ renewSoldOut: "no" }),
    settings: () => ({ renewSoldOut: false }),
    secrets: { refreshToken: demoEtsy.refreshToken },
    listing: demoListing,
  },
  create: createEtsySandbox,
};
export default definition;
