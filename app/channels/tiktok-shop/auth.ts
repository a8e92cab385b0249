import { ChannelFault, type ChannelResponse, type FreshToken } from "#app/channels/contract.ts";
import type { TiktokShopApp, TiktokShopSecrets } from "./config.ts";
import { faultOfAnswer, unreadableAnswer } from "./errors.ts";
import { frame, tokenData } from "./wire.ts";

/**
 * Address of the refresh call. TikTok wants the secrets in the query of a GET: the address must
 * never be logged.
 */
export function tokenRefreshUrl(app: TiktokShopApp, secrets: TiktokShopSecrets): string {
  const query = new URLSearchParams({
    app_key: app.TIKTOK_SHOP_APP_KEY,
    app_secret: app.TIKTOK_SHOP_APP_SECRET,
    refresh_token: secrets.refreshToken,
    grant_type: "refresh_token",
  });
  return `${app.TIKTOK_SHOP_AUTH_URL}/api/v2/token/refresh?${query}`;
}

/** Kinds of refusal that say nothing about the merchant's consent. */
const passing: ReadonlySet<string> = new Set(["rate-limited", "unavailable", "timeout"]);

/**
 * Reads the refresh answer. The pair is rotated: the new refresh token comes out as new secrets.
 * @throws ChannelFault: `revoked` when TikTok refuses the refresh token.
 */
export function readToken(answer: ChannelResponse): FreshToken<TiktokShopSecrets> {
  const read = frame.safeParse(answer.json);
  const token = tokenData.safeParse(read.data?.data);
  if (answer.status === 200 && read.data?.code === 0) {
    if (!token.success) throw new ChannelFault(unreadableAnswer(answer.status));
    return {
      accessToken: token.data.access_token,
      // Absolute, despite the name (channels.md 5.1).
      expiresAt: new Date(token.data.access_token_expire_in * 1_000),
      secrets: { refreshToken: token.data.refresh_token },
    };
  }
  const fault = faultOfAnswer(answer);
  if (!read.success || passing.has(fault.kind)) throw new ChannelFault(withoutText(fault));
  // 1050xx: the refresh token. 36004xxx: the auth host's own refusals of app or grant.
  const isGone = /^(105|36004)\d{3}$/.test(fault.code ?? "") && fault.code !== badAppCode;
  throw new ChannelFault(isGone ? { ...revoked, code: fault.code ?? "" } : withoutText(fault));
}

/** "Invalid app or grant": our own credentials are wrong, no merchant can mend that. */
const badAppCode = "36004004";

const revoked = {
  kind: "revoked",
  message: "TikTok Shop no longer accepts this connection. Connect the shop again.",
} as const;

/** The refresh address carries secrets, which TikTok's text might quote. */
function withoutText(fault: ChannelFault["fault"]): ChannelFault["fault"] {
  return { ...fault, message: "TikTok Shop did not renew the access token." };
}
