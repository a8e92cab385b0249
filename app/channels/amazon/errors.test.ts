import { describe, expect, test } from "vitest";
import type { ChannelResponse } from "../contract.ts";
import {
  amazonRateFeedback,
  faultOf,
  faultOfSubmission,
  refusesMerge,
  tokenFault,
} from "./errors.ts";

function answer(
  status: number,
  code?: string,
  headers: Record<string, string> = {},
): ChannelResponse {
  const json = code === undefined ? undefined : { errors: [{ code, message: `about ${code}` }] };
  const body = json ? JSON.stringify(json) : "<html>";
  return { status, headers: new Headers(headers), body, bytes: Buffer.from(body), json };
}

describe("an answer that is no success", () => {
  test.each([
    [400, "InvalidInput", "rejected"],
    [400, "Invalid Input", "rejected"],
    [400, "BAD_REQUEST", "rejected"],
    [400, "InvalidParameterValue", "rejected"],
    [400, "BATCH_SIZE_EXCEED", "rejected"],
    [400, "INVALID_SKU", "unknown-listing"],
    [413, "RequestTooLarge", "rejected"],
    [415, "UnsupportedMediaType", "rejected"],
    [403, "Unauthorized", "unauthorised"],
    [403, "AccessDenied", "unauthorised"],
    [404, "NotFound", "unknown-listing"],
    [404, "NOT_FOUND", "unknown-listing"],
    [429, "QuotaExceeded", "rate-limited"],
    [500, "InternalFailure", "unavailable"],
    [500, "InternalError", "unavailable"],
    [503, "ServiceUnavailable", "unavailable"],
    [400, "SomethingNew", "unexpected"],
    [409, "SomethingNew", "unexpected"],
    [500, "SomethingNew", "unavailable"],
    [504, "SomethingNew", "timeout"],
  ])("%i %s is %s", (status, code, kind) => {
    const fault = faultOf(answer(status, code), "patchListingsItem");
    expect(fault).toMatchObject({ kind, code });
    expect(fault.message).toMatch(new RegExp(`^Amazon .*\\. It said: about ${code}$`));
  });

  test.each([
    [400, "rejected"],
    [403, "unauthorised"],
    [404, "unknown-listing"],
    [429, "rate-limited"],
    [502, "unavailable"],
    [302, "unexpected"],
  ])("%i with a page instead of an error is %s", (status, kind) => {
    expect(faultOf(answer(status), "getFeed")).toMatchObject({ kind, code: String(status) });
  });

  test("the wait of a 429: as stated, at the stated rate, or one token of ours", () => {
    const wait = (headers: Record<string, string>) =>
      faultOf(answer(429, "QuotaExceeded", headers), "searchOrders").retryAfterMs;
    expect(wait({ "retry-after": "3", "x-amzn-ratelimit-limit": "0.5" })).toBe(3_000);
    expect(wait({ "x-amzn-ratelimit-limit": "0.5" })).toBe(2_000);
    expect(wait({ "x-amzn-ratelimit-limit": "much" })).toBe(178_572);
    expect(wait({})).toBe(178_572);
    const feedback = answer(429, "QuotaExceeded", { "x-amzn-ratelimit-limit": "0.5" });
    expect(amazonRateFeedback(feedback)).toEqual({ remaining: 0, retryAfterMs: 2_000 });
    expect(amazonRateFeedback(answer(429, "QuotaExceeded"))).toBeUndefined();
    expect(amazonRateFeedback(answer(200))).toBeUndefined();
  });

  test("long words are cut", () => {
    const errors = [{ code: "InvalidInput", message: "x".repeat(5_000) }];
    const long = { ...answer(400), json: { errors } };
    expect(faultOf(long, "getFeed").message.length).toBeLessThan(400);
  });
});

describe("a submission with HTTP 200", () => {
  const issue = (code: string, severity = "ERROR", message = "No.") => ({
    code,
    severity,
    message,
  });

  test.each([
    ["ACCEPTED", [issue("1", "WARNING")], null],
    ["INVALID", [issue("1", "WARNING"), issue("90220")], { kind: "rejected", code: "90220" }],
    ["INVALID", [issue("13013")], { kind: "unknown-listing", code: "13013" }],
    ["INVALID", [], { kind: "rejected" }],
    ["VALID", [], { kind: "unexpected" }],
  ] as const)("%s", (status, issues, wanted) => {
    const fault = faultOfSubmission({ status, issues: [...issues] }, "the price");
    if (wanted === null) expect(fault).toBeNull();
    else expect(fault).toMatchObject(wanted);
  });

  test.each([
    ["The patch operation 'merge' is not supported for this attribute.", true],
    ["Operation is not supported for product type.", true],
    ["'[batteries_required]' is required but not supplied.", false],
    ["The attributes are invalid.", false],
  ])("%s", (message, wanted) => {
    expect(refusesMerge([{ message }])).toBe(wanted);
  });
});

test.each([
  ["invalid_grant", "refresh_token", "revoked"],
  ["unauthorized_client", "refresh_token", "revoked"],
  ["invalid_grant", "authorization_code", "rejected"],
  ["invalid_grant", "client_credentials", "unavailable"],
  ["invalid_client", "refresh_token", "unavailable"],
  ["invalid_scope", "client_credentials", "unavailable"],
  ["access_denied", "authorization_code", "rejected"],
  ["server_error", "refresh_token", "unavailable"],
  ["temporarily_unavailable", "refresh_token", "unavailable"],
  ["invalid_request", "refresh_token", undefined],
] as const)("Login with Amazon says %s to %s: %s", (code, grant, kind) => {
  expect(tokenFault(code, grant)?.kind).toBe(kind);
});
