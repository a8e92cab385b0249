import { amazonLimits } from "#app/channels/amazon/config.ts";
import type { ChannelStats } from "#sandbox/control.ts";
import type { ChannelId, SaleOptions } from "./options.ts";
import type { PushRecord } from "./trace.ts";

/** How far a channel's own limits set the pace. */
export interface Pace {
  readonly pushes: number;
  /** Put off because the channel's rate limit was used up; they went out later, with newer numbers. */
  readonly rateLimited: number;
  /** Calls that the channel itself refused as too many. */
  readonly refusedByChannel: number;
  /** Most acknowledged pushes in any ten seconds, per second. */
  readonly busiestPerSecond: number;
  /** In words, when the channel and not Lockstep set the pace. */
  readonly limitedBy: string | null;
}

const windowMs = 10_000;
/** Pushes at this share of the published rate count as being at the limit. */
const atLimitShare = 0.9;

export function measurePace(
  channel: ChannelId,
  pushes: readonly PushRecord[],
  given: { readonly throttled: number; readonly amazonLimit: SaleOptions["amazonLimit"] },
): Pace {
  const own = pushes.filter((push) => push.channel === channel);
  const rateLimited = own.filter(({ faultKind }) => faultKind === "rate-limited").length;
  const busiestPerSecond = busiest(
    own.flatMap((push) => (push.outcome === "acknowledged" ? (push.answeredAtMs ?? []) : [])),
  );
  const { ratePerSecond } = amazonLimits.patchListingsItem;
  const atAmazonsLimit = channel === "amazon" && busiestPerSecond >= ratePerSecond * atLimitShare;
  return {
    pushes: own.length,
    rateLimited,
    refusedByChannel: given.throttled,
    busiestPerSecond,
    limitedBy: atAmazonsLimit
      ? `Amazon takes ${ratePerSecond} SKU updates a second (published); Lockstep sends the most urgent first${
          given.amazonLimit === "lifted"
            ? "; the sandbox lifted it, Lockstep still keeps to it"
            : ""
        }`
      : rateLimited > 0
        ? "the channel's rate limit"
        : null,
  };
}

function busiest(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b);
  let most = 0;
  let first = 0;
  for (const [index, time] of sorted.entries()) {
    while ((sorted[first] ?? time) <= time - windowMs) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return Math.round((most / windowMs) * 10_000) / 10;
}

/** Events the channels sent twice, and calls they refused, between two readings. */
export function statsBetween(
  before: Readonly<Record<string, ChannelStats>>,
  after: Readonly<Record<string, ChannelStats>>,
): Map<string, { readonly duplicates: number; readonly throttled: number }> {
  return new Map(
    Object.entries(after).map(([channel, stats]) => [
      channel,
      {
        duplicates: stats.duplicatesSent - (before[channel]?.duplicatesSent ?? 0),
        throttled: stats.throttled - (before[channel]?.throttled ?? 0),
      },
    ]),
  );
}
