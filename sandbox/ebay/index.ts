import type { ServerResponse } from "node:http";
import { z } from "zod";
import { demoAccounts, demoCredentials } from "../catalogue.ts";
import type { SandboxPlatform, SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import type { PlatformDefinition } from "../platform.ts";
import { Shelf, type ShelfOrder } from "../shelf.ts";
import { createEbayAuth } from "./auth.ts";
import { EbayFeed } from "./feed.ts";
import { ebayError, refuse, writeAnswer, type EbayAnswer } from "./frame.ts";
import { EbayInventory, type Shop } from "./inventory.ts";
import { demoListing, EbayListings } from "./listings.ts";
import { EbayNotifications } from "./notifications.ts";
import { confirmationData } from "./orders.ts";
import { EbayRevisions, type SavedRevisions } from "./revisions.ts";
import { findRoute, type Parts } from "./routes.ts";
import { createSigningKey, type SavedSigningKey } from "./signing-key.ts";
import { tradingCall } from "./trading.ts";

const snapshotShape = z.looseObject({
  shelf: z.unknown(),
  key: z.custom<SavedSigningKey>(),
  revisions: z.custom<SavedRevisions>(),
  listings: z.unknown(),
  notifications: z.unknown(),
  preferences: z.object({ outOfStockControl: z.boolean() }).optional(),
});

/**
 * eBay: OAuth with a consent page, the Inventory, Trading, Fulfillment, Feed, Notification and Analytics calls that the
 * app makes, and signed notifications.
 */
function createEbaySandbox(context: SandboxContext): SandboxPlatform {
  let key = createSigningKey(null);
  const listings = new EbayListings(context);
  const notifications = new EbayNotifications(context, () => key);
  const shelf = new Shelf(
    { ...context, catalogue: EbayListings.wholeCatalogue(context.catalogue) },
    { orderId: wireOrderId, announce: (order) => announce({ listings, notifications }, order) },
  );
  const preferences = { outOfStockControl: true };
  const revisions = new EbayRevisions(context);
  const shop: Shop = { context, shelf, listings, revisions, preferences };
  const inventory = new EbayInventory(shop);
  const parts: Parts = { shop, inventory, feed: new EbayFeed(shop), notifications, key: () => key };
  const auth = createEbayAuth(context);

  async function answer(request: SandboxRequest, response: ServerResponse): Promise<EbayAnswer> {
    const where = `${request.method} ${request.path}`;
    if (where === "POST /identity/v1/oauth2/token") return auth.token(request);
    if (where === "GET /oauth2/authorize") return auth.authorize(request.url.searchParams);
    if (where === "POST /ws/api.dll") return tradingCall(shop, auth, request);
    const call = findRoute(request);
    if (!call) return refuse(404, ebayError(2002, "ACCESS", "Resource not found"));
    const refusal = auth.refuseBearer(request, call.tokens);
    if (refusal) return refusal;
    const admission = context.limiter.take(demoAccounts.ebay, call.operation, call.limit);
    if (!admission.granted) {
      return refuse(429, ebayError(2001, "ACCESS", "The request limit has been reached."));
    }
    return await call.run(parts, response, auth.kindOf(request));
  }

  return {
    id: "ebay",
    async handle(request, response) {
      writeAnswer(response, await answer(request, response));
    },
    placeOrder(order) {
      if (!listings.isOnSale(order.sku)) return { accepted: false, reason: "not-listed" };
      return shelf.placeOrder(order);
    },
    // Whole orders only: eBay cancels no single unit of a line, and returns are none of the calls played here.
    cancelOrder: (orderId) => shelf.cancelOrder(orderId),
    shown: (sku) => (listings.bySku(sku)?.item.ended === true ? 0 : shelf.shown(sku)),
    setShown: (sku, quantity) => {
      shelf.setShown(sku, quantity);
    },
    shipments: (orderId) => shelf.find(orderId)?.parcels ?? [],
    snapshot: () => ({
      shelf: shelf.snapshot(),
      key: key.snapshot(),
      revisions: revisions.snapshot(),
      listings: listings.snapshot(),
      notifications: notifications.snapshot(),
      preferences,
    }),
    restore(snapshot) {
      const saved = snapshotShape.parse(snapshot);
      shelf.restore(saved.shelf);
      key = createSigningKey(saved.key);
      revisions.restore(saved.revisions);
      // A state file of before there were these.
      if (saved.listings) listings.restore(saved.listings);
      if (saved.notifications) notifications.restore(saved.notifications);
      Object.assign(preferences, saved.preferences);
    },
  };
}

/**
 * ORDER_CONFIRMATION after an order, and again after a cancellation, so that the app fetches again (the real platform
 * has another topic for that, for applications it granted a scope). A parcel or its news is announced to nobody.
 */
function announce(
  { listings, notifications }: Pick<Shop, "listings"> & Pick<Parts, "notifications">,
  order: ShelfOrder,
): void {
  if (order.parcels.length > 0 && !order.cancelled) return;
  listings.addSold(order.sku, order.cancelled ? -order.quantity : order.quantity);
  const suffix = order.cancelled ? "c" : "a";
  notifications.publish("ORDER_CONFIRMATION", {
    id: `${order.orderId}-${String(order.serial)}-${suffix}`,
    atMs: order.updatedAtMs,
    data: confirmationData({ listings }, order),
  });
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
    EBAY_AUTHORIZE_URL: `${sandboxUrl}/ebay/oauth2/authorize`,
    EBAY_WEBHOOK_URL: `${appUrl}/webhooks/ebay`,
    EBAY_ALERT_EMAIL: "ops@lockstep.example.com",
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
    values: () => ({ marketplace: demoAccounts.ebayMarketplace }),
    settings: () => ({ marketplaceId: demoAccounts.ebayMarketplace }),
    secrets: demoCredentials.ebay,
    listing: demoListing,
  },
  create: createEbaySandbox,
};
export default definition;
