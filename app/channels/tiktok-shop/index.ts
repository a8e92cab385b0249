import type { ChannelResponse, RateFeedback } from "#app/channels/contract.ts";
import { defineChannel } from "#app/channels/define-channel.ts";
import { createClient } from "./client.ts";
import { tiktokShopApp, tiktokShopSecrets, tiktokShopSettings } from "./config.ts";
import { tiktokShopConnect } from "./connect.ts";
import { endingOf } from "./ending.ts";
import { faultOfAnswer } from "./errors.ts";
import { eventsOf } from "./event-setup.ts";
import { fulfilmentOf } from "./fulfilment.ts";
import { healthOf } from "./health.ts";
import { inventoryOf, pushBatchSizeMax } from "./inventory.ts";
import { listingsOf } from "./listings.ts";
import { ordersOf } from "./orders.ts";
import { pricesOf } from "./prices.ts";
import { WarehouseList } from "./warehouses.ts";
import { parseTiktokShopEvent, tiktokShopWebhooks } from "./webhooks.ts";

/**
 * Per API, app and shop: 50 calls a second (specs/channel-limits.json, documented). Five of the burst are kept back:
 * calls arrive closer together than they left.
 */
const published = { ratePerSecond: 50, burst: 45 };

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
    updatePrices: published,
    searchInventory: published,
    searchProducts: published,
    getProduct: published,
    activateProducts: published,
    deactivateProducts: published,
    getOrders: published,
    searchOrders: published,
    searchCancellations: published,
    markShipped: published,
    shipPackage: published,
    getWarehouses: published,
    getDeliveryOptions: published,
    getShippingProviders: published,
    getWebhooks: published,
    putWebhook: published,
    getShops: published,
    token: { ratePerSecond: 1, burst: 5 },
  },
  rateFeedback,
  connect: tiktokShopConnect,
  open(context) {
    const client = createClient(context);
    const parts = { context, client, warehouses: new WarehouseList(context, client) };
    return {
      ...inventoryOf(parts),
      ...listingsOf(parts),
      ...pricesOf(parts),
      ...endingOf(parts),
      ...ordersOf(parts),
      ...fulfilmentOf(parts),
      ...eventsOf(parts),
      ...healthOf(parts),
    };
  },
  webhooks: tiktokShopWebhooks,
  ordersByFetch: true,
  parseEvent: parseTiktokShopEvent,
});

/** TikTok has no headers for it: "too many requests" comes as 429, or as a code inside a 200 (channels.md 5.7). */
function rateFeedback(response: ChannelResponse): RateFeedback | undefined {
  const fault = faultOfAnswer(response);
  if (fault.kind !== "rate-limited" || fault.retryAfterMs === undefined) return undefined;
  return { remaining: 0, retryAfterMs: fault.retryAfterMs };
}
