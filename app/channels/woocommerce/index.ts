import { defineChannel } from "#app/channels/define-channel.ts";
import { createClient } from "./client.ts";
import { wooApp, wooSecrets, wooSettings } from "./config.ts";
import { wooConnect } from "./connect.ts";
import { eventsOf } from "./events.ts";
import { fulfilmentOf } from "./fulfilment.ts";
import { inventoryOf, pushBatchSizeMax } from "./inventory.ts";
import { listingsOf } from "./listings.ts";
import { ordersOf } from "./orders.ts";
import { readingsOf } from "./readings.ts";
import { ShelfReader } from "./shelf-reader.ts";
import { parseWooEvent, wooWebhooks } from "./webhooks.ts";

export default defineChannel({
  id: "woocommerce",
  label: "WooCommerce",
  app: wooApp,
  settings: wooSettings,
  secrets: wooSecrets,
  push: { batchSizeMax: pushBatchSizeMax, mode: "absolute" },
  // channels.md 2, reconcile grace: the number is there at once, a cache may hold the old one.
  visibleAfterMsMax: 30_000,
  // No limiter in core; what a small host can bear (specs/channel-limits.json, assumed). One server, one bucket.
  limits: { site: { ratePerSecond: 4, burst: 8 } },
  merchantAddress: true,
  connect: wooConnect,
  open(context) {
    const client = createClient(context);
    const reader = new ShelfReader(client);
    return {
      ...inventoryOf(context, client),
      ...readingsOf(context, reader),
      ...listingsOf(context, reader),
      ...ordersOf(context, client),
      ...fulfilmentOf(client),
      ...eventsOf(client),
    };
  },
  webhooks: wooWebhooks,
  parseEvent: parseWooEvent,
});
