import type { SandboxContext } from "../context.ts";
import { refuse, type EtsyAnswer } from "./frame.ts";
import { demoEtsy } from "./names.ts";

/** specs/channel-limits.json, etsy.operations["*"] (reported): per token, all calls together. */
const perSecond = 10;
const perDay = 10_000;
const secondsPerDay = 86_400;

/** What the limits say to one call. */
export interface Admission {
  readonly refusal: EtsyAnswer | null;
  /** On every answer, granted or not. */
  readonly headers: Readonly<Record<string, string>>;
}

export function admit(context: SandboxContext): Admission {
  const { limiter } = context;
  const factor = context.faults().rateLimitFactor;
  const account = demoEtsy.userId;
  const second = limiter.take(account, "second", { ratePerSecond: perSecond, burst: perSecond });
  const day = second.granted
    ? limiter.take(account, "day", { ratePerSecond: perDay / secondsPerDay, burst: perDay })
    : null;
  const headers = {
    "x-limit-per-second": String(Math.floor(perSecond * factor)),
    "x-remaining-this-second": String(Math.max(0, Math.floor(second.tokensLeft))),
    "x-limit-per-day": String(Math.floor(perDay * factor)),
    ...(day && { "x-remaining-today": String(Math.max(0, Math.floor(day.tokensLeft))) }),
  };
  if (!second.granted) {
    // As reported: the second's limit comes without a Retry-After (etsy/open-api #198).
    return { refusal: refuse(429, "Exceeded per second rate limit"), headers };
  }
  if (day && !day.granted) {
    const retryAfter = String(Math.ceil(day.retryAfterMs / 1_000));
    return {
      refusal: refuse(429, "Exceeded daily rate limit"),
      headers: { ...headers, "retry-after": retryAfter },
    };
  }
  return { refusal: null, headers };
}
