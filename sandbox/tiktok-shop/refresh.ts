import { createHmac } from "node:crypto";
import type { ServerResponse } from "node:http";
import { demoCredentials } from "../catalogue.ts";
import type { SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import { equalInConstantTime, type AccessTokens } from "../tokens.ts";
import { answerFailure, answerSuccess } from "./frame.ts";

/** About a year. */
const refreshTokenLifeS = 365 * 24 * 3_600;

/**
 * `GET /api/v2/token/refresh`: every refresh gives a new refresh token. The one used stays good until
 * its successor is used (a lost answer must not lock the app out); then it is dead.
 */
export function createTokenRefresh(
  context: SandboxContext,
  accessTokens: AccessTokens,
  accessTokenLifeMs: number,
): {
  handle(request: SandboxRequest, response: ServerResponse): void;
  generation(): number;
  restore(generation: number): void;
} {
  /** Tokens of an older generation are dead. The consent's own token is generation 0. */
  let oldestGood = 0;
  const appKey = context.credential("TIKTOK_SHOP_APP_KEY");
  const appSecret = context.credential("TIKTOK_SHOP_APP_SECRET");

  function tokenOf(generation: number): string {
    if (generation === 0) return demoCredentials.tiktok.refreshToken;
    const proof = createHmac("sha256", appSecret).update(`refresh.${String(generation)}`);
    return `ROW_r${String(generation)}.${proof.digest("base64url")}`;
  }

  function generationOf(token: string): number | null {
    if (token === tokenOf(0)) return 0;
    const generation = Number(/^ROW_r(\d{1,9})\./.exec(token)?.[1] ?? Number.NaN);
    if (Number.isNaN(generation)) return null;
    return equalInConstantTime(token, tokenOf(generation)) ? generation : null;
  }

  return {
    handle(request, response) {
      const query = request.url.searchParams;
      const knownApp =
        query.get("app_key") === appKey &&
        equalInConstantTime(query.get("app_secret") ?? "", appSecret);
      if (!knownApp || query.get("grant_type") !== "refresh_token") {
        answerFailure(response, { status: 200, code: 36004004, message: "Invalid app or grant" });
        return;
      }
      const generation = generationOf(query.get("refresh_token") ?? "");
      if (generation === null || generation < oldestGood || context.faults().consentRevoked) {
        answerFailure(response, { status: 200, code: 105003, message: "Invalid refresh token" });
        return;
      }
      oldestGood = generation;
      context.changed();
      const nowS = Math.floor(context.now() / 1_000);
      answerSuccess(response, {
        access_token: accessTokens.issue(),
        access_token_expire_in: nowS + Math.floor(accessTokenLifeMs / 1_000),
        refresh_token: tokenOf(generation + 1),
        refresh_token_expire_in: nowS + refreshTokenLifeS,
        open_id: "demo-open-id",
        seller_name: "Lockstep demo",
        seller_base_region: "US",
        user_type: 0,
        granted_scopes: ["seller.product.write", "seller.product.basic", "seller.order.info"],
      });
    },
    generation: () => oldestGood,
    restore(generation) {
      oldestGood = generation;
    },
  };
}
