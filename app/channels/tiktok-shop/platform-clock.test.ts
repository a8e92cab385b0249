import { expect, test } from "vitest";
import { PlatformClock } from "./platform-clock.ts";

const ours = new Date("2026-01-02T00:00:00.000Z");
const oursS = ours.getTime() / 1_000;
const dated = (date: string) => ({ headers: new Headers({ date }) });

test("a clock minutes away is followed, a second away is not minded", () => {
  const clock = new PlatformClock(() => ours);
  clock.learn(dated("Fri, 02 Jan 2026 00:00:02 GMT"));
  expect(clock.nowS()).toBe(oursS);
  expect(clock.isOtherThan(oursS)).toBe(false);
  clock.learn(dated("Fri, 02 Jan 2026 00:05:00 GMT"));
  expect(clock.nowS()).toBe(oursS + 300);
  expect(clock.isOtherThan(oursS)).toBe(true);
  clock.learn(dated("Fri, 02 Jan 2026 00:05:01 GMT"));
  expect(clock.isOtherThan(oursS + 300)).toBe(false);
  clock.learn(dated("Fri, 02 Jan 2026 00:00:00 GMT"));
  expect(clock.nowS()).toBe(oursS);
});

test.each(["", "yesterday", "Fri, 02 Jan 1970 00:00:00 GMT"])("%s is no clock", (date) => {
  const clock = new PlatformClock(() => ours);
  clock.learn(dated(date));
  clock.learn({ headers: new Headers() });
  expect(clock.nowS()).toBe(oursS);
});
