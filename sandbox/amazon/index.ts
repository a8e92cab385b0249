import { randomUUID } from "node:crypto";
import { z } from "zod";
import { answerJson, parseJson, pathParts } from "../answer.ts";
import { demoAccounts } from "../catalogue.ts";
import type { SandboxPlatform, SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
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
export function createAmazonSandbox(context: SandboxContext): SandboxPlatform {
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
    secret: context.config.amazon.clientSecret,
    lifeMs: accessTokenLifeS * 1_000,
    now: context.now,
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

function route(context: SandboxContext, shelf: Shelf, request: SandboxRequest): Call | null {
  const parts = pathParts(request.path) ?? [];
  const [api, version, collection, first, second] = parts;
  const query = request.url.searchParams;
  if (api === "listings" && version === "2021-08-01" && collection === "items") {
    const run = (call: () => AmazonAnswer) => () => refuseListingCall(first, query) ?? call();
    if (parts.length === 5 && second !== undefined) {
      if (request.method === "PATCH") {
        const patch = () => patchListing(context, shelf, second, parseJson(request.rawBody));
        return { operation: "patchListingsItem", run: run(patch) };
      }
      if (request.method === "GET") {
        const get = () => getListing(context, shelf, second, query);
        return { operation: "getListingsItem", run: run(get) };
      }
    }
    if (parts.length === 4 && request.method === "GET") {
      const search = () => searchListings(context, shelf, query);
      return { operation: "searchListingsItems", run: run(search) };
    }
  }
  if (api === "orders" && version === "2026-01-01" && collection === "orders") {
    if (request.method !== "GET") return null;
    if (first === undefined) {
      return { operation: "searchOrders", run: () => searchOrders(context, shelf, query) };
    }
    return { operation: "getOrder", run: () => getOrder(context, shelf, first) };
  }
  return null;
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
