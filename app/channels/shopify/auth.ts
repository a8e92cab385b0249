import { z } from "zod";
import { ChannelFault, type ChannelContext, type FreshToken } from "../contract.ts";
import { unreadableFault } from "../status-fault.ts";
import { shopAddress } from "./address.ts";
import type { ShopifyApp, ShopifySecrets, ShopifySettings } from "./config.ts";
import { faultOfStatus } from "./errors.ts";
import { tokenAnswer } from "./wire.ts";

export type ShopifyContext = ChannelContext<ShopifyApp, ShopifySettings, ShopifySecrets>;

/** An answer without `expires_in` counts as this long: never as endless. Shopify's tokens live an hour. */
const tokenLifeDefaultSeconds = 3_600;

const refusal = z.looseObject({
  error: z.string().optional(),
  error_description: z.string().optional(),
});
/** Longest text of Shopify's that goes into a fault. */
const wordsCharsMax = 300;

/**
 * The refresh grant: a new access token and, as Shopify rotates it, a new refresh token.
 * @throws ChannelFault `revoked` when the merchant's consent is gone, else by the answer's status
 */
export async function refreshShopifyToken(
  context: ShopifyContext,
  secrets: ShopifySecrets,
): Promise<FreshToken<ShopifySecrets>> {
  const { app, now } = context;
  const { url, headers } = shopAddress(app, context.accountId, "/admin/oauth/access_token");
  const response = await context.http.send({
    operation: "token",
    method: "POST",
    url,
    headers: { ...headers, accept: "application/json", "content-type": "application/json" },
    body: JSON.stringify({
      client_id: app.apiKey,
      client_secret: app.apiSecret,
      grant_type: "refresh_token",
      refresh_token: secrets.refreshToken,
    }),
    // Never cut off half-way: a rotated token that nobody stored would end the connection.
    signal: new AbortController().signal,
  });
  if (response.status === 400 || response.status === 401 || response.status === 403) {
    const { error, error_description: words } = refusal.safeParse(response.json).data ?? {};
    const said = words === undefined ? "" : ` It says: ${words.slice(0, wordsCharsMax)}`;
    throw new ChannelFault({
      kind: "revoked",
      message: `Shopify no longer accepts the app's access to this shop. Open Lockstep in the Shopify admin again to reconnect.${said}`,
      code: error ?? String(response.status),
    });
  }
  if (response.status !== 200) throw new ChannelFault(faultOfStatus(response, false));
  const parsed = tokenAnswer.safeParse(response.json);
  if (!parsed.success) throw new ChannelFault(unreadableFault("the access token"));
  const { access_token, expires_in = tokenLifeDefaultSeconds, refresh_token } = parsed.data;
  const refreshLife = parsed.data.refresh_token_expires_in;
  const inSeconds = (seconds: number) => new Date(now().getTime() + seconds * 1_000);
  return {
    accessToken: access_token,
    expiresAt: inSeconds(expires_in),
    secrets: {
      refreshToken: refresh_token ?? secrets.refreshToken,
      ...(refreshLife !== undefined && { refreshTokenUntil: inSeconds(refreshLife).toISOString() }),
    },
  };
}
