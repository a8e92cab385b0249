import { defineChannel } from "#app/channels/define-channel.ts";
import { bulkOf, bulkSizes } from "./bulk.ts";
import { createClient } from "./client.ts";
import { walmartApp, walmartSecrets, walmartSettings } from "./config.ts";
import { walmartConnect } from "./connect.ts";
import { eventSetupOf } from "./event-setup.ts";
import { fulfilmentOf } from "./fulfilment.ts";
import { healthOf } from "./health.ts";
import { inventoryOf } from "./inventory.ts";
import { walmartLimits } from "./limits.ts";
import { listingsOf } from "./listings.ts";
import { ordersOf } from "./orders.ts";
import { pricesOf } from "./prices.ts";
import { walmartRateFeedback } from "./rate-feedback.ts";
import { parseWalmartEvent, walmartWebhooks } from "./webhooks.ts";

export default defineChannel({
  id: "walmart",
  label: "Walmart",
  app: walmartApp,
  settings: walmartSettings,
  secrets: walmartSecrets,
  // Two calls a listing, four listings at once: a batch is done in some seconds.
  push: { batchSizeMax: 20, mode: "absolute", bulk: bulkSizes },
  // channels.md 2, reconcile grace. A feed's numbers count once Walmart says that it is processed.
  visibleAfterMsMax: 600_000,
  limits: walmartLimits,
  rateFeedback: walmartRateFeedback,
  connect: walmartConnect,
  open(context) {
    const client = createClient(context);
    return {
      ...inventoryOf(context, client),
      ...listingsOf(client),
      ...pricesOf(client),
      ...bulkOf(context, client),
      ...ordersOf(context, client),
      ...fulfilmentOf(context, client),
      ...healthOf(client),
      ...eventSetupOf(client),
    };
  },
  webhooks: walmartWebhooks,
  ordersByFetch: true,
  parseEvent: parseWalmartEvent,
});
