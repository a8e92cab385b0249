import type { ChannelResponse } from "#app/channels/contract.ts";
import { retryAfterMsOf } from "#app/channels/status-fault.ts";
import type { Fault, FaultKind } from "#app/domain/propagation/faults.ts";
import { errorBody, type EbayError } from "./wire.ts";

/**
 * eBay's error ids -> our kinds (reference/channels.md 4.8 and 11). An id not listed here is
 * `unexpected`, whatever its status: bounded retries until somebody classifies it.
 */
const kindByErrorId: Readonly<Record<number, FaultKind>> = {
  1001: "unauthorised",
  1002: "unauthorised",
  1100: "revoked", // a scope is missing: the merchant must connect again
  2001: "rate-limited",
  25001: "unavailable",
  25025: "unavailable", // another write on the same inventory object is under way
  30500: "unavailable",
  195000: "unavailable",
  25702: "unknown-listing",
  25710: "unknown-listing",
  25713: "unknown-listing",
  25002: "rejected",
  25709: "rejected",
  25759: "rejected",
};

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
  const message = `eBay: ${text}`.slice(0, messageCharactersMax);
  const code = first === undefined ? {} : { code: String(first.errorId) };
  if (first?.errorId === 25002 && isDailyRevisionLimit(text)) {
    return { kind: "locked", message, ...code, retryAfterMs: msUntilPacificMidnight(now) };
  }
  const kind = (first && kindByErrorId[first.errorId]) ?? kindByStatus(status, first !== undefined);
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
  if (status === 429) return "rate-limited";
  if (status >= 500) return "unavailable";
  if (status === 404) return "unknown-listing";
  return hasCode || status < 400 ? "unexpected" : "rejected";
}

/** 25002 is eBay's "any user error"; only its text tells that the 250 revisions of a day are used up. */
function isDailyRevisionLimit(text: string): boolean {
  return /revis/i.test(text) && /limit|maximum|exceed|times|threshold|250/i.test(text);
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
