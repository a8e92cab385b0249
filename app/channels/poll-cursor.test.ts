import { expect, test } from "vitest";
import { nextPollCursor, pollOverlapMs, readPollCursor } from "./poll-cursor.ts";

const now = new Date("2026-01-11T12:00:00.000Z");

test("no cursor, or an unreadable one, starts at now minus the overlap", () => {
  for (const text of [null, "", "{}", '{"since":"yesterday"}']) {
    expect(readPollCursor(text, now)).toMatchObject({
      since: "2026-01-11T11:50:00.000Z",
      after: null,
    });
  }
});

test("a run keeps its beginning over its pages and the next begins before the newest change", () => {
  const first = readPollCursor(null, now);
  const newestMs = now.getTime() + 3_600_000;
  const middle = readPollCursor(
    nextPollCursor(first, { changedMs: [newestMs, now.getTime()], after: "page 2" }),
    now,
  );
  expect(middle).toEqual({ since: first.since, after: "page 2", newestMs });
  const next = readPollCursor(nextPollCursor(middle, { changedMs: [], after: null }), now);
  expect(next).toEqual({
    since: new Date(newestMs - pollOverlapMs).toISOString(),
    after: null,
    newestMs: 0,
  });
});

test("a run without changes never goes back", () => {
  const first = readPollCursor(null, now);
  const next = readPollCursor(nextPollCursor(first, { changedMs: [], after: null }), now);
  expect(next.since).toBe(first.since);
});
