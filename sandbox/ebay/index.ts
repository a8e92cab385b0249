import type { ServerResponse } from "node:http";
import { z } from "zod";
import { answerJson, parseJson, pathParts } from "../answer.ts";
import { demoAccounts, demoCredentials } from "../catalogue.ts";
import type { SandboxPlatform, SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import type { PlatformDefinition } from "../platform.ts";
import { buyersSide, Shelf } from "../shelf.ts";
import { createEbayAuth } from "./auth.ts";
import { ebayError, refuse, type EbayAnswer } from "./frame.ts";
import { EbayInventory, type Revisions } from "./inventory.ts";
import { announceOrder, listOrders, oneOrder } from "./orders.ts";
import { createSigningKey, type SavedSigningKey, type SigningKey } from "./signing-key.ts";

const secondsPerDay = 86_400;
/** A daily allowance as a bucket that holds a day. */
const perDay = (calls: number) => ({ ratePerSecond: calls / secondsPerDay, burst: calls });
/** specs/channel-limits.json, ebay.daily: inventory and fulfilment reported, notification documented. */
const limits = {
  inventory: perDay(2_000_000),
  fulfillment: perDay(100_000),
  notification: perDay(10_000),
};

const snapshotShape = z.looseObject({
  shelf: z.unknown(),
  key: z.custom<SavedSigningKey>(),
  revisions: z.custom<readonly (readonly [string, Revisions])[]>(),
});

interface Call {
  readonly operation: string;
  readonly limit: (typeof limits)[keyof typeof limits];
  readonly token: "user" | "application";
  readonly run: () => EbayAnswer;
}

/** eBay: OAuth, bulk price-quantity, inventory and order reads, signed ORDER_CONFIRMATION webhooks. */
function createEbaySandbox(context: SandboxContext): SandboxPlatform {
  const shelf = new Shelf(context, {
    orderId: wireOrderId,
    announce: (order) => {
      announceOrder(context, parts.key, order);
    },
  });
  const auth = createEbayAuth(context);
  const inventory = new EbayInventory(context, shelf);
  const parts: Parts = { context, shelf, inventory, key: createSigningKey(null) };

  function answer(request: SandboxRequest, response: ServerResponse): EbayAnswer {
    if (request.method === "POST" && request.path === "/identity/v1/oauth2/token") {
      return auth.token(request);
    }
    const call = route(parts, request, response);
    if (!call) return refuse(404, ebayError(2002, "ACCESS", "Resource not found"));
    const refusal = auth.refuseBearer(request, call.token);
    if (refusal) return refusal;
    const admission = context.limiter.take(demoAccounts.ebay, call.operation, call.limit);
    if (!admission.granted) {
      return refuse(429, ebayError(2001, "ACCESS", "The request limit has been reached."));
    }
    return call.run();
  }

  return {
    id: "ebay",
    handle(request, response) {
      const { status, body } = answer(request, response);
      answerJson(response, status, body);
      return Promise.resolve();
    },
    ...buyersSide(shelf),
    snapshot: () => ({
      shelf: shelf.snapshot(),
      key: parts.key.snapshot(),
      revisions: inventory.snapshot(),
    }),
    restore(snapshot) {
      const saved = snapshotShape.parse(snapshot);
      shelf.restore(saved.shelf);
      parts.key = createSigningKey(saved.key);
      inventory.restore(saved.revisions);
    },
  };
}

interface Parts {
  readonly context: SandboxContext;
  readonly shelf: Shelf;
  readonly inventory: EbayInventory;
  key: SigningKey;
}

/** Which call this is, with the last path part where it names a thing; null when eBay has no such call here. */
function route(parts: Parts, request: SandboxRequest, response: ServerResponse): Call | null {
  const { context, shelf, inventory } = parts;
  const path = pathParts(request.path) ?? [];
  const query = request.url.searchParams;
  const named = path.length === 5 ? (path.at(-1) ?? "") : null;
  const where = `${request.method} /${path.slice(0, 4).join("/")}${named === null ? "" : "/*"}`;
  const body = () => parseJson(request.rawBody);
  switch (where) {
    case "POST /sell/inventory/v1/bulk_update_price_quantity":
      return inventoryCall("bulkUpdatePriceQuantity", () => inventory.bulkUpdate(body(), response));
    case "POST /sell/inventory/v1/bulk_get_inventory_item":
      return inventoryCall("bulkGetInventoryItem", () => inventory.bulkGet(body()));
    case "GET /sell/inventory/v1/offer":
      return inventoryCall("getOffers", () => inventory.offers(query.get("sku")));
    case "GET /sell/inventory/v1/inventory_item/*":
      return inventoryCall("getInventoryItem", () => inventory.item(named ?? ""));
    case "GET /sell/fulfillment/v1/order":
      return orderCall("getOrders", () => listOrders(context, shelf, query));
    case "GET /sell/fulfillment/v1/order/*":
      return orderCall("getOrder", () => oneOrder(context, shelf, named ?? ""));
    case "GET /commerce/notification/v1/public_key/*":
      return {
        operation: "getPublicKey",
        limit: limits.notification,
        token: "application",
        run: () => publicKey(parts.key, named ?? ""),
      };
    default:
      return null;
  }
}

function inventoryCall(operation: string, run: () => EbayAnswer): Call {
  return { operation, limit: limits.inventory, token: "user", run };
}

function orderCall(operation: string, run: () => EbayAnswer): Call {
  return { operation, limit: limits.fulfillment, token: "user", run };
}

function publicKey(key: SigningKey, kid: string): EbayAnswer {
  if (kid !== key.kid) {
    return refuse(404, ebayError(195018, "API_NOTIFICATION", "The public key is not found."));
  }
  return { status: 200, body: { key: key.publicKeyText, algorithm: "ECDSA", digest: "SHA1" } };
}

/** eBay's 2-5-5 digits. */
function wireOrderId(serial: number): string {
  const digits = String(serial).padStart(12, "0");
  return `${digits.slice(0, 2)}-${digits.slice(2, 7)}-${digits.slice(7)}`;
}

const definition: PlatformDefinition = {
  id: "ebay",
  credentials: ["EBAY_CLIENT_ID", "EBAY_CLIENT_SECRET", "EBAY_VERIFICATION_TOKEN"],
  variables: ({ sandboxUrl, appUrl }) => ({
    EBAY_API_URL: `${sandboxUrl}/ebay`,
    EBAY_WEBHOOK_URL: `${appUrl}/webhooks/ebay`,
  }),
  ladder: { delaysMs: [1_000, 3_000, 10_000, 30_000], answerTimeoutMs: 3_000 },
  serverError: {
    errors: [
      {
        errorId: 25001,
        domain: "API_INVENTORY",
        category: "APPLICATION",
        message: "A system error has occurred.",
      },
    ],
  },
  demo: {
    accountId: demoAccounts.ebay,
    marketplace: demoAccounts.ebayMarketplace,
    label: "eBay",
    settings: () => ({ marketplaceId: demoAccounts.ebayMarketplace }),
    secrets: demoCredentials.ebay,
    listing: ({ ebay }) => ({ key: ebay.offerId, externalIds: ebay, orderKey: ebay.sku }),
  },
  create: createEbaySandbox,
};
export default definition;
