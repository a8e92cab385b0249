import { randomUUID } from "node:crypto";
import { z } from "zod";
import { answerJson, parseJson, pathParts } from "../answer.ts";
import { demoAccounts, demoCredentials } from "../catalogue.ts";
import type { SandboxPlatform, SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import type { PlatformDefinition } from "../platform.ts";
import type { PublishedLimit } from "../rate-limit.ts";
import { buyersSide, Shelf, type ShelfOrder } from "../shelf.ts";
import { createAccessTokens, type AccessTokens } from "../tokens.ts";
import { amazonError, type AmazonAnswer } from "./frame.ts";
import { getListing, patchListing, searchListings } from "./listings.ts";
import { accessTokenLifeS, lwaToken } from "./login.ts";
import { orderChangeNotification } from "./notification.ts";
import { getOrder, searchOrders } from "./orders.ts";
import { MessageQueue, type SavedMessage } from "./queue.ts";
import { handleSqs } from "./sqs.ts";

/** specs/channel-limits.json, amazon.operations (documented), per seller and application. */
const limits = {
  patchListingsItem: { ratePerSecond: 5, burst: 5 },
  getListingsItem: { ratePerSecond: 5, burst: 10 },
  searchListingsItems: { ratePerSecond: 5, burst: 5 },
  searchOrders: { ratePerSecond: 0.0056, burst: 20 },
  getOrder: { ratePerSecond: 0.5, burst: 30 },
} satisfies Record<string, PublishedLimit>;

const snapshotShape = z.looseObject({
  shelf: z.unknown(),
  queue: z.custom<readonly SavedMessage[]>(),
});

interface Call {
  readonly operation: keyof typeof limits;
  readonly run: () => AmazonAnswer;
}

/** Amazon: LWA, listings, orders, and ORDER_CHANGE notifications on an SQS-shaped queue. */
function createAmazonSandbox(context: SandboxContext): SandboxPlatform {
  const queue = new MessageQueue(context.now);
  const shelf = new Shelf(context, {
    orderId: wireOrderId,
    announce: (order) => {
      announce(context, queue, order);
    },
  });
  const accessTokens = createAccessTokens({
    prefix: "Atza|",
    kind: "amazon-access",
    secret: context.credential("AMAZON_LWA_CLIENT_SECRET"),
    lifeMs: accessTokenLifeS * 1_000,
    now: context.now,
    validFromMs: context.tokensValidFromMs,
  });
  return {
    id: "amazon",
    async handle(request, response) {
      if (request.headers["x-amz-target"]?.startsWith("AmazonSQS.")) {
        await handleSqs(context, queue, request, response);
        return;
      }
      if (request.method === "POST" && request.path === "/lwa/auth/o2/token") {
        const { status, body } = lwaToken(context, accessTokens, request);
        answerJson(response, status, body);
        return;
      }
      const { answer, headers } = runCall(context, shelf, accessTokens, request);
      answerJson(response, answer.status, answer.body, headers);
    },
    ...buyersSide(shelf),
    snapshot: () => ({ shelf: shelf.snapshot(), queue: queue.snapshot() }),
    restore(snapshot) {
      const saved = snapshotShape.parse(snapshot);
      shelf.restore(saved.shelf);
      queue.restore(saved.queue);
    },
  };
}

/** Puts the event into the queue, with the platform's faults: a standard queue repeats and reorders. */
function announce(context: SandboxContext, queue: MessageQueue, order: ShelfOrder): void {
  const body = orderChangeNotification(context, order);
  context.emitter.schedule(() => {
    queue.send(body);
    context.changed();
  });
}

function runCall(
  context: SandboxContext,
  shelf: Shelf,
  accessTokens: AccessTokens,
  request: SandboxRequest,
): { readonly answer: AmazonAnswer; readonly headers: Record<string, string> } {
  const headers: Record<string, string> = { "x-amzn-requestid": randomUUID() };
  const call = route(context, shelf, request);
  if (!call) return { answer: amazonError(404, "NotFound", "Resource not found."), headers };
  const state = accessTokens.state(request.headers["x-amz-access-token"]);
  if (state !== "valid" || context.faults().consentRevoked) {
    const text =
      state === "expired"
        ? "The access token you provided has expired."
        : "Access to requested resource is denied.";
    return { answer: amazonError(403, "Unauthorized", text), headers };
  }
  const limit = limits[call.operation];
  headers["x-amzn-ratelimit-limit"] = String(limit.ratePerSecond);
  if (!context.limiter.take(demoAccounts.amazon, call.operation, limit).granted) {
    const text = "You exceeded your quota for the requested resource.";
    return { answer: amazonError(429, "QuotaExceeded", text), headers };
  }
  return { answer: call.run(), headers };
}

/** Which call this is; null when Amazon has no such call here. */
function route(context: SandboxContext, shelf: Shelf, request: SandboxRequest): Call | null {
  const parts = pathParts(request.path) ?? [];
  const names = parts.slice(3);
  switch (parts.slice(0, 3).join("/")) {
    case "listings/2021-08-01/items":
      return listingCall(context, shelf, request, names);
    case "orders/2026-01-01/orders":
      return orderCall(context, shelf, request, names);
    default:
      return null;
  }
}

/** @param names the seller, and the SKU where the call is about one */
function listingCall(
  context: SandboxContext,
  shelf: Shelf,
  request: SandboxRequest,
  names: readonly string[],
): Call | null {
  const [sellerId, sku = ""] = names;
  const query = request.url.searchParams;
  const call = (operation: Call["operation"], run: () => AmazonAnswer): Call => ({
    operation,
    run: () => refuseListingCall(sellerId, query) ?? run(),
  });
  switch (`${request.method} ${"/*".repeat(names.length)}`) {
    case "PATCH /*/*":
      return call("patchListingsItem", () =>
        patchListing(context, shelf, sku, parseJson(request.rawBody)),
      );
    case "GET /*/*":
      return call("getListingsItem", () => getListing(context, shelf, sku, query));
    case "GET /*":
      return call("searchListingsItems", () => searchListings(context, shelf, query));
    default:
      return null;
  }
}

/** @param names the order's id where the call is about one */
function orderCall(
  context: SandboxContext,
  shelf: Shelf,
  request: SandboxRequest,
  [orderId]: readonly string[],
): Call | null {
  if (request.method !== "GET") return null;
  if (orderId !== undefined) {
    return { operation: "getOrder", run: () => getOrder(context, shelf, orderId) };
  }
  const query = request.url.searchParams;
  return { operation: "searchOrders", run: () => searchOrders(context, shelf, query) };
}

function refuseListingCall(
  sellerId: string | undefined,
  query: URLSearchParams,
): AmazonAnswer | null {
  if (sellerId !== demoAccounts.amazon) {
    return amazonError(403, "Unauthorized", "Access to requested resource is denied.");
  }
  const marketplaces = (query.get("marketplaceIds") ?? "").split(",").filter(Boolean);
  if (marketplaces.length === 0) {
    return amazonError(400, "InvalidInput", "'marketplaceIds' is required.");
  }
  if (marketplaces.some((id) => id !== demoAccounts.amazonMarketplace)) {
    return amazonError(403, "Unauthorized", "The seller is not active in this marketplace.");
  }
  return null;
}

/** Amazon's 3-7-7 digits. */
function wireOrderId(serial: number): string {
  const digits = String(serial).padStart(17, "1");
  return `${digits.slice(0, 3)}-${digits.slice(3, 10)}-${digits.slice(10)}`;
}

const definition: PlatformDefinition = {
  id: "amazon",
  credentials: [
    "AMAZON_LWA_CLIENT_ID",
    "AMAZON_LWA_CLIENT_SECRET",
    "AMAZON_SQS_ACCESS_KEY_ID",
    "AMAZON_SQS_SECRET_ACCESS_KEY",
  ],
  variables: ({ sandboxUrl }) => ({
    AMAZON_SP_API_URL: `${sandboxUrl}/amazon`,
    AMAZON_LWA_URL: `${sandboxUrl}/amazon/lwa`,
    AMAZON_SQS_URL: `${sandboxUrl}/amazon/sqs`,
    AMAZON_SQS_QUEUE_URL: `${sandboxUrl}/amazon/sqs/000000000000/lockstep`,
    AMAZON_SQS_REGION: "us-east-1",
  }),
  // A queue is not repeated to: it keeps.
  ladder: { delaysMs: [], answerTimeoutMs: 3_000 },
  serverError: {
    errors: [{ code: "InternalFailure", message: "Internal failure.", details: "" }],
  },
  demo: {
    accountId: demoAccounts.amazon,
    marketplace: demoAccounts.amazonMarketplace,
    label: "Amazon US",
    settings: () => ({ marketplaceId: demoAccounts.amazonMarketplace, region: "na" }),
    secrets: demoCredentials.amazon,
    listing: ({ amazon }) => ({ key: amazon.sku, externalIds: amazon, orderKey: amazon.sku }),
  },
  create: createAmazonSandbox,
};
export default definition;
