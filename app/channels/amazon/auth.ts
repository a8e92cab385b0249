import {
  ChannelFault,
  type ChannelContext,
  type ChannelHttp,
  type FreshToken,
  type TokenSource,
} from "../contract.ts";
import { statusFault, unreadableFault } from "../status-fault.ts";
import type { AmazonApp, AmazonSecrets, AmazonSettings } from "./config.ts";
import { tokenFault, type TokenGrant } from "./errors.ts";
import { tokenAnswer, tokenRefusal } from "./wire-account.ts";

export type AmazonContext = ChannelContext<AmazonApp, AmazonSettings, AmazonSecrets>;

/** What asking Login with Amazon takes: a connection's context, or the sign-in's. */
export interface LoginContext {
  readonly app: AmazonApp;
  readonly http: ChannelHttp;
  readonly now: () => Date;
}

/** Covers the notifications API's grantless calls (channels.md 3.2). */
const notificationsScope = "sellingpartnerapi::notifications";
/** A grantless token is replaced this long before it ends. */
const spareMs = 60_000;

/**
 * Login with Amazon: a new access token (an hour) for the seller's refresh token, which stays the same.
 * @throws ChannelFault `revoked` when the seller's consent is gone, else by the answer
 */
export async function refreshAmazonToken(
  context: LoginContext,
  { refreshToken }: AmazonSecrets,
): Promise<FreshToken<AmazonSecrets>> {
  const { access_token, expires_in, refresh_token } = await requestToken(context, {
    grant_type: "refresh_token",
    refresh_token: refreshToken,
  });
  return {
    accessToken: access_token,
    expiresAt: new Date(context.now().getTime() + expires_in * 1_000),
    ...(refresh_token === undefined ? {} : { secrets: { refreshToken: refresh_token } }),
  };
}

/**
 * The code that consent gave, for tokens. A code lives five minutes and works once.
 * @throws ChannelFault `rejected` when it does not work any more
 */
export async function exchangeAmazonCode(
  context: LoginContext,
  { code, redirectUrl }: { readonly code: string; readonly redirectUrl: string },
): Promise<{ readonly accessToken: string; readonly secrets: AmazonSecrets }> {
  const { access_token, refresh_token } = await requestToken(context, {
    grant_type: "authorization_code",
    code,
    redirect_uri: redirectUrl,
  });
  if (refresh_token === undefined) throw new ChannelFault(unreadableFault("the refresh token"));
  return { accessToken: access_token, secrets: { refreshToken: refresh_token } };
}

const grantless = new WeakMap<AmazonApp, TokenSource<null>>();

/** The app's own token, for calls about itself (destinations); kept in this process. */
export function grantlessTokens(app: AmazonApp): TokenSource<null> {
  const known = grantless.get(app);
  if (known) return known;
  let current: FreshToken<null> | undefined;
  const source: TokenSource<null> = {
    async accessToken(refresh) {
      if (!current || current.expiresAt.getTime() - spareMs < Date.now()) {
        current = await refresh(null);
      }
      return current.accessToken;
    },
    discard(accessToken) {
      if (current?.accessToken === accessToken) current = undefined;
      return Promise.resolve();
    },
  };
  grantless.set(app, source);
  return source;
}

/** @throws ChannelFault `unavailable` when Amazon does not accept the app itself */
export async function grantlessToken(context: LoginContext): Promise<FreshToken<null>> {
  const { access_token, expires_in } = await requestToken(context, {
    grant_type: "client_credentials",
    scope: notificationsScope,
  });
  const expiresAt = new Date(context.now().getTime() + expires_in * 1_000);
  return { accessToken: access_token, expiresAt };
}

async function requestToken(
  { app, http }: LoginContext,
  grant: Readonly<Record<string, string>> & { readonly grant_type: TokenGrant },
) {
  const response = await http.send({
    operation: "token",
    method: "POST",
    url: app.tokenUrl,
    headers: { accept: "application/json", "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({
      ...grant,
      client_id: app.clientId,
      client_secret: app.clientSecret,
    }).toString(),
    // A token is everybody's: the caller that asked first must not cut the others off.
    signal: new AbortController().signal,
  });
  const refusal = tokenRefusal.safeParse(response.json).data?.error;
  const fault = refusal === undefined ? null : tokenFault(refusal, grant.grant_type);
  if (fault) throw new ChannelFault(fault);
  if (response.status !== 200) throw new ChannelFault(statusFault(response));
  const parsed = tokenAnswer.safeParse(response.json);
  if (!parsed.success) throw new ChannelFault(unreadableFault("the access token"));
  return parsed.data;
}
