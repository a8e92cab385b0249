import type { ChannelResponse } from "#app/channels/contract.ts";
import { retryAfterMsOf } from "#app/channels/status-fault.ts";
import type { Fault, FaultKind } from "#app/domain/propagation/faults.ts";
import { frame, type SkuError } from "./wire.ts";

/**
 * TikTok Shop's codes -> our kinds (reference/channels.md 5.7 and 11; texts in
 * specs/tiktok/endpoints/update-inventory.json). Codes not listed go by their range, see below.
 */
const kindByCode: Readonly<Record<number, FaultKind>> = {
  105001: "unauthorised",
  105002: "unauthorised", // expired
  106013: "revoked", // shop cipher not authorised
  // A clock or a signature that is wrong: every repeat is signed anew, bounded times.
  106001: "unexpected",
  36009004: "unexpected",
  36009002: "rate-limited",
  36009003: "unavailable",
  36009007: "timeout",
  36009014: "rejected", // a retired API version
  10002014: "unavailable",
  10002015: "unavailable",
  10037002: "unavailable",
  10037003: "unavailable",
  10037004: "unavailable",
  10006402: "revoked", // permission denied
  12019008: "unknown-listing",
  12052031: "unknown-listing",
  12052032: "unknown-listing",
  12052048: "unknown-listing",
  12052260: "unknown-listing",
  12052556: "unknown-listing",
  12052038: "locked",
  12052308: "locked", // an appeal is under way
  12052371: "locked", // an auction is under way
  12052393: "locked", // a promotion keeps the stock from falling
  12052901: "locked", // not ACTIVATE: under review, or deactivated by a person
  12052141: "unsupported", // stock belongs to the global product
  12052849: "unsupported",
  12052850: "unsupported", // a combo's stock follows its parts
  12052921: "unsupported", // stock is shared with a source shop
};

/** Refusals of a whole product: asking again for each of its SKUs cannot help. */
const productCodes: ReadonlySet<string> = new Set([
  "12019008",
  "12052031",
  "12052032",
  "12052048",
  "12052141",
  "12052260",
  "12052308",
  "12052371",
  "12052901",
  "12052921",
]);

/** Whether a refusal of a whole call may be the doing of one of its SKUs. */
export function mayBeOneSku({ kind, code }: Fault): boolean {
  const isContent = ["unknown-listing", "locked", "rejected", "unsupported"].includes(kind);
  return isContent && code !== undefined && !productCodes.has(code);
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
    (code === undefined ? undefined : kindOfCode(code)) ?? byStatus,
    text,
    code,
  );
  const retryAfterMs = retryAfterMsOf(answer);
  return retryAfterMs === undefined ? fault : { ...fault, retryAfterMs };
}

/** What a refused SKU inside a good answer means. */
export function faultOfSku(error: SkuError): Fault {
  const extra = error.code === checkFailed ? error.detail?.extra_errors?.[0] : undefined;
  const { code, message } = extra ?? error;
  return toFault(kindOfCode(code) ?? "unexpected", message || "The SKU was refused.", code);
}

/** An answer that claims success and fits no schema. */
export function unreadableAnswer(status: number): Fault {
  return {
    kind: "unexpected",
    message: `TikTok Shop answered ${String(status)} with a body we cannot read.`,
  };
}

/** Undefined: the code says nothing to us, the status has to. */
function kindOfCode(code: number): FaultKind | undefined {
  const known = kindByCode[code];
  if (known) return known;
  if (Math.floor(code / 1_000) === 105) return "revoked"; // token and scope codes
  // Business refusals of products and stock are about the content.
  if (Math.floor(code / 10_000) === 1201 || Math.floor(code / 10_000) === 1205) return "rejected";
  return undefined;
}

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
