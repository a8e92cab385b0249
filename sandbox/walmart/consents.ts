import type { SandboxContext } from "../context.ts";
import { createAccessTokens } from "../tokens.ts";
import { provider, seller } from "./account.ts";
import { refuse, type WalmartAnswer } from "./frame.ts";

/** A code is good for ten minutes, and once. */
const codeLifeMs = 10 * 60_000;
/** "Get an access token using Token API" of developer.walmart.com: 365 days. */
const refreshTokenLifeMs = 365 * 24 * 60 * 60_000;
/** Codes that are remembered as open. */
const codesMax = 1_000;

/** The consent page of Walmart's login, and what it gives to an approved solution provider. */
export interface WalmartConsents {
  /** `GET /authorize`: the simulated seller allows it at once; with `deny=1` refuses. */
  page(query: URLSearchParams): WalmartAnswer;
  /** Uses a code up for a refresh token; null: it is none, or not for this address. */
  exchange(code: string, redirectUri: string): string | null;
  isRefreshToken(token: string): boolean;
}

export function createConsents(context: SandboxContext): WalmartConsents {
  const tokensOf = (kind: string, lifeMs: number, validFromMs: () => number) =>
    createAccessTokens({
      prefix: "AP",
      kind: `walmart-${kind}`,
      secret: provider.clientSecret,
      lifeMs,
      now: context.now,
      validFromMs,
    });
  const codes = tokensOf("code", codeLifeMs, context.tokensValidFromMs);
  // `expireTokens` is about access tokens.
  const refreshTokens = tokensOf("refresh", refreshTokenLifeMs, () => 0);
  /** With the address each was given to. */
  const open = new Map<string, string>();

  return {
    page(query) {
      const redirectUri = query.get("redirectUri") ?? "";
      const isWhole =
        query.get("responseType") === "code" &&
        query.get("clientType") === "seller" &&
        query.get("clientId") === provider.clientId &&
        ["nonce", "state"].every((name) => query.get(name)) &&
        URL.canParse(redirectUri);
      if (!isWhole) return refuse(400, "INVALID_REQUEST_PARAM", "Some parameters are not valid");
      const back = new URL(redirectUri);
      back.searchParams.set("state", query.get("state") ?? "");
      if (query.get("deny") === "1") {
        back.searchParams.set("error", "access_denied");
      } else {
        if (open.size >= codesMax) open.clear();
        const code = codes.issue();
        open.set(code, redirectUri);
        const { clientId } = provider;
        const given = { type: "auth", code, clientId, sellerId: seller.sellerId };
        for (const [name, value] of Object.entries(given)) back.searchParams.set(name, value);
      }
      return { status: 302, body: null, headers: { location: back.toString() } };
    },
    exchange(code, redirectUri) {
      const isGood = codes.state(code) === "valid" && open.get(code) === redirectUri;
      if (!isGood) return null;
      open.delete(code);
      return refreshTokens.issue();
    },
    isRefreshToken: (token) => refreshTokens.state(token) === "valid",
  };
}
