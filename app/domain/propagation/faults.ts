/**
 * What can go wrong when a channel is called. Every channel maps its own codes into these kinds;
 * the retry policy looks at nothing else (docs: reference/channels.md 11).
 *
 * - `rate-limited`  the channel asked us to wait; never counts as a failed attempt
 * - `unavailable`   an outage or a server error: back off
 * - `timeout`       no answer in time: the write may or may not have been done
 * - `unauthorised`  the access token is not accepted: refresh once, then treat as `revoked`
 * - `revoked`       the merchant's consent is gone: pause the connection and tell the merchant
 * - `unknown-listing` the listing is not there any more
 * - `locked`        the channel refuses for a time (promotion, daily revision limit)
 * - `rejected`      the channel refuses this content: retrying cannot help
 * - `unsupported`   the channel owns this stock (FBA, WFS, shared stock): never write it
 * - `unexpected`    an answer that fits no schema or carries an unknown code: bounded retries
 */
export const faultKinds = [
  "rate-limited",
  "unavailable",
  "timeout",
  "unauthorised",
  "revoked",
  "unknown-listing",
  "locked",
  "rejected",
  "unsupported",
  "unexpected",
] as const;

/** One of {@link faultKinds}. */
export type FaultKind = (typeof faultKinds)[number];

/** One refusal or failure, in the channel's own words plus our kind. Never carries a secret. */
export interface Fault {
  readonly kind: FaultKind;
  /** A sentence a merchant can read, with the channel's text inside. */
  readonly message: string;
  /** The channel's own code, when it gave one ("25025", "QuotaExceeded", "12052393"). */
  readonly code?: string;
  /** How long the channel asked us to wait, in milliseconds from now. */
  readonly retryAfterMs?: number;
}

/** A fault as people read it: the sentence, with the channel's code where it gave one. */
export function faultWords({ message, code }: Fault): string {
  return code ? `${message} (${code})` : message;
}
