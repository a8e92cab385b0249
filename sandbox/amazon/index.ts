import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { z } from "zod";
import { answerJson, pathParts } from "../answer.ts";
import { demoAccounts, demoCredentials } from "../catalogue.ts";
import type { SandboxPlatform, SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import type { PlatformDefinition } from "../platform.ts";
import { buyersSide, Shelf } from "../shelf.ts";
import { participations, sellerId } from "./account.ts";
import { Documents } from "./documents.ts";
import { Feeds, savedFeedsShape } from "./feeds.ts";
import { amazonError, type AmazonAnswer, type Call, type PartedRequest } from "./frame.ts";
import { listingCall } from "./listings.ts";
import { applicationId, Login, savedCodesShape } from "./login.ts";
import { orderChangeNotification, quantityChangeNotification } from "./notification.ts";
import { Offers, savedOffersShape } from "./offers.ts";
import { orderCall } from "./orders.ts";
import { MessageQueue, type SavedMessage } from "./queue.ts";
import { Reports, savedReportsShape } from "./reports.ts";
import { PackageReferences, savedReferencesShape } from "./package-references.ts";
import { shipmentCall } from "./shipments.ts";
import { handleSqs } from "./sqs.ts";
import { savedSubscriptionsShape, Subscriptions } from "./subscriptions.ts";

/** specs/channel-limits.json, getMarketplaceParticipations. */
const participationsLimit = { ratePerSecond: 0.016, burst: 15 };
const consentPath = "/apps/authorize/consent";

/** States of older versions lack what came later. */
const snapshotShape = z.looseObject({
  shelf: z.unknown(),
  queue: z.custom<readonly SavedMessage[]>(),
  codes: savedCodesShape.default([]),
  offers: savedOffersShape.default([]),
  feeds: savedFeedsShape.default([]),
  reports: savedReportsShape.default([]),
  references: savedReferencesShape.default([]),
  subscriptions: savedSubscriptionsShape.optional(),
});

/** The parts of the simulated Amazon. */
interface Parts {
  readonly context: SandboxContext;
  readonly queue: MessageQueue;
  readonly shelf: Shelf;
  readonly login: Login;
  readonly offers: Offers;
  readonly documents: Documents;
  readonly feeds: Feeds;
  readonly reports: Reports;
  readonly references: PackageReferences;
  readonly subscriptions: Subscriptions;
}

function partsOf(context: SandboxContext): Parts {
  const queue = new MessageQueue(context.now);
  const subscriptions = new Subscriptions(context);
  const shelf = new Shelf(context, {
    orderId: wireOrderId,
    announce: (order) => {
      const subscription = subscriptions.find("ORDER_CHANGE");
      if (!subscription) return;
      const { subscriptionId } = subscription;
      announce(context, queue, orderChangeNotification(context, order, subscriptionId));
    },
  });
  const offers = new Offers(context, shelf);
  const documents = new Documents(context);
  return {
    ...{ context, queue, shelf, offers, documents, subscriptions },
    login: new Login(context),
    feeds: new Feeds(context, offers, documents),
    reports: new Reports(context, offers, documents),
    references: new PackageReferences(),
  };
}

/** Puts the event into the queue, with the platform's faults: a standard queue repeats and reorders. */
function announce(context: SandboxContext, queue: MessageQueue, body: string): void {
  context.emitter.schedule(() => {
    queue.send(body);
    context.changed();
  });
}

/** Amazon: sign-in, listings, feeds, reports, orders, shipments, and notifications on an SQS-shaped queue. */
function createAmazonSandbox(context: SandboxContext): SandboxPlatform {
  const parts = partsOf(context);
  const { queue, shelf, login, documents, subscriptions } = parts;
  // Amazon cancels no single units, and tells nobody of a merchant's returns.
  const { cancelUnits: _cancelUnits, putReturn: _putReturn, ...buyers } = buyersSide(shelf);
  return {
    id: "amazon",
    async handle(request, response) {
      if (request.headers["x-amz-target"]?.startsWith("AmazonSQS.")) {
        await handleSqs(context, queue, request, response);
      } else if (documents.isHere(request.path)) {
        await documents.handle(request, response);
      } else if (request.method === "GET" && request.path === consentPath) {
        answerConsent(login, request, response);
      } else if (request.method === "POST" && request.path === "/lwa/auth/o2/token") {
        const { status, body } = login.token(request);
        answerJson(response, status, body);
      } else answerCall(parts, request, response);
    },
    ...buyers,
    setShown(sku, quantity) {
      shelf.setShown(sku, quantity);
      const subscription = subscriptions.find("LISTINGS_ITEM_MFN_QUANTITY_CHANGE");
      if (!subscription) return;
      const change = { sku, quantity, subscriptionId: subscription.subscriptionId };
      announce(context, queue, quantityChangeNotification(context, change));
    },
    snapshot: () => ({
      shelf: shelf.snapshot(),
      queue: queue.snapshot(),
      codes: login.snapshot(),
      offers: parts.offers.snapshot(),
      feeds: parts.feeds.snapshot(),
      reports: parts.reports.snapshot(),
      references: parts.references.snapshot(),
      subscriptions: subscriptions.snapshot(),
    }),
    restore(snapshot) {
      const saved = snapshotShape.parse(snapshot);
      shelf.restore(saved.shelf);
      queue.restore(saved.queue);
      login.restore(saved.codes);
      parts.offers.restore(saved.offers);
      parts.feeds.restore(saved.feeds);
      parts.reports.restore(saved.reports);
      parts.references.restore(saved.references);
      if (saved.subscriptions) subscriptions.restore(saved.subscriptions);
    },
  };
}

function answerConsent(login: Login, request: SandboxRequest, response: ServerResponse): void {
  const location = login.consent(request.url.searchParams);
  if (location !== null) {
    response.writeHead(302, { location, "content-length": 0 });
    response.end();
    return;
  }
  const page =
    "<html><body><h1>MD1000: the application or its address is not known</h1></body></html>";
  response.writeHead(400, { "content-type": "text/html", "content-length": page.length });
  response.end(page);
}

function answerCall(parts: Parts, request: SandboxRequest, response: ServerResponse): void {
  const headers: Record<string, string> = { "x-amzn-requestid": randomUUID() };
  const { status, body } = runCall(parts, request, headers);
  if (body !== undefined) {
    answerJson(response, status, body, headers);
    return;
  }
  response.writeHead(status, status === 204 ? headers : { ...headers, "content-length": "0" });
  response.end();
}

function runCall(
  parts: Parts,
  request: SandboxRequest,
  headers: Record<string, string>,
): AmazonAnswer {
  const { context, login } = parts;
  const call = route(parts, request);
  if (!call) return amazonError(404, "NotFound", "Resource not found.");
  const state = login.state(call.token, request.headers["x-amz-access-token"]);
  const isRevoked = call.token === "seller" && context.faults().consentRevoked;
  if (state !== "valid" || isRevoked) {
    const text =
      state === "expired"
        ? "The access token you provided has expired."
        : "Access to requested resource is denied.";
    return amazonError(403, "Unauthorized", text);
  }
  headers["x-amzn-ratelimit-limit"] = String(call.limit.ratePerSecond);
  if (!context.limiter.take(sellerId, call.operation, call.limit).granted) {
    const text = "You exceeded your quota for the requested resource.";
    return amazonError(429, "QuotaExceeded", text);
  }
  return call.run();
}

/** An API by the beginning of its paths: what it makes of the rest of one. */
type Area = (parts: Parts, asked: PartedRequest) => Call | null;
const areas: Readonly<Record<string, Area>> = {
  "listings/2021-08-01/items": ({ offers }, asked) => listingCall(offers, asked),
  "orders/2026-01-01/orders": (parts, asked) => orderCall(parts, asked),
  "orders/v0/orders": (parts, asked) => shipmentCall(parts, asked),
  "feeds/2021-06-30": ({ feeds }, asked) => feeds.call(asked),
  "reports/2021-06-30": ({ reports }, asked) => reports.call(asked),
  "notifications/v1": ({ subscriptions }, asked) => subscriptions.call(asked),
  "sellers/v1/marketplaceParticipations": (_, { request, names }) =>
    request.method === "GET" && names.length === 0 ? participationsCall : null,
};

/** Which call this is; null when Amazon has no such call here. */
function route(parts: Parts, request: SandboxRequest): Call | null {
  const path = pathParts(request.path) ?? [];
  const query = request.url.searchParams;
  for (const count of [3, 2]) {
    const area = areas[path.slice(0, count).join("/")];
    if (area) return area(parts, { request, query, names: path.slice(count) });
  }
  return null;
}

const participationsCall: Call = {
  operation: "getMarketplaceParticipations",
  limit: participationsLimit,
  token: "seller",
  run: participations,
};

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
    AMAZON_CONSENT_URL: `${sandboxUrl}/amazon${consentPath}`,
    AMAZON_APPLICATION_ID: applicationId,
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
    values: () => ({ region: "na" }),
    settings: () => ({ marketplaceId: demoAccounts.amazonMarketplace, region: "na" }),
    secrets: demoCredentials.amazon,
    listing: ({ amazon }) => ({ key: amazon.sku, externalIds: amazon, orderKey: amazon.sku }),
  },
  create: createAmazonSandbox,
};
export default definition;
