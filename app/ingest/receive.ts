import type { Channel, ChannelWebhooks, WebhookRequest } from "#app/channels/contract.ts";
import { channelApp, channels, isConfigured } from "#app/channels/registry.ts";
import { isUuid, newId } from "#app/lib/ids.ts";
import { logger } from "#app/lib/logger.ts";
import { withoutPersonalData } from "#app/lib/personal-data.ts";
import { eventDoorOf, webhookUrlOf } from "#app/services/connections/event-door.ts";
import {
  findConnectionById,
  findConnections,
  type KnownConnection,
} from "#app/services/shops/find-shop.ts";
import { storeEvent } from "./inbox-writer.ts";
import type { Outcome } from "./outcome.ts";

/** What a channel's queue or door gives: an authentic event. */
export interface AuthenticEvent {
  readonly externalEventId: string;
  readonly topic: string;
  readonly occurredAt: string | null;
  readonly payload: string;
  readonly receivedAt: Date;
}

/** Where a delivery was sent: `/webhooks/<channel>` or `/webhooks/<channel>/<connection id>`. */
export interface DoorAddress {
  readonly channelId: string;
  readonly doorId: string | null;
}

/**
 * One delivery at the door: verify over the raw bytes, store, answer. No parsing beyond the key, no
 * network but for a platform's public key that is not known yet.
 */
export async function receiveWebhook(
  address: DoorAddress,
  request: Omit<WebhookRequest, "url" | "door">,
): Promise<Outcome> {
  const channel = channels.find(({ id }) => id === address.channelId);
  const { webhooks } = channel ?? {};
  if (!channel || !webhooks || !isConfigured(channel.id)) return "unknown-channel";
  const doorId = doorIdOf(webhooks, address);
  if (doorId === undefined) return "unknown-account";
  const verified = await webhooks.verify(
    {
      ...request,
      url: webhookUrlOf(channel.id, address.doorId),
      door: doorId ? eventDoorOf(channel.id, doorId) : null,
    },
    channelApp(channel.id),
    globalThis.fetch,
  );
  if (!verified.ok) return refusals[verified.reason];
  const { accountId, ...keys } = verified;
  const event = {
    ...keys,
    payload: request.rawBody.toString("utf8"),
    receivedAt: request.receivedAt,
  };
  return doorId
    ? await storeFor(channel, [await findConnectionById(channel.id, doorId)], event)
    : await receiveEvent(channel, accountId ?? "", event);
}

/** The connection whose door this is; null: the app's one door for all; undefined: there is no such door. */
function doorIdOf(
  webhooks: ChannelWebhooks<unknown>,
  { doorId }: DoorAddress,
): string | null | undefined {
  if (webhooks.addressing !== "connection") return null;
  return doorId !== null && isUuid(doorId) ? doorId : undefined;
}

const refusals = { signature: "unauthenticated", malformed: "malformed", ping: "ping" } as const;

function storedPayload(webhooks: ChannelWebhooks<unknown> | undefined, text: string): string {
  return webhooks?.personalData ? withoutPersonalData(text) : text;
}

/**
 * Stores an authentic event of an account and wakes whoever deals with it. The same event is stored once for each of
 * the account's connections (marketplaces): each takes its own part of it.
 */
export async function receiveEvent(
  channel: Channel,
  accountId: string,
  event: AuthenticEvent,
): Promise<Outcome> {
  return await storeFor(channel, await findConnections(channel.id, accountId), event);
}

async function storeFor(
  channel: Channel,
  connections: readonly (KnownConnection | null)[],
  event: AuthenticEvent,
): Promise<Outcome> {
  const installed = connections.filter((connection) => connection?.installed === true);
  if (installed.length === 0) return "unknown-account";
  try {
    const isNew = await Promise.all(
      installed.map((connection) => storeOnce(channel, connection as KnownConnection, event)),
    );
    return isNew.includes(true) ? "accepted" : "duplicate";
  } catch (error) {
    logger.error({ err: error, channel: channel.id }, "an event could not be stored");
    return "failed";
  }
}

function storeOnce(
  channel: Channel,
  connection: KnownConnection,
  event: AuthenticEvent,
): Promise<boolean> {
  return storeEvent({
    ...event,
    // Postgres holds no NUL in a text, and no JSON does either: what has one is unreadable, not refused.
    payload: storedPayload(channel.webhooks, event.payload).replaceAll("\0", "\uFFFD"),
    id: newId(),
    shopId: connection.shopId,
    connectionId: connection.connectionId,
    status: channel.ordersByFetch ? "hint" : "ready",
    correlationId: newId(),
  });
}
