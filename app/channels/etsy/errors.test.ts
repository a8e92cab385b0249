import { describe, expect, test } from "vitest";
import { faultOfAnswer } from "./errors.ts";

function answer(status: number, body: unknown, headers: Record<string, string> = {}) {
  return { status, headers: new Headers(headers), json: body };
}

describe("Etsy's refusals", () => {
  test.each([
    [400, { error: "Property values can't be empty" }, "rejected"],
    [400, { error: "One offering must have quantity greater than 0" }, "rejected"],
    [400, { error: "There was a problem with /quantity : cannot be empty" }, "rejected"],
    [400, { error: "This listing is not publishable because it's frozen" }, "rejected"],
    [400, { error: "Cannot activate a listing in this state: state = edit" }, "rejected"],
    [400, { error: "Offset provided is greater than the maximum offset allowed." }, "rejected"],
    [401, { error: "invalid_token", error_description: "access token is expired" }, "unauthorised"],
    [401, {}, "unauthorised"],
    [400, { error: "invalid_grant", error_description: "refresh_token is revoked" }, "revoked"],
    [403, { error: "insufficient_scope" }, "revoked"],
    [403, { error: "The resource requires the listings_w scope." }, "revoked"],
    [403, { error: "User does not own the shop." }, "rejected"],
    [403, { error: "Shared secret is required in x-api-key header." }, "unavailable"],
    [403, { error: "API key not found or not active, or incorrect shared secret" }, "unavailable"],
    [401, { error: "invalid_client" }, "unavailable"],
    [404, { error: "Resource not found" }, "unknown-listing"],
    [408, undefined, "timeout"],
    [409, { error: "Conflict" }, "unavailable"],
    [422, { error: "Unprocessable" }, "rejected"],
    [423, undefined, "locked"],
    [429, { error: "Exceeded per second rate limit" }, "rate-limited"],
    [429, { error: "Exceeded daily rate limit" }, "rate-limited"],
    [429, undefined, "rate-limited"],
    [500, { error: "Server Error" }, "unavailable"],
    [501, { error: "Not Implemented" }, "unexpected"],
    [502, undefined, "unavailable"],
    [503, undefined, "unavailable"],
    [504, undefined, "timeout"],
    [599, undefined, "unavailable"],
    [302, undefined, "unexpected"],
    [418, { error: "a teapot" }, "unexpected"],
    [200, { error: "no" }, "unexpected"],
  ])("%i %j is %s", (status, body, kind) => {
    const fault = faultOfAnswer(answer(status, body));
    expect(fault.kind).toBe(kind);
    if (body && "error" in body) expect(fault.message).toContain(body.error);
  });

  test("the waits are Etsy's own, or a second, or a quarter of an hour", () => {
    const wait = (error: string, headers?: Record<string, string>) =>
      faultOfAnswer(answer(429, { error }, headers)).retryAfterMs;
    expect(wait("Exceeded per second rate limit")).toBe(1_000);
    expect(wait("Exceeded daily rate limit")).toBe(900_000);
    expect(wait("Exceeded daily rate limit", { "retry-after": "86400" })).toBe(86_400_000);
  });

  test("revoked says what to do, and a long text is cut", () => {
    expect(faultOfAnswer(answer(400, { error: "invalid_grant" })).message).toMatch(/again/);
    const { message } = faultOfAnswer(answer(400, { error: "x".repeat(5_000) }));
    expect(message.length).toBeLessThan(400);
  });

  test("a body that is no error of Etsy's is judged by its status", () => {
    for (const body of [null, [], "text", { error: { code: 1 } }, { error: "" }]) {
      expect(faultOfAnswer(answer(400, body)).kind).toBe("rejected");
    }
  });
});
