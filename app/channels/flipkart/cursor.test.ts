import { describe, expect, it } from "vitest";
import { afterPage, laneDone, readOrdersCursor, type OrdersCursor } from "./cursor.ts";

const now = new Date("2026-03-01T12:00:00.000Z");
const minutesAgo = (minutes: number) => new Date(now.getTime() - minutes * 60_000).toISOString();
const ms = (time: string) => Date.parse(time);
const fresh = () => readOrdersCursor(null, now, 3);
const next = "/v3/shipments/filter?next_token=abc";

describe("where polling stands", () => {
  it("begins ten minutes ago in every lane, also with a text that is no cursor", () => {
    for (const text of [null, "", "not a cursor", "{}", '{"since":[]}', '{"since":["x"]}']) {
      expect(readOrdersCursor(text, now, 3)).toEqual({
        since: [minutesAgo(10), minutesAgo(10), minutesAgo(10)],
        lane: 0,
        from: minutesAgo(10),
        next: null,
        newestMs: 0,
      });
    }
  });

  it("comes back from its text", () => {
    const cursor: OrdersCursor = { ...fresh(), lane: 2, from: minutesAgo(5), next, newestMs: 7 };
    expect(readOrdersCursor(JSON.stringify(cursor), now, 3)).toEqual(cursor);
  });

  it("begins all lanes at the earliest when there are other lanes than before", () => {
    const since = [minutesAgo(10), minutesAgo(90), minutesAgo(30)];
    const read = readOrdersCursor(JSON.stringify({ ...fresh(), since, lane: 1 }), now, 4);
    expect(read.since).toEqual(Array.from({ length: 4 }, () => minutesAgo(90)));
    expect(read.lane).toBe(0);
  });

  it("goes on at the last change of a page, and not at Flipkart's page number", () => {
    const changedMs = [ms(minutesAgo(8)), ms(minutesAgo(6))];
    const after = afterPage(fresh(), { changedMs, nextPage: next });
    expect(after.more).toBe(true);
    expect(after.cursor).toMatchObject({ lane: 0, from: minutesAgo(6), next: null });
  });

  it("follows Flipkart's page among equal times, where times are missing, and where they are not sorted", () => {
    const at = (minutes: number) => ms(minutesAgo(minutes));
    for (const changedMs of [[at(10), at(10)], [at(8), null], [null], [at(5), at(8)]]) {
      const { cursor } = afterPage(fresh(), { changedMs, nextPage: next });
      expect(cursor).toMatchObject({ from: minutesAgo(10), next });
    }
  });

  it("ends a lane without a next page, and one whose page is empty", () => {
    for (const page of [
      { changedMs: [ms(minutesAgo(1))], nextPage: null },
      { changedMs: [], nextPage: next },
    ]) {
      expect(afterPage(fresh(), page)).toMatchObject({ more: true, cursor: { lane: 1 } });
    }
  });

  it("ends the run after the last lane", () => {
    const last = { ...fresh(), lane: 2 };
    expect(laneDone(last)).toMatchObject({ more: false, cursor: { lane: 0, next: null } });
  });

  it("moves each lane's beginning by what that lane saw, less the overlap, and never back", () => {
    const seen = { ...fresh(), newestMs: ms(minutesAgo(-5)) };
    expect(laneDone(seen).cursor.since).toEqual([minutesAgo(5), minutesAgo(10), minutesAgo(10)]);
    const old = { ...fresh(), newestMs: ms(minutesAgo(9)) };
    expect(laneDone(old).cursor.since[0]).toBe(minutesAgo(10));
  });
});
