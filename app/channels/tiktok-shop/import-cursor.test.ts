import { expect, test } from "vitest";
import { halved, nextWindow, readImportCursor, type ImportCursor } from "./import-cursor.ts";

const nowS = 1_767_312_000;

test.each([null, "", "no", "{}", '{"fromS":"x"}'])("%s begins anew", (text) => {
  const beginning = { fromS: null, untilS: null, after: null, skip: 0 };
  expect(readImportCursor(text)).toEqual(beginning);
});

test("a cursor survives being written", () => {
  const cursor: ImportCursor = { fromS: 5, untilS: 9, after: "abc", skip: 3 };
  expect(readImportCursor(JSON.stringify(cursor))).toEqual(cursor);
});

test("windows, however often they are halved, leave no second out and end at the present", () => {
  let window: ImportCursor | null = readImportCursor(null);
  let seenUntilS = -1;
  let rounds = 0;
  for (; window !== null && rounds < 5_000; rounds += 1) {
    // Every window is too large until it is a day long.
    for (let half = halved(window, nowS); half !== null; half = halved(window, nowS)) {
      const lengthS: number = (window.untilS ?? nowS) - (window.fromS ?? 0);
      if (lengthS <= 86_400) break;
      window = half;
    }
    if (seenUntilS >= 0) expect(window.fromS).toBe(seenUntilS + 1);
    else expect(window.fromS).toBeNull();
    seenUntilS = window.untilS ?? nowS;
    window = nextWindow(window, nowS);
  }
  expect(window).toBeNull();
  expect(seenUntilS).toBe(nowS);
  expect(rounds).toBeGreaterThan(100);
});

test("a single second is not halved", () => {
  expect(halved({ fromS: 7, untilS: 7, after: null, skip: 0 }, nowS)).toBeNull();
});
