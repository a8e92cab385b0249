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
import type { CustomApp } from "./config.ts";
import { toOrderSnapshot, toReturn } from "./mapping.ts";
import { isSigned, isTimely, keyOfDoor, readSignedHeaders } from "./signature.ts";
import { eventFrame, orderEvent, quantityEvent, returnEvent, revokedEvent } from "./wire.ts";

/** Merchants' servers may send more of an order than is asked for: buyers' data is taken out. */
export const customWebhooks: ChannelWebhooks<CustomApp> = {
  personalData: true,
  addressing: "connection",
  verify: (request) => Promise.resolve(verified(request)),
};

function verified({ headers, rawBody, door, receivedAt }: WebhookRequest): Verification {
  const sent = readSignedHeaders(headers);
  const isOurs =
    door !== null &&
    sent !== null &&
    isSigned(keyOfDoor(door), sent, rawBody) &&
    isTimely(sent, receivedAt.getTime());
  if (!isOurs) return { ok: false, reason: "signature" };
  const frame = eventFrame.safeParse(parseJsonKeepingBigNumbers(rawBody.toString("utf8")));
  const { accountId: _, ...keys } = authenticKeys({
    accountId: "",
    externalEventId: sent.id,
    topic: frame.data?.type ?? unknownTopic,
    occurredAt: frame.data?.timestamp ?? Number(sent.timestamp) * 1_000,
  });
  return { ok: true, accountId: null, ...keys };
}

type Reader = (data: unknown) => readonly ChannelFact[];

const readers: Readonly<Record<string, Reader>> = {
  "order.changed": reader("order", orderEvent, (event) => [
    event.order === undefined
      ? { kind: "order-hint", orderId: event.orderId }
      : { kind: "order", order: toOrderSnapshot(event.order) },
  ]),
  "quantity.changed": reader("quantity", quantityEvent, (keys) =>
    keys.map((key) => ({ kind: "level-hint", match: { key } })),
  ),
  "return.changed": reader("return", returnEvent, (event) => [
    { kind: "return", return: toReturn(event.return) },
  ]),
  "connection.revoked": reader("revocation", revokedEvent, ({ reason }) => [
    { kind: "revoked", reason: reason?.trim() || "Your server ended the connection." },
  ]),
};

/** What a stored event says. */
export function parseCustomEvent({ topic, payload }: StoredEvent): readonly ChannelFact[] {
  const read = Object.hasOwn(readers, topic) ? readers[topic] : undefined;
  if (!read && topic !== unknownTopic) {
    return [{ kind: "ignored", reason: `No action is taken on ${topic}.` }];
  }
  const body = parseJsonKeepingBigNumbers(payload);
  const frame = eventFrame.safeParse(body);
  if (!frame.success) return [unreadable("event", body, frame.error)];
  return read
    ? read(frame.data.data)
    : [{ kind: "unreadable", reason: "Your server's event does not say what happened." }];
}

function reader<Event>(
  what: string,
  schema: z.ZodType<Event>,
  factsOf: (event: Event) => readonly ChannelFact[],
): Reader {
  return (data) => {
    const read = schema.safeParse(data);
    return read.success ? factsOf(read.data) : [unreadable(what, data, read.error)];
  };
}

function unreadable(what: string, body: unknown, error: z.ZodError): ChannelFact {
  return unreadableFact({ channel: "Your server", what, body }, error);
}
