import type { Channel, ChannelHttp } from "#app/channels/contract.ts";
import { createChannelHttp } from "#app/channels/http.ts";
import { createMemoryRateLimiter } from "#app/channels/memory-rate-limiter.ts";

/** What a live suite wants of the environment. */
export interface LiveKeys {
  /** The suite's title; without all keys it names those that are missing. */
  readonly title: string;
  readonly areMissing: boolean;
  /** A variable's value, "" where it is not set. */
  given(name: string): string;
}

/** Reads a live suite's keys. @param label what the suite talks to */
export function liveKeys(label: string, names: readonly string[]): LiveKeys {
  const given = (name: string) => process.env[name] ?? "";
  const missing = names.filter((name) => given(name) === "");
  const skipped = missing.length > 0 ? ` (skipped: ${missing.join(", ")} not set)` : "";
  return { title: `${label}, live${skipped}`, areMissing: missing.length > 0, given };
}

/** The way out to the platform itself, under the channel's own declared limits. */
export function liveHttp(channel: Channel): ChannelHttp {
  return createChannelHttp({
    limiter: createMemoryRateLimiter(),
    connectionKey: { shopId: "live", connectionId: "live" },
    limits: channel.limits,
    fetch,
    logger: { debug: () => undefined, warn: () => undefined },
    now: () => new Date(),
    ...(channel.rateFeedback ? { feedback: channel.rateFeedback } : {}),
  });
}
