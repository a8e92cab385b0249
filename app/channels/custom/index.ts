import { defineChannel } from "#app/channels/define-channel.ts";
import { createClient, operation } from "./client.ts";
import {
  batchMax,
  customApp,
  customSecrets,
  customSettings,
  ratePerSecondMax,
  type ServerPower,
} from "./config.ts";
import { customConnect } from "./connect.ts";
import { eventsOf } from "./events.ts";
import { fulfilmentOf } from "./fulfilment.ts";
import { inventoryOf, statesOf } from "./inventory.ts";
import { listingsOf } from "./listings.ts";
import { ordersOf } from "./orders.ts";
import { pricesOf } from "./prices.ts";
import { customWebhooks, parseCustomEvent } from "./webhooks.ts";

export default defineChannel({
  id: "custom",
  label: "Custom",
  app: customApp,
  settings: customSettings,
  secrets: customSecrets,
  push: { batchSizeMax: batchMax, mode: "absolute" },
  // The protocol's own promise: what is answered "ok" is shown (docs/custom-channel.md); a cache may hold the old one.
  visibleAfterMsMax: 30_000,
  // The quickest pace a server can announce. A slower one pays more tokens for each call (client.ts).
  limits: { [operation]: { ratePerSecond: ratePerSecondMax, burst: 2 * ratePerSecondMax } },
  merchantAddress: true,
  connect: customConnect,
  open(context) {
    const { http, now, settings, secrets } = context;
    const { baseUrl, ratePerSecond } = settings;
    const client = createClient({ http, now, baseUrl, ratePerSecond, secret: secrets.secret });
    const has = (power: ServerPower) => settings.powers.includes(power);
    return {
      ...inventoryOf(context, client),
      ...listingsOf(context, client),
      ...(has("prices") && pricesOf(context, client)),
      ...(has("states") && statesOf(context, client)),
      ...(has("orders") && ordersOf(context, client)),
      ...(has("shipments") && fulfilmentOf(client)),
      ...(has("events") && eventsOf(context, client)),
    };
  },
  webhooks: customWebhooks,
  parseEvent: parseCustomEvent,
});
