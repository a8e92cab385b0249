import type { ChannelResponse } from "#app/channels/contract.ts";
import { retryAfterMsOf } from "#app/channels/status-fault.ts";
import type { Fault, FaultKind } from "#app/domain/propagation/faults.ts";
import { errorBody, type WrittenRow } from "./wire.ts";

/**
 * The protocol's codes -> our kinds (docs/custom-channel.md, "Errors"): of a whole call, of a row, or of both. A code
 * that is not here is `unexpected`: bounded retries until somebody classifies it.
 */
const kindByCode: Readonly<Record<string, FaultKind>> = {
  // Whole calls.
  "bad-signature": "unauthorised",
  clock: "unauthorised",
  replayed: "unauthorised",
  revoked: "revoked",
  "too-many-requests": "rate-limited",
  maintenance: "unavailable",
  timeout: "timeout",
  "too-large": "rejected",
  "unknown-order": "rejected",
  conflict: "rejected",
  // Rows.
  "unknown-key": "unknown-listing",
  held: "unsupported",
  currency: "rejected",
  stale: "locked",
  // Both.
  invalid: "rejected",
  unsupported: "unsupported",
  locked: "locked",
  "try-again": "unavailable",
};

/** Answers without a code of ours: of a server that gives none, or of what stands in front of it. */
const kindByStatus: Readonly<Record<number, FaultKind>> = {
  401: "unauthorised",
  // A firewall: it lets us in again after a while, or once the merchant allowed us.
  403: "locked",
  // Nothing of the protocol is at the address. Never a missing listing: those have a code.
  404: "unavailable",
  405: "unsupported",
  408: "timeout",
  409: "rejected",
  410: "unavailable",
  423: "locked",
  429: "rate-limited",
  501: "unsupported",
  504: "timeout",
  // Cloudflare: the server took too long, and may have done what it was asked.
  522: "timeout",
  524: "timeout",
};

const sentences: Readonly<Record<FaultKind, string>> = {
  "rate-limited": "Your server asks us to wait.",
  unavailable: "Your server does not answer properly now.",
  timeout: "Your server gave up waiting for itself.",
  unauthorised: "Your server does not accept our signature.",
  revoked: "Your server no longer accepts our signature. Connect it again.",
  "unknown-listing": "Your server does not know this listing.",
  locked: "Your server does not let us do this now.",
  rejected: "Your server refuses this.",
  unsupported: "Your server does not take this.",
  unexpected: "Your server gave an answer we do not understand.",
};

/** A server that names no wait gets this one. */
const throttledWaitMs = 1_000;
/** Longest wait taken from an outage: maintenance ends sooner than announced. */
const outageWaitMsMax = 60_000;
/** A longer wait than a day is somebody's mistake. */
const waitMsMax = 24 * 60 * 60_000;
/** A number held back by a version is decided anew after this: clocks of ours differ by seconds. */
const staleWaitMsMin = 1_000;
const staleWaitMsMax = 15 * 60_000;
/** Longest text and code of the server's own that go into a fault. */
const textCharsMax = 300;
const codeCharsMax = 60;

/** What a refused call means. */
export function faultOfAnswer(answer: ChannelResponse): Fault {
  const { status } = answer;
  const error = errorBody.safeParse(answer.json).data?.error;
  if (!error && status < 300) return unreadableAnswer(status);
  if (!error && status < 400) return movedFault(answer);
  const { code, message, retryAfter } = error ?? {};
  const kind = kindOfCall(status, code ?? undefined);
  const fault = faultOf(kind, { code: code ?? String(status), message });
  return withWait(fault, retryAfterMsOf(answer) ?? msOf(retryAfter));
}

/** Whether an answer of status 2xx carries a refusal. */
export function carriesError(answer: ChannelResponse): boolean {
  return errorBody.safeParse(answer.json).success;
}

/** What a refused row means. `nowMs`: our clock, in which versions are counted. */
export function faultOfRow(row: WrittenRow, nowMs: number): Fault {
  if (row.status === "stale") {
    const aheadMs = (row.version ?? nowMs) - nowMs;
    return {
      kind: "locked",
      message: "Your server has a newer number for this listing; it is decided again.",
      code: "stale",
      retryAfterMs: Math.min(Math.max(aheadMs + staleWaitMsMin, staleWaitMsMin), staleWaitMsMax),
    };
  }
  const code = row.code ?? row.status;
  const isRefusal = row.status === "refused";
  const kind = isRefusal ? (kindByCode[code] ?? "unexpected") : "unexpected";
  return withWait(faultOf(kind, { code, message: row.message }), msOf(row.retryAfter));
}

/** The answer of an error-free status that fits none of our schemas. */
export function unreadableAnswer(status: number): Fault {
  return {
    kind: "unexpected",
    message: `Your server answered ${String(status)} with something we cannot read.`,
  };
}

/** An answer that leaves out, or garbles, what was asked about. */
export function nothingAbout(key: string): Fault {
  const name = key.slice(0, codeCharsMax);
  return {
    kind: "unexpected",
    message: `Your server's answer says nothing we can read of ${name}.`,
  };
}

/** Refused again, signed with the time of the server's own clock: the secret is not the one it knows. */
export function refusedTwice(fault: Fault): Fault {
  if (fault.kind !== "unauthorised" || fault.code === "clock") return fault;
  const [, said] = fault.message.split(saidMark);
  const words = said === undefined ? "" : `${saidMark}${said}`;
  return { ...fault, kind: "revoked", message: `${sentences.revoked}${words}` };
}

const saidMark = " It said: ";

function kindOfCall(status: number, code: string | undefined): FaultKind {
  const byStatus = kindByStatus[status];
  // Who we are and how fast we may be is told by the status, whatever the code.
  if (byStatus === "rate-limited") return byStatus;
  const byCode = code === undefined ? undefined : kindByCode[code];
  if (byCode !== undefined) return byCode;
  if (byStatus !== undefined && (code === undefined || byStatus === "unauthorised"))
    return byStatus;
  if (status >= 500) return byStatus ?? "unavailable";
  return code === undefined ? "rejected" : "unexpected";
}

function faultOf(
  kind: FaultKind,
  said: { readonly code: string; readonly message: string | null | undefined },
): Fault {
  const words = oneLine(said.message ?? "");
  const message = words === "" ? sentences[kind] : `${sentences[kind]}${saidMark}${words}`;
  return { kind, message, code: oneLine(said.code).slice(0, codeCharsMax) };
}

function msOf(seconds: number | null | undefined): number | undefined {
  return seconds == null ? undefined : seconds * 1_000;
}

function withWait(fault: Fault, named: number | undefined): Fault {
  const bounded = named === undefined ? undefined : Math.min(Math.ceil(named), waitMsMax);
  if (fault.kind === "rate-limited") return { ...fault, retryAfterMs: bounded ?? throttledWaitMs };
  if (bounded === undefined) return fault;
  if (fault.kind === "locked") return { ...fault, retryAfterMs: bounded };
  if (fault.kind !== "unavailable") return fault;
  return { ...fault, retryAfterMs: Math.min(bounded, outageWaitMsMax) };
}

/** Only the new host is named: an address may carry what is nobody's business. */
function movedFault(answer: ChannelResponse): Fault {
  const host = URL.parse(answer.headers.get("location") ?? "")?.host;
  const where = host ? ` to ${host.slice(0, 100)}` : "";
  return {
    kind: "unavailable",
    message: `Your server sends us on${where}. Connect it again under the address it has now.`,
    code: String(answer.status),
  };
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > textCharsMax ? `${line.slice(0, textCharsMax)}…` : line;
}
