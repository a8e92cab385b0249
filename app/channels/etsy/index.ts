import { defineChannel } from "#app/channels/define-channel.ts";
import { createClient } from "./client.ts";
import { etsyApp, etsySecrets, etsySettings } from "./config.ts";
import { etsyConnect } from "./connect.ts";
import { quantityMax } from "./document.ts";
import { endingOf } from "./ending.ts";
import { fulfilmentOf } from "./fulfilment.ts";
import { inventoryOf, pushBatchSizeMax } from "./inventory.ts";
import { etsyLimits, rateFeedbackOf } from "./limits.ts";
import { listingsOf } from "./listings.ts";
import { ordersOf } from "./orders.ts";
import { pricesOf } from "./prices.ts";
import { etsyWebhooks, parseEtsyEvent } from "./webhooks.ts";

export default defineChannel({
  id: "etsy",
  label: "Etsy",
  app: etsyApp,
  settings: etsySettings,
  secrets: etsySecrets,
  push: { batchSizeMax: pushBatchSizeMax, mode: "absolute", quantityMax },
  // channels.md 2, reconcile grace.
  visibleAfterMsMax: 120_000,
  limits: etsyLimits,
  rateFeedback: rateFeedbackOf,
  connect: etsyConnect,
  open(context) {
    const client = createClient(context);
    return {
      ...inventoryOf(context, client),
      ...pricesOf(context, client),
      ...endingOf(context, client),
      ...listingsOf(client),
      ...ordersOf(context, client),
      ...fulfilmentOf(client),
    };
  },
  webhooks: etsyWebhooks,
  ordersByFetch: true,
  parseEvent: parseEtsyEvent,
});
