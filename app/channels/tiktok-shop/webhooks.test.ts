import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { hmacSha256 } from "#app/lib/signature.ts";
import type { WebhookRequest } from "../contract.ts";
import { tiktokShopApp } from "./config.ts";
import { parseTiktokShopEvent, returnStateOf, tiktokShopWebhooks } from "./webhooks.ts";

const app = tiktokShopApp.parse({
  TIKTOK_SHOP_API_URL: "http://127.0.0.1:9/tiktok-shop",
  TIKTOK_SHOP_AUTH_URL: "http://127.0.0.1:9/tiktok-shop/auth",
  TIKTOK_SHOP_APP_KEY: "testkey01",
  TIKTOK_SHOP_APP_SECRET: "testsecret01",
});

function delivery(body: string, authorization?: string): WebhookRequest {
  const signed = app.TIKTOK_SHOP_APP_KEY + body;
  return {
    rawBody: Buffer.from(body),
    headers: {
      authorization: authorization ?? hmacSha256(app.TIKTOK_SHOP_APP_SECRET, signed, "hex"),
    },
    receivedAt: new Date(),
    url: "https://lockstep.example.com/webhooks/tiktok-shop",
    door: null,
  };
}

const verify = (request: WebhookRequest) => tiktokShopWebhooks.verify(request, app, fetch);

describe("TikTok Shop deliveries", () => {
  test("the vector of specs/signature-test-vectors.json", async () => {
    const body =
      '{"type":1,"tts_notification_id":"7327112393057371910","shop_id":"7494049642642441621","timestamp":1644412885,"data":{"order_id":"576486316948490001","order_status":"AWAITING_SHIPMENT","is_on_hold_order":false,"update_time":1644412885}}';
    const value = "1cccf9cc3c689dcb87515b5514de7ce6f9bd7b5552e577125751dd7ebfceabdb";
    expect(await verify(delivery(body, value))).toEqual({
      ok: true,
      accountId: "7494049642642441621",
      externalEventId: "7327112393057371910",
      topic: "1",
      occurredAt: "2022-02-09T13:21:25.000Z",
    });
    expect(await verify(delivery(`${body} `, value))).toEqual({ ok: false, reason: "signature" });
  });

  test("without a notification id the content is the key; big numbers count to the last digit", async () => {
    const body = (product: string) =>
      `{"type":5,"shop_id":7494049642642441621,"data":{"product_id":${product}}}`;
    const keyOf = async (product: string) => {
      const result = await verify(delivery(body(product)));
      if (!result.ok) throw new Error(result.reason);
      expect(result.accountId).toBe("7494049642642441621");
      return result.externalEventId;
    };
    expect(await keyOf("1729592969700000001")).toBe(await keyOf("1729592969700000001"));
    expect(await keyOf("1729592969700000001")).not.toBe(await keyOf("1729592969700000002"));
  });

  test.each([
    [
      '{"type":"1","shop_id":"7"}',
      "1",
      "TikTok Shop's order delivery cannot be read: data is missing.",
    ],
    ['{"shop_id":"7","data":5}', "unknown", "TikTok Shop's delivery does not say its type."],
    [
      '{"type":1,"shop_id":"7","timestamp":"soon","tts_notification_id":[],"data":{"order_id":""}}',
      "1",
      'TikTok Shop\'s order delivery cannot be read: data.order_id "" is too short.',
    ],
  ])("odd, but its shop can be read: %s", async (body, topic, reason) => {
    expect(await verify(delivery(body))).toMatchObject({
      ok: true,
      accountId: "7",
      topic,
      occurredAt: null,
    });
    expect(parseTiktokShopEvent({ topic, payload: body })).toEqual([
      { kind: "unreadable", reason },
    ]);
  });

  test.each(["[]", '{"type":1}', '{"type":1,"shop_id":{}}', "not json"])(
    "authentic but not TikTok's shape: %s",
    async (body) => {
      expect(await verify(delivery(body))).toEqual({ ok: false, reason: "malformed" });
    },
  );
});

const topicsFile = new URL("../../../../shared/specs/tiktok/webhook-topics.json", import.meta.url);
const hasTopics = existsSync(topicsFile);
const { topics } = hasTopics
  ? (JSON.parse(readFileSync(topicsFile, "utf8")) as {
      topics: { type: number; name: string; example: object }[];
    })
  : { topics: [] };

describe.skipIf(!hasTopics)("TikTok's own samples, every topic", () => {
  test.each(topics)("$type $name is authentic and can be read", async ({ type, example }) => {
    const body = JSON.stringify(example);
    const result = await verify(delivery(body));
    expect(result).toMatchObject({ ok: true, topic: String(type), occurredAt: expect.any(String) });
    const facts = parseTiktokShopEvent({ topic: String(type), payload: body });
    expect(facts).toHaveLength(1);
    expect(facts[0]?.kind).not.toBe("unreadable");
  });
});

describe("what becomes of a return", () => {
  test.each([
    ["RETURN_AND_REFUND", "RETURN_OR_REFUND_REQUEST_PENDING", "requested"],
    ["RETURN_AND_REFUND", "AWAITING_BUYER_SHIP", "requested"],
    ["RETURN_AND_REFUND", "BUYER_SHIPPED_ITEM", "requested"],
    ["RETURN_AND_REFUND", "AWAITING_BUYER_RESPONSE", "requested"],
    ["RETURN_AND_REFUND", "RETURN_OR_REFUND_REQUEST_SUCCESS", "received"],
    ["RETURN_AND_REFUND", "RETURN_OR_REFUND_REQUEST_COMPLETE", "received"],
    ["REFUND", "RETURN_OR_REFUND_REQUEST_SUCCESS", "closed"],
    ["REPLACEMENT", "REPLACEMENT_REQUEST_COMPLETE", "closed"],
    ["REPLACEMENT", "REPLACEMENT_REQUEST_REFUND_SUCCESS", "closed"],
    ["RETURN_AND_REFUND", "REJECT_RECEIVE_PACKAGE", "closed"],
    ["RETURN_AND_REFUND", "REFUND_OR_RETURN_REQUEST_REJECT", "closed"],
    ["RETURN_AND_REFUND", "RETURN_OR_REFUND_REQUEST_CANCEL", "closed"],
    ["RETURN_AND_REFUND", "RETURN_OR_REFUND__REQUEST_CANCELLED", "closed"],
    ["RETURN_AND_REFUND", "A_WORD_OF_NEXT_YEAR", "requested"],
  ])("%s, %s: %s", (type, status, state) => {
    expect(returnStateOf(type, status)).toBe(state);
  });
});
