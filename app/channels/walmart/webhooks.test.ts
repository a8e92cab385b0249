import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { WebhookRequest } from "../contract.ts";
import { walmartApp } from "./config.ts";
import { wantedTopics } from "./topics.ts";
import { parseWalmartEvent, walmartWebhooks } from "./webhooks.ts";

// specs/signature-test-vectors.json, walmartWebhookHmac
const secret = "wm_test_secret";
const body =
  '{"source":{"eventType":"PO_CREATED","eventTime":"2026-01-02T03:04:05.000Z","eventId":"evt-1"},"payload":{"partnerId":"10000000001","purchaseOrderId":"1234567891234"}}';
const hex = "8e52ab200500a43cce23959615af0769b6e76332c802f86489301e5b144c57d0";
const base64 = "jlKrIAUApDzOI5WWFa8HabbnYzLIAvhkiTAeWxRMV9A=";

const url = "https://lockstep.example.com/webhooks/walmart/one";
const app = walmartApp.parse({});

function delivery(text: string, signature: string, door = true): WebhookRequest {
  return {
    rawBody: Buffer.from(text),
    headers: { "x-lockstep-signature": signature },
    receivedAt: new Date("2026-01-02T03:04:06.000Z"),
    url,
    door: door ? { url, secret } : null,
  };
}

const verify = (request: WebhookRequest) => walmartWebhooks.verify(request, app, fetch);
const signed = (text: string) =>
  delivery(text, createHmac("sha256", secret).update(text).digest("hex"));

describe("Walmart's deliveries", () => {
  test.each([
    ["hexadecimal", hex],
    ["capital hexadecimal", hex.toUpperCase()],
    ["base64", base64],
    ["base64 without its padding", base64.replace("=", "")],
  ])("the vector of specs/signature-test-vectors.json, %s", async (_, signature) => {
    expect(await verify(delivery(body, signature))).toEqual({
      ok: true,
      accountId: null,
      externalEventId: "evt-1",
      topic: "PO_CREATED",
      occurredAt: "2026-01-02T03:04:05.000Z",
    });
  });

  test.each([
    ["another signature", hex.replace("8", "9")],
    ["a signature cut short", hex.slice(0, 62)],
    ["a signature of nothing", ""],
    ["a very long one", hex.repeat(100)],
    ["no base64", "?".repeat(44)],
  ])("%s is refused", async (_, signature) => {
    expect(await verify(delivery(body, signature))).toEqual({ ok: false, reason: "signature" });
  });

  test("one that came to no connection's address is refused", async () => {
    expect(await verify(delivery(body, hex, false))).toEqual({ ok: false, reason: "signature" });
  });

  test("genuine words that are no notification are malformed", async () => {
    expect(await verify(signed("[1]"))).toEqual({ ok: false, reason: "malformed" });
    expect(await verify(signed("hello"))).toEqual({ ok: false, reason: "malformed" });
  });

  test("one without an id of its own is known by its content", async () => {
    const flat = '{"eventType":"INVENTORY_OOS","payload":{"sku":"A"}}';
    const first = await verify(signed(flat));
    expect(first).toMatchObject({ ok: true, topic: "INVENTORY_OOS" });
    expect(await verify(signed(flat))).toEqual(first);
    const other = await verify(signed(flat.replace('"A"', '"B"')));
    expect(other).not.toEqual(first);
  });

  test("one without a topic is kept, and is unreadable", async () => {
    const verified = await verify(signed('{"payload":{}}'));
    const topic = verified.ok ? verified.topic : "";
    expect(parseWalmartEvent({ topic, payload: '{"payload":{}}' })).toEqual([
      { kind: "unreadable", reason: "Walmart's notification names no topic." },
    ]);
  });
});

describe("events", () => {
  const facts = (topic: string, event: unknown) =>
    parseWalmartEvent({ topic, payload: JSON.stringify(event) });

  test("a notice without an envelope lies open", () => {
    expect(facts("PO_CREATED", { purchaseOrderId: "1" })).toEqual([
      { kind: "order-hint", orderId: "1" },
    ]);
  });

  test("a return without a time cannot be put in order", () => {
    const payload = { returnOrders: [{ purchaseOrderId: "1", returnOrderId: "2" }] };
    expect(facts("RETURN_CREATED", { payload })).toMatchObject([{ kind: "unreadable" }]);
  });

  test.each(["ORDER_UPDATES", "INVENTORY_OOS", "RETURN_CREATED"])("garbage under %s", (topic) => {
    for (const payload of ["", "null", "[]", "{}", '{"payload":5}', "<xml/>"]) {
      expect(parseWalmartEvent({ topic, payload })).toMatchObject([{ kind: "unreadable" }]);
    }
  });
});

describe("topics", () => {
  const type = (eventType: string, eventVersion = "V1") => ({
    eventType,
    eventVersion,
    resourceName: "R",
  });

  test("where the account is not offered the topic of today, the older ones serve", () => {
    const offered = [type("PO_CREATED"), type("PO_LINE_AUTOCANCELLED"), type("REPORT_STATUS")];
    expect(wantedTopics(offered).map(({ eventType }) => eventType)).toEqual([
      "PO_CREATED",
      "PO_LINE_AUTOCANCELLED",
    ]);
  });

  test("of several versions the newest", () => {
    const offered = [type("ORDER_UPDATES"), type("ORDER_UPDATES", "V2"), type("PO_CREATED")];
    expect(wantedTopics(offered)).toEqual([type("ORDER_UPDATES", "V2")]);
  });
});
