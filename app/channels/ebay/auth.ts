import { ChannelFault, type ChannelResponse, type FreshToken } from "#app/channels/contract.ts";
import type { EbayApp, EbaySecrets } from "./config.ts";
import { faultOfAnswer, unreadableAnswer } from "./errors.ts";
import { tokenAnswer, tokenRefusal } from "./wire.ts";

const scopeRoot = "https://api.ebay.com/oauth/api_scope";
/** Scope of the application token: public keys, topics, rate limits. */
const applicationScope = scopeRoot;

/** What a merchant is asked to allow (channels.md 4.1), with what eBay granted this application beyond. */
export function scopesOf(app: EbayApp): readonly string[] {
  const extra = app.EBAY_EXTRA_SCOPES?.split(" ").filter(Boolean) ?? [];
  return [
    scopeRoot,
    ...[
      "sell.inventory",
      "sell.fulfillment",
      "sell.account",
      "sell.analytics.readonly",
      "commerce.notification.subscription",
      "commerce.identity.readonly",
    ].map((name) => `${scopeRoot}/${name}`),
    ...extra.map((name) => (name.startsWith("https://") ? name : `${scopeRoot}/${name}`)),
  ];
}

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

/** The call that turns the code of a sign-in into tokens. @param returnName the RuName, as in the authorize address */
export function codeTokenRequest(app: EbayApp, code: string, returnName: string): TokenRequest {
  return tokenRequest(app, { grant_type: "authorization_code", code, redirect_uri: returnName });
}

/** The call for the app's own token. */
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

/** What a token answer holds. */
export interface EbayTokens {
  readonly accessToken: string;
  readonly expiresAt: Date;
  /** With a code only. */
  readonly refreshToken: string | undefined;
}

/**
 * Reads the answer to a refresh. eBay rotates nothing: no new secrets come out.
 * @throws ChannelFault: `revoked` when consent is gone (revoked, expired, or the password changed).
 */
export function readUserToken(answer: ChannelResponse, now: Date): FreshToken<EbaySecrets> {
  const { accessToken, expiresAt } = readTokens(answer, now, {
    kind: "revoked",
    message: "eBay no longer accepts this connection. Connect the account again.",
  });
  return { accessToken, expiresAt };
}

/**
 * @param refusal what `invalid_grant` and `invalid_scope` mean here
 * @throws ChannelFault with the refusal, or what else eBay says
 */
export function readTokens(
  answer: ChannelResponse,
  now: Date,
  refusal: { readonly kind: "revoked" | "rejected"; readonly message: string },
): EbayTokens {
  const token = tokenAnswer.safeParse(answer.json);
  if (answer.status === 200 && token.success) {
    return {
      accessToken: token.data.access_token,
      expiresAt: new Date(now.getTime() + token.data.expires_in * 1_000),
      refreshToken: token.data.refresh_token,
    };
  }
  // Only eBay's short code is repeated: its description may quote what we sent.
  const code = tokenRefusal.safeParse(answer.json).data?.error;
  if (code === "invalid_grant" || code === "invalid_scope") {
    throw new ChannelFault({ ...refusal, code });
  }
  if (answer.status === 429 || answer.status >= 500) {
    throw new ChannelFault(faultOfAnswer(answer, now));
  }
  throw new ChannelFault(
    code === undefined
      ? unreadableAnswer(answer.status)
      : { kind: "unexpected", message: "eBay refused to give an access token.", code },
  );
}
