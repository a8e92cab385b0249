import { describe, expect, it } from "vitest";
import type { ChannelResponse } from "#app/channels/contract.ts";
import { faultOfAnswer, faultOfRow, faultOfShipment } from "./errors.ts";

function answer(status: number, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return {
    status,
    headers: new Headers(headers),
    body: text,
    bytes: Buffer.from(text),
    json: typeof body === "string" ? undefined : body,
  } satisfies ChannelResponse;
}

describe("what a refused call means", () => {
  it.each([
    [202, "unavailable"],
    [400, "rejected"],
    [401, "unauthorised"],
    [403, "unauthorised"],
    [404, "unknown-listing"],
    [422, "rejected"],
    [429, "rate-limited"],
    [499, "timeout"],
    [500, "unavailable"],
    [502, "unavailable"],
    [503, "unavailable"],
    [504, "timeout"],
    [599, "timeout"],
    [302, "unexpected"],
    [418, "unexpected"],
  ])("status %i alone is %s", (status, kind) => {
    expect(faultOfAnswer(answer(status, "<html>no</html>"))).toMatchObject({
      kind,
      code: String(status),
    });
  });

  it.each([
    [500, { errorCode: "DEPENDENT_SYSTEM_CALL_FAILED" }, "unavailable"],
    [400, { errorCode: "DEPENDENT_SYSTEM_CALL_FAILED" }, "unavailable"],
    [422, { errorCode: "UNPROCESSABLE_ENTITY", errorMessage: "no" }, "rejected"],
    [401, { error: "invalid_token", error_description: "no" }, "unauthorised"],
    [401, { error: "something_new" }, "unauthorised"],
    [400, { errors: [{ severity: "ERROR", code: 12, description: "no" }] }, "rejected"],
    [429, { error: "too_many_requests" }, "rate-limited"],
    [400, { error: { nested: true }, errors: "no" }, "rejected"],
  ])("status %i with %j is %s", (status, body, kind) => {
    expect(faultOfAnswer(answer(status, body)).kind).toBe(kind);
  });

  it("repeats Flipkart's words, cut", () => {
    const fault = faultOfAnswer(answer(400, { message: "x".repeat(1_000) }));
    expect(fault.message).toMatch(/^Flipkart: xxx/);
    expect(fault.message.length).toBe(300);
  });

  it("waits as long as it is told, or a little", () => {
    expect(faultOfAnswer(answer(429, {}, { "retry-after": "7" })).retryAfterMs).toBe(7_000);
    expect(faultOfAnswer(answer(429, {})).retryAfterMs).toBeGreaterThan(0);
  });
});

describe("what a refused SKU means", () => {
  const row = (description: string) => ({
    status: "FAILURE",
    errors: [{ code: "12", description, message: null }],
    attribute_errors: null,
  });
  it.each([
    ["Mandatory attribute hsn is missing", "rejected"],
    ["The SKU ABC does not exist", "unknown-listing"],
    ["Listing not found for the seller", "unknown-listing"],
    ["Inventory of FBF listings cannot be updated", "unsupported"],
    ["Internal server error, try again", "unavailable"],
    ["Selling price should not be greater than the MRP", "rejected"],
  ])("%s: %s", (words, kind) => {
    expect(faultOfRow(row(words))).toEqual({ kind, code: "12", message: `Flipkart: ${words}` });
  });
  it("without words it is still a refusal, in words", () => {
    const bare = { status: "FAILURE", errors: null, attribute_errors: null };
    expect(faultOfRow(bare)).toMatchObject({ kind: "rejected" });
    expect(faultOfRow(bare).message).toContain("FAILURE");
  });
  it("an attribute's error counts like another", () => {
    const errors = [{ code: "3", description: "Bad mrp", message: null }];
    const fault = faultOfRow({ status: "FAILURE", errors: [], attribute_errors: errors });
    expect(fault).toEqual({ kind: "rejected", code: "3", message: "Flipkart: Bad mrp" });
  });
});

describe("what a refused shipment means", () => {
  it.each([
    ["DEPENDENT_SYSTEM_CALL_FAILED", "unavailable"],
    ["INTERNAL_SERVER_ERROR", "unavailable"],
    ["UNPROCESSABLE_ENTITY", "rejected"],
    ["QUANTITY_MISMATCH_ERROR", "rejected"],
    ["ORDER_ITEM_ALREADY_CANCELLED", "rejected"],
    ["ORDER_ITEM_NOT_PACKED", "locked"],
    ["INVALID_ITEM_ID", "unknown-listing"],
    ["SOMETHING_NEW", "unexpected"],
  ])("%s: %s", (errorCode, kind) => {
    const fault = faultOfShipment({ errorCode, errorMessage: "Because." });
    expect(fault).toMatchObject({ kind, code: errorCode, message: "Flipkart: Because." });
  });
  it("says something without any code", () => {
    expect(faultOfShipment({}).kind).toBe("unexpected");
  });
});
