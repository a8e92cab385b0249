import { isEnumType } from "graphql";
import { describe, expect, test } from "vitest";
import { faultKinds } from "#app/domain/propagation/faults.ts";
import type { ChannelResponse } from "../contract.ts";
import { publishedSchema } from "./conformance-spec.ts";
import {
  elementOf,
  faultOfBulk,
  faultOfErrors,
  faultOfStatus,
  faultOfUserError,
  userErrorKinds,
} from "./errors.ts";
import { graphqlAnswer } from "./wire.ts";

function response(status: number, headers: Record<string, string> = {}): ChannelResponse {
  const bytes = Buffer.alloc(0);
  return { status, headers: new Headers(headers), body: "", bytes, json: undefined };
}

describe("statuses", () => {
  test.each([
    [401, false, "unauthorised"],
    [402, false, "locked"],
    [403, false, "unauthorised"],
    // A gateway's word about the shop must not end every listing.
    [404, false, "unavailable"],
    [423, false, "locked"],
    [429, false, "rate-limited"],
    [430, false, "unavailable"],
    [500, false, "unavailable"],
    [503, true, "unavailable"],
    // Nobody knows whether a difference was added.
    [500, true, "timeout"],
    [502, true, "timeout"],
    [504, true, "timeout"],
    [302, false, "unexpected"],
  ])("%i (a write: %s) is %s", (status, wrote, kind) => {
    expect(faultOfStatus(response(status), wrote).kind).toBe(kind);
  });

  test("a 429 without a wait gets one", () => {
    expect(faultOfStatus(response(429), false).retryAfterMs).toBe(1_000);
    expect(faultOfStatus(response(429, { "retry-after": "3" }), false).retryAfterMs).toBe(3_000);
  });
});

describe("errors of an answer", () => {
  const answer = (code: string | undefined, extensions?: object) =>
    graphqlAnswer.parse({
      errors: [{ message: "words", ...(code && { extensions: { code } }) }],
      extensions,
    });

  test("a throttled query waits until the bucket holds what it asked for", () => {
    const throttleStatus = { currentlyAvailable: 10, restoreRate: 100 };
    const cost = { requestedQueryCost: 110, throttleStatus };
    const fault = faultOfErrors(answer("THROTTLED", { cost }));
    expect(fault).toMatchObject({ kind: "rate-limited", retryAfterMs: 1_000 });
    expect(faultOfErrors(answer("THROTTLED"))?.retryAfterMs).toBe(1_000);
  });

  test("a permission that stock does not need stops its call, not the connection", () => {
    expect(faultOfErrors(answer("ACCESS_DENIED"))?.kind).toBe("unauthorised");
    expect(faultOfErrors(answer("ACCESS_DENIED"), true)?.kind).toBe("rejected");
  });

  test("what is not known keeps Shopify's words", () => {
    const fault = faultOfErrors(answer(undefined));
    expect(fault).toEqual({ kind: "unexpected", message: "Shopify says: words" });
    expect(faultOfErrors(graphqlAnswer.parse({ data: {} }))).toBeNull();
  });
});

describe("user errors", () => {
  test("every kind is one of ours", () => {
    for (const kind of Object.values(userErrorKinds)) expect(faultKinds).toContain(kind);
  });

  const schema = publishedSchema();
  test.skipIf(schema === null)("every code that Shopify documents is in the table", () => {
    for (const name of [
      ...["InventoryAdjustQuantities", "InventorySetQuantities", "ProductVariantsBulkUpdate"],
      ...["MetafieldsSet", "BulkOperation"],
    ]) {
      const type = schema?.getType(`${name}UserErrorCode`);
      if (!isEnumType(type)) throw new Error(`${name} has no codes`);
      const missing = type.getValues().filter((value) => !(value.name in userErrorKinds));
      expect(missing.map((value) => value.name)).toEqual([]);
    }
  });

  test("an error without a code goes by what the call says it means", () => {
    const error = { field: ["id"], message: "Resource does not exist" };
    expect(faultOfUserError(error).kind).toBe("unexpected");
    expect(faultOfUserError(error, "rejected").kind).toBe("rejected");
  });

  test("an error names its element, or none", () => {
    const at = (...field: string[]) => ({ message: "", field });
    expect(elementOf(at("input", "changes", "3", "delta"))).toBe(3);
    expect(elementOf(at("variants", "1", "price"), 1)).toBe(1);
    expect(elementOf(at("input"))).toBeNull();
    expect(elementOf({ message: "" })).toBeNull();
  });
});

test("a bulk query that ended early says how", () => {
  expect(faultOfBulk("FAILED", "ACCESS_DENIED").kind).toBe("unauthorised");
  expect(faultOfBulk("FAILED", "TIMEOUT")).toMatchObject({ kind: "unavailable", code: "TIMEOUT" });
  expect(faultOfBulk("CANCELED", null)).toMatchObject({ code: "CANCELED" });
});
