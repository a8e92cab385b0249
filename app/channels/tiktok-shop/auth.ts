import { ChannelFault, type ChannelResponse, type FreshToken } from "#app/channels/contract.ts";
import type { TiktokShopApp, TiktokShopSecrets } from "./config.ts";
import { faultOfAnswer, unreadableAnswer } from "./errors.ts";
import { tokenData, type TokenData } from "./wire-account.ts";
import { frame } from "./wire.ts";

/**
 * Address of the refresh call. TikTok wants the secrets in the query of a GET: the address must
 * never be logged.
 */
export function tokenRefreshUrl(app: TiktokShopApp, secrets: TiktokShopSecrets): string {
  return tokenUrl(app, "refresh", {
    refresh_token: secrets.refreshToken,
    grant_type: "refresh_token",
  });
}

/** Address that turns the code of a consent into tokens; holds secrets as well. */
export function codeExchangeUrl(app: TiktokShopApp, code: string): string {
  return tokenUrl(app, "get", { auth_code: code, grant_type: "authorized_code" });
}

function tokenUrl(app: TiktokShopApp, what: string, grant: Record<string, string>): string {
  const query = new URLSearchParams({
    app_key: app.TIKTOK_SHOP_APP_KEY,
    app_secret: app.TIKTOK_SHOP_APP_SECRET,
    ...grant,
  });
  return `${app.TIKTOK_SHOP_AUTH_URL}/api/v2/token/${what}?${query}`;
}

/** Kinds of refusal that say nothing about the merchant's consent. */
const passing: ReadonlySet<string> = new Set(["rate-limited", "unavailable", "timeout"]);

/**
 * Reads the refresh answer. The pair is rotated: the new refresh token comes out as new secrets.
 * @throws ChannelFault: `revoked` when TikTok refuses the refresh token.
 */
export function readToken(answer: ChannelResponse): FreshToken<TiktokShopSecrets> {
  const token = readPair(answer, (fault) => {
    // 1050xx: the refresh token. 36004xxx: the auth host's own refusals of app or grant.
    const isGone = /^(105|36004)\d{3}$/.test(fault.code ?? "") && fault.code !== badGrantCode;
    return isGone ? { ...revoked, code: fault.code ?? "" } : fault;
  });
  return {
    accessToken: token.access_token,
    // Absolute, despite the name (channels.md 5.1).
    expiresAt: new Date(token.access_token_expire_in * 1_000),
    secrets: { refreshToken: token.refresh_token },
  };
}

/**
 * Reads what a code was exchanged for.
 * @throws ChannelFault: `rejected` when TikTok does not take the code (wrong, used, older than 30 minutes).
 */
export function readExchange(answer: ChannelResponse): TokenData {
  return readPair(answer, (fault) => ({ ...codeRefused, code: fault.code ?? "" }));
}

function readPair(
  answer: ChannelResponse,
  refusal: (fault: ChannelFault["fault"]) => ChannelFault["fault"],
): TokenData {
  const read = frame.safeParse(answer.json);
  if (answer.status === 200 && read.data?.code === 0) {
    const token = tokenData.safeParse(read.data.data);
    if (token.success) return token.data;
    throw new ChannelFault(unreadableAnswer(answer.status));
  }
  // The address carries secrets, which TikTok's text might quote.
  const message = "TikTok Shop did not give an access token.";
  const fault = { ...faultOfAnswer(answer), message };
  throw new ChannelFault(!read.success || passing.has(fault.kind) ? fault : refusal(fault));
}

/** At the refresh, "invalid app or grant": our own credentials are wrong, no merchant can mend that. */
const badGrantCode = "36004004";

const revoked = {
  kind: "revoked",
  message: "TikTok Shop no longer accepts this connection. Connect the shop again.",
} as const;

const codeRefused = {
  kind: "rejected",
  message:
    "TikTok Shop did not accept this sign-in: it was used before or is too old. Start again.",
} as const;
