import { ChannelFault, type ChannelContext, type FreshToken } from "../contract.ts";
import { statusFault, unreadableFault } from "../status-fault.ts";
import type { AmazonApp, AmazonSecrets, AmazonSettings } from "./config.ts";
import { tokenAnswer, tokenRefusal } from "./wire.ts";

export type AmazonContext = ChannelContext<AmazonApp, AmazonSettings, AmazonSecrets>;

/**
 * Login with Amazon: a new access token (an hour) for the seller's refresh token, which stays the same.
 * @throws ChannelFault `revoked` when the seller's consent is gone, else by the answer
 */
export async function refreshAmazonToken(
  context: AmazonContext,
  secrets: AmazonSecrets,
): Promise<FreshToken<AmazonSecrets>> {
  const response = await context.http.send({
    operation: "token",
    method: "POST",
    url: context.app.tokenUrl,
    headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: secrets.refreshToken,
      client_id: context.app.clientId,
      client_secret: context.app.clientSecret,
    }).toString(),
    signal: new AbortController().signal,
  });
  const refusal = tokenRefusal.safeParse(response.json).data?.error;
  if (refusal === "invalid_grant" || refusal === "unauthorized_client") {
    throw new ChannelFault({
      kind: "revoked",
      message: "Amazon says the seller withdrew the app's access. Connect the account again.",
      code: refusal,
    });
  }
  if (refusal === "invalid_client") {
    // The operator's to mend, not the merchant's: wait as in an outage.
    throw new ChannelFault({
      kind: "unavailable",
      message: "Amazon does not accept the app's own credentials.",
      code: refusal,
    });
  }
  if (response.status !== 200) throw new ChannelFault(statusFault(response));
  const parsed = tokenAnswer.safeParse(response.json);
  if (!parsed.success) throw new ChannelFault(unreadableFault("the access token"));
  const { access_token, expires_in, refresh_token } = parsed.data;
  return {
    accessToken: access_token,
    expiresAt: new Date(context.now().getTime() + expires_in * 1_000),
    ...(refresh_token === undefined ? {} : { secrets: { refreshToken: refresh_token } }),
  };
}
