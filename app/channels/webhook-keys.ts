import { createHash } from "node:crypto";
import { isStorable } from "./storable.ts";

/** Longest key of an event that is stored as it came; far below what an index of Postgres takes. */
export const eventKeyCharsMax = 255;
/** Topic of an authentic event that does not say what it is; reading it makes a dead letter. */
export const unknownTopic = "unknown";

/** Years in which an event can have happened. Outside of them a clock is wrong, or the field. */
const yearMin = 2000;
const yearMax = 2100;

/** What `verify` and the queue say about an event. */
export interface AuthenticKeys {
  readonly accountId: string;
  readonly externalEventId: string;
  readonly topic: string;
  /** ISO 8601, or null when the platform's word cannot be read. */
  readonly occurredAt: string | null;
}

/**
 * The keys of an authentic event as they may be stored: bounded, so that no event costs its neighbours
 * in the same statement. What is too long or no text for Postgres becomes its hash, which is a key as
 * stable. The time is decoration: null when it is none, never a failure.
 * @param given `occurredAt`: a time text, or ms since 1970
 */
export function authenticKeys(given: {
  readonly accountId: string;
  readonly externalEventId: string;
  readonly topic: string;
  readonly occurredAt: unknown;
}): AuthenticKeys {
  return {
    accountId: bounded(given.accountId),
    externalEventId: bounded(given.externalEventId),
    topic: bounded(given.topic),
    occurredAt: timeOrNull(given.occurredAt),
  };
}

/** A key for an event that has none: a repeat has the same content, hence the same hash. */
export function contentKey(content: unknown): string {
  return sha256(JSON.stringify(content) ?? "");
}

function bounded(text: string): string {
  return text.length <= eventKeyCharsMax && isStorable(text) ? text : `sha256:${sha256(text)}`;
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function timeOrNull(given: unknown): string | null {
  if (typeof given !== "string" && typeof given !== "number") return null;
  const time = new Date(given);
  const year = time.getUTCFullYear();
  return year >= yearMin && year <= yearMax ? time.toISOString() : null;
}
