import type { ChannelSession } from "#app/channels/contract.ts";
import type { TiktokShopParts } from "./inventory.ts";

/** Topics that say something we act on or tell the merchant (update-shop-webhook.json, `event_type`). */
const topics = [
  "ORDER_STATUS_CHANGE",
  "CANCELLATION_STATUS_CHANGE",
  "RETURN_STATUS_CHANGE",
  "PRODUCT_STATUS_CHANGE",
  "SELLER_DEAUTHORIZATION",
  "UPCOMING_AUTHORIZATION_EXPIRATION",
] as const;

/**
 * Events are sent per shop and topic to one address, which a `PUT` sets. What stands already is left alone; what goes
 * elsewhere (an earlier installation) or nowhere is set. TikTok takes HTTPS addresses without a port only.
 */
export function eventsOf({
  client,
}: TiktokShopParts): Required<Pick<ChannelSession, "setUpEvents">> {
  return {
    async setUpEvents(door, signal) {
      const standing = await client.getWebhooks(signal);
      if (!standing.ok) return standing;
      for (const topic of topics) {
        if (standing.value.get(topic) === door.url) continue;
        const put = await client.putWebhook({ event_type: topic, address: door.url }, signal);
        if (!put.ok) return put;
      }
      return { ok: true, topics };
    },
  };
}
