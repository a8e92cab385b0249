import type {
  Channel,
  ChannelWebhooks,
  EventDoor,
  WebhookRequest,
} from "#app/channels/contract.ts";
import { channelApp, channels } from "#app/channels/registry.ts";
import { env } from "#app/env.server.ts";
import { doorSecretOf } from "#app/lib/door-secret.ts";
import { isUuid, newId } from "#app/lib/ids.ts";
import { logger } from "#app/lib/logger.ts";
import { withoutPersonalData } from "#app/lib/personal-data.ts";
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

/** A connection's own address and secret. */
export function eventDoorOf(channelId: string, connectionId: string): EventDoor {
  return {
    url: addressOf({ channelId, doorId: connectionId }),
    secret: doorSecretOf(env().ENCRYPTION_KEY, connectionId),
  };
}

function addressOf({ channelId, doorId }: DoorAddress): string {
  const base = env().SHOPIFY_APP_URL.replace(/\/+$/, "");
  return `${base}/webhooks/${channelId}${doorId === null ? "" : `/${doorId}`}`;
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
  if (!channel || !webhooks) return "unknown-channel";
  const doorId = webhooks.addressing === "connection" ? address.doorId : null;
  if (webhooks.addressing === "connection" && !(doorId && isUuid(doorId))) return "unknown-account";
  const verified = await webhooks.verify(
    { ...request, url: addressOf(address), door: doorId ? eventDoorOf(channel.id, doorId) : null },
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
