import type { ChannelResponse, RateFeedback, RateLimit } from "#app/channels/contract.ts";
import { retryAfterMsOf } from "#app/channels/status-fault.ts";
import { faultOfAnswer } from "./errors.ts";

/**
 * Etsy counts all calls of a token together: one bucket. Ten in a second and 10,000 in 24 hours are reported
 * (specs/channel-limits.json). It counts seconds, not a bucket: three at once and seven more within the second stay
 * under ten whatever second Etsy looks at.
 */
export const etsyLimits: Readonly<Record<string, RateLimit>> = {
  call: { ratePerSecond: 7, burst: 3, perDay: 10_000 },
  token: { ratePerSecond: 1, burst: 5 },
};

/** What Etsy's headers say is left, of this second and of today (channels.md 8.5). */
export function rateFeedbackOf(response: ChannelResponse): RateFeedback | undefined {
  const remaining = countOf(response, "x-remaining-this-second");
  const remainingToday = countOf(response, "x-remaining-today");
  const retryAfterMs = response.status === 429 ? waitMsOf(response) : undefined;
  const feedback: RateFeedback = {
    ...(remaining === undefined ? {} : { remaining }),
    ...(remainingToday === undefined ? {} : { remainingToday }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
  return Object.keys(feedback).length > 0 ? feedback : undefined;
}

function waitMsOf(response: ChannelResponse): number | undefined {
  return retryAfterMsOf(response) ?? faultOfAnswer(response).retryAfterMs;
}

function countOf({ headers }: ChannelResponse, name: string): number | undefined {
  const text = headers.get(name)?.trim() ?? "";
  return /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}
