import { createHmac } from "node:crypto";

/**
 * TikTok Shop's request signature (channels.md 5.2).
 * @param path without the sandbox's prefix: "/product/202309/…"
 * @param body the bytes sent; empty when there is none
 */
export function tiktokRequestSignature(
  appSecret: string,
  path: string,
  query: URLSearchParams,
  body: string,
): string {
  const parameters = [...query]
    .filter(([name]) => name !== "sign" && name !== "access_token")
    .sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0))
    .map(([name, value]) => name + value)
    .join("");
  const text = `${appSecret}${path}${parameters}${body}${appSecret}`;
  return createHmac("sha256", appSecret).update(text).digest("hex");
}

/** TikTok Shop's webhook signature: the value of the `Authorization` header (channels.md 5.6). */
export function tiktokWebhookSignature(appKey: string, appSecret: string, rawBody: string): string {
  return createHmac("sha256", appSecret)
    .update(appKey + rawBody)
    .digest("hex");
}
