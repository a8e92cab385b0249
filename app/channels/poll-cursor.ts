import { z } from "zod";
import { parseJson } from "#app/lib/json.ts";

/** Where "orders changed since" polling stands. */
export interface PollCursor {
  /** Changes from here on, ISO 8601. */
  readonly since: string;
  /** The platform's page token, in the middle of a run. */
  readonly after: string | null;
  /** Newest change seen in this run, milliseconds since the epoch. */
  readonly newestMs: number;
}

const shape = z.object({
  since: z.iso.datetime(),
  after: z.string().nullable(),
  newestMs: z.number().int(),
});

/** Every run reads again what changed this long before the last one's newest (channels.md 1.6). */
export const pollOverlapMs = 10 * 60 * 1_000;

/** Reads a cursor; a missing or unreadable one starts at now − overlap. */
export function readPollCursor(text: string | null, now: Date): PollCursor {
  const parsed = shape.safeParse(text === null ? undefined : parseJson(text));
  if (parsed.success) return parsed.data;
  const startMs = now.getTime() - pollOverlapMs;
  return { since: new Date(startMs).toISOString(), after: null, newestMs: 0 };
}

/**
 * The cursor after a page. `after` null ends the run: the next one begins at the newest change seen
 * minus the overlap, and never before this one's beginning.
 */
export function nextPollCursor(
  cursor: PollCursor,
  page: { readonly changedMs: readonly number[]; readonly after: string | null },
): string {
  const newestMs = Math.max(cursor.newestMs, ...page.changedMs);
  if (page.after !== null) return JSON.stringify({ ...cursor, after: page.after, newestMs });
  const sinceMs = Math.max(Date.parse(cursor.since), newestMs - pollOverlapMs);
  return JSON.stringify({ since: new Date(sinceMs).toISOString(), after: null, newestMs: 0 });
}
