import { defineChannel } from "#app/channels/define-channel.ts";
import { createClient } from "./client.ts";
import { ebayApp, ebaySecrets, ebaySettings } from "./config.ts";
import { ebayConnect } from "./connect.ts";
import { ebayRateFeedback } from "./errors.ts";
import { eventsOf } from "./events.ts";
import { fulfilmentOf } from "./fulfilment.ts";
import { healthOf } from "./health.ts";
import { inventoryOf, pushBatchSizeMax } from "./inventory.ts";
import { listingLifeOf } from "./listing-life.ts";
import { listingsOf } from "./listings.ts";
import { ordersOf } from "./orders.ts";
import { pricesOf } from "./prices.ts";
import { ebayWebhooks, parseEbayEvent } from "./webhooks.ts";

export default defineChannel({
  id: "ebay",
  label: "eBay",
  app: ebayApp,
  settings: ebaySettings,
  secrets: ebaySecrets,
  push: { batchSizeMax: pushBatchSizeMax, mode: "absolute", perListingPerDayMax: 250 },
  // channels.md 2, reconcile grace.
  visibleAfterMsMax: 180_000,
  // eBay counts calls per day, for the whole application (specs/channel-limits.json: inventory 2,000,000 and fulfilment
  // 100,000 reported, notification 10,000, standards 100 and Trading 5,000 documented). What follows is one connection's
  // share; the first five are one API's and add up to its day. An import may go as fast as eBay answers.
  limits: {
    bulkUpdatePriceQuantity: { ratePerSecond: 15, burst: 100, perDay: 800_000 },
    bulkGetInventoryItem: { ratePerSecond: 100, burst: 200, perDay: 200_000 },
    getOffers: { ratePerSecond: 1_000, burst: 2_000, perDay: 600_000 },
    getOffer: { ratePerSecond: 50, burst: 200, perDay: 390_000 },
    getInventoryItemGroup: { ratePerSecond: 5, burst: 50, perDay: 5_000 },
    withdrawOffer: { ratePerSecond: 5, burst: 50, perDay: 2_500 },
    publishOffer: { ratePerSecond: 5, burst: 50, perDay: 2_500 },
    getOrders: { ratePerSecond: 1.15, burst: 5_000, perDay: 60_000 },
    getOrder: { ratePerSecond: 1, burst: 500, perDay: 10_000 },
    getShippingFulfillments: { ratePerSecond: 1, burst: 500, perDay: 15_000 },
    createShippingFulfillment: { ratePerSecond: 1, burst: 500, perDay: 15_000 },
    // Two of its calls may come 300 times in 15 s (GetSellerList), the others more often.
    trading: { ratePerSecond: 10, burst: 150, perDay: 5_000 },
    feed: { ratePerSecond: 2, burst: 50, perDay: 5_000 },
    notification: { ratePerSecond: 2, burst: 60, perDay: 1_000 },
    sellerStandards: { ratePerSecond: 1, burst: 5, perDay: 100 },
    getUser: { ratePerSecond: 1, burst: 10, perDay: 1_000 },
    getRateLimits: { ratePerSecond: 1, burst: 10, perDay: 500 },
    token: { ratePerSecond: 1, burst: 5, perDay: 5_000 },
  },
  rateFeedback: ebayRateFeedback,
  connect: ebayConnect,
  open(context) {
    const client = createClient(context);
    return {
      ...inventoryOf(context, client),
      ...pricesOf(context, client),
      ...listingsOf(context, client),
      ...listingLifeOf(context, client),
      ...ordersOf(context, client),
      ...fulfilmentOf(client),
      ...healthOf(context, client),
      ...eventsOf(context, client),
    };
  },
  webhooks: ebayWebhooks,
  ordersByFetch: true,
  parseEvent: parseEbayEvent,
});
