import { defineChannel } from "../define-channel.ts";
import { createShopifyClient, shopifyRateFeedback } from "./client.ts";
import { shopifyApp, shopifyLimits, shopifySecrets, shopifySettings } from "./config.ts";
import { sendShipment } from "./fulfilment.ts";
import { adjustBatchSizeMax, pushQuantities, readListings } from "./inventory.ts";
import { listListings } from "./listings.ts";
import { fetchOrders, listChangedOrders } from "./orders.ts";
import { setPrices } from "./prices.ts";
import { endListings, relistListings } from "./publishing.ts";
import { parseShopifyEvent, shopifyWebhooks } from "./webhooks.ts";

/** The merchant's own shop: one listing is one inventory item at one location. */
export default defineChannel({
  id: "shopify",
  label: "Shopify",
  app: shopifyApp,
  settings: shopifySettings,
  secrets: shopifySecrets,
  push: { batchSizeMax: adjustBatchSizeMax, mode: "difference" },
  limits: shopifyLimits,
  visibleAfterMsMax: 5_000,
  rateFeedback: shopifyRateFeedback,
  webhooks: shopifyWebhooks,
  parseEvent: parseShopifyEvent,
  open(context) {
    const client = createShopifyClient(context);
    return {
      pushQuantities: (writes, signal) => pushQuantities(client, writes, signal),
      readListings: (listings, signal) => readListings(client, listings, signal),
      listListings: (cursor, signal) => listListings(context, client, { cursor, signal }),
      setPrices: (writes, signal) => setPrices(client, writes, signal),
      endListings: (listings, signal) => endListings(client, listings, signal),
      relistListings: (writes, signal) => relistListings(client, writes, signal),
      fetchOrders: (orderIds, signal) => fetchOrders(client, orderIds, signal),
      listChangedOrders: (cursor, signal) =>
        listChangedOrders(client, { cursor, now: context.now() }, signal),
      sendShipment: (shipment, signal) => sendShipment(client, shipment, signal),
    };
  },
});
