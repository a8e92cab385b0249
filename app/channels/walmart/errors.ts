import { z } from "zod";
import type { ChannelResponse } from "#app/channels/contract.ts";
import { retryAfterMsOf } from "#app/channels/status-fault.ts";
import type { Fault, FaultKind } from "#app/domain/propagation/faults.ts";
import { replenishedAfterMs } from "./rate-feedback.ts";

/**
 * Walmart's codes, without the system's name behind the dot, -> our kinds (channels.md 6.5; "Error codes" of
 * developer.walmart.com). One that is not listed is `unexpected`: bounded retries until somebody classifies it.
 */
const kindByCode: Readonly<Record<string, FaultKind>> = {
  INVALID_REQUEST: "rejected",
  INVALID_REQUEST_HEADER: "rejected",
  INVALID_REQUEST_PARAM: "rejected",
  INVALID_REQUEST_CONTENT: "rejected",
  MISSING_REQUEST_HEADER: "rejected",
  MISSING_REQUEST_PARAM: "rejected",
  MALFORMED_REQUEST_CONTENT: "rejected",
  UNAUTHORIZED: "unauthorised",
  // The token is fine and may not do this: the seller has to give the keys more rights.
  FORBIDDEN: "revoked",
  CONTENT_NOT_FOUND: "unknown-listing",
  SOME_CONTENT_NOT_FOUND: "unknown-listing",
  URI_NOT_FOUND: "unexpected",
  METHOD_NOT_ALLOWED: "unexpected",
  INVALID_ACCEPT_TYPE: "unexpected",
  UNSUPPORTED_MEDIA_TYPE: "unexpected",
  // Another write on the same record is under way.
  RESOURCE_IS_LOCKED: "unavailable",
  REQUEST_THRESHOLD_VIOLATED: "rate-limited",
  INVALID_SYSTEM_STATE: "unavailable",
  SYSTEM_ERROR: "unavailable",
  DOWNSTREAM_SYSTEM_TIME_OUT: "timeout",
  // Codes of the token address.
  invalid_client: "revoked",
  invalid_grant: "revoked",
  unauthorized_client: "revoked",
  // Codes of single items of a feed.
  ERR_PDI_0001: "rejected",
  ERR_PDI_0034: "rejected",
  ERR_EXT_DATA_0101116: "rejected",
  ERR_EXT_DATA_0503009: "rejected",
};

/** What a status means where no code stands beside it; the others go by their hundred. */
const kindByStatus: Readonly<Record<number, FaultKind>> = {
  401: "unauthorised",
  403: "revoked",
  // Not 404: without a code it is a gateway that knows no such address, and says nothing about a listing.
  404: "unexpected",
  405: "unexpected",
  406: "unexpected",
  408: "timeout",
  415: "unexpected",
  423: "unavailable",
  429: "rate-limited",
  504: "timeout",
};

/** What an item of a feed came to, where its codes are not in the table. */
const kindByIngestion: Readonly<Record<string, FaultKind>> = {
  DATA_ERROR: "rejected",
  SYSTEM_ERROR: "unavailable",
  TIMEOUT_ERROR: "unavailable",
};

const text = z.string().nullish().catch(null);

/** One row of `errors`; every part is decoration but the code. */
export const walmartError = z.looseObject({
  code: text,
  description: text,
  message: text,
  info: text,
});
export type WalmartError = z.infer<typeof walmartError>;

const rows = z.array(walmartError).min(1);
const errorRows = z.union([
  z.looseObject({ errors: rows }).transform(({ errors }) => errors),
  // The gateway and the token address say `error`; OAuth itself a bare word.
  z.looseObject({ error: rows }).transform(({ error }) => error),
  z
    .looseObject({ error: z.string().min(1), error_description: text })
    .transform(({ error, error_description }): WalmartError[] => [
      { code: error, description: error_description, message: null, info: null },
    ]),
  z.looseObject({ list: z.looseObject({ errors: rows }) }).transform(({ list }) => list.errors),
]);

/** An answer without a stated wait. */
const throttledRetryAfterMs = 20_000;
/** Longest text of the platform that goes into a fault. */
const messageCharsMax = 300;

/** The errors that an answer carries, whatever its status; empty where it carries none. */
export function errorsIn(answer: Pick<ChannelResponse, "json" | "body">): readonly WalmartError[] {
  const read = errorRows.safeParse(answer.json);
  if (read.success) return read.data;
  // The gateway speaks XML when it refuses a call before it is routed.
  const code = /<(?:\w+:)?code>([A-Za-z_]+)/.exec(answer.body.slice(0, 4_000))?.[1];
  return code ? [{ code, description: null, message: null, info: null }] : [];
}

/** What a refused call means. */
export function faultOfAnswer(answer: ChannelResponse): Fault {
  const { status } = answer;
  const errors = errorsIn(answer);
  const said = faultOfErrors(errors, kindOfStatus(status), `HTTP status ${status}`);
  const fault = { code: String(status), ...said };
  if (fault.kind !== "rate-limited") return fault;
  const waitMs = retryAfterMsOf(answer) ?? replenishedAfterMs(answer) ?? throttledRetryAfterMs;
  return { ...fault, retryAfterMs: waitMs };
}

/**
 * What errors mean: the first one with a code we know decides.
 * @param otherwise the kind where there is no code at all; an unknown code is `unexpected`
 */
export function faultOfErrors(
  errors: readonly WalmartError[],
  otherwise: FaultKind,
  words: string,
): Fault {
  const deciding = errors.find(({ code }) => kindOfCode(code) !== undefined) ?? errors[0];
  const code = deciding?.code || undefined;
  const kind = kindOfCode(code) ?? (code === undefined ? otherwise : "unexpected");
  const said = deciding ? (wordsOf(deciding) ?? words) : words;
  const message = `${openingOf(kind)}${said}`.slice(0, messageCharsMax);
  return { kind, message, ...(code === undefined ? {} : { code }) };
}

/** An error's own words; its code where it has none. */
function wordsOf({ description, message, info, code }: WalmartError): string | undefined {
  return [description, message, info, code].find((text) => !!text) ?? undefined;
}

/** What an item of a feed that did not succeed means. */
export function faultOfIngestion(ingestionStatus: string, errors: readonly WalmartError[]): Fault {
  const byStatus = kindByIngestion[ingestionStatus] ?? "unexpected";
  const fault = faultOfErrors(errors, byStatus, `its status is ${ingestionStatus}`);
  // Items name hundreds of codes of their own; the status says what can be done about them.
  return fault.kind === "unexpected" ? { ...fault, kind: byStatus } : fault;
}

/** Whether the keys may not make this one call, while the account as such is open to them. */
export function isForbidden({ code }: Fault): boolean {
  return code === "403" || code?.startsWith("FORBIDDEN") === true;
}

/** A right that the seller did not give must not stop what the other rights are for. */
export function forOneCall(fault: Fault, right: string): Fault {
  if (!isForbidden(fault)) return fault;
  const message = `Walmart does not let these keys ${right}. Give them that right in the Developer Portal.`;
  return { ...fault, kind: "rejected", message };
}

/** An answer of a good status that fits none of our schemas. */
export function unreadableAnswer(status: number): Fault {
  return {
    kind: "unexpected",
    message: `Walmart answered ${status} with something we cannot read.`,
  };
}

/** Sentences that say what to do come before Walmart's own words. */
function openingOf(kind: FaultKind): string {
  if (kind === "revoked") {
    return "Walmart no longer lets us in. Connect the account again. It said: ";
  }
  if (kind === "unknown-listing") return "Walmart does not know this SKU. It said: ";
  return "Walmart: ";
}

function kindOfCode(code: string | null | undefined): FaultKind | undefined {
  if (!code) return undefined;
  return kindByCode[code] ?? kindByCode[code.split(".", 1)[0] ?? code];
}

function kindOfStatus(status: number): FaultKind {
  const byHundred = status >= 500 ? "unavailable" : status >= 400 ? "rejected" : "unexpected";
  return kindByStatus[status] ?? byHundred;
}
