import { expect, test } from "vitest";
import { tiktokRequestSignature, tiktokWebhookSignature } from "./signature.ts";

test("a request is signed as in TikTok's published example", () => {
  const query = new URLSearchParams({
    timestamp: "1623812664",
    app_key: "29a39d",
    sign: "ignored",
    access_token: "ignored",
  });
  expect(tiktokRequestSignature("e59af819cc", "/authorization/202309/shops", query, "")).toBe(
    "b596b73e0cc6de07ac26f036364178ab16b0a907af13d43f0a0cd2345f582dc8",
  );
});

test("a webhook is signed over app key and raw body", () => {
  const rawBody =
    '{"type":1,"tts_notification_id":"7327112393057371910","shop_id":"7494049642642441621","timestamp":1644412885,"data":{"order_id":"576486316948490001","order_status":"AWAITING_SHIPMENT","is_on_hold_order":false,"update_time":1644412885}}';
  expect(tiktokWebhookSignature("testkey01", "testsecret01", rawBody)).toBe(
    "1cccf9cc3c689dcb87515b5514de7ce6f9bd7b5552e577125751dd7ebfceabdb",
  );
});
