import { createHash } from "node:crypto";
import {
  ChannelFault,
  type AuthorizeRequest,
  type ChannelResponse,
  type FreshToken,
} from "#app/channels/contract.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { EtsyApp, EtsySecrets } from "./config.ts";
import { faultOfAnswer, unreadableAnswer } from "./errors.ts";
import { tokenAnswer } from "./wire.ts";

/** What we do: listings and their numbers, receipts and their tracking, the shop's name (channels.md 8.1). */
const scopes = "listings_r listings_w transactions_r transactions_w shops_r";

/** Etsy's consent page (OAuth 2 with PKCE). */
export function consentUrl(request: AuthorizeRequest, app: EtsyApp): string {
  const url = new URL(app.ETSY_AUTHORIZE_URL);
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: app.ETSY_KEYSTRING,
    redirect_uri: request.redirectUrl,
    scope: scopes,
    state: request.state,
    code_challenge: createHash("sha256").update(request.codeVerifier).digest("base64url"),
    code_challenge_method: "S256",
  }).toString();
  return url.toString();
}

interface TokenRequest {
  readonly method: "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The call that turns a consent's code into tokens. */
export function codeRequest(
  app: EtsyApp,
  grant: { readonly code: string; readonly redirectUrl: string; readonly codeVerifier: string },
): TokenRequest {
  return tokenRequest(app, {
    grant_type: "authorization_code",
    redirect_uri: grant.redirectUrl,
    code: grant.code,
    code_verifier: grant.codeVerifier,
  });
}

/** The call that turns a refresh token into an access token and the next refresh token. */
export function refreshRequest(app: EtsyApp, secrets: EtsySecrets): TokenRequest {
  return tokenRequest(app, { grant_type: "refresh_token", refresh_token: secrets.refreshToken });
}

function tokenRequest(app: EtsyApp, form: Readonly<Record<string, string>>): TokenRequest {
  return {
    method: "POST",
    url: `${app.ETSY_API_URL}/v3/public/oauth/token`,
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ client_id: app.ETSY_KEYSTRING, ...form }).toString(),
  };
}

/**
 * Reads the token answer. The refresh token that was used is dead: its successor comes out as new secrets.
 * @throws ChannelFault: `revoked` when the token or the code is not good (any more)
 */
export function readToken(
  answer: ChannelResponse,
  now: Date,
): FreshToken<EtsySecrets> & { readonly secrets: EtsySecrets } {
  const token = tokenAnswer.safeParse(answer.json);
  if (answer.status === 200 && token.success) {
    return {
      accessToken: token.data.access_token,
      expiresAt: new Date(now.getTime() + token.data.expires_in * 1_000),
      secrets: { refreshToken: token.data.refresh_token },
    };
  }
  if (answer.status < 300) throw new ChannelFault(unreadableAnswer(answer.status));
  throw new ChannelFault(withoutText(faultOfAnswer(answer)));
}

/** The user that an access token speaks for: the digits before its dot. */
export function userIdOf(accessToken: string): string {
  return accessToken.split(".", 1)[0] ?? "";
}

/** What was sent were secrets, which Etsy's text might quote: only its short code is repeated. */
function withoutText(fault: Fault): Fault {
  return { ...fault, message: fault.message.replace(/ Etsy said: .*$/s, "") };
}
