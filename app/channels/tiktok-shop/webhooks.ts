import type { z } from "zod";
import type {
  ChannelFact,
  ChannelWebhooks,
  StoredEvent,
  Verification,
} from "#app/channels/contract.ts";
import { unreadableFact } from "#app/channels/unreadable.ts";
import { authenticKeys, contentKey, unknownTopic } from "#app/channels/webhook-keys.ts";
import { parseJsonKeepingBigNumbers } from "#app/lib/json.ts";
import { hmacSha256, sameSignature } from "#app/lib/signature.ts";
import type { TiktokShopApp } from "./config.ts";
import { orderStatusEvent, webhookEvent } from "./wire.ts";

export const tiktokShopWebhooks: ChannelWebhooks<TiktokShopApp> = {
  addressing: "app",
  verify(request, app): Promise<Verification> {
    const signed = Buffer.concat([Buffer.from(app.TIKTOK_SHOP_APP_KEY), request.rawBody]);
    const expected = hmacSha256(app.TIKTOK_SHOP_APP_SECRET, signed, "hex");
    const given = request.headers["authorization"] ?? "";
    if (!sameSignature(given.trim().toLowerCase(), expected)) return refuse("signature");
    const event = webhookEvent.safeParse(
      parseJsonKeepingBigNumbers(request.rawBody.toString("utf8")),
    );
    if (!event.success) return refuse("malformed");
    const { tts_notification_id: notificationId, timestamp, data } = event.data;
    const accountId = event.data.shop_id ?? event.data.seller_open_id;
    if (!accountId) return refuse("malformed");
    const topic = event.data.type ?? unknownTopic;
    const keys = authenticKeys({
      accountId,
      // Some types carry no notification id.
      externalEventId: notificationId ?? contentKey([topic, accountId, data]),
      topic,
      occurredAt: timestamp == null ? null : timestamp * 1_000,
    });
    return Promise.resolve({ ok: true, ...keys });
  },
};

function refuse(reason: "signature" | "malformed"): Promise<Verification> {
  return Promise.resolve({ ok: false, reason });
}

/** What a stored delivery says. No type carries quantities: the order has to be fetched. */
export function parseTiktokShopEvent(event: StoredEvent): readonly ChannelFact[] {
  const body = parseJsonKeepingBigNumbers(event.payload);
  const read = webhookEvent.safeParse(body);
  if (!read.success) return [unreadable("delivery", body, read.error)];
  switch (event.topic) {
    case "1": {
      const status = orderStatusEvent.safeParse(body);
      return status.success
        ? [{ kind: "order-hint", orderId: status.data.data.order_id }]
        : [unreadable("order delivery", body, status.error)];
    }
    case unknownTopic:
      return [{ kind: "unreadable", reason: "TikTok Shop's delivery does not say its type." }];
    case "6":
      return [{ kind: "revoked", reason: "The seller removed the app from the TikTok shop." }];
    default:
      return [{ kind: "ignored", reason: `No action is taken on type ${event.topic}.` }];
  }
}

function unreadable(what: string, body: unknown, error: z.ZodError): ChannelFact {
  return unreadableFact({ channel: "TikTok Shop", what, body }, error);
}
