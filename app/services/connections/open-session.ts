import { ZodError } from "zod";
import { ChannelFault, type Channel, type ChannelSession } from "#app/channels/contract.ts";
import { createChannelHttp, type RateLimiter } from "#app/channels/http.ts";
import { inListingOrder } from "#app/channels/in-listing-order.ts";
import { channelApp, channelById } from "#app/channels/registry.ts";
import { db } from "#app/db/client.server.ts";
import { correctBucket, takeTokens } from "#app/db/rate-bucket.repo.ts";
import { logger } from "#app/lib/logger.ts";
import { SealError } from "#app/lib/secret-box.ts";
import { fetchFor } from "./fetch-for.ts";
import { readSecrets, tokenSource } from "./token-source.ts";

/** A connection that can be called. */
export interface OpenConnection {
  readonly channel: Channel;
  readonly accountId: string;
  readonly session: ChannelSession;
}

const limiter: RateLimiter = {
  take: (bucket, cost, limit) => takeTokens(db(), bucket, cost, limit),
  report: (bucket, feedback, limit) => correctBucket(db(), bucket, feedback, limit),
};

/** Opened sessions of this process; a session holds no connection, only settings. */
const opened = new Map<string, { readonly connection: OpenConnection; readonly at: number }>();
const openedMax = 10_000;
/** Settings and secrets are read again after this long. */
const openedMs = 30_000;

/**
 * Binds a connection's channel to its settings, secrets, tokens and rate limits. Makes no call.
 * @throws ChannelFault `revoked` when there is no access; Error when the connection does not exist or its
 *   settings do not fit the channel's schema
 */
export async function openSession(shopId: string, connectionId: string): Promise<OpenConnection> {
  const known = opened.get(connectionId);
  if (known && Date.now() - known.at < openedMs) return known.connection;
  const connection = await bind(shopId, connectionId);
  if (opened.size >= openedMax) opened.clear();
  opened.set(connectionId, { connection, at: Date.now() });
  return connection;
}

/** Forgets what {@link openSession} remembered: the connection was connected again, or is gone. */
export function forgetSession(connectionId: string): void {
  opened.delete(connectionId);
}

/** A connection whose settings or secrets cannot be used: it has to be connected again. */
export class UnusableConnection extends Error {}

/** Whether an error is the connection's own trouble, in words for the merchant, and not ours. */
export function isConnectionTrouble(error: unknown): error is ChannelFault | UnusableConnection {
  return error instanceof ChannelFault || error instanceof UnusableConnection;
}

async function bind(shopId: string, connectionId: string): Promise<OpenConnection> {
  const row = await db().connection.findUniqueOrThrow({
    where: { shopId_id: { shopId, id: connectionId } },
  });
  const shop = await db().shop.findUniqueOrThrow({ where: { id: shopId } });
  const channel = channelById(row.channel);
  const http = createChannelHttp({
    limiter,
    connectionKey: { shopId, connectionId },
    limits: channel.limits,
    fetch: fetchFor(channel),
    logger: logger.child({ channel: channel.id, connectionId }),
    now: () => new Date(),
    ...(channel.rateFeedback ? { feedback: channel.rateFeedback } : {}),
  });
  const { settings, secrets } = await readConfiguration(channel, row);
  const session = channel.open({
    shopDomain: shop.domain,
    accountId: row.accountId,
    app: channelApp(channel.id),
    settings,
    secrets,
    http,
    tokens: tokenSource(row),
    now: () => new Date(),
  });
  return { channel, accountId: row.accountId, session: inListingOrder(session) };
}

async function readConfiguration(
  channel: Channel,
  row: Parameters<typeof readSecrets>[0] & { readonly settings: unknown },
): Promise<{ readonly settings: unknown; readonly secrets: unknown }> {
  try {
    return {
      settings: channel.settings.parse(row.settings),
      secrets: channel.secrets.parse(await readSecrets(row)),
    };
  } catch (error) {
    if (error instanceof ZodError || error instanceof SealError) {
      throw new UnusableConnection(
        `The settings of this connection cannot be used; connect ${channel.label} again.`,
        { cause: error },
      );
    }
    throw error;
  }
}
