import { defineChannel } from "#app/channels/define-channel.ts";
import { createClient } from "./client.ts";
import { flipkartApp, flipkartSecrets, flipkartSettings } from "./config.ts";
import { flipkartConnect } from "./connect.ts";
import { eventsOf } from "./events.ts";
import { fulfilmentOf } from "./fulfilment.ts";
import { inventoryOf, pushBatchSizeMax } from "./inventory.ts";
import { listingsOf } from "./listings.ts";
import { ordersOf } from "./orders.ts";
import { pricesOf } from "./prices.ts";
import { flipkartWebhooks, parseFlipkartEvent } from "./webhooks.ts";

/** Flipkart publishes no rates: 5 a second is assumed for each call (specs/channel-limits.json), a 429 is honoured. */
const assumed = { ratePerSecond: 5, burst: 5 };

export default defineChannel({
  id: "flipkart",
  label: "Flipkart",
  app: flipkartApp,
  settings: flipkartSettings,
  secrets: flipkartSecrets,
  push: { batchSizeMax: pushBatchSizeMax, mode: "absolute" },
  // channels.md 2, reconcile grace.
  visibleAfterMsMax: 15 * 60_000,
  limits: {
    updateInventory: assumed,
    updatePrice: assumed,
    getListings: assumed,
    searchListings: assumed,
    getLocations: assumed,
    filterShipments: assumed,
    getShipments: assumed,
    dispatch: assumed,
    token: { ratePerSecond: 1, burst: 5 },
  },
  connect: flipkartConnect,
  open(context) {
    const client = createClient(context);
    return {
      ...inventoryOf(context, client),
      ...listingsOf(context, client),
      ...pricesOf(client),
      ...ordersOf(context, client),
      ...fulfilmentOf(context, client),
      ...eventsOf(),
    };
  },
  webhooks: flipkartWebhooks,
  ordersByFetch: true,
  parseEvent: parseFlipkartEvent,
});
