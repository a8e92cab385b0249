import type { EventDoor } from "#app/channels/contract.ts";
import { hmacSha256, sameSignature } from "#app/lib/signature.ts";

// Standard Webhooks (standardwebhooks.com, spec 1.0.0): headers, "v1,", HMAC-SHA-256 of id.timestamp.payload. For
// calls of ours the payload begins with a line of method and target, so that a GET is signed too and a signature
// for one address opens no other.

/** Clocks may be five minutes apart (the scheme's own figure), and a message may take one more on its way. */
export const toleranceMs = 6 * 60_000;
/** Bytes of a key, by the scheme. */
const keyBytesMin = 24;
const keyBytesMax = 64;
/** Longest set of headers that is looked at; two signatures stand there while a secret is replaced. */
const headerCharsMax = 2_000;

/** The key in "whsec_" and base64, or null when the text is none. */
export function keyOfSecret(secret: string): Buffer | null {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1];
  if (encoded === undefined) return null;
  const key = Buffer.from(encoded, "base64");
  return key.length >= keyBytesMin && key.length <= keyBytesMax ? key : null;
}

/** The same the other way round: a connection's webhook secret as its server is told it. */
export function secretOfKey(key: Buffer): string {
  return `whsec_${key.toString("base64")}`;
}

/** The key of a connection's webhook address: the bytes of its 64 characters. */
export function keyOfDoor({ secret }: EventDoor): Buffer {
  return Buffer.from(secret);
}

/** What is signed besides the secret. */
export interface SignedMessage {
  /** `webhook-id`: unguessable, one per message. */
  readonly id: string;
  /** `webhook-timestamp`: whole seconds since 1970, as the digits that are sent. */
  readonly timestamp: string;
  readonly payload: Buffer | string;
}

/** `webhook-signature` of a message: "v1," and base64. */
export function signatureOf(key: Buffer, { id, timestamp, payload }: SignedMessage): string {
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), Buffer.from(payload)]);
  return `v1,${hmacSha256(key, signed, "base64")}`;
}

/**
 * What is signed of a call to a merchant's server.
 * @param call `target`: path and query behind the base address, as sent: "/orders?changedSince=…"
 */
export function callPayload(call: {
  readonly method: string;
  readonly target: string;
  readonly body: string;
}): string {
  return `${call.method} ${call.target}\n${call.body}`;
}

/** A delivery's headers as they were signed. */
export interface SignedHeaders {
  readonly id: string;
  readonly timestamp: string;
  readonly signatures: readonly string[];
}

/** Null when one is missing, or nothing that this scheme could have made. */
export function readSignedHeaders(
  headers: Readonly<Record<string, string | undefined>>,
): SignedHeaders | null {
  const [id = "", timestamp = "", signature = ""] = [
    headers["webhook-id"],
    headers["webhook-timestamp"],
    headers["webhook-signature"],
  ];
  if (id === "" || signature === "" || !/^\d{1,12}$/.test(timestamp)) return null;
  if (id.length + signature.length > headerCharsMax) return null;
  return { id, timestamp, signatures: signature.split(" ").filter(Boolean) };
}

/** Whether one of the signatures is the key's. All are compared, each in constant time. */
export function isSigned(key: Buffer, headers: SignedHeaders, payload: Buffer): boolean {
  const { id, timestamp, signatures } = headers;
  const expected = signatureOf(key, { id, timestamp, payload });
  return signatures.filter((one) => sameSignature(one, expected)).length > 0;
}

/** Whether a message is neither old nor from the future. */
export function isTimely({ timestamp }: SignedHeaders, nowMs: number): boolean {
  return Math.abs(nowMs - Number(timestamp) * 1_000) <= toleranceMs;
}
