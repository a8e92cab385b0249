import { parseJsonKeepingBigNumbers } from "#app/lib/json.ts";
import type { ChannelFact, StoredEvent } from "../contract.ts";
import { unreadableFact } from "../unreadable.ts";
import { unknownTopic } from "../webhook-keys.ts";
import { snapshotOfNotification } from "./mapping.ts";
import { orderChange } from "./wire.ts";

/** What a notification from the queue says. Authenticity is the queue's own policy; nothing is signed. */
export function parseAmazonEvent(event: StoredEvent): readonly ChannelFact[] {
  const body = parseJsonKeepingBigNumbers(event.payload);
  if (event.topic === unknownTopic) {
    return [unreadableFact({ channel: "Amazon", what: "notification", body })];
  }
  if (event.topic !== "ORDER_CHANGE") {
    return [{ kind: "ignored", reason: `Notification ${event.topic} changes no stock by itself.` }];
  }
  const parsed = orderChange.safeParse(body);
  if (!parsed.success) {
    return [unreadableFact({ channel: "Amazon", what: "order change", body }, parsed.error)];
  }
  const change = parsed.data;
  if (change.Payload.OrderChangeNotification.Summary.FulfillmentType === "AFN") {
    return [{ kind: "ignored", reason: "Amazon ships this order from its own stock." }];
  }
  return [{ kind: "order", order: snapshotOfNotification(change) }];
}
