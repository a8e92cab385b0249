import { z } from "zod";
import { pollOverlapMs } from "#app/channels/poll-cursor.ts";
import { parseJson } from "#app/lib/json.ts";

/**
 * Where polling stands. Flipkart searches one kind of shipment at a time (a lane), so each lane has its own "changed
 * since": a lane read early in a long run must not be thought as new as the one read last.
 */
export interface OrdersCursor {
  /** Per lane: changes from here on, ISO 8601. */
  readonly since: readonly string[];
  /** The lane that is being read. */
  readonly lane: number;
  /** In the middle of a lane: changes from here on, ISO 8601. */
  readonly from: string;
  /** Among shipments that all changed at `from`: Flipkart's own next page. */
  readonly next: string | null;
  /** Newest change seen in this lane, milliseconds since the epoch. */
  readonly newestMs: number;
}

const time = z.iso.datetime();
const shape = z.object({
  since: z.array(time).min(1),
  lane: z.number().int().nonnegative(),
  from: time,
  next: z.string().nullable(),
  newestMs: z.number().int(),
});

/** Reads a cursor; a missing or unreadable one starts all lanes at now − overlap. */
export function readOrdersCursor(text: string | null, now: Date, lanes: number): OrdersCursor {
  const read = shape.safeParse(text === null ? undefined : parseJson(text)).data;
  if (!read) return beginning(new Date(now.getTime() - pollOverlapMs).toISOString(), lanes);
  const known = read.since.length === lanes && read.lane < lanes;
  // Other lanes than when it was written: none may miss what the slowest had still to see.
  return known
    ? read
    : beginning(
        read.since.reduce((a, b) => (a < b ? a : b)),
        lanes,
      );
}

function beginning(since: string, lanes: number): OrdersCursor {
  const all = Array.from({ length: lanes }, () => since);
  return { since: all, lane: 0, from: since, next: null, newestMs: 0 };
}

/** A page of a lane, as far as the cursor is concerned. */
export interface LanePage {
  /** Times of change in the page's order; null where Flipkart gave none. */
  readonly changedMs: readonly (number | null)[];
  /** Flipkart's next page, where it has one. */
  readonly nextPage: string | null;
}

/**
 * The cursor after a page, and whether the run goes on. Within a lane the next page begins at the last change seen, not
 * at Flipkart's page number: a shipment that changes meanwhile moves to another place and would pull its followers over
 * the page's edge. Only among equal times Flipkart's own next page is followed.
 */
export function afterPage(
  cursor: OrdersCursor,
  page: LanePage,
): { readonly cursor: OrdersCursor; readonly more: boolean } {
  const { changedMs, nextPage } = page;
  const times = changedMs.flatMap((ms) => ms ?? []);
  const newestMs = Math.max(cursor.newestMs, ...times);
  if (nextPage === null || changedMs.length === 0) return laneDone({ ...cursor, newestMs });
  const last = changedMs.at(-1) ?? null;
  const ascending = times.length === changedMs.length && times.every(isSortedAt);
  if (ascending && last !== null && last > Date.parse(cursor.from)) {
    const from = new Date(last).toISOString();
    return { cursor: { ...cursor, from, next: null, newestMs }, more: true };
  }
  return { cursor: { ...cursor, next: nextPage, newestMs }, more: true };
}

/** The cursor after a lane that was read to its end (or cannot be read at all). */
export function laneDone(cursor: OrdersCursor): {
  readonly cursor: OrdersCursor;
  readonly more: boolean;
} {
  const since = cursor.since.map((text, lane) => {
    if (lane !== cursor.lane) return text;
    const sinceMs = Math.max(Date.parse(text), cursor.newestMs - pollOverlapMs);
    return new Date(sinceMs).toISOString();
  });
  const lane = (cursor.lane + 1) % since.length;
  const from = since[lane] ?? "";
  return { cursor: { since, lane, from, next: null, newestMs: 0 }, more: lane !== 0 };
}

function isSortedAt(ms: number, index: number, all: readonly number[]): boolean {
  return index === 0 || ms >= (all[index - 1] ?? 0);
}
