import type { z } from "zod";
import type {
  ChannelFact,
  ChannelWebhooks,
  OrderReturn,
  StoredEvent,
  Verification,
} from "#app/channels/contract.ts";
import { groupedBy } from "#app/channels/grouped-by.ts";
import { unreadableFact } from "#app/channels/unreadable.ts";
import {
  authenticKeys,
  contentKey,
  unknownTopic,
  type AuthenticKeys,
} from "#app/channels/webhook-keys.ts";
import { parseJson } from "#app/lib/json.ts";
import type { FlipkartApp } from "./config.ts";
import { checkSignature } from "./signature.ts";
import { notification, returnNotice, shipmentNotice } from "./wire.ts";

/**
 * Flipkart delivers at least once and in order within a group, and one delivery that is not answered 200 blocks the
 * later ones of its group: whatever it signed is taken, however odd, and what is wrong with it is our own matter.
 */
export const flipkartWebhooks: ChannelWebhooks<FlipkartApp> = {
  addressing: "connection",
  verify(request, app): Promise<Verification> {
    const check = checkSignature(request, app);
    if (check === "forged") return Promise.resolve({ ok: false, reason: "signature" });
    // An old date may be a replay, or a delivery that waited while we were down: it is answered 200 and dropped, so
    // that its group goes on; the poll brings what it said.
    if (check === "stale") return Promise.resolve({ ok: false, reason: "ping" });
    return Promise.resolve({ ok: true, ...keysOf(request.rawBody), accountId: null });
  },
};

/** An event is known by its kind, what it is about and its time; one that lacks any of them by its text. */
function keysOf(rawBody: Buffer): Omit<AuthenticKeys, "accountId"> {
  const text = rawBody.toString("utf8");
  const { eventType, timestamp, ...ids } = notification.safeParse(parseJson(text)).data ?? {};
  const about = ids.shipmentId ?? ids.returnId;
  const isWhole = eventType && about && timestamp;
  return authenticKeys({
    accountId: "",
    externalEventId: contentKey(isWhole ? [eventType, about, timestamp] : text),
    topic: eventType ?? unknownTopic,
    occurredAt: timestamp,
  });
}

/** Events after which the shipment is read again. */
const shipmentTopics: ReadonlySet<string> = new Set([
  "shipment_created",
  "shipment_cancelled",
  "shipment_hold",
  "shipment_unhold",
  "shipment_packed",
  "shipment_ready_to_dispatch",
  "shipment_pickup_complete",
  "shipment_shipped",
  "shipment_delivered",
]);

/** Where a return stands after an event; the names of some of them are not published, only that they begin so. */
const returnTopic = /^return_/;

/** What a stored notification says. The body is not signed: the shipment is always fetched. */
export function parseFlipkartEvent(event: StoredEvent): readonly ChannelFact[] {
  const { topic } = event;
  const body = parseJson(event.payload);
  if (body === undefined || topic === unknownTopic) {
    return [
      body === undefined
        ? unreadable("notification", body)
        : { kind: "unreadable", reason: "Flipkart's notification names no event." },
    ];
  }
  if (shipmentTopics.has(topic)) {
    const notice = shipmentNotice.safeParse(body);
    return notice.success
      ? [{ kind: "order-hint", orderId: notice.data.shipmentId }]
      : [unreadable("shipment notification", body, notice.error)];
  }
  if (returnTopic.test(topic)) return returnFacts(topic, body);
  return [{ kind: "ignored", reason: `No action is taken on ${topic}.` }];
}

/** One fact per shipment that the return's items are of; a return moves no stock, a person decides. */
function returnFacts(topic: string, body: unknown): readonly ChannelFact[] {
  const notice = returnNotice.safeParse(body);
  if (!notice.success) return [unreadable("return notification", body, notice.error)];
  const { returnItems } = notice.data.attributes;
  const changedAt = new Date(notice.data.timestamp).toISOString();
  const facts = [...groupedBy(returnItems, ({ shipmentId }) => shipmentId)].flatMap(
    ([orderId, items]): ChannelFact[] => {
      const returnId = items.find((item) => item.returnId)?.returnId ?? notice.data.returnId;
      if (!returnId) return [];
      const lines = items.map(({ orderItemId, quantity }) => ({ lineId: orderItemId, quantity }));
      const state = returnStateOf(topic);
      return [{ kind: "return", return: { returnId, orderId, state, lines, changedAt } }];
    },
  );
  return facts.length > 0
    ? facts
    : [{ kind: "unreadable", reason: "Flipkart's return notification names no return." }];
}

function returnStateOf(topic: string): OrderReturn["state"] {
  if (topic.includes("complete")) return "received";
  if (/cancel|reject/.test(topic)) return "closed";
  return "requested";
}

function unreadable(what: string, body: unknown, error?: z.ZodError): ChannelFact {
  return unreadableFact({ channel: "Flipkart", what, body }, error);
}
