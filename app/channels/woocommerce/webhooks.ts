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
import { parseJsonKeepingBigNumbers } from "#app/lib/json.ts";
import { hmacSha256, sameSignature } from "#app/lib/signature.ts";
import type { WooApp } from "./config.ts";
import { plainText } from "./errors.ts";
import { factsOfOrder, levelHint } from "./order-mapping.ts";
import { deletedEvent, errorBody, eventKeyFields, order, productEvent } from "./wire.ts";

/** The body of the try that comes when a webhook is saved: a form, unsigned. */
const pingShape = /^webhook_id=\d{1,20}$/;
const pingCharsMax = 40;

export const wooWebhooks: ChannelWebhooks<WooApp> = {
  addressing: "connection",
  personalData: true,
  verify(request) {
    return Promise.resolve(verified(request));
  },
};

function verified({ door, headers, rawBody }: WebhookRequest): Verification {
  const signature = headers["x-wc-webhook-signature"];
  if (!signature) {
    const isPing =
      rawBody.length <= pingCharsMax && pingShape.test(rawBody.toString("utf8").trim());
    return { ok: false, reason: isPing ? "ping" : "signature" };
  }
  if (!door || !sameSignature(hmacSha256(door.secret, rawBody, "base64"), signature)) {
    return { ok: false, reason: "signature" };
  }
  const topic = headers["x-wc-webhook-topic"] || unknownTopic;
  // Whatever is in it, it is answered 200: WooCommerce ends a webhook that is refused too often.
  const { key, occurredAt } = keyOf(rawBody.toString("utf8"));
  const externalEventId = contentKey([headers["x-wc-webhook-id"] ?? "", topic, key]);
  const { accountId: _, ...keys } = authenticKeys({
    accountId: "",
    externalEventId,
    topic,
    occurredAt,
  });
  return { ok: true, accountId: null, ...keys };
}

/**
 * WooCommerce gives every try an id of its own, and tells one state of an order ten times over: what the body says is
 * the key (channels.md 11.5). The lines and refunds belong to it, because times have whole seconds only.
 */
function keyOf(body: string): { readonly key: unknown; readonly occurredAt: string | null } {
  const read = eventKeyFields.safeParse(parseJsonKeepingBigNumbers(body));
  if (!read.success) return { key: body, occurredAt: null };
  const { id, status, date_modified_gmt: modified, stock_quantity: stock } = read.data;
  const refunds = read.data.refunds?.map((refund) => refund.id);
  const lines = read.data.line_items?.map((line) => [line.id, line.quantity]);
  return {
    key: [String(id), status, modified, stock, refunds, lines],
    occurredAt: modified ? `${modified}Z` : null,
  };
}

const orderTopics = new Set(["order.created", "order.updated", "order.restored"]);
const productTopics = new Set(["product.created", "product.updated", "product.restored"]);

/** What a stored event says. Its body was made when it was sent, not when it happened: it is the newest state. */
export function parseWooEvent(event: StoredEvent): readonly ChannelFact[] {
  const { topic } = event;
  if (topic === unknownTopic) {
    return [{ kind: "unreadable", reason: "The shop's event names no topic." }];
  }
  const body = parseJsonKeepingBigNumbers(event.payload);
  if (orderTopics.has(topic)) return orderFacts(body);
  if (productTopics.has(topic)) return productFacts(body);
  if (topic === "order.deleted") {
    const read = deletedEvent.safeParse(body);
    // It lies in the bin now, and can be read there.
    return read.success
      ? [{ kind: "order-hint", orderId: read.data.id }]
      : [unreadable("deleted order", body, read.error)];
  }
  if (topic === "product.deleted") {
    const read = deletedEvent.safeParse(body);
    return read.success
      ? goneFacts(read.data.id)
      : [unreadable("deleted product", body, read.error)];
  }
  return [{ kind: "ignored", reason: `No action is taken on ${topic}.` }];
}

function orderFacts(body: unknown): readonly ChannelFact[] {
  const read = order.safeParse(body);
  return read.success
    ? factsOfOrder(read.data)
    : [errorFact(body) ?? unreadable("order", body, read.error)];
}

function productFacts(body: unknown): readonly ChannelFact[] {
  const read = productEvent.safeParse(body);
  if (!read.success) return [errorFact(body) ?? unreadable("product", body, read.error)];
  const { id, parent_id: parentId } = read.data;
  return [parentId === null ? levelHint(id, null) : levelHint(parentId, id)];
}

/** Only an id: it may be a product's or a variation's. */
function goneFacts(id: string): readonly ChannelFact[] {
  return [
    { kind: "level-hint", match: { productId: id } },
    { kind: "level-hint", match: { variationId: id } },
  ];
}

/** The body is made with the rights of the user who made the webhook: without them it is an error. */
function errorFact(body: unknown): ChannelFact | null {
  const read = errorBody.safeParse(body);
  if (!read.success) return null;
  const { code, message } = read.data;
  const words = plainText(message) || code;
  if (/cannot_view|rest_forbidden|authentication/.test(code)) {
    const reason = `The shop's user who connected it lost the right to see orders and products: ${words}`;
    return { kind: "revoked", reason };
  }
  return { kind: "unreadable", reason: `The shop sent an error in place of the event: ${words}` };
}

function unreadable(what: string, body: unknown, error: z.ZodError): ChannelFact {
  return unreadableFact({ channel: "WooCommerce", what, body }, error);
}
