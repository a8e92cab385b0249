import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { withoutPersonalData } from "#app/lib/personal-data.ts";
import { hmacSha256 } from "#app/lib/signature.ts";
import type { WebhookRequest } from "../contract.ts";
import { parseWooEvent, wooWebhooks } from "./webhooks.ts";

const url = "https://lockstep.example.com/webhooks/woocommerce/1";
const secret = "5e".repeat(32);

function delivery(body: string, headers: Record<string, string> = {}, key = secret) {
  const request: WebhookRequest = {
    rawBody: Buffer.from(body),
    headers: {
      "x-wc-webhook-topic": "order.updated",
      "x-wc-webhook-id": "142",
      "x-wc-webhook-signature": hmacSha256(key, body, "base64"),
      ...headers,
    },
    receivedAt: new Date(),
    url,
    door: { url, secret: key },
  };
  return request;
}
const verify = (request: WebhookRequest) => wooWebhooks.verify(request, {}, fetch);
async function keyOf(body: object, headers: Record<string, string> = {}) {
  const verified = await verify(delivery(JSON.stringify(body), headers));
  if (!verified.ok) throw new Error(verified.reason);
  return verified.externalEventId;
}

const vectorsFile = join(
  import.meta.dirname,
  "../../../../shared/specs/signature-test-vectors.json",
);

describe("the signature", () => {
  test.skipIf(!existsSync(vectorsFile))("is the one of the known-answer vectors", async () => {
    const vectors = JSON.parse(readFileSync(vectorsFile, "utf8")) as {
      woocommerceWebhook: { secret: string; rawBody: string; value: string }[];
    };
    expect(vectors.woocommerceWebhook.length).toBeGreaterThan(0);
    for (const vector of vectors.woocommerceWebhook) {
      const headers = { "x-wc-webhook-signature": vector.value };
      const request = delivery(vector.rawBody, headers, vector.secret);
      expect(await verify(request)).toMatchObject({ ok: true, topic: "order.updated" });
    }
  });

  test("of another secret, or at no connection's door, is refused", async () => {
    const body = '{"id":1}';
    const other = { "x-wc-webhook-signature": hmacSha256("other", body, "base64") };
    expect(await verify(delivery(body, other))).toEqual({ ok: false, reason: "signature" });
    expect(await verify({ ...delivery(body), door: null })).toEqual({
      ok: false,
      reason: "signature",
    });
  });

  test("an unsigned form is a ping; anything else unsigned is refused", async () => {
    const unsigned = (body: string) =>
      verify({ ...delivery(body), headers: { "content-type": "text/plain" } });
    expect(await unsigned("webhook_id=142")).toEqual({ ok: false, reason: "ping" });
    for (const body of ["webhook_id=", "webhook_id=1&a=b", "webhook_id=x", '{"id":1}', ""]) {
      expect(await unsigned(body)).toEqual({ ok: false, reason: "signature" });
    }
  });
});

describe("the key", () => {
  const order = {
    id: 727,
    status: "processing",
    date_modified_gmt: "2026-11-22T19:28:08",
    line_items: [{ id: 315, quantity: 2 }],
    refunds: [],
  };

  test("is the same for the same state, whatever the delivery's own id", async () => {
    const again = { ...order, customer_note: "ring twice" };
    const first = await keyOf(order, { "x-wc-webhook-delivery-id": "a" });
    expect(await keyOf(again, { "x-wc-webhook-delivery-id": "b" })).toBe(first);
  });

  test("differs with status, time, lines, refunds, topic and webhook", async () => {
    const keys = await Promise.all([
      keyOf(order),
      keyOf({ ...order, status: "completed" }),
      keyOf({ ...order, date_modified_gmt: "2026-11-22T19:28:09" }),
      keyOf({ ...order, line_items: [{ id: 315, quantity: 1 }] }),
      keyOf({ ...order, refunds: [{ id: 730 }] }),
      keyOf({ ...order, id: 728 }),
      keyOf(order, { "x-wc-webhook-topic": "order.created" }),
      keyOf(order, { "x-wc-webhook-id": "143" }),
    ]);
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("says when it happened, where the body does", async () => {
    expect(await verify(delivery(JSON.stringify(order)))).toMatchObject({
      occurredAt: "2026-11-22T19:28:08.000Z",
      accountId: null,
    });
    expect(await verify(delivery('{"id":1}'))).toMatchObject({ ok: true, occurredAt: null });
  });

  test("an authentic body that is no JSON is taken, and becomes unreadable", async () => {
    const verified = await verify(delivery("<html>"));
    expect(verified).toMatchObject({ ok: true });
    expect(parseWooEvent({ topic: "order.updated", payload: "<html>" })).toMatchObject([
      { kind: "unreadable" },
    ]);
    const { "x-wc-webhook-topic": _, ...headers } = delivery("{}").headers;
    expect(await verify({ ...delivery("{}"), headers })).toMatchObject({ topic: "unknown" });
    expect(parseWooEvent({ topic: "unknown", payload: "{}" })).toMatchObject([
      { kind: "unreadable" },
    ]);
  });

  test("an error in place of an order is words, not an order", () => {
    const payload = JSON.stringify({
      code: "woocommerce_rest_shop_order_invalid_id",
      message: "Invalid ID.",
      data: { status: 404 },
    });
    expect(parseWooEvent({ topic: "order.updated", payload })).toEqual([
      { kind: "unreadable", reason: "The shop sent an error in place of the event: Invalid ID." },
    ]);
  });
});

const fixtures = join(import.meta.dirname, "fixtures");

test.each(readdirSync(fixtures))("%s says the same without buyers' data", (name) => {
  const { topic, payload } = JSON.parse(readFileSync(join(fixtures, name), "utf8")) as {
    topic: string;
    payload: object;
  };
  const whole = JSON.stringify(payload);
  const stored = withoutPersonalData(whole);
  expect(parseWooEvent({ topic, payload: stored })).toEqual(
    parseWooEvent({ topic, payload: whole }),
  );
});
