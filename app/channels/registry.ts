import { ConfigurationError, parseVariables } from "#app/env.server.ts";
import type { Channel } from "./contract.ts";
import { channelsFound } from "./found.generated.ts";

/** Every channel, in the order people see them: the one that comes with the installation first. */
export const channels: readonly Channel[] = [...channelsFound].sort(
  (a, b) => Number(!!a.connect) - Number(!!b.connect) || a.label.localeCompare(b.label, "en"),
);

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

/**
 * Whether the installation can offer this channel: none of a channel's variables set means that it is not wanted.
 * Some set and others missing is a mistake, and `channelApp` says which.
 */
export function isConfigured(id: string): boolean {
  try {
    channelApp(id);
    return true;
  } catch (error) {
    if (error instanceof ConfigurationError) return false;
    throw error;
  }
}
