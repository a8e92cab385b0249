import type { ChannelResponse, RateFeedback } from "#app/channels/contract.ts";
import { retryAfterMsOf } from "#app/channels/status-fault.ts";
import type { Fault, FaultKind } from "#app/domain/propagation/faults.ts";
import { restKinds, tradingKinds } from "./error-codes.ts";
import type { TradingError } from "./trading-wire.ts";
import { errorBody, type EbayError } from "./wire.ts";

/** eBay sends no reset time with a throttled call; the budget is per day, so we ask rarely. */
const throttledRetryAfterMs = 60_000;
/** Longest text of the platform that goes into a fault. */
const messageCharactersMax = 300;

/** What a refused REST call means. `now` is only read for refusals that end at a time of day. */
export function faultOfAnswer(answer: ChannelResponse, now: Date): Fault {
  const body = errorBody.safeParse(answer.json);
  const fault = faultOfErrors(answer.status, body.data?.errors ?? [], now);
  const retryAfterMs = retryAfterMsOf(answer);
  return retryAfterMs === undefined ? fault : { ...fault, retryAfterMs };
}

/** What a status and the errors beside it mean, of a whole call or of one row of a bulk answer. */
export function faultOfErrors(status: number, errors: readonly EbayError[], now: Date): Fault {
  const first = errors[0];
  const text = first?.longMessage ?? first?.message ?? `HTTP status ${String(status)}`;
  const code = first === undefined ? {} : { code: String(first.errorId) };
  const kind = (first && restKinds.get(first.errorId)) ?? kindByStatus(status, first !== undefined);
  return faultOf(kind, text, code, now);
}

/** What a refusal of the Trading API means: its first error that is no mere warning. */
export function faultOfTrading(errors: readonly TradingError[], now: Date): Fault {
  const error = errors.find(({ SeverityCode }) => SeverityCode !== "Warning") ?? errors[0];
  const text = error?.LongMessage || error?.ShortMessage || "it refuses this without a reason.";
  const code = error === undefined ? {} : { code: error.ErrorCode };
  const known = error && tradingKinds.get(Number(error.ErrorCode));
  const fault = faultOf(known ?? "unexpected", text, code, now);
  if (fault.code === "518") return { ...fault, retryAfterMs: msUntilPacificMidnight(now) };
  if (fault.code !== "515") return fault;
  return { ...fault, message: `${fault.message} Switch on eBay's out-of-stock control.` };
}

function faultOf(kind: FaultKind, text: string, code: { code?: string }, now: Date): Fault {
  const message = `eBay: ${text}`.slice(0, messageCharactersMax);
  if ((kind === "rejected" || kind === "unexpected") && isDailyRevisionLimit(text)) {
    return { kind: "locked", message, ...code, retryAfterMs: msUntilPacificMidnight(now) };
  }
  if (kind === "revoked") {
    return { kind, message: `${message} Connect the account again.`, ...code };
  }
  const wait = kind === "rate-limited" ? { retryAfterMs: throttledRetryAfterMs } : {};
  return { kind, message, ...code, ...wait };
}

/** The answer of an error-free status that fits none of our schemas. */
export function unreadableAnswer(status: number): Fault {
  return {
    kind: "unexpected",
    message: `eBay answered ${String(status)} with a body we cannot read.`,
  };
}

function kindByStatus(status: number, hasCode: boolean): FaultKind {
  if (status === 401 || status === 403) return "unauthorised";
  if (status === 408 || status === 504) return "timeout";
  if (status === 429) return "rate-limited";
  if (status >= 500) return "unavailable";
  if (status === 404) return "unknown-listing";
  return hasCode || status < 400 ? "unexpected" : "rejected";
}

/** eBay's "any user error" (25002 and others); only the text tells that the 250 revisions of a day are used up. */
function isDailyRevisionLimit(text: string): boolean {
  return /revis/i.test(text) && /limit|maximum|exceed|times|threshold|250/i.test(text);
}

/** What an answer of status 200 says about its bucket: that the Trading API's calls of the day are used up. */
export function ebayRateFeedback({ status, body }: ChannelResponse): RateFeedback | undefined {
  const isUsedUp = status === 200 && /<ErrorCode>\s*518\s*</.test(body.slice(0, 2_000));
  if (!isUsedUp) return undefined;
  return { remaining: 0, retryAfterMs: msUntilPacificMidnight(new Date()) };
}

const dayMs = 24 * 60 * 60 * 1_000;

/** eBay's calendar day ends at midnight Pacific time. Off by an hour on the two days clocks change. */
export function msUntilPacificMidnight(now: Date): number {
  const clock = new Intl.DateTimeFormat("en-US", {
    timeZone: "America/Los_Angeles",
    hourCycle: "h23",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  }).format(now);
  const [hour = 0, minute = 0, second = 0] = clock.split(":").map(Number);
  return dayMs - ((hour * 60 + minute) * 60 + second) * 1_000;
}
