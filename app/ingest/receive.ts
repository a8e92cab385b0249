import type { Channel, ChannelWebhooks, WebhookRequest } from "#app/channels/contract.ts";
import { channelApp, channels } from "#app/channels/registry.ts";
import { newId } from "#app/lib/ids.ts";
import { logger } from "#app/lib/logger.ts";
import { withoutPersonalData } from "#app/lib/personal-data.ts";
import { findConnection } from "#app/services/shops/find-shop.ts";
import { storeEvent } from "./inbox-writer.ts";
import type { Outcome } from "./outcome.ts";

/** What a channel's queue or door gives: an authentic event of an account. */
export interface AuthenticEvent {
  readonly accountId: string;
  readonly externalEventId: string;
  readonly topic: string;
  readonly occurredAt: string | null;
  readonly payload: string;
  readonly receivedAt: Date;
}

/**
 * One delivery at the door: verify over the raw bytes, store, answer. No parsing beyond the key, no
 * network but for a platform's public key that is not known yet.
 */
export async function receiveWebhook(channelId: string, request: WebhookRequest): Promise<Outcome> {
  const channel = channels.find(({ id }) => id === channelId);
  if (!channel?.webhooks) return "unknown-channel";
  const app = channelApp(channelId);
  const verified = await channel.webhooks.verify(request, app, globalThis.fetch);
  if (!verified.ok) return verified.reason === "signature" ? "unauthenticated" : "malformed";
  return await receiveEvent(channel, {
    ...verified,
    payload: request.rawBody.toString("utf8"),
    receivedAt: request.receivedAt,
  });
}

function storedPayload(webhooks: ChannelWebhooks<unknown> | undefined, text: string): string {
  return webhooks?.personalData ? withoutPersonalData(text) : text;
}

/** Stores an authentic event and wakes whoever deals with it. The same event is stored once. */
export async function receiveEvent(channel: Channel, event: AuthenticEvent): Promise<Outcome> {
  const connection = await findConnection(channel.id, event.accountId);
  if (!connection?.installed) return "unknown-account";
  const { accountId: _accountId, ...rest } = event;
  try {
    const isNew = await storeEvent({
      ...rest,
      // Postgres holds no NUL in a text, and no JSON does either: what has one is unreadable, not refused.
      payload: storedPayload(channel.webhooks, rest.payload).replaceAll("\0", "\uFFFD"),
      id: newId(),
      shopId: connection.shopId,
      connectionId: connection.connectionId,
      status: channel.ordersByFetch ? "hint" : "ready",
      correlationId: newId(),
    });
    return isNew ? "accepted" : "duplicate";
  } catch (error) {
    logger.error({ err: error, channel: channel.id }, "an event could not be stored");
    return "failed";
  }
}
