import type { ChannelResponse } from "#app/channels/contract.ts";
import { retryAfterMsOf } from "#app/channels/status-fault.ts";
import type { Fault, FaultKind } from "#app/domain/propagation/faults.ts";
import { badParameterCode, kindByCode, productCodes } from "./error-codes.ts";
import type { ProductError } from "./wire-products.ts";
import { frame, type SkuError } from "./wire.ts";

/** Whether a refusal of a whole call may be the doing of one of its SKUs. */
export function mayBeOneSku({ kind, code }: Fault): boolean {
  const isContent = ["unknown-listing", "locked", "rejected", "unsupported"].includes(kind);
  return isContent && code !== undefined && !productCodes.has(code);
}

/** Whether TikTok refused the call for its clock: it is worth signing it once more (channels.md 5.7). */
export function isWrongClock({ code, message }: Fault): boolean {
  return code === badParameterCode && /timestamp/i.test(message);
}

/** "The check failed": the reason is among the extra errors. */
const checkFailed = 12052990;
/** The bucket holds 50 a second: a second refills it. */
const throttledRetryAfterMs = 1_000;
/** Longest text of the platform that goes into a fault. */
const messageCharactersMax = 300;

/** What a refused call means: a status ≥ 400, or a code that is not 0. */
export function faultOfAnswer(answer: ChannelResponse): Fault {
  const read = frame.safeParse(answer.json);
  const code = read.success && read.data.code !== 0 ? read.data.code : undefined;
  const text = (read.success && read.data.message) || `HTTP status ${String(answer.status)}`;
  const byStatus = kindByStatus(answer.status);
  const fault = toFault(
    (code === undefined ? undefined : kindOfCode(code, text)) ?? byStatus,
    text,
    code,
  );
  const retryAfterMs = retryAfterMsOf(answer);
  return retryAfterMs === undefined ? fault : { ...fault, retryAfterMs };
}

/** What a refused SKU, or product, inside a good answer means. */
export function faultOfPart(error: SkuError | ProductError): Fault {
  const extra = error.code === checkFailed ? error.detail?.extra_errors?.[0] : undefined;
  const { code, message } = extra ?? error;
  return toFault(kindOfCode(code, "") ?? "unexpected", message || "It was refused.", code);
}

/** An answer that claims success and fits no schema. */
export function unreadableAnswer(status: number): Fault {
  return {
    kind: "unexpected",
    message: `TikTok Shop answered ${String(status)} with a body we cannot read.`,
  };
}

/** Undefined: the code says nothing to us, the status has to. */
function kindOfCode(code: number, text: string): FaultKind | undefined {
  const known = kindByCode.get(code);
  if (known) return known;
  // One code for many mistakes: clocks, signatures, parameters, and tokens, told apart by its words alone.
  if (String(code) === badParameterCode || code === badSignature) {
    return /`?(x-tts-)?access[_-]token`? header/i.test(text) ? "unauthorised" : "unexpected";
  }
  if (Math.floor(code / 1_000) === 105) return "revoked"; // token and scope codes
  // Business refusals of products and stock are about the content.
  if (Math.floor(code / 10_000) === 1201 || Math.floor(code / 10_000) === 1205) return "rejected";
  return undefined;
}

/** Every repeat is signed anew; a signature that stays wrong is the operator's matter, not the merchant's. */
const badSignature = 106001;

function kindByStatus(status: number): FaultKind {
  if (status === 401 || status === 403) return "unauthorised";
  if (status === 429) return "rate-limited";
  if (status >= 500) return "unavailable";
  return "unexpected";
}

function toFault(kind: FaultKind, text: string, code: number | undefined): Fault {
  return {
    kind,
    message: `TikTok Shop: ${text}`.slice(0, messageCharactersMax),
    ...(code !== undefined && { code: String(code) }),
    ...(kind === "rate-limited" && { retryAfterMs: throttledRetryAfterMs }),
  };
}
