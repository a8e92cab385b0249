import type { ChannelResponse } from "#app/channels/contract.ts";
import { retryAfterMsOf } from "#app/channels/status-fault.ts";
import type { Fault, FaultKind } from "#app/domain/propagation/faults.ts";
import { errorBody, type UpdateRow } from "./wire.ts";

/**
 * Flipkart's codes of words -> our kinds: the "possible error response codes" of its order manual, and OAuth's
 * (channels.md 9). A code that is not here is `unexpected`, with Flipkart's words.
 */
const kindByCode: Readonly<Record<string, FaultKind>> = {
  DEPENDENT_SYSTEM_CALL_FAILED: "unavailable",
  INTERNAL_SERVER_ERROR: "unavailable",
  UNPROCESSABLE_ENTITY: "rejected",
  BAD_REQUEST: "rejected",
  QUANTITY_MISMATCH_ERROR: "rejected",
  INVALID_ITEM_ID: "unknown-listing",
  ORDER_ITEM_ALREADY_DISPATCHED: "rejected",
  ORDER_ITEM_ALREADY_CANCELLED: "rejected",
  ORDER_ITEM_NOT_PACKED: "locked",
  invalid_token: "unauthorised",
  unauthorized: "unauthorised",
  invalid_client: "unauthorised",
  insufficient_scope: "revoked",
  invalid_grant: "revoked",
  invalid_scope: "revoked",
  access_denied: "revoked",
};

/** The statuses of channels.md 9 and of Flipkart's response-code page. */
const kindByStatus: Readonly<Record<number, FaultKind>> = {
  202: "unavailable", // "request being processed": nothing to read yet
  400: "rejected",
  401: "unauthorised",
  403: "unauthorised",
  404: "unknown-listing",
  408: "timeout",
  422: "rejected",
  429: "rate-limited",
  499: "timeout",
  504: "timeout",
  599: "timeout",
};

/**
 * The numbers that a refused SKU carries are published nowhere (its `code` is "integer"), and a refused SKU is
 * `rejected` (channels.md 11). Only its words tell the refusals that another try, or an import, can mend.
 */
const kindByWords: readonly (readonly [RegExp, FaultKind])[] = [
  [/\bfbf\b|fulfil+ed by flipkart|flipkart[- ]fulfil/i, "unsupported"],
  [
    /\b(sku|listing|product)\b.*\b(not found|not exist|does ?n[o']t exist|not available|unknown|no longer)\b/i,
    "unknown-listing",
  ],
  [/internal (server )?error|try again|temporar|timed? ?out|dependent system/i, "unavailable"],
];

/** Flipkart names no wait with a throttled call, and publishes no rate. */
const throttledRetryAfterMs = 2_000;
/** Looking again whether a person has packed a shipment, or a hold has ended. */
export const lockedRetryAfterMs = 15 * 60_000;
/** Longest text of the platform that goes into a fault. */
const messageCharactersMax = 300;

/** What a refused call means. */
export function faultOfAnswer(answer: ChannelResponse): Fault {
  const { status } = answer;
  const { code, text } = said(answer.json);
  const kind = kindOfCall(status, code);
  const retryAfterMs =
    retryAfterMsOf(answer) ?? (kind === "rate-limited" ? throttledRetryAfterMs : undefined);
  return {
    kind,
    message: wordsOf(text ?? `HTTP status ${String(status)}`),
    code: code ?? String(status),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}

/** What a SKU's FAILURE means, in an answer of status 200. */
export function faultOfRow(row: UpdateRow): Fault {
  const errors = [...(row.errors ?? []), ...(row.attribute_errors ?? [])];
  const texts = errors.flatMap(({ description, message }) => description ?? message ?? []);
  const text = texts.length > 0 ? texts.join(" ") : `It refused this listing (${row.status}).`;
  const kind = kindByWords.find(([pattern]) => pattern.test(text))?.[1] ?? "rejected";
  const code = errors[0]?.code;
  return { kind, message: wordsOf(text), ...(code != null && { code }) };
}

/** What a shipment's FAILURE means, in an answer of status 200. */
export function faultOfShipment(row: {
  readonly errorCode?: string | null | undefined;
  readonly errorMessage?: string | null | undefined;
}): Fault {
  const code = row.errorCode ?? undefined;
  const kind = (code !== undefined && kindByCode[code]) || "unexpected";
  return {
    kind,
    message: wordsOf(row.errorMessage ?? code ?? "It refused this shipment."),
    ...(code !== undefined && { code }),
    ...(kind === "locked" && { retryAfterMs: lockedRetryAfterMs }),
  };
}

/** The answer of an error-free status that fits none of our schemas. */
export function unreadableAnswer(status: number): Fault {
  return {
    kind: "unexpected",
    message: `Flipkart answered ${String(status)} with a body we cannot read.`,
  };
}

/** An answer that says nothing about what was asked. */
export function nothingAbout(what: string): Fault {
  return { kind: "unexpected", message: `Flipkart's answer says nothing about ${what}.` };
}

function kindOfCall(status: number, code: string | undefined): FaultKind {
  // An outage stays one, whatever the page in front of it says.
  if (status >= 500) return kindByStatus[status] ?? "unavailable";
  const byStatus = kindByStatus[status];
  // A code says more than 400 or 422; who we are is told by the status.
  if (code !== undefined && byStatus !== "unauthorised" && byStatus !== "rate-limited") {
    const byCode = kindByCode[code];
    if (byCode) return byCode;
  }
  return byStatus ?? "unexpected";
}

/** Flipkart's code and words, wherever they stand: OAuth's, the order API's, the listing API's. */
function said(body: unknown): { code: string | undefined; text: string | undefined } {
  const read = errorBody.safeParse(body).data;
  const first = read?.errors?.[0];
  return {
    code: firstOf([read?.error, read?.errorCode, read?.code, first?.code]),
    text: firstOf([
      first?.description,
      first?.message,
      read?.error_description,
      read?.errorMessage,
      read?.message,
    ]),
  };
}

function firstOf(texts: readonly (string | null | undefined)[]): string | undefined {
  return texts.find((text) => text != null) ?? undefined;
}

function wordsOf(text: string): string {
  return `Flipkart: ${text}`.slice(0, messageCharactersMax);
}
