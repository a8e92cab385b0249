import { defineChannel } from "#app/channels/define-channel.ts";
import { createClient } from "./client.ts";
import { ebayApp, ebaySecrets, ebaySettings } from "./config.ts";
import { inventoryOf, pushBatchSizeMax } from "./inventory.ts";
import { ordersOf } from "./orders.ts";
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
  // eBay counts calls per day (specs/channel-limits.json, reported): sell.inventory 2,000,000 is 23 a
  // second, sell.fulfillment 100,000 is 1.15 a second. The bursts are a small share of a day's budget.
  limits: {
    bulkUpdatePriceQuantity: { ratePerSecond: 15, burst: 100 },
    bulkGetInventoryItem: { ratePerSecond: 8, burst: 100 },
    getOrders: { ratePerSecond: 1.15, burst: 5_000 },
    token: { ratePerSecond: 1, burst: 5 },
  },
  open(context) {
    const client = createClient(context);
    return { ...inventoryOf(context, client), ...ordersOf(context, client) };
  },
  webhooks: ebayWebhooks,
  ordersByFetch: true,
  parseEvent: parseEbayEvent,
});
