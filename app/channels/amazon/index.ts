import { defineChannel } from "../define-channel.ts";
import { bulkPush, pollBulk, startBulk } from "./bulk.ts";
import { createAmazonClient } from "./client.ts";
import { amazonApp, amazonLimits, amazonSecrets, amazonSettings } from "./config.ts";
import { amazonConnect } from "./connect.ts";
import { amazonRateFeedback } from "./errors.ts";
import { parseAmazonEvent } from "./events.ts";
import { sendShipment } from "./fulfilment.ts";
import { readAccountHealth } from "./health.ts";
import { pushBatchSizeMax, pushQuantities, readListings } from "./inventory.ts";
import { listListings } from "./listings.ts";
import { fetchOrders, listChangedOrders } from "./orders.ts";
import { setPrices } from "./prices.ts";
import { deleteMessages, receiveMessages } from "./queue.ts";
import { setUpEvents } from "./subscriptions.ts";

/** Amazon's Selling Partner API: one listing is one SKU of one seller in one marketplace. */
export default defineChannel({
  id: "amazon",
  label: "Amazon",
  app: amazonApp,
  settings: amazonSettings,
  secrets: amazonSecrets,
  push: { batchSizeMax: pushBatchSizeMax, mode: "absolute", bulk: bulkPush },
  // channels.md 2, reconcile grace.
  visibleAfterMsMax: 1_200_000,
  limits: amazonLimits,
  rateFeedback: amazonRateFeedback,
  connect: amazonConnect,
  ownQueue: true,
  parseEvent: parseAmazonEvent,
  open(context) {
    const client = createAmazonClient({ ...context, region: context.settings.region });
    return {
      pushQuantities: (writes, signal) => pushQuantities(context, client, { writes, signal }),
      readListings: (listings, signal) => readListings(context, client, { listings, signal }),
      listListings: (cursor, signal) => listListings(context, client, { cursor, signal }),
      setPrices: (writes, signal) => setPrices(context, client, { writes, signal }),
      startBulk: (writes, signal) => startBulk(context, client, { writes, signal }),
      pollBulk: (handle, writes, signal) => pollBulk(context, client, { handle, writes, signal }),
      fetchOrders: (orderIds, signal) => fetchOrders(context, client, { orderIds, signal }),
      listChangedOrders: (cursor, signal) => listChangedOrders(context, client, { cursor, signal }),
      sendShipment: (shipment, signal) => sendShipment(context, client, { shipment, signal }),
      readAccountHealth: (signal) => readAccountHealth(context, client, signal),
      setUpEvents: (_door, signal) => setUpEvents(context, client, signal),
      receiveMessages: (signal) => receiveMessages(context.app, signal),
      deleteMessages: (messages) => deleteMessages(context.app, messages),
    };
  },
});
