import { ChannelFault, type ChannelResponse, type FreshToken } from "#app/channels/contract.ts";
import type { EbayApp, EbaySecrets } from "./config.ts";
import { faultOfAnswer, unreadableAnswer } from "./errors.ts";
import { tokenAnswer, tokenRefusal } from "./wire.ts";

/** Scope of the application token: public keys of notifications. */
const applicationScope = "https://api.ebay.com/oauth/api_scope";

interface TokenRequest {
  readonly method: "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The call that turns a merchant's refresh token into a user token (2 h). */
export function userTokenRequest(app: EbayApp, secrets: EbaySecrets): TokenRequest {
  return tokenRequest(app, { grant_type: "refresh_token", refresh_token: secrets.refreshToken });
}

/** The call for the app's own token, which reads public keys. */
export function applicationTokenRequest(app: EbayApp): TokenRequest {
  return tokenRequest(app, { grant_type: "client_credentials", scope: applicationScope });
}

function tokenRequest(app: EbayApp, form: Record<string, string>): TokenRequest {
  const credentials = Buffer.from(`${app.EBAY_CLIENT_ID}:${app.EBAY_CLIENT_SECRET}`);
  return {
    method: "POST",
    url: `${app.EBAY_API_URL}/identity/v1/oauth2/token`,
    headers: {
      authorization: `Basic ${credentials.toString("base64")}`,
      "content-type": "application/x-www-form-urlencoded",
    },
    body: new URLSearchParams(form).toString(),
  };
}

/**
 * Reads the token answer. eBay rotates nothing: no new secrets come out.
 * @throws ChannelFault: `revoked` when consent is gone (revoked, expired, or the password changed).
 */
export function readUserToken(answer: ChannelResponse, now: Date): FreshToken<EbaySecrets> {
  const token = tokenAnswer.safeParse(answer.json);
  if (answer.status === 200 && token.success) {
    return {
      accessToken: token.data.access_token,
      expiresAt: new Date(now.getTime() + token.data.expires_in * 1_000),
    };
  }
  // Only eBay's short code is repeated: its description may quote what we sent.
  const refusal = tokenRefusal.safeParse(answer.json).data?.error;
  if (refusal === "invalid_grant" || refusal === "invalid_scope") {
    throw new ChannelFault({
      kind: "revoked",
      message: "eBay no longer accepts this connection. Connect the account again.",
      code: refusal,
    });
  }
  if (answer.status === 429 || answer.status >= 500) {
    throw new ChannelFault(faultOfAnswer(answer, now));
  }
  throw new ChannelFault(
    refusal === undefined
      ? unreadableAnswer(answer.status)
      : { kind: "unexpected", message: "eBay refused to renew the access token.", code: refusal },
  );
}
