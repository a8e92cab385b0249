import { defineChannel } from "../define-channel.ts";
import { createAmazonClient } from "./client.ts";
import { amazonApp, amazonLimits, amazonSecrets, amazonSettings } from "./config.ts";
import { parseAmazonEvent } from "./events.ts";
import { pushBatchSizeMax, pushQuantities, readListings } from "./inventory.ts";
import { fetchOrders, listChangedOrders } from "./orders.ts";
import { deleteMessages, receiveMessages } from "./queue.ts";

/** Amazon's Selling Partner API: one listing is one merchant-shipped SKU in one marketplace. */
export default defineChannel({
  id: "amazon",
  label: "Amazon",
  app: amazonApp,
  settings: amazonSettings,
  secrets: amazonSecrets,
  push: { batchSizeMax: pushBatchSizeMax, mode: "absolute" },
  // channels.md 2, reconcile grace.
  visibleAfterMsMax: 1_200_000,
  limits: amazonLimits,
  ownQueue: true,
  parseEvent: parseAmazonEvent,
  open(context) {
    const client = createAmazonClient(context);
    return {
      pushQuantities: (writes, signal) => pushQuantities(context, client, { writes, signal }),
      readListings: (listings, signal) => readListings(context, client, { listings, signal }),
      fetchOrders: (orderIds, signal) => fetchOrders(client, { orderIds, signal }),
      listChangedOrders: (cursor, signal) => listChangedOrders(context, client, { cursor, signal }),
      receiveMessages: (signal) => receiveMessages(context.app, signal),
      deleteMessages: (messages) => deleteMessages(context.app, messages),
    };
  },
});
