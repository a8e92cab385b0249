import { createHash } from "node:crypto";
import type {
  ChannelFact,
  ChannelWebhooks,
  StoredEvent,
  Verification,
} from "#app/channels/contract.ts";
import { parseJsonKeepingBigNumbers } from "#app/lib/json.ts";
import { hmacSha256, sameSignature } from "#app/lib/signature.ts";
import type { TiktokShopApp } from "./config.ts";
import { orderStatusData, webhookEvent } from "./wire.ts";

export const tiktokShopWebhooks: ChannelWebhooks<TiktokShopApp> = {
  verify(request, app): Promise<Verification> {
    const signed = Buffer.concat([Buffer.from(app.TIKTOK_SHOP_APP_KEY), request.rawBody]);
    const expected = hmacSha256(app.TIKTOK_SHOP_APP_SECRET, signed, "hex");
    const given = request.headers["authorization"] ?? "";
    if (!sameSignature(given.trim().toLowerCase(), expected)) return refuse("signature");
    const event = webhookEvent.safeParse(
      parseJsonKeepingBigNumbers(request.rawBody.toString("utf8")),
    );
    if (!event.success) return refuse("malformed");
    const { type, tts_notification_id: notificationId, timestamp, data } = event.data;
    const accountId = event.data.shop_id ?? event.data.seller_open_id;
    if (!accountId) return refuse("malformed");
    return Promise.resolve({
      ok: true,
      accountId,
      externalEventId: notificationId ?? hashOf([type, accountId, data]),
      topic: String(type),
      occurredAt: timestamp == null ? null : new Date(timestamp * 1_000).toISOString(),
    });
  },
};

function refuse(reason: "signature" | "malformed"): Promise<Verification> {
  return Promise.resolve({ ok: false, reason });
}

/** Some types carry no notification id: a repeat has the same content, hence the same hash. */
function hashOf(content: unknown): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("hex");
}

/** What a stored delivery says. No type carries quantities: the order has to be fetched. */
export function parseTiktokShopEvent(event: StoredEvent): readonly ChannelFact[] {
  const read = webhookEvent.safeParse(parseJsonKeepingBigNumbers(event.payload));
  if (!read.success) return [unreadable("The delivery does not have TikTok Shop's shape.")];
  switch (event.topic) {
    case "1": {
      const data = orderStatusData.safeParse(read.data.data);
      return data.success
        ? [{ kind: "order-hint", orderId: data.data.order_id }]
        : [unreadable("The order delivery names no order.")];
    }
    case "6":
      return [{ kind: "revoked", reason: "The seller removed the app from the TikTok shop." }];
    default:
      return [{ kind: "ignored", reason: `No action is taken on type ${event.topic}.` }];
  }
}

function unreadable(reason: string): ChannelFact {
  return { kind: "unreadable", reason };
}
