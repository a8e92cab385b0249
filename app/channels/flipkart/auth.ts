import { ChannelFault, type ChannelResponse, type FreshToken } from "#app/channels/contract.ts";
import type { FlipkartApp, FlipkartSecrets } from "./config.ts";
import { faultOfAnswer, unreadableAnswer } from "./errors.ts";
import { tokenAnswer, tokenRefusal } from "./wire.ts";

const scope = "Seller_Api";

/** What a token is asked for with. */
export type Grant =
  | { readonly kind: "code"; readonly code: string; readonly state: string; readonly url: string }
  | { readonly kind: "secrets"; readonly secrets: FlipkartSecrets };

/** Flipkart's consent page for a third-party app. */
export function consentPage(
  app: FlipkartApp,
  back: { readonly redirectUrl: string; readonly state: string },
): string {
  const query = new URLSearchParams({
    client_id: app.FLIPKART_APP_ID,
    redirect_uri: back.redirectUrl,
    response_type: "code",
    scope,
    state: back.state,
  });
  return `${app.FLIPKART_API_URL}/oauth-service/oauth/authorize?${query}`;
}

/** The call for an access token (60 days). Flipkart takes the grant in the query of a GET. */
export function tokenRequest(app: FlipkartApp, grant: Grant) {
  const credentials = Buffer.from(`${app.FLIPKART_APP_ID}:${app.FLIPKART_APP_SECRET}`);
  const query = new URLSearchParams(grantQuery(grant));
  return {
    method: "GET" as const,
    url: `${app.FLIPKART_API_URL}/oauth-service/oauth/token?${query}`,
    headers: {
      authorization: `Basic ${credentials.toString("base64")}`,
      accept: "application/json",
    },
  };
}

function grantQuery(grant: Grant): Record<string, string> {
  if (grant.kind === "code") {
    const { code, state, url } = grant;
    return { grant_type: "authorization_code", code, state, redirect_uri: url };
  }
  const { secrets } = grant;
  return "refreshToken" in secrets
    ? { grant_type: "refresh_token", refresh_token: secrets.refreshToken }
    : { grant_type: "client_credentials", scope };
}

/** A token with the secrets that renew it. */
export type FlipkartToken = FreshToken<FlipkartSecrets> & { readonly secrets: FlipkartSecrets };

/**
 * Reads the token answer. A refresh may bring a new refresh token or keep the old one: both are taken.
 * @throws ChannelFault: `revoked` when the seller's consent is gone or the app's own credentials are refused,
 *   `rejected` when a sign-in's code is used up
 */
export function readToken(answer: ChannelResponse, grant: Grant, now: Date): FlipkartToken {
  const token = tokenAnswer.safeParse(answer.json);
  if (answer.status === 200 && token.success) {
    const secrets = secretsAfter(grant, token.data.refresh_token ?? undefined);
    if (!secrets) throw new ChannelFault(unreadableAnswer(answer.status));
    const expiresAt = new Date(now.getTime() + token.data.expires_in * 1_000);
    return { accessToken: token.data.access_token, expiresAt, secrets };
  }
  if (answer.status === 429 || answer.status >= 500) throw new ChannelFault(faultOfAnswer(answer));
  // Only the short code is repeated: the description quotes what we sent.
  const code = tokenRefusal.safeParse(answer.json).data?.error;
  if (code === undefined) throw new ChannelFault(unreadableAnswer(answer.status));
  throw new ChannelFault(refusalOf(code, answer.status, grant));
}

function secretsAfter(grant: Grant, refreshToken: string | undefined): FlipkartSecrets | undefined {
  if (grant.kind === "secrets" && !("refreshToken" in grant.secrets)) return grant.secrets;
  if (refreshToken !== undefined) return { refreshToken };
  return grant.kind === "secrets" ? grant.secrets : undefined;
}

const gone = new Set(["invalid_grant", "invalid_scope", "access_denied", "insufficient_scope"]);

function refusalOf(code: string, status: number, grant: Grant) {
  if (gone.has(code)) {
    return grant.kind === "code"
      ? {
          kind: "rejected" as const,
          message: `Flipkart did not accept this sign-in (${code}). Start connecting again.`,
          code,
        }
      : {
          kind: "revoked" as const,
          message: `Flipkart no longer accepts this connection (${code}). Connect the account again.`,
          code,
        };
  }
  if (status === 401) {
    return {
      kind: "revoked" as const,
      message: `Flipkart does not accept the app's id and secret (${code}). Correct them, then connect again.`,
      code,
    };
  }
  return {
    kind: "unexpected" as const,
    message: `Flipkart refused to renew the access token (${code}).`,
    code,
  };
}
