import type { ServerResponse } from "node:http";
import { z } from "zod";
import { answerJson, parseJson } from "../answer.ts";
import type { SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import { createAccessTokens, equalInConstantTime, type AccessTokens } from "../tokens.ts";
import { isLiveSessionToken } from "./session-token.ts";

/** The app's access to the shop: token exchange, refresh, and the check of each call. */
export interface ShopAccess {
  /** POST /admin/oauth/access_token */
  handleTokenRequest(request: SandboxRequest, response: ServerResponse): void;
  /** Whether the token opens the Admin API. Its first use retires the refresh token it came from. */
  admits(accessToken: string | undefined): boolean;
  snapshot(): AccessSnapshot;
  restore(snapshot: AccessSnapshot): void;
}

export interface AccessSnapshot {
  /** Access token → the refresh token that ends with its first use. */
  readonly successors: readonly (readonly [accessToken: string, refreshToken: string])[];
  readonly retired: readonly string[];
}

/** Lives of tokens: shopify.md 1.5. */
export const accessTokenLifeSeconds = 3_600;
export const refreshTokenLifeSeconds = 7_776_000;
/** Rotations remembered; more than a refresh every second for an hour never happens. */
const rotationsMax = 4_000;

/** What the merchant granted. */
export const grantedScopes = [
  "read_products",
  "write_products",
  "read_inventory",
  "write_inventory",
  "read_locations",
  "read_orders",
  "read_fulfillments",
  "read_merchant_managed_fulfillment_orders",
  "write_merchant_managed_fulfillment_orders",
  "read_publications",
  "write_publications",
  "read_returns",
] as const;

const exchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange";
const idTokenType = "urn:ietf:params:oauth:token-type:id_token";
const offlineTokenType = "urn:shopify:params:oauth:token-type:offline-access-token";

const tokenRequest = z.object({
  client_id: z.string(),
  client_secret: z.string(),
  grant_type: z.string(),
  subject_token: z.string().optional(),
  subject_token_type: z.string().default(idTokenType),
  requested_token_type: z.string().default(offlineTokenType),
  expiring: z.union([z.string(), z.number(), z.boolean()]).default("0").transform(String),
  refresh_token: z.string().optional(),
});
type TokenRequest = z.infer<typeof tokenRequest>;
type TokenAnswer =
  | { readonly error: string; readonly error_description?: string }
  | Readonly<Record<string, string | number>>;

export function createShopAccess(context: SandboxContext): ShopAccess {
  const apiKey = context.credential("SHOPIFY_API_KEY");
  const apiSecret = context.credential("SHOPIFY_API_SECRET");
  const { shop } = context.catalogue;
  const { access, endless, refresh } = tokenKinds(context);
  const successors = new Map<string, string>();
  const retired = new Set<string>();

  function exchange(wanted: TokenRequest): TokenAnswer {
    const party = { shop, apiKey, apiSecret };
    if (wanted.subject_token_type !== idTokenType) return { error: "invalid_request" };
    if (!isLiveSessionToken(wanted.subject_token ?? "", party, context.now())) {
      return { error: "invalid_subject_token" };
    }
    // The sandbox's shop gives no per-user tokens: the app asks for none.
    if (wanted.requested_token_type !== offlineTokenType) return { error: "invalid_request" };
    if (wanted.expiring === "1" || wanted.expiring === "true") return issuePair(access, refresh);
    return { access_token: endless.issue(), scope: grantedScopes.join(",") };
  }

  function rotate(given: string): TokenAnswer {
    const isAlive = refresh.state(given) === "valid" && !retired.has(given);
    if (!isAlive || context.faults().consentRevoked) return noLongerActive;
    const pair = issuePair(access, refresh);
    // A lost answer does no harm: the old refresh token works until the new access token is used.
    successors.set(pair.access_token, given);
    forgetOldest(successors);
    context.changed();
    return pair;
  }

  return {
    handleTokenRequest(request, response) {
      const parsed = tokenRequest.safeParse(bodyOf(request));
      if (!parsed.success) {
        answerJson(response, 400, { error: "invalid_request" });
        return;
      }
      const wanted = parsed.data;
      if (wanted.client_id !== apiKey || !equalInConstantTime(wanted.client_secret, apiSecret)) {
        answerJson(response, 401, { error: "invalid_client" });
        return;
      }
      let answer: TokenAnswer = { error: "unsupported_grant_type" };
      if (wanted.grant_type === exchangeGrant) answer = exchange(wanted);
      if (wanted.grant_type === "refresh_token") answer = rotate(wanted.refresh_token ?? "");
      answerJson(response, "error" in answer ? 400 : 200, answer);
    },
    admits(accessToken) {
      if (context.faults().consentRevoked) return false;
      if (endless.state(accessToken) === "valid") return true;
      if (accessToken === undefined || access.state(accessToken) !== "valid") return false;
      const replaced = successors.get(accessToken);
      if (replaced !== undefined) {
        successors.delete(accessToken);
        retired.add(replaced);
        forgetOldest(retired);
        context.changed();
      }
      return true;
    },
    snapshot: () => ({ successors: [...successors], retired: [...retired] }),
    restore(snapshot) {
      for (const [token, replaced] of snapshot.successors) successors.set(token, replaced);
      for (const token of snapshot.retired) retired.add(token);
    },
  };
}

function issuePair(access: AccessTokens, refresh: AccessTokens) {
  return {
    access_token: access.issue(),
    scope: grantedScopes.join(","),
    expires_in: accessTokenLifeSeconds,
    refresh_token: refresh.issue(),
    refresh_token_expires_in: refreshTokenLifeSeconds,
  };
}

const noLongerActive: TokenAnswer = {
  error: "invalid_grant",
  error_description: "The refresh token is no longer active.",
};

/** The three sorts of tokens; they prove themselves, so they outlive a reset of the world. */
function tokenKinds(context: SandboxContext) {
  const kind = {
    secret: context.credential("SHOPIFY_API_SECRET"),
    now: context.now,
    validFromMs: context.tokensValidFromMs,
  };
  const days = 86_400_000;
  const access = createAccessTokens({
    ...kind,
    kind: "shopify-access",
    prefix: "shpat_",
    lifeMs: accessTokenLifeSeconds * 1_000,
  });
  /** Tokens of the old sort, asked for with `expiring` 0: ten years are for ever here. */
  const endless = createAccessTokens({
    ...kind,
    kind: "shopify-endless",
    prefix: "shpae_",
    lifeMs: 3_650 * days,
  });
  const refresh = createAccessTokens({
    ...kind,
    validFromMs: () => 0,
    kind: "shopify-refresh",
    prefix: "shprt_",
    lifeMs: refreshTokenLifeSeconds * 1_000,
  });
  return { access, endless, refresh };
}

/** Form or JSON: the library sends JSON, documentation and other clients send forms. */
function bodyOf(request: SandboxRequest): unknown {
  const type = request.headers["content-type"] ?? "";
  if (type.startsWith("application/json")) return parseJson(request.rawBody);
  return Object.fromEntries(new URLSearchParams(request.rawBody.toString("utf8")));
}

function forgetOldest(kept: Map<string, string> | Set<string>): void {
  if (kept.size <= rotationsMax) return;
  const oldest = kept.keys().next();
  if (!oldest.done) kept.delete(oldest.value);
}
