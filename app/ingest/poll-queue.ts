import { setTimeout as sleep } from "node:timers/promises";
import { channels, isConfigured } from "#app/channels/registry.ts";
import type { Channel, ChannelSession, QueueMessage } from "#app/channels/contract.ts";
import { db } from "#app/db/client.server.ts";
import { logger } from "#app/lib/logger.ts";
import { webhookDeliveries } from "#app/lib/metrics.ts";
import { openSession } from "#app/services/connections/open-session.ts";
import { receiveEvent, type AuthenticEvent } from "./receive.ts";

/** Wait after a failed poll, or while the channel has no active connection. */
const idleMs = 2_000;
/** Connections tried until one opens the queue. */
const openersMax = 20;
/** So much of a message that cannot be stored is logged. */
const loggedCharsMax = 200;

/** Channels that tell us through a queue of their own (Amazon: SQS). */
export function queueChannels(): readonly Channel[] {
  return channels.filter(({ id, ownQueue }) => ownQueue && isConfigured(id));
}

/**
 * Takes a channel's queue messages into the inbox until the signal ends it. A message is deleted at the channel
 * only when it is stored here; one of an account that left is deleted too, and so is one that does not say
 * whose it is: that one is logged first, for it is kept nowhere else.
 */
export async function pollQueue(channel: Channel, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const stored = await pollOnce(channel, signal);
      if (stored === null) await sleep(idleMs, undefined, { signal });
    } catch (error) {
      if (signal.aborted) return;
      logger.warn({ err: error, channel: channel.id }, "the channel's queue could not be read");
      await sleep(idleMs, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** @returns messages stored; null when there is no connection to poll for */
async function pollOnce(channel: Channel, signal: AbortSignal): Promise<number | null> {
  const session = await openAny(channel);
  if (!session) return null;
  if (!session.receiveMessages || !session.deleteMessages) return null;
  const messages = await session.receiveMessages(signal);
  const receivedAt = new Date();
  const outcomes = await Promise.all(
    messages.map((message) =>
      receiveEvent(channel, message.accountId, eventOf(message, receivedAt)),
    ),
  );
  for (const outcome of outcomes) webhookDeliveries.inc({ channel: channel.id, outcome });
  for (const message of messages) if (message.accountId === "") logOwnerless(channel, message);
  const kept = messages.filter((_message, index) => outcomes[index] !== "failed");
  if (kept.length > 0) await session.deleteMessages(kept);
  return kept.length;
}

function eventOf(message: QueueMessage, receivedAt: Date): AuthenticEvent {
  const { externalEventId, topic, occurredAt, payload } = message;
  return { externalEventId, topic, occurredAt, payload, receivedAt };
}

/** The queue belongs to the app, not to one seller: any active connection opens it, a broken one is passed over. */
async function openAny(channel: Channel): Promise<ChannelSession | null> {
  const connections = await db().connection.findMany({
    where: { channel: channel.id, status: "active" },
    select: { shopId: true, id: true },
    take: openersMax,
  });
  for (const { shopId, id } of connections) {
    try {
      return (await openSession(shopId, id)).session;
    } catch (error) {
      logger.warn({ err: error, shopId, connectionId: id }, "a connection does not open the queue");
    }
  }
  return null;
}

function logOwnerless(channel: Channel, message: QueueMessage): void {
  const { externalEventId: messageId, payload } = message;
  logger.warn(
    { channel: channel.id, messageId, starts: payload.slice(0, loggedCharsMax) },
    "a queue message does not say whose it is; it is deleted",
  );
}
