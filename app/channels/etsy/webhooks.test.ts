import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { WebhookRequest } from "../contract.ts";
import type { EtsyApp } from "./config.ts";
import { etsyWebhooks, parseEtsyEvent } from "./webhooks.ts";

// specs/signature-test-vectors.json, etsyWebhook
const secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
const body =
  '{"event_type":"order.paid","resource_url":"https://api.etsy.com/v3/application/shops/12345678/receipts/3456789012","shop_id":12345678}';
const vector = {
  "webhook-id": "msg_2test",
  "webhook-timestamp": "1768000000",
  "webhook-signature": "v1,S/megCYrqI41EWnD/bHhVo3q236coTQ11LN8dNmOuRk=",
};
const signedAtMs = 1_768_000_000_000;

const app: EtsyApp = {
  ETSY_API_URL: "http://127.0.0.1:9/etsy",
  ETSY_AUTHORIZE_URL: "http://127.0.0.1:9/etsy/oauth/connect",
  ETSY_KEYSTRING: "keystring",
  ETSY_SHARED_SECRET: "shared",
  ETSY_WEBHOOK_SECRET: secret,
};

function delivery(change: Partial<WebhookRequest> = {}): WebhookRequest {
  return {
    rawBody: Buffer.from(body),
    headers: vector,
    receivedAt: new Date(signedAtMs + 2_000),
    url: "https://lockstep.example.com/webhooks/etsy",
    door: null,
    ...change,
  };
}

function signed(text: string): WebhookRequest {
  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const signature = createHmac("sha256", key).update(`msg_1.1768000000.${text}`).digest("base64");
  const headers = { ...vector, "webhook-id": "msg_1", "webhook-signature": `v1,${signature}` };
  return delivery({ rawBody: Buffer.from(text), headers });
}

const verify = (request: WebhookRequest, by = app) => etsyWebhooks.verify(request, by, fetch);
const refused = { ok: false, reason: "signature" };

describe("Etsy's deliveries", () => {
  test("the vector of specs/signature-test-vectors.json", async () => {
    expect(await verify(delivery())).toEqual({
      ok: true,
      accountId: "12345678",
      externalEventId: "msg_2test",
      topic: "order.paid",
      occurredAt: "2026-01-09T23:06:40.000Z",
    });
    expect(await verify(delivery({ rawBody: Buffer.from(`${body} `) }))).toEqual(refused);
  });

  test("several signatures, and one without its version", async () => {
    const genuine = vector["webhook-signature"];
    const bare = genuine.slice(3);
    for (const signature of [bare, `v1,AAAA ${genuine}`, `${genuine} v1,AAAA`, `v1a,x ${bare}`]) {
      const headers = { ...vector, "webhook-signature": signature };
      expect(await verify(delivery({ headers }))).toMatchObject({ ok: true });
    }
  });

  test.each([
    ["another id", { "webhook-id": "msg_3" }],
    ["another time", { "webhook-timestamp": "1768000001" }],
    ["a time that is none", { "webhook-timestamp": "1768000000.0" }],
    ["an empty signature", { "webhook-signature": "" }],
    ["blanks", { "webhook-signature": "   " }],
    ["a signature beyond all bounds", { "webhook-signature": `${"v1,AAAA ".repeat(500)}` }],
  ])("%s is refused", async (_, change) => {
    expect(await verify(delivery({ headers: { ...vector, ...change } }))).toEqual(refused);
  });

  test("five minutes between the clocks are nothing, a quarter of an hour is a replay", async () => {
    const at = (minutes: number) =>
      verify(delivery({ receivedAt: new Date(signedAtMs + minutes * 60_000) }));
    expect(await at(5)).toMatchObject({ ok: true });
    expect(await at(-5)).toMatchObject({ ok: true });
    expect(await at(15)).toEqual(refused);
    expect(await at(-15)).toEqual(refused);
  });

  test("without commercial access there is no secret, and nothing is believed", async () => {
    const { ETSY_WEBHOOK_SECRET: _, ...bare } = app;
    expect(await verify(delivery(), bare)).toEqual(refused);
  });

  test("the shop is found in the address when the field is odd, else nobody's", async () => {
    const url = "https://api.etsy.com/v3/application/shops/77/receipts/5";
    expect(await verify(signed(JSON.stringify({ resource_url: url, shop_id: [] })))).toMatchObject({
      ok: true,
      accountId: "77",
      topic: "unknown",
    });
    expect(await verify(signed('{"event_type":"order.paid"}'))).toEqual({
      ok: false,
      reason: "malformed",
    });
    expect(await verify(signed("no JSON"))).toEqual({ ok: false, reason: "malformed" });
  });

  test("a topic of later days counts when it names a receipt, and is ignored otherwise", () => {
    const resource_url = "https://api.etsy.com/v3/application/shops/77/receipts/5";
    const facts = (payload: object) =>
      parseEtsyEvent({ topic: "order.held", payload: JSON.stringify(payload) });
    expect(facts({ resource_url })).toEqual([{ kind: "order-hint", orderId: "5" }]);
    expect(facts({})).toEqual([{ kind: "ignored", reason: "No action is taken on order.held." }]);
  });

  test("an event without a type is a dead letter with words", () => {
    expect(parseEtsyEvent({ topic: "unknown", payload: "{}" })).toEqual([
      { kind: "unreadable", reason: "Etsy's delivery does not say what happened." },
    ]);
    expect(parseEtsyEvent({ topic: "order.paid", payload: "nothing" })).toEqual([
      { kind: "unreadable", reason: "Etsy sent something that is not JSON." },
    ]);
  });
});
