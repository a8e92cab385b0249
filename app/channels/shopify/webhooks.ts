import { hmacSha256, sameSignature } from "#app/lib/signature.ts";
import type { ChannelWebhooks, WebhookRequest } from "../contract.ts";
import { authenticKeys } from "../webhook-keys.ts";
import type { ShopifyApp } from "./config.ts";

export { parseShopifyEvent } from "./events.ts";

export const shopifyWebhooks: ChannelWebhooks<ShopifyApp> = {
  addressing: "app",
  personalData: true,
  verify(request, app) {
    const { headers } = request;
    if (!isSigned(request, app)) return Promise.resolve({ ok: false, reason: "signature" });
    const accountId = headers["x-shopify-shop-domain"];
    const externalEventId = headers["x-shopify-webhook-id"];
    const topic = headers["x-shopify-topic"];
    if (!accountId || !externalEventId || !topic) {
      return Promise.resolve({ ok: false, reason: "malformed" });
    }
    const occurredAt = headers["x-shopify-triggered-at"];
    const keys = authenticKeys({ accountId, externalEventId, topic, occurredAt });
    return Promise.resolve({ ok: true, ...keys });
  },
};

/** The body signed with our secret, or for an hour after a rotation with the one before. */
function isSigned(request: WebhookRequest, app: ShopifyApp): boolean {
  const given = request.headers["x-shopify-hmac-sha256"];
  if (!given) return false;
  const secrets = [app.apiSecret, app.previousApiSecret].filter((secret) => secret !== null);
  return secrets.some((secret) =>
    sameSignature(hmacSha256(secret, request.rawBody, "base64"), given),
  );
}
