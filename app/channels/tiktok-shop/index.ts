import { defineChannel } from "#app/channels/define-channel.ts";
import { createClient } from "./client.ts";
import { tiktokShopApp, tiktokShopSecrets, tiktokShopSettings } from "./config.ts";
import { inventoryOf, pushBatchSizeMax } from "./inventory.ts";
import { ordersOf } from "./orders.ts";
import { parseTiktokShopEvent, tiktokShopWebhooks } from "./webhooks.ts";

/** Per API, app and shop: 50 calls a second (specs/channel-limits.json, documented). */
const published = { ratePerSecond: 50, burst: 50 };

export default defineChannel({
  id: "tiktok-shop",
  label: "TikTok Shop",
  app: tiktokShopApp,
  settings: tiktokShopSettings,
  secrets: tiktokShopSecrets,
  push: { batchSizeMax: pushBatchSizeMax, mode: "absolute", quantityMax: 99_999 },
  // channels.md 2, reconcile grace.
  visibleAfterMsMax: 180_000,
  limits: {
    updateInventory: published,
    searchInventory: published,
    getOrders: published,
    searchOrders: published,
    token: { ratePerSecond: 1, burst: 5 },
  },
  open(context) {
    const client = createClient(context);
    return { ...inventoryOf(context, client), ...ordersOf(context, client) };
  },
  webhooks: tiktokShopWebhooks,
  ordersByFetch: true,
  parseEvent: parseTiktokShopEvent,
});
