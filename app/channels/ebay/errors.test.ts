import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { restKinds } from "./error-codes.ts";
import {
  ebayRateFeedback,
  faultOfAnswer,
  faultOfErrors,
  faultOfTrading,
  msUntilPacificMidnight,
} from "./errors.ts";

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
    expect(fault).toMatchObject({ kind, code: String(errorId) });
    expect(fault.message).toMatch(/^eBay: text/);
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

  test("a text that says the day's revisions are used up is no refusal for good", () => {
    const LongMessage = "You have revised this listing the maximum 250 times today.";
    const errors = [{ ErrorCode: "21919165", SeverityCode: "Error", LongMessage }];
    expect(faultOfTrading(errors, now)).toMatchObject({
      kind: "locked",
      retryAfterMs: 12 * hourMs,
    });
  });
});

const specs = new URL("../../../../shared/specs/ebay/", import.meta.url);
/** The calls we make, by the document that describes them. */
const documents: Readonly<Record<string, readonly string[]>> = {
  "sell_inventory_v1_oas3.json": [
    "bulkUpdatePriceQuantity",
    "bulkGetInventoryItem",
    "getOffers",
    "getOffer",
    "getInventoryItemGroup",
    "publishOffer",
    "withdrawOffer",
    "publishOfferByInventoryItemGroup",
    "withdrawOfferByInventoryItemGroup",
  ],
  "sell_fulfillment_v1_oas3.json": [
    "getOrder",
    "getOrders",
    "getShippingFulfillments",
    "createShippingFulfillment",
  ],
  "sell_feed_v1_oas3.json": ["createInventoryTask", "getInventoryTask", "getResultFile"],
  "sell_analytics_v1_oas3.json": ["findSellerStandardsProfiles"],
  "commerce_identity_v1_oas3.json": ["getUser"],
  "commerce_notification_v1_oas3.json": [
    "getPublicKey",
    "getTopics",
    "getConfig",
    "updateConfig",
    "getDestinations",
    "createDestination",
    "updateDestination",
    "getSubscriptions",
    "createSubscription",
    "updateSubscription",
  ],
};

interface Documented {
  readonly operationId: string;
  readonly responses: Readonly<
    Record<string, { readonly "x-response-codes"?: { readonly errors: object } }>
  >;
}

describe.skipIf(!existsSync(specs))("the codes that eBay documents for our calls", () => {
  test.each(Object.entries(documents))("%s are all classified", (file, calls) => {
    const document = JSON.parse(readFileSync(new URL(file, specs), "utf8")) as {
      paths: Record<string, Record<string, Documented>>;
    };
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    const ours = operations.filter(({ operationId }) => calls.includes(operationId));
    expect(ours).toHaveLength(calls.length);
    const codes = ours.flatMap(({ responses }) =>
      Object.values(responses).flatMap((answer) =>
        Object.keys(answer["x-response-codes"]?.errors ?? {}),
      ),
    );
    expect(codes.filter((code) => !restKinds.has(Number(code)))).toEqual([]);
  });
});

describe("the Trading API's codes", () => {
  const error = (ErrorCode: string, SeverityCode = "Error") => ({
    ...{ ErrorCode, SeverityCode },
    ...{ ShortMessage: "short", LongMessage: "long" },
  });
  test.each([
    ["17", "unknown-listing"],
    ["291", "unknown-listing"],
    ["21916750", "unknown-listing"],
    ["21919474", "unknown-listing"],
    ["515", "rejected"],
    ["518", "rate-limited"],
    ["931", "unauthorised"],
    ["21917053", "unauthorised"],
    ["10007", "unavailable"],
    ["123456", "unexpected"],
  ])("%s is %s", (code, kind) => {
    const fault = faultOfTrading([error("21917091", "Warning"), error(code)], now);
    expect(fault).toMatchObject({ kind, code });
    expect(fault.message).toMatch(/^eBay: long/);
  });

  test("a failure without any reason is unexpected", () => {
    expect(faultOfTrading([], now)).toMatchObject({ kind: "unexpected" });
  });
});

describe("what answers say about the buckets", () => {
  const answer = (status: number, body: string) => ({
    ...{ status, body, headers: new Headers() },
    ...{ bytes: Buffer.from(body), json: undefined },
  });
  test("the Trading API's 518 empties the bucket; other answers say nothing", () => {
    expect(ebayRateFeedback(answer(429, ""))).toBeUndefined();
    const usedUp = "<X><Errors><ErrorCode>518</ErrorCode></Errors></X>";
    expect(ebayRateFeedback(answer(200, usedUp))).toMatchObject({ remaining: 0 });
    expect(ebayRateFeedback(answer(200, "<X><Ack>Success</Ack></X>"))).toBeUndefined();
    expect(ebayRateFeedback(answer(500, ""))).toBeUndefined();
  });
});
