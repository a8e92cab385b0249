import { describe, expect, test } from "vitest";
import { faultOfAnswer, faultOfErrors, msUntilPacificMidnight } from "./errors.ts";

const now = new Date("2026-01-02T20:00:00.000Z"); // noon Pacific
const hourMs = 3_600_000;

describe("eBay's codes", () => {
  test.each([
    [1001, 401, "unauthorised"],
    [1100, 403, "revoked"],
    [2001, 429, "rate-limited"],
    [25001, 500, "unavailable"],
    [25025, 409, "unavailable"],
    [25002, 400, "rejected"],
    [25709, 400, "rejected"],
    [25759, 400, "rejected"],
    [25710, 404, "unknown-listing"],
    [25713, 404, "unknown-listing"],
    [99999, 400, "unexpected"],
  ])("%i with status %i is %s", (errorId, status, kind) => {
    const fault = faultOfErrors(status, [{ errorId, message: "text" }], now);
    expect(fault).toMatchObject({ kind, code: String(errorId), message: "eBay: text" });
  });

  test.each([
    [401, "unauthorised"],
    [429, "rate-limited"],
    [503, "unavailable"],
    [400, "rejected"],
  ])("status %i without a code is %s", (status, kind) => {
    const answer = {
      status,
      headers: new Headers(),
      body: "",
      bytes: Buffer.alloc(0),
      json: undefined,
    };
    expect(faultOfAnswer(answer, now).kind).toBe(kind);
  });

  test("the 250 revisions of a day end at midnight Pacific", () => {
    const longMessage = "A user error has occurred. You may revise a listing up to 250 times.";
    const fault = faultOfErrors(400, [{ errorId: 25002, longMessage }], now);
    expect(fault).toMatchObject({ kind: "locked", retryAfterMs: 12 * hourMs });
    expect(msUntilPacificMidnight(new Date("2026-07-02T07:30:00.000Z"))).toBe(23.5 * hourMs);
  });

  test("a named wait is kept", () => {
    const headers = new Headers({ "retry-after": "7" });
    const fault = faultOfAnswer(
      { status: 429, headers, body: "", bytes: Buffer.alloc(0), json: undefined },
      now,
    );
    expect(fault.retryAfterMs).toBe(7_000);
  });
});
