import { describe, expect, test } from "vitest";
import type { ChannelResponse } from "../contract.ts";
import {
  errorsIn,
  faultOfAnswer,
  faultOfErrors,
  faultOfIngestion,
  forOneCall,
  unreadableAnswer,
} from "./errors.ts";

function answer(
  status: number,
  json: unknown,
  headers: Readonly<Record<string, string>> = {},
): ChannelResponse {
  const body = json === undefined ? "" : JSON.stringify(json);
  return { status, headers: new Headers(headers), body, bytes: Buffer.from(body), json };
}

const row = (code: string, description: string | null = "words") => ({
  code,
  field: "sku",
  description,
  info: "more words",
  severity: "ERROR",
  category: "DATA",
  causes: [],
});

describe("Walmart's codes", () => {
  test.each([
    ["INVALID_REQUEST_PARAM.GMP_INVENTORY_API", 400, "rejected"],
    ["INVALID_REQUEST_CONTENT.GMP_ORDER_API", 400, "rejected"],
    ["INVALID_REQUEST_HEADER.GMP_GATEWAY_API", 400, "rejected"],
    ["MISSING_REQUEST_PARAM.GMP_ITEM_QUERY_API", 400, "rejected"],
    ["MALFORMED_REQUEST_CONTENT.GMP_PRICE_API", 400, "rejected"],
    ["UNAUTHORIZED.GMP_GATEWAY_API", 401, "unauthorised"],
    ["FORBIDDEN.GMP_GATEWAY_API", 403, "revoked"],
    ["CONTENT_NOT_FOUND.GMP_INVENTORY_API", 404, "unknown-listing"],
    ["URI_NOT_FOUND.GMP_GATEWAY_API", 404, "unexpected"],
    ["RESOURCE_IS_LOCKED.GMP_ORDER_API", 423, "unavailable"],
    ["REQUEST_THRESHOLD_VIOLATED.GMP_GATEWAY_API", 429, "rate-limited"],
    ["SYSTEM_ERROR.GMP_GATEWAY_API", 500, "unavailable"],
    ["DOWNSTREAM_SYSTEM_TIME_OUT.GMP_INVENTORY_API", 504, "timeout"],
    ["NEWS_TO_US.GMP_ORDER_API", 400, "unexpected"],
  ])("%s with status %i is %s", (code, status, kind) => {
    const fault = faultOfAnswer(answer(status, { errors: [row(code)] }));
    expect(fault).toMatchObject({ kind, code });
    expect(fault.message).toMatch(/words$/);
  });

  test.each([
    [400, "rejected"],
    [401, "unauthorised"],
    [403, "revoked"],
    [404, "unexpected"],
    [408, "timeout"],
    [413, "rejected"],
    [423, "unavailable"],
    [429, "rate-limited"],
    [500, "unavailable"],
    [504, "timeout"],
    [520, "unavailable"],
    [526, "unavailable"],
  ])("status %i without a code is %s", (status, kind) => {
    expect(faultOfAnswer(answer(status, undefined))).toMatchObject({ kind, code: String(status) });
  });

  test("the first code that is known decides", () => {
    const fault = faultOfErrors(
      [
        { code: "NEWS.X", description: "a", message: null, info: null },
        { code: "CONTENT_NOT_FOUND.X", description: "b", message: null, info: null },
      ],
      "rejected",
      "nothing",
    );
    expect(fault).toEqual({
      kind: "unknown-listing",
      message: "Walmart does not know this SKU. It said: b",
      code: "CONTENT_NOT_FOUND.X",
    });
  });
});

describe("where errors stand", () => {
  test.each([
    ["errors", { errors: [row("A")] }],
    ["error, of the gateway", { error: [row("A")] }],
    ["error, of OAuth", { error: "A", error_description: "words" }],
    ["errors in the list", { list: { errors: [row("A")] } }],
  ])("%s", (_, json) => {
    expect(errorsIn({ json, body: JSON.stringify(json) })).toMatchObject([{ code: "A" }]);
  });

  test("XML, which the gateway speaks before it has routed a call", () => {
    const body = `<?xml version="1.0"?><ns2:errors><ns2:error><ns2:code>UNAUTHORIZED.GMP_GATEWAY_API</ns2:code></ns2:error></ns2:errors>`;
    expect(errorsIn({ json: undefined, body })).toMatchObject([{ code: "UNAUTHORIZED" }]);
    const response = { ...answer(401, undefined), body };
    expect(faultOfAnswer(response).kind).toBe("unauthorised");
  });

  test("an answer without any carries none", () => {
    for (const json of [undefined, null, {}, [], { errors: [] }, { errors: "no" }, { error: "" }]) {
      expect(errorsIn({ json, body: JSON.stringify(json) ?? "" })).toEqual([]);
    }
  });

  test("an error of odd parts is one all the same", () => {
    const json = { errors: [{ code: 5, description: { text: "x" } }] };
    expect(faultOfAnswer(answer(400, json))).toMatchObject({ kind: "rejected", code: "400" });
  });
});

describe("waits", () => {
  const throttled = { errors: [row("REQUEST_THRESHOLD_VIOLATED.GMP_GATEWAY_API")] };

  test("Retry-After wins, then the bucket's next token, then ours", () => {
    const date = "Fri, 02 Jan 2026 03:04:05 GMT";
    const next = { date, "x-next-replenishment-time": String(Date.parse(date) + 9_000) };
    const waitOf = (headers: Record<string, string>) =>
      faultOfAnswer(answer(429, throttled, headers)).retryAfterMs;
    expect(waitOf({ ...next, "retry-after": "7" })).toBe(7_000);
    expect(waitOf(next)).toBe(9_000);
    expect(waitOf({})).toBe(20_000);
  });

  test("other refusals name none", () => {
    const fault = faultOfAnswer(answer(400, { errors: [row("INVALID_REQUEST")] }));
    expect(fault).not.toHaveProperty("retryAfterMs");
  });
});

describe("items of a feed", () => {
  const error = (code: string) => [{ code, description: "words", message: null, info: null }];

  test.each([
    ["DATA_ERROR", "ERR_EXT_DATA_0101116", "rejected"],
    ["DATA_ERROR", "ERR_NOBODY_KNOWS", "rejected"],
    ["SYSTEM_ERROR", "ERR_NOBODY_KNOWS", "unavailable"],
    ["TIMEOUT_ERROR", "ERR_NOBODY_KNOWS", "unavailable"],
    ["SOMETHING_NEW", "ERR_NOBODY_KNOWS", "unexpected"],
  ])("%s with %s is %s", (status, code, kind) => {
    expect(faultOfIngestion(status, error(code))).toMatchObject({ kind, code });
  });

  test("a status without a word", () => {
    expect(faultOfIngestion("DATA_ERROR", [])).toEqual({
      kind: "rejected",
      message: "Walmart: its status is DATA_ERROR",
    });
  });
});

test("a right that is missing concerns one kind of call", () => {
  const forbidden = faultOfAnswer(answer(403, { errors: [row("FORBIDDEN.X")] }));
  expect(forOneCall(forbidden, "set prices")).toMatchObject({ kind: "rejected" });
  const refused = faultOfAnswer(answer(401, undefined));
  expect(forOneCall(refused, "set prices")).toBe(refused);
});

test("long words are cut, and what cannot be read is said", () => {
  const fault = faultOfAnswer(answer(400, { errors: [row("INVALID_REQUEST", "x".repeat(5_000))] }));
  expect(fault.message.length).toBeLessThanOrEqual(300);
  expect(unreadableAnswer(200).kind).toBe("unexpected");
});
