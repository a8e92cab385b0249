import { createHash, verify as verifySignature } from "node:crypto";
import type { z } from "zod";
import type {
  ChannelFact,
  ChannelWebhooks,
  StoredEvent,
  Verification,
  WebhookRequest,
} from "#app/channels/contract.ts";
import { unreadableFact } from "#app/channels/unreadable.ts";
import { authenticKeys, contentKey, unknownTopic } from "#app/channels/webhook-keys.ts";
import { parseJson } from "#app/lib/json.ts";
import type { EbayApp } from "./config.ts";
import { notificationKey, type NotificationKey } from "./public-keys.ts";
import { notification, orderNotice, signatureHeader } from "./wire.ts";

/** Longest challenge that is answered; eBay sends a UUID. */
const challengeCharactersMax = 200;
/** Longest signature header that is decoded. */
const headerCharactersMax = 2_000;

export const ebayWebhooks: ChannelWebhooks<EbayApp> = {
  addressing: "app",
  async verify(request, app, http): Promise<Verification> {
    const header = readHeader(request);
    if (header === null) return { ok: false, reason: "signature" };
    const key = await notificationKey(header.kid, app, http);
    if (key === null || !isSignedBy(key, header.signature, request.rawBody)) {
      return { ok: false, reason: "signature" };
    }
    const event = notification.safeParse(parseJson(request.rawBody.toString("utf8")));
    if (!event.success) return { ok: false, reason: "malformed" };
    const { metadata, notification: notice } = event.data;
    const { data } = notice;
    // Orders name the seller under `user`, account topics directly under `data`.
    const user = data.user ?? data;
    const accountId = user.username ?? user.userId;
    if (!accountId) return { ok: false, reason: "malformed" };
    const topic = metadata?.topic ?? unknownTopic;
    const externalEventId = notice.notificationId ?? contentKey([topic, data]);
    const occurredAt = notice.eventDate;
    return { ok: true, ...authenticKeys({ accountId, externalEventId, topic, occurredAt }) };
  },

  challenge(url, app) {
    const code = url.searchParams.get("challenge_code");
    if (code === null) return null;
    if (code.length > challengeCharactersMax) return { status: 400, body: "" };
    const challengeResponse = createHash("sha256")
      .update(code)
      .update(app.EBAY_VERIFICATION_TOKEN)
      .update(app.EBAY_WEBHOOK_URL)
      .digest("hex");
    return { status: 200, body: JSON.stringify({ challengeResponse }) };
  },
};

/** What a stored notification says. An order notice names no SKU: the order has to be fetched. */
export function parseEbayEvent(event: StoredEvent): readonly ChannelFact[] {
  const body = parseJson(event.payload);
  const read = notification.safeParse(body);
  if (!read.success) return [unreadable("notification", body, read.error)];
  switch (event.topic) {
    case "ORDER_CONFIRMATION": {
      const notice = orderNotice.safeParse(body);
      return notice.success
        ? [{ kind: "order-hint", orderId: notice.data.notification.data.order.orderId }]
        : [unreadable("order notification", body, notice.error)];
    }
    case unknownTopic:
      return [{ kind: "unreadable", reason: "eBay's notification names no topic." }];
    case "AUTHORIZATION_REVOCATION":
      return [{ kind: "revoked", reason: "The seller revoked the app's access at eBay." }];
    case "MARKETPLACE_ACCOUNT_DELETION":
      // eBay sends every closed account to every app; we keep no buyer's data.
      return [{ kind: "ignored", reason: "eBay closed an account whose data we do not keep." }];
    default:
      return [{ kind: "ignored", reason: `No action is taken on ${event.topic}.` }];
  }
}

function unreadable(what: string, body: unknown, error: z.ZodError): ChannelFact {
  return unreadableFact({ channel: "eBay", what, body }, error);
}

function readHeader(
  request: WebhookRequest,
): { readonly kid: string; readonly signature: string } | null {
  const text = request.headers["x-ebay-signature"];
  if (text === undefined || text.length > headerCharactersMax) return null;
  const decoded = parseJson(Buffer.from(text, "base64").toString("utf8"));
  return signatureHeader.safeParse(decoded).data ?? null;
}

/** eBay's own kit signs the compact JSON; the raw bytes normally are that, so they are tried first. */
function isSignedBy(key: NotificationKey, signature: string, rawBody: Buffer): boolean {
  const signatureBytes = Buffer.from(signature, "base64");
  if (verifySignature(key.digest, rawBody, key.key, signatureBytes)) return true;
  const body = parseJson(rawBody.toString("utf8"));
  if (body === undefined) return false;
  const compact = Buffer.from(JSON.stringify(body));
  return !compact.equals(rawBody) && verifySignature(key.digest, compact, key.key, signatureBytes);
}
