import { setTimeout as sleep } from "node:timers/promises";
import { channels } from "#app/channels/registry.ts";
import type { Channel } from "#app/channels/contract.ts";
import { db } from "#app/db/client.server.ts";
import { logger } from "#app/lib/logger.ts";
import { webhookDeliveries } from "#app/lib/metrics.ts";
import { openSession } from "#app/services/connections/open-session.ts";
import { receiveEvent } from "./receive.ts";

/** Wait after a failed poll, or while the channel has no active connection. */
const idleMs = 2_000;

/** Channels that tell us through a queue of their own (Amazon: SQS). */
export function queueChannels(): readonly Channel[] {
  return channels.filter((channel) => channel.ownQueue);
}

/**
 * Takes a channel's queue messages into the inbox until the signal ends it. A message is deleted at the channel
 * only when it is stored here; one of an account that left is deleted too.
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
  // The queue belongs to the app, not to one seller: any active connection opens it.
  const connection = await db().connection.findFirst({
    where: { channel: channel.id, status: "active" },
    select: { shopId: true, id: true },
  });
  if (!connection) return null;
  const { session } = await openSession(connection.shopId, connection.id);
  if (!session.receiveMessages || !session.deleteMessages) return null;
  const messages = await session.receiveMessages(signal);
  const receivedAt = new Date();
  const outcomes = await Promise.all(
    messages.map((message) => receiveEvent(channel, { ...message, receivedAt })),
  );
  for (const outcome of outcomes) webhookDeliveries.inc({ channel: channel.id, outcome });
  const kept = messages.filter((_message, index) => outcomes[index] !== "failed");
  if (kept.length > 0) await session.deleteMessages(kept);
  return kept.length;
}
