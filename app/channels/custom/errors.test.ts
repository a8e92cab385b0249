import { describe, expect, test } from "vitest";
import type { ChannelResponse } from "#app/channels/contract.ts";
import type { FaultKind } from "#app/domain/propagation/faults.ts";
import { parseJson } from "#app/lib/json.ts";
import { carriesError, faultOfAnswer, faultOfRow, refusedTwice } from "./errors.ts";
import { writtenRow, type WrittenRow } from "./wire.ts";

function answer(
  status: number,
  body: unknown = "",
  headers: Readonly<Record<string, string>> = {},
): ChannelResponse {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return {
    status,
    headers: new Headers(headers),
    body: text,
    bytes: Buffer.from(text),
    json: parseJson(text),
  };
}
const error = (code: string, message?: string) => ({ error: { code, message } });
const row = (given: object): WrittenRow => writtenRow.parse({ key: "P-1", ...given });

describe("whole calls", () => {
  test.each<[number, unknown, FaultKind]>([
    [401, error("bad-signature"), "unauthorised"],
    [401, error("clock"), "unauthorised"],
    [401, error("replayed"), "unauthorised"],
    [401, "", "unauthorised"],
    [401, error("nobody-knows"), "unauthorised"],
    [403, error("revoked"), "revoked"],
    [403, "<html>Access denied</html>", "locked"],
    [404, "<html>Not found</html>", "unavailable"],
    [404, error("unsupported"), "unsupported"],
    [404, error("unknown-order"), "rejected"],
    [405, "", "unsupported"],
    [501, "", "unsupported"],
    [409, error("conflict"), "rejected"],
    [410, "", "unavailable"],
    [413, error("too-large"), "rejected"],
    [413, "", "rejected"],
    [400, error("invalid"), "rejected"],
    [422, error("invalid"), "rejected"],
    [422, error("haunted"), "unexpected"],
    [423, "", "locked"],
    [429, "", "rate-limited"],
    [429, error("haunted"), "rate-limited"],
    [408, "", "timeout"],
    [500, error("haunted"), "unavailable"],
    [502, "<html>Bad gateway</html>", "unavailable"],
    [503, error("maintenance"), "unavailable"],
    [504, "", "timeout"],
    [504, error("haunted"), "timeout"],
    [522, "", "timeout"],
    [524, "", "timeout"],
    [200, error("maintenance"), "unavailable"],
    [200, error("timeout"), "timeout"],
    [200, error("try-again"), "unavailable"],
    [200, error("locked"), "locked"],
    [200, error("haunted"), "unexpected"],
    [200, "<html>hello</html>", "unexpected"],
    [302, "", "unavailable"],
  ])("%i %j is %s", (status, body, kind) => {
    expect(faultOfAnswer(answer(status, body)).kind).toBe(kind);
  });

  test("the server's words and code are kept, on one line and cut", () => {
    const fault = faultOfAnswer(answer(422, error("invalid", " Line 1\n\tis\0 wrong. ")));
    expect(fault.message).toBe("Your server refuses this. It said: Line 1 is wrong.");
    expect(fault.code).toBe("invalid");
    const long = faultOfAnswer(answer(422, error("invalid", "x".repeat(5_000))));
    expect(long.message.length).toBeLessThan(400);
  });

  test("waits are taken from the header, then from the body, and bounded", () => {
    const wait = (status: number, body: unknown, headers = {}) =>
      faultOfAnswer(answer(status, body, headers)).retryAfterMs;
    const inBody = { error: { code: "too-many-requests", retryAfter: 5 } };
    expect(wait(429, inBody, { "retry-after": "2" })).toBe(2_000);
    expect(wait(429, inBody)).toBe(5_000);
    expect(wait(429, "")).toBe(1_000);
    expect(wait(503, "", { "retry-after": "7200" })).toBe(60_000);
    expect(wait(423, { error: { code: "locked", retryAfter: 7_200 } })).toBe(7_200_000);
    expect(wait(423, { error: { code: "locked", retryAfter: 1e12 } })).toBe(86_400_000);
    expect(wait(422, "", { "retry-after": "5" })).toBeUndefined();
  });

  test("a server that moved is named by its host alone", () => {
    const location = "https://new.example.com/x?token=secret";
    const { message } = faultOfAnswer(answer(301, "", { location }));
    expect(message).toContain("new.example.com");
    expect(message).not.toContain("token");
  });

  test("a body with an error is one, whatever its status", () => {
    expect(carriesError(answer(200, error("maintenance")))).toBe(true);
    expect(carriesError(answer(200, { error: { message: "no" } }))).toBe(true);
    expect(carriesError(answer(200, { results: [] }))).toBe(false);
    expect(carriesError(answer(200, { results: [], error: null }))).toBe(false);
  });

  test("refused twice is revoked, in words that say what to do; a clock is a clock", () => {
    const twice = refusedTwice(faultOfAnswer(answer(401, error("bad-signature", "Who is it?"))));
    expect(twice).toMatchObject({ kind: "revoked", code: "bad-signature" });
    expect(twice.message).toMatch(/Connect it again\. It said: Who is it\?$/);
    expect(refusedTwice(faultOfAnswer(answer(401, error("clock")))).kind).toBe("unauthorised");
    expect(refusedTwice(faultOfAnswer(answer(503))).kind).toBe("unavailable");
  });
});

describe("rows", () => {
  test.each<[object, FaultKind]>([
    [{ status: "refused", code: "unknown-key" }, "unknown-listing"],
    [{ status: "refused", code: "held" }, "unsupported"],
    [{ status: "refused", code: "invalid" }, "rejected"],
    [{ status: "refused", code: "currency" }, "rejected"],
    [{ status: "refused", code: "locked" }, "locked"],
    [{ status: "refused", code: "try-again" }, "unavailable"],
    [{ status: "refused", code: "unsupported" }, "unsupported"],
    [{ status: "refused", code: "haunted" }, "unexpected"],
    [{ status: "refused" }, "unexpected"],
    [{ status: "perhaps" }, "unexpected"],
    [{ status: "perhaps", code: "invalid" }, "unexpected"],
    [{ status: "stale", version: 5 }, "locked"],
  ])("%j is %s", (given, kind) => {
    expect(faultOfRow(row(given), 10).kind).toBe(kind);
  });

  test("after a stale number the wait is until our clock is past its version, within bounds", () => {
    const nowMs = Date.UTC(2026, 10, 2);
    const wait = (version: number | undefined) =>
      faultOfRow(row({ status: "stale", version }), nowMs).retryAfterMs;
    expect(wait(nowMs - 5_000)).toBe(1_000);
    expect(wait(undefined)).toBe(1_000);
    expect(wait(nowMs + 5_000)).toBe(6_000);
    expect(wait(nowMs + 86_400_000)).toBe(15 * 60_000);
  });
});
