import { describe, expect, test } from "vitest";
import type { ChannelResponse } from "#app/channels/contract.ts";
import { faultOfAnswer, faultOfRow, plainText } from "./errors.ts";

function answer(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): ChannelResponse {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const json = typeof body === "string" ? undefined : body;
  return { status, headers: new Headers(headers), body: text, bytes: Buffer.from(text), json };
}

const error = (code: string, status: number, message = "Words.") => ({
  code,
  message,
  data: { status },
});

describe("WooCommerce's codes", () => {
  test.each([
    ["rest_no_route", 404, "unavailable"],
    ["internal_server_error", 500, "unavailable"],
    ["woocommerce_rest_authentication_error", 401, "unauthorised"],
    ["woocommerce_rest_authentication_missing_parameter", 401, "unauthorised"],
    ["woocommerce_rest_cannot_view", 401, "unauthorised"],
    ["woocommerce_rest_cannot_view", 403, "revoked"],
    ["woocommerce_rest_cannot_edit", 403, "revoked"],
    ["woocommerce_rest_cannot_create", 403, "revoked"],
    ["woocommerce_rest_cannot_batch", 403, "revoked"],
    ["rest_forbidden", 403, "revoked"],
    ["woocommerce_rest_product_invalid_id", 404, "unknown-listing"],
    ["woocommerce_rest_product_invalid_id", 400, "unknown-listing"],
    ["woocommerce_rest_product_variation_invalid_id", 400, "unknown-listing"],
    ["woocommerce_rest_invalid_product_id", 404, "unknown-listing"],
    ["woocommerce_rest_shop_order_invalid_id", 404, "rejected"],
    ["woocommerce_rest_term_invalid", 404, "rejected"],
    ["woocommerce_rest_request_entity_too_large", 413, "rejected"],
    ["woocommerce_rest_shop_webhook_invalid_url", 400, "rejected"],
    ["rest_invalid_param", 400, "rejected"],
    ["product_invalid_sku", 400, "rejected"],
    ["some_plugin_says_no", 400, "unexpected"],
    ["some_plugin_says_no", 404, "unexpected"],
    ["some_plugin_broke", 500, "unavailable"],
    ["some_plugin_limits", 429, "rate-limited"],
  ])("%s with status %i is %s", (code, status, kind) => {
    const fault = faultOfAnswer(answer(status, error(code, status)));
    expect(fault).toMatchObject({ kind, code });
    expect(fault.message).toContain("Words.");
  });

  test("a row of a batch goes by its own code", () => {
    const row = error("woocommerce_rest_product_invalid_id", 400, "Invalid ID.");
    expect(faultOfRow(row)).toMatchObject({ kind: "unknown-listing" });
    expect(faultOfRow({ ...row, code: "new_code" })).toMatchObject({ kind: "unexpected" });
  });

  test("keys without the right are final, whatever the status", () => {
    const message = "The API key provided does not have write permissions.";
    const body = error("woocommerce_rest_authentication_error", 401, message);
    const fault = faultOfAnswer(answer(401, body));
    expect(fault.kind).toBe("revoked");
    expect(fault.message).toMatch(/connect it again/i);
  });
});

describe("what hosts and firewalls answer", () => {
  test.each([
    [401, "unauthorised"],
    [403, "locked"],
    [404, "unavailable"],
    [408, "timeout"],
    [413, "rejected"],
    [429, "rate-limited"],
    [500, "unavailable"],
    [502, "unavailable"],
    [503, "unavailable"],
    [504, "timeout"],
    [508, "rate-limited"],
    [520, "unavailable"],
    [521, "unavailable"],
    [522, "timeout"],
    [523, "unavailable"],
    [524, "timeout"],
    [525, "unavailable"],
    [526, "unavailable"],
    [200, "unexpected"],
  ])("a page with status %i is %s", (status, kind) => {
    expect(faultOfAnswer(answer(status, "<html>no</html>")).kind).toBe(kind);
  });

  test("a maintenance page is an outage, whatever its status, and its ten minutes are not believed", () => {
    const page = "<html><p>Briefly unavailable for scheduled maintenance.</p></html>";
    expect(faultOfAnswer(answer(200, page)).kind).toBe("unavailable");
    const fault = faultOfAnswer(answer(503, page, { "retry-after": "600" }));
    expect(fault).toMatchObject({ kind: "unavailable", retryAfterMs: 60_000 });
  });

  test("a throttled call waits as long as the host says, or for a while", () => {
    const told = faultOfAnswer(answer(429, "<html></html>", { "retry-after": "7" }));
    expect(told.retryAfterMs).toBe(7_000);
    expect(faultOfAnswer(answer(508, "<html></html>")).retryAfterMs).toBe(10_000);
  });

  test("of a redirect only the host is told", () => {
    const headers = { location: "https://www.example.com/?consumer_key=ck_secret" };
    const fault = faultOfAnswer(answer(301, "", headers));
    expect(fault.message).toContain("www.example.com");
    expect(fault.message).not.toContain("ck_secret");
  });
});

test("texts come without tags and entities, on one line, cut", () => {
  expect(plainText("<p>There  has been a\n<b>critical</b> error &amp; more</p>")).toBe(
    "There has been a critical error & more",
  );
  expect(plainText("x".repeat(1_000))).toHaveLength(301);
});
