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
 * Whether this installation is meant to offer a channel: Shopify always, another one when any of the variables that it
 * needs is set. Some set and others missing is a mistake, which `channelApp` names.
 */
export function isWanted(id: string): boolean {
  const { app, connect } = channelById(id);
  if (!connect) return true;
  const empty = app.safeParse({});
  if (empty.success) return true;
  const needed = empty.error.issues.map(({ path }) => String(path[0]));
  return needed.some((name) => (process.env[name] ?? "") !== "");
}

/** Whether a channel can be used here: wanted, and its variables are usable. */
export function isConfigured(id: string): boolean {
  if (parsedApps.has(id)) return true;
  if (!isWanted(id)) return false;
  try {
    channelApp(id);
    return true;
  } catch (error) {
    if (error instanceof ConfigurationError) return false;
    throw error;
  }
}
