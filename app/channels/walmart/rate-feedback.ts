import type { ChannelResponse, RateFeedback } from "#app/channels/contract.ts";
import { retryAfterMsOf } from "#app/channels/status-fault.ts";

/** Both spellings are in Walmart's own pages. */
const replenishmentHeaders = ["x-next-replenishment-time", "x-next-replenish-time"] as const;
/** A bucket that is closed for longer than the slowest one refills is somebody's mistake. */
const replenishmentMsMax = 60 * 60 * 1_000;

type Answer = Pick<ChannelResponse, "headers">;

/** What Walmart says is left in the bucket of the call it just answered. */
export function walmartRateFeedback(answer: ChannelResponse): RateFeedback | undefined {
  const count = answer.headers.get("x-current-token-count")?.trim() ?? "";
  const remaining = /^\d{1,9}$/.test(count) ? Number(count) : undefined;
  const isThrottled = answer.status === 429;
  const waitMs = isThrottled
    ? (retryAfterMsOf(answer) ?? replenishedAfterMs(answer))
    : replenishedAfterMs(answer);
  // A 429 that names no wait is for the shared core, which knows how fast this bucket refills.
  if (isThrottled) return waitMs === undefined ? undefined : { remaining: 0, retryAfterMs: waitMs };
  if (remaining === undefined) return undefined;
  return remaining === 0 && waitMs !== undefined
    ? { remaining, retryAfterMs: waitMs }
    : { remaining };
}

/**
 * How long until the bucket gets its next token, in ms: the header holds ms since 1970, or ISO 8601. Counted by
 * Walmart's own clock (Date), so that ours may be wrong.
 */
export function replenishedAfterMs({ headers }: Answer): number | undefined {
  const given = replenishmentHeaders.map((name) => headers.get(name)?.trim()).find(Boolean);
  if (given === undefined) return undefined;
  const atMs = /^\d+(\.\d+)?$/.test(given) ? Number(given) : Date.parse(given);
  const theirs = Date.parse(headers.get("date") ?? "");
  const waitMs = Math.ceil(atMs - (Number.isNaN(theirs) ? Date.now() : theirs));
  return Number.isFinite(waitMs) && waitMs <= replenishmentMsMax ? Math.max(waitMs, 0) : undefined;
}
