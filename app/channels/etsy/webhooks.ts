import type { z } from "zod";
import type {
  ChannelFact,
  ChannelWebhooks,
  StoredEvent,
  Verification,
  WebhookRequest,
} from "#app/channels/contract.ts";
import { unreadableFact } from "#app/channels/unreadable.ts";
import { authenticKeys, unknownTopic } from "#app/channels/webhook-keys.ts";
import { parseJsonKeepingBigNumbers } from "#app/lib/json.ts";
import { hmacSha256, sameSignature } from "#app/lib/signature.ts";
import type { EtsyApp } from "./config.ts";
import { delivery } from "./wire.ts";

/**
 * A delivery may be this old, or this far ahead. Etsy's own word is five minutes; the rest is for clocks that differ by
 * as much. A replay within it is found by its `webhook-id`.
 */
const toleranceMs = 10 * 60_000;
/** Longest header that is looked at; a delivery has one signature, two while a secret is replaced. */
const headerCharsMax = 1_000;
/** Etsy signs in Svix's way. */
const version = "v1,";

export const etsyWebhooks: ChannelWebhooks<EtsyApp> = {
  addressing: "app",
  verify(request, app): Promise<Verification> {
    const sent = readHeaders(request);
    if (sent === null || !isSigned(request, sent, app)) return refuse("signature");
    const event = delivery.safeParse(parseJsonKeepingBigNumbers(request.rawBody.toString("utf8")));
    if (!event.success) return refuse("malformed");
    const { shop_id: shopId, event_type: topic, resource_url: url } = event.data;
    const accountId = shopId ?? idsIn(url ?? "")?.shopId;
    if (!accountId) return refuse("malformed");
    const keys = authenticKeys({
      accountId,
      externalEventId: sent.id,
      topic: topic ?? unknownTopic,
      occurredAt: sent.timestampS * 1_000,
    });
    return Promise.resolve({ ok: true, ...keys });
  },
};

function refuse(reason: "signature" | "malformed"): Promise<Verification> {
  return Promise.resolve({ ok: false, reason });
}

interface SvixHeaders {
  readonly id: string;
  /** As it was signed. */
  readonly timestamp: string;
  readonly timestampS: number;
  readonly signatures: readonly string[];
}

function readHeaders({ headers }: WebhookRequest): SvixHeaders | null {
  const [id, timestamp, signature] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map(
    (name) => headers[name] ?? "",
  );
  if (!id || !timestamp || !signature) return null;
  if (id.length + timestamp.length + signature.length > headerCharsMax) return null;
  if (!/^\d{1,12}$/.test(timestamp)) return null;
  // Some deliveries lack the version (channels.md 8.4).
  const signatures = signature
    .split(" ")
    .filter(Boolean)
    .map((one) => (one.startsWith(version) ? one.slice(version.length) : one));
  return { id, timestamp, timestampS: Number(timestamp), signatures };
}

/** Every signature is compared, whichever fits: the time says nothing. */
function isSigned(request: WebhookRequest, sent: SvixHeaders, app: EtsyApp): boolean {
  const secret = app.ETSY_WEBHOOK_SECRET;
  if (secret === undefined) return false;
  const ageMs = request.receivedAt.getTime() - sent.timestampS * 1_000;
  if (Math.abs(ageMs) > toleranceMs) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const signed = Buffer.concat([Buffer.from(`${sent.id}.${sent.timestamp}.`), request.rawBody]);
  const expected = hmacSha256(key, signed, "base64");
  return sent.signatures.filter((one) => sameSignature(one, expected)).length > 0;
}

/** The ids in a resource's address. Its host is not looked at: the receipt is fetched from where we know Etsy to be. */
function idsIn(url: string): { readonly shopId: string; readonly receiptId: string } | null {
  const [, shopId, receiptId] =
    /\/shops\/(\d{1,20})\/receipts\/(\d{1,20})(?:[/?#]|$)/.exec(url) ?? [];
  return shopId && receiptId ? { shopId, receiptId } : null;
}

/** channels.md 8.4. A topic of later days is taken when it names a receipt, and ignored otherwise. */
const orderTopics: ReadonlySet<string> = new Set([
  "order.paid",
  "order.canceled",
  "order.shipped",
  "order.delivered",
]);

/** What a stored delivery says. None carries quantities: the receipt has to be fetched. */
export function parseEtsyEvent(event: StoredEvent): readonly ChannelFact[] {
  const body = parseJsonKeepingBigNumbers(event.payload);
  const read = delivery.safeParse(body);
  if (!read.success) return [unreadable(body, read.error)];
  if (event.topic === unknownTopic) {
    return [{ kind: "unreadable", reason: "Etsy's delivery does not say what happened." }];
  }
  const ids = idsIn(read.data.resource_url ?? "");
  if (ids && event.topic.startsWith("order.")) {
    return [{ kind: "order-hint", orderId: ids.receiptId }];
  }
  return orderTopics.has(event.topic)
    ? [{ kind: "unreadable", reason: "Etsy's delivery names no receipt." }]
    : [{ kind: "ignored", reason: `No action is taken on ${event.topic}.` }];
}

function unreadable(body: unknown, error: z.ZodError): ChannelFact {
  return unreadableFact({ channel: "Etsy", what: "delivery", body }, error);
}
