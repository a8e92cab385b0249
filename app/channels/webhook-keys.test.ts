import { describe, expect, test } from "vitest";
import { authenticKeys, contentKey, eventKeyCharsMax } from "./webhook-keys.ts";

const given = { accountId: "a", externalEventId: "e", topic: "t", occurredAt: null };

describe("keys of an authentic event", () => {
  test("short ones stay as they are", () => {
    const longest = "x".repeat(eventKeyCharsMax);
    expect(authenticKeys({ ...given, topic: longest })).toEqual({ ...given, topic: longest });
  });

  test.each(["x".repeat(eventKeyCharsMax + 1), "x".repeat(100_000), "a\0b", "a\ud800b"])(
    "%.9j is hashed, the same each time and unlike any other",
    (text) => {
      const keys = authenticKeys({
        accountId: text,
        externalEventId: text,
        topic: text,
        occurredAt: 0,
      });
      for (const key of [keys.accountId, keys.externalEventId, keys.topic]) {
        expect(key).toMatch(/^sha256:[0-9a-f]{64}$/);
      }
      expect(authenticKeys({ ...given, topic: text }).topic).toBe(keys.topic);
      expect(authenticKeys({ ...given, topic: `${text}!` }).topic).not.toBe(keys.topic);
    },
  );

  test.each([
    ["2026-01-11T10:31:45.123456789Z", "2026-01-11T10:31:45.123Z"],
    [1_767_312_885_000, "2026-01-02T00:14:45.000Z"],
    ["1999-12-31T23:59:59Z", null],
    ["+275760-09-13T00:00:00Z", null],
    ["2101-01-01T00:00:00Z", null],
    [Number.MAX_VALUE, null],
    ["soon", null],
    [{}, null],
    [undefined, null],
  ])("occurred at %j: %j", (occurredAt, expected) => {
    expect(authenticKeys({ ...given, occurredAt }).occurredAt).toBe(expected);
  });

  test("an event without a key is known by its content", () => {
    expect(contentKey({ a: 1 })).toBe(contentKey({ a: 1 }));
    expect(contentKey({ a: 1 })).not.toBe(contentKey({ a: 2 }));
    expect(contentKey(undefined)).toMatch(/^[0-9a-f]{64}$/);
  });
});
