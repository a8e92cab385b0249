import { env } from "#app/env.server.ts";

/** Our addresses for a sign-in; the first is registered at the platform. */
export function connectUrlsOf(channelId: string): {
  /** Where the platform sends the merchant's browser back to. */
  readonly redirectUrl: string;
  /** Where it posts its keys to (WooCommerce). */
  readonly handOverUrl: string;
} {
  const base = `${env().SHOPIFY_APP_URL.replace(/\/+$/, "")}/connect/${channelId}`;
  return { redirectUrl: `${base}/callback`, handOverUrl: `${base}/hand-over` };
}
