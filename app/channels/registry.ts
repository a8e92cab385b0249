import { parseVariables } from "#app/env.server.ts";
import amazon from "./amazon/index.ts";
import type { Channel, ChannelResponse } from "./contract.ts";
import ebay from "./ebay/index.ts";
import type { RateFeedback } from "./http.ts";
import shopify, { rateFeedback as shopifyRateFeedback } from "./shopify/index.ts";
import tiktokShop from "./tiktok-shop/index.ts";

/** Every channel, in the order people see them. registry.test.ts holds it to the folder list. */
export const channels: readonly Channel[] = [shopify, amazon, ebay, tiktokShop];

const byId = new Map(channels.map((channel) => [channel.id, channel]));
const parsedApps = new Map<string, unknown>();

/** The channel of this id. @throws Error when there is none: ids come from our own tables */
export function channelById(id: string): Channel {
  const channel = byId.get(id);
  if (!channel) throw new Error(`There is no channel "${id}".`);
  return channel;
}

/**
 * The channel's own app credentials and addresses, parsed from the environment once.
 * @throws ConfigurationError with one line per wrong variable
 */
export function channelApp(id: string): unknown {
  const known = parsedApps.get(id);
  if (known !== undefined) return known;
  const app = parseVariables(channelById(id).app, process.env);
  parsedApps.set(id, app);
  return app;
}

/** What a channel's answers say about its rate limits, for `createChannelHttp`; most say nothing. */
export function rateFeedbackOf(
  id: string,
): ((response: ChannelResponse) => RateFeedback | undefined) | undefined {
  return id === shopify.id ? shopifyRateFeedback : undefined;
}
