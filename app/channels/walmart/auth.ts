import { z } from "zod";
import { ChannelFault, type ChannelResponse, type FreshToken } from "#app/channels/contract.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { WalmartApp, WalmartSecrets } from "./config.ts";
import { errorsIn, faultOfAnswer, unreadableAnswer } from "./errors.ts";

/** Answer of POST /v3/token (specs/walmart authentication). */
const tokenAnswer = z.looseObject({
  access_token: z.string().min(1),
  /** Seconds from now (900). */
  expires_in: z.number().positive(),
  /** Good for a year; comes with a code, and stays the same when it is used. */
  refresh_token: z.string().min(1).nullish(),
});

/** What opens an account. */
export type WalmartGrant =
  | { readonly by: "keys"; readonly clientId: string; readonly clientSecret: string }
  | {
      readonly by: "code";
      readonly code: string;
      readonly redirectUrl: string;
      readonly sellerId: string;
    }
  | { readonly by: "refresh"; readonly refreshToken: string; readonly sellerId: string };

/** A connection's secrets as a grant. @param sellerId `settings.sellerId` */
export function grantOf(secrets: WalmartSecrets, sellerId: string | null): WalmartGrant {
  return "clientId" in secrets
    ? { by: "keys", ...secrets }
    : { by: "refresh", refreshToken: secrets.refreshToken, sellerId: sellerId ?? "" };
}

/**
 * The call that turns a grant into an access token of 15 minutes.
 * @throws ChannelFault `revoked` when the app has lost the keys that the grant was given to
 */
export function tokenRequest(app: WalmartApp, grant: WalmartGrant) {
  const keys = grant.by === "keys" ? grant : providerKeys(app);
  if (!keys) throw new ChannelFault(keysLost);
  const basic = Buffer.from(`${keys.clientId}:${keys.clientSecret}`).toString("base64");
  return {
    method: "POST" as const,
    url: `${app.WALMART_API_URL}/v3/token`,
    headers: {
      authorization: `Basic ${basic}`,
      "content-type": "application/x-www-form-urlencoded",
      ...(grant.by === "keys" ? {} : { "wm_partner.id": grant.sellerId }),
    },
    body: new URLSearchParams(formOf(grant)).toString(),
  };
}

/** The app's own keys; null where sellers bring theirs. */
export function providerKeys({ WALMART_CLIENT_ID, WALMART_CLIENT_SECRET }: WalmartApp) {
  return WALMART_CLIENT_ID === undefined || WALMART_CLIENT_SECRET === undefined
    ? null
    : { clientId: WALMART_CLIENT_ID, clientSecret: WALMART_CLIENT_SECRET };
}

const keysLost: Fault = {
  kind: "revoked",
  message: "This app's own access to Walmart is gone. Connect the account again, by API keys.",
};

function formOf(grant: WalmartGrant): Record<string, string> {
  switch (grant.by) {
    case "keys":
      return { grant_type: "client_credentials" };
    case "code":
      return {
        grant_type: "authorization_code",
        code: grant.code,
        redirect_uri: grant.redirectUrl,
      };
    case "refresh":
      return { grant_type: "refresh_token", refresh_token: grant.refreshToken };
  }
}

/**
 * Reads the token answer. New secrets come out where Walmart gave a refresh token.
 * @throws ChannelFault: `revoked` when the grant is not (or no longer) accepted
 */
export function readToken(answer: ChannelResponse, now: Date): FreshToken<WalmartSecrets> {
  const token = tokenAnswer.safeParse(answer.json);
  if (answer.status === 200 && token.success) {
    const { access_token: accessToken, expires_in: lifeS, refresh_token: given } = token.data;
    return {
      accessToken,
      expiresAt: new Date(now.getTime() + lifeS * 1_000),
      ...(given == null ? {} : { secrets: { refreshToken: given } }),
    };
  }
  if (answer.status === 200) throw new ChannelFault(unreadableAnswer(answer.status));
  throw new ChannelFault(isRefusal(answer) ? refusedGrant(answer) : faultOfAnswer(answer));
}

/** Walmart refuses deleted keys with 401, and in the field with 400 as well; both name a code. */
function isRefusal(answer: ChannelResponse): boolean {
  if (answer.status === 401) return true;
  return (answer.status === 400 || answer.status === 403) && errorsIn(answer).length > 0;
}

/** Only Walmart's short code is repeated: its description may quote what we sent. */
function refusedGrant(answer: ChannelResponse): Fault {
  const code = errorsIn(answer)[0]?.code ?? String(answer.status);
  const message = `Walmart no longer lets us in. Connect the account again. It said: ${code}`;
  return { kind: "revoked", message, code };
}
