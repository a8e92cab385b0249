import { createHmac, timingSafeEqual } from "node:crypto";
import { z } from "zod";
import type {
  ChannelFact,
  ChannelWebhooks,
  OrderReturn,
  StoredEvent,
  Verification,
} from "#app/channels/contract.ts";
import { groupedBy } from "#app/channels/grouped-by.ts";
import { unreadableFact } from "#app/channels/unreadable.ts";
import { authenticKeys, contentKey, unknownTopic } from "#app/channels/webhook-keys.ts";
import { idText } from "#app/channels/wire-fields.ts";
import { parseJson } from "#app/lib/json.ts";
import type { WalmartApp } from "./config.ts";
import { listingTopics, orderTopics, returnStates } from "./topics.ts";

/** Walmart puts its proof into a header that we name. */
export const signatureHeader = "X-Lockstep-Signature";
/** Longest signature that is looked at; SHA-256 has 64 hexadecimal digits. */
const signatureCharsMax = 100;
/** Centres whose orders come out of the seller's stock. */
const ownCentre = "SellerFulfilled";

const textOrNull = z.string().min(1).nullish().catch(null);
const id = z.union([idText, z.number().int().transform(String)]);

/**
 * A notification's frame: with its keys under `source`, as the samples of the events have it, or flat, as the list of
 * topics has it. Every part is read by itself: an odd one must not hide the others.
 */
const frame = z.looseObject({
  source: z
    .looseObject({ eventType: textOrNull, eventTime: textOrNull, eventId: textOrNull })
    .nullish()
    .catch(null),
  eventType: textOrNull,
  eventTime: textOrNull,
  eventId: textOrNull,
  payload: z.unknown().optional(),
});
type Frame = z.infer<typeof frame>;

/** What is told of an order: directly in the payload, or in its `order`. */
const orderNotice = z.union([
  z.looseObject({ purchaseOrderId: id, shipNodeType: textOrNull }),
  z
    .looseObject({ order: z.looseObject({ purchaseOrderId: id, shipNodeType: textOrNull }) })
    .transform(({ order }) => order),
]);

const listingNotice = z.looseObject({ sku: z.string().min(1).max(255) });

const returnNotice = z.looseObject({
  returnOrders: z
    .array(z.looseObject({ purchaseOrderId: id, returnOrderId: id }))
    .min(1)
    .max(1_000),
});

export const walmartWebhooks: ChannelWebhooks<WalmartApp> = {
  personalData: true,
  addressing: "connection",
  verify({ door, headers, rawBody }): Promise<Verification> {
    const given = headers[signatureHeader.toLowerCase()];
    if (!door || !given || !isSignedBy(door.secret, rawBody, given)) {
      return Promise.resolve({ ok: false, reason: "signature" });
    }
    const body = parseJson(rawBody.toString("utf8"));
    const read = frame.safeParse(body);
    if (!read.success) return Promise.resolve({ ok: false, reason: "malformed" });
    const { externalEventId, topic, occurredAt } = authenticKeys({
      accountId: "",
      externalEventId: read.data.source?.eventId ?? read.data.eventId ?? contentKey(body),
      topic: topicOf(read.data) ?? unknownTopic,
      occurredAt: timeOf(read.data),
    });
    // The address names the connection, and its secret proves it.
    return Promise.resolve({ ok: true, accountId: null, externalEventId, topic, occurredAt });
  },
};

/** HMAC-SHA256 of the whole body. Walmart does not say how it writes it: hexadecimal or base64 (channels.md 6.4). */
function isSignedBy(secret: string, rawBody: Buffer, given: string): boolean {
  const text = given.trim();
  if (text.length > signatureCharsMax) return false;
  const expected = createHmac("sha256", secret).update(rawBody).digest();
  const signature = Buffer.from(text, /^[0-9a-f]{64}$/i.test(text) ? "hex" : "base64");
  return signature.length === expected.length && timingSafeEqual(signature, expected);
}

/** What a stored notification says. Orders are read again: a notice may name some of the lines only. */
export function parseWalmartEvent({ topic, payload }: StoredEvent): readonly ChannelFact[] {
  const body = parseJson(payload);
  const read = frame.safeParse(body);
  if (!read.success) return [unreadable("notification", body, read.error)];
  // Where the payload has no envelope the notice lies open.
  const notice = read.data.payload ?? body;
  if (orderTopics.has(topic)) return [orderFact(notice)];
  if (listingTopics.has(topic)) return [listingFact(notice)];
  const state = returnStates[topic];
  if (state) return returnFacts(notice, { state, changedAt: isoOf(timeOf(read.data)) });
  if (topic === unknownTopic) {
    return [{ kind: "unreadable", reason: "Walmart's notification names no topic." }];
  }
  return [{ kind: "ignored", reason: `No action is taken on ${topic}.` }];
}

function orderFact(notice: unknown): ChannelFact {
  const order = orderNotice.safeParse(notice);
  if (!order.success) return unreadable("order notification", notice, order.error);
  const { purchaseOrderId, shipNodeType } = order.data;
  if (shipNodeType && shipNodeType !== ownCentre) {
    return { kind: "ignored", reason: `The order is ${shipNodeType}: it takes no stock of ours.` };
  }
  return { kind: "order-hint", orderId: purchaseOrderId };
}

function listingFact(notice: unknown): ChannelFact {
  const listing = listingNotice.safeParse(notice);
  return listing.success
    ? { kind: "level-hint", match: { sku: listing.data.sku } }
    : unreadable("listing notification", notice, listing.error);
}

/** Each row is one returned line, and none says which line of the order it was. */
function returnFacts(
  notice: unknown,
  { state, changedAt }: { readonly state: OrderReturn["state"]; readonly changedAt: string | null },
): readonly ChannelFact[] {
  const read = returnNotice.safeParse(notice);
  if (!read.success) return [unreadable("return notification", notice, read.error)];
  if (changedAt === null) {
    return [{ kind: "unreadable", reason: "Walmart's return notification names no time." }];
  }
  const byReturn = groupedBy(read.data.returnOrders, (row) =>
    JSON.stringify([row.returnOrderId, row.purchaseOrderId]),
  );
  return [...byReturn.values()].flatMap(([row]) => {
    if (!row) return [];
    const { returnOrderId: returnId, purchaseOrderId: orderId } = row;
    return [
      { kind: "return" as const, return: { returnId, orderId, state, lines: [], changedAt } },
    ];
  });
}

function topicOf({ source, eventType }: Frame): string | null {
  return source?.eventType ?? eventType ?? null;
}

function timeOf({ source, eventTime }: Frame): string | null {
  return source?.eventTime ?? eventTime ?? null;
}

function isoOf(text: string | null): string | null {
  const time = new Date(text ?? "");
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}

function unreadable(what: string, body: unknown, error: z.ZodError): ChannelFact {
  return unreadableFact({ channel: "Walmart", what, body }, error);
}
