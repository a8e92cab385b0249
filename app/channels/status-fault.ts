import type { Fault, FaultKind } from "#app/domain/propagation/faults.ts";
import { ChannelFault, type ChannelResponse } from "./contract.ts";

/** Longest text of the channel's own that goes into a fault. */
const channelTextCharsMax = 300;
/** A longer wait than a day is somebody's mistake. */
const retryAfterMsMax = 24 * 60 * 60 * 1_000;

/** What single statuses mean; the others go by their hundred. */
const byStatus: Readonly<Record<number, readonly [FaultKind, string]>> = {
  401: ["unauthorised", "The channel does not accept our access."],
  403: ["unauthorised", "The channel does not accept our access."],
  404: ["unknown-listing", "The channel does not know this listing."],
  408: ["timeout", "The channel gave up waiting for itself."],
  423: ["locked", "The channel is locked for now."],
  429: ["rate-limited", "The channel asks us to wait."],
  504: ["timeout", "The channel gave up waiting for itself."],
};
const refused = ["rejected", "The channel refuses this."] as const;
const outage = ["unavailable", "The channel has an outage."] as const;
const strange = ["unexpected", "The channel gave an answer we cannot read."] as const;

/**
 * What an HTTP status alone says. A channel looks at its own codes first and falls back to this.
 * `text` is the channel's own words; it is cut, and must hold nothing that we sent as a secret.
 */
export function statusFault(response: ChannelResponse, text = ""): Fault {
  const { status } = response;
  const byHundred = status >= 500 ? outage : status >= 400 ? refused : strange;
  const [kind, sentence] = byStatus[status] ?? byHundred;
  const said = text === "" ? "" : ` It said: ${cut(text)}`;
  const fault = { kind, message: `${sentence}${said}`, code: String(status) };
  const retryAfterMs = kind === "rate-limited" ? retryAfterMsOf(response) : undefined;
  return retryAfterMs === undefined ? fault : { ...fault, retryAfterMs };
}

/** The fault of an answer that fits no schema. `what` names the answer: "the listing". */
export function unreadableFault(what: string): Fault {
  return { kind: "unexpected", message: `The channel's answer about ${what} cannot be read.` };
}

/** The Retry-After header (seconds or an HTTP date) in milliseconds, or undefined. */
export function retryAfterMsOf(response: Pick<ChannelResponse, "headers">): number | undefined {
  const value = response.headers.get("retry-after")?.trim();
  if (value === undefined || value === "") return undefined;
  const ms = /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(Math.ceil(ms), 0), retryAfterMsMax) : undefined;
}

/**
 * Runs a call and turns a {@link ChannelFault} into a value. Anything else thrown is our own mistake
 * and stays thrown.
 */
export async function caught<T>(
  call: () => Promise<T>,
): Promise<
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault }
> {
  try {
    return { ok: true, value: await call() };
  } catch (error) {
    if (error instanceof ChannelFault) return { ok: false, fault: error.fault };
    throw error;
  }
}

function cut(text: string): string {
  return text.length > channelTextCharsMax ? `${text.slice(0, channelTextCharsMax)}…` : text;
}
