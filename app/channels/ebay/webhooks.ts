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
import {
  itemNotice,
  notification,
  orderActivity,
  orderNotice,
  signatureHeader,
} from "./notification-wire.ts";

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
    // Orders name the seller under `user`, listings under `seller`, account topics directly under `data`.
    const user = data.user ?? data.seller ?? data;
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
  const { topic } = event;
  if (topic === unknownTopic) {
    return [{ kind: "unreadable", reason: "eBay's notification names no topic." }];
  }
  return readers.get(topic)?.(body) ?? [ignored(`No action is taken on ${topic}.`)];
}

const readers: ReadonlyMap<string, (body: unknown) => readonly ChannelFact[]> = new Map([
  ["ORDER_CONFIRMATION", orderFacts],
  ["ORDER_CANCELLATION_ACTIVITY", (body) => activityFacts("cancellation", body)],
  ["ORDER_RETURN_ACTIVITY", (body) => activityFacts("return", body)],
  ["ITEM_MARKED_SHIPPED", (body) => activityFacts("shipment", body)],
  ["ITEM_AVAILABILITY", listingFacts],
  ["ITEM_PRICE_REVISION", listingFacts],
  ["AUTHORIZATION_REVOCATION", () => [revoked]],
  // eBay sends every closed account to every app; we keep no buyer's data.
  [
    "MARKETPLACE_ACCOUNT_DELETION",
    () => [ignored("eBay closed an account whose data we do not keep.")],
  ],
]);

const revoked: ChannelFact = {
  kind: "revoked",
  reason: "The seller revoked the app's access at eBay.",
};

function ignored(reason: string): ChannelFact {
  return { kind: "ignored", reason };
}

function orderFacts(body: unknown): readonly ChannelFact[] {
  const notice = orderNotice.safeParse(body);
  if (!notice.success) return [unreadable("order notification", body, notice.error)];
  return [{ kind: "order-hint", orderId: notice.data.notification.data.order.orderId }];
}

/** Topics whose shape eBay shows to its subscribers only: the order is read when its id is found, else by the poll. */
function activityFacts(what: string, body: unknown): readonly ChannelFact[] {
  const data = orderActivity.safeParse(body).data?.notification.data;
  const holders = [data, data?.order, data?.cancellation, data?.return];
  const orderId = holders.find((holder) => holder?.orderId !== undefined)?.orderId;
  if (orderId !== undefined) return [{ kind: "order-hint", orderId }];
  return [ignored(`eBay's ${what} notification names no order; the poll finds it.`)];
}

function listingFacts(body: unknown): readonly ChannelFact[] {
  const notice = itemNotice.safeParse(body);
  if (!notice.success) return [unreadable("listing notification", body, notice.error)];
  // One number, under the name that each kind of listing has for it (listing-keys.ts).
  const { itemId } = notice.data.notification.data;
  return [
    { kind: "level-hint", match: { listingId: itemId } },
    { kind: "level-hint", match: { itemId } },
  ];
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
