import type { Channel } from "./contract.ts";

/**
 * Declares a channel and forgets its private types, so that the registry can hold all of them.
 * Safe because app, settings and secrets are parsed by the channel's own schemas before use.
 */
export function defineChannel<App, Settings, Secrets>(
  channel: Channel<App, Settings, Secrets>,
): Channel {
  return channel;
}
