import { parseJsonKeepingBigNumbers } from "#app/lib/json.ts";
import type { ChannelFact, StoredEvent } from "../contract.ts";
import { snapshotOfNotification } from "./mapping.ts";
import { orderChange } from "./wire.ts";

/** What a notification from the queue says. Authenticity is the queue's own policy; nothing is signed. */
export function parseAmazonEvent(event: StoredEvent): readonly ChannelFact[] {
  if (event.topic !== "ORDER_CHANGE") {
    return [{ kind: "ignored", reason: `Notification ${event.topic} changes no stock by itself.` }];
  }
  const parsed = orderChange.safeParse(parseJsonKeepingBigNumbers(event.payload));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue ? ` (${issue.path.map(String).join(".")}: ${issue.message})` : "";
    return [{ kind: "unreadable", reason: `Amazon's order change cannot be read${where}.` }];
  }
  const change = parsed.data;
  if (change.Payload.OrderChangeNotification.Summary.FulfillmentType === "AFN") {
    return [{ kind: "ignored", reason: "Amazon ships this order from its own stock." }];
  }
  return [{ kind: "order", order: snapshotOfNotification(change) }];
}
