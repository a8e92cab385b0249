import type { EventDoor } from "#app/channels/contract.ts";
import { env } from "#app/env.server.ts";
import { doorSecretOf } from "#app/lib/door-secret.ts";

/** The public address of a channel's webhooks, or of one connection's. */
export function webhookUrlOf(channelId: string, connectionId: string | null): string {
  const base = env().SHOPIFY_APP_URL.replace(/\/+$/, "");
  return `${base}/webhooks/${channelId}${connectionId === null ? "" : `/${connectionId}`}`;
}

/** A connection's own webhook address and secret. */
export function eventDoorOf(channelId: string, connectionId: string): EventDoor {
  return {
    url: webhookUrlOf(channelId, connectionId),
    secret: doorSecretOf(env().ENCRYPTION_KEY, connectionId),
  };
}
