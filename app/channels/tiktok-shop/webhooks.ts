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
import {
  expiryEvent,
  orderEvent,
  productEvent,
  returnEvent,
  skuEvent,
  webhookEvent,
} from "./wire.ts";

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

/**
 * What a stored delivery says. No type carries an order's quantities or a return's lines: orders are fetched, products
 * are read back.
 */
export function parseTiktokShopEvent(event: StoredEvent): readonly ChannelFact[] {
  const body = parseJsonKeepingBigNumbers(event.payload);
  const read = webhookEvent.safeParse(body);
  if (!read.success) return [unreadable("delivery", body, read.error)];
  const reader = readers.get(event.topic);
  if (reader) return [reader(body)];
  return [{ kind: "ignored", reason: `No action is taken on type ${event.topic}.` }];
}

/** By type number (specs/tiktok/webhook-topics.json). */
const readers = new Map<string, (body: unknown) => ChannelFact>([
  [
    unknownTopic,
    () => ({ kind: "unreadable", reason: "TikTok Shop's delivery does not say its type." }),
  ],
  ["1", (body) => orderHint("order delivery", body)],
  ["5", readProduct],
  ["6", () => ({ kind: "revoked", reason: "The seller removed the app from the TikTok shop." })],
  ["7", readExpiry],
  // A request alone cancels nothing: what has become of the order says the order itself.
  ["11", (body) => orderHint("cancellation delivery", body)],
  ["12", readReturn],
  ["27", readSku],
]);

/** A product's status changed: its listings are read again. */
function readProduct(body: unknown): ChannelFact {
  return factOf("product delivery", productEvent, body, ({ data }) => ({
    kind: "level-hint",
    match: { productId: data.product_id },
  }));
}

/** A SKU runs low, or out. */
function readSku(body: unknown): ChannelFact {
  return factOf("inventory delivery", skuEvent, body, ({ data }) => ({
    kind: "level-hint",
    match: { skuId: data.sku_id },
  }));
}

function orderHint(what: string, body: unknown): ChannelFact {
  return factOf(what, orderEvent, body, ({ data }) => ({
    kind: "order-hint",
    orderId: data.order_id,
  }));
}

/** The contract has no word for "ends soon": the reason is what a person finds in the event's record. */
function readExpiry(body: unknown): ChannelFact {
  const read = expiryEvent.safeParse(body);
  const until = read.success
    ? ` on ${new Date(read.data.data.expiration_time * 1_000).toISOString().slice(0, 10)}`
    : "";
  const reason = `The authorisation of this TikTok shop ends${until}: connect it again before.`;
  return { kind: "ignored", reason };
}

function readReturn(body: unknown): ChannelFact {
  return factOf("return delivery", returnEvent, body, ({ data, timestamp }) => ({
    kind: "return",
    return: {
      returnId: data.return_id,
      orderId: data.order_id,
      state: returnStateOf(data.return_type ?? "", data.return_status),
      lines: [],
      changedAt: timeText(data.update_time ?? timestamp ?? data.create_time ?? 0),
    },
  }));
}

/**
 * webhook-topics.json and search-returns.json, `return_status`; the webhooks spell some words in another way. Goods come
 * back with `RETURN_AND_REFUND` only: a refund or a replacement that is granted is over without them. What is not known
 * is open, for a person to look at.
 */
export function returnStateOf(type: string, status: string): "requested" | "received" | "closed" {
  if (/CANCEL|REJECT/.test(status)) return "closed";
  if (!/SUCCESS|COMPLETE/.test(status)) return "requested";
  return type === "RETURN_AND_REFUND" ? "received" : "closed";
}

function timeText(atS: number): string {
  return new Date(atS * 1_000).toISOString();
}

function factOf<Body>(
  what: string,
  schema: z.ZodType<Body>,
  body: unknown,
  toFact: (read: Body) => ChannelFact,
): ChannelFact {
  const read = schema.safeParse(body);
  return read.success ? toFact(read.data) : unreadable(what, body, read.error);
}

function unreadable(what: string, body: unknown, error: z.ZodError): ChannelFact {
  return unreadableFact({ channel: "TikTok Shop", what, body }, error);
}
