import type { SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import { createAccessTokens, equalInConstantTime } from "../tokens.ts";
import { provider, seller } from "./account.ts";
import type { WalmartConsents } from "./consents.ts";
import { gatewayRefuse, ok, refuse, type WalmartAnswer } from "./frame.ts";

/** channels.md 6.1: 15 minutes. */
const accessTokenLifeS = 900;

/** Walmart's tokens: for a seller's own keys, and for a solution provider whom the seller let in. */
export interface WalmartAuth {
  /** `POST /v3/token` */
  token(request: SandboxRequest): WalmartAnswer;
  /** Refuses a call without a live token or without Walmart's own headers; null when all is there. */
  refuse(request: SandboxRequest): WalmartAnswer | null;
}

export function createWalmartAuth(context: SandboxContext, consents: WalmartConsents): WalmartAuth {
  const tokens = createAccessTokens({
    prefix: "eyJ",
    kind: "walmart",
    secret: seller.clientSecret,
    lifeMs: accessTokenLifeS * 1_000,
    now: context.now,
    validFromMs: context.tokensValidFromMs,
  });
  const issued = (more: Readonly<Record<string, string>> = {}) =>
    ok({
      access_token: tokens.issue(),
      token_type: "Bearer",
      expires_in: accessTokenLifeS,
      ...more,
    });

  function forProvider(request: SandboxRequest, form: URLSearchParams): WalmartAnswer {
    if (request.headers["wm_partner.id"] !== seller.sellerId) return missingPartner;
    if (form.get("grant_type") === "refresh_token") {
      return consents.isRefreshToken(form.get("refresh_token") ?? "") ? issued() : invalidGrant;
    }
    if (form.get("grant_type") !== "authorization_code") return invalidGrantType;
    const refreshToken = consents.exchange(form.get("code") ?? "", form.get("redirect_uri") ?? "");
    return refreshToken === null ? invalidGrant : issued({ refresh_token: refreshToken });
  }

  return {
    token(request) {
      const missing = missingHeader(request);
      if (missing) return missing;
      // `consentRevoked`: the seller deleted the keys in the Developer Portal, or threw the app out.
      if (context.faults().consentRevoked) return unauthorised;
      const form = new URLSearchParams(request.rawBody.toString("utf8"));
      if (comesFrom(request, provider)) return forProvider(request, form);
      if (!comesFrom(request, seller)) return unauthorised;
      return form.get("grant_type") === "client_credentials" ? issued() : invalidGrantType;
    },
    refuse(request) {
      const isLive = tokens.state(request.headers["wm_sec.access_token"]) === "valid";
      return isLive && !context.faults().consentRevoked ? missingHeader(request) : unauthorised;
    },
  };
}

const unauthorised = gatewayRefuse(
  401,
  "UNAUTHORIZED.GMP_GATEWAY_API",
  "Unauthorized token or incorrect authorization header. Please verify correct format.",
);

const invalidGrantType = refuse(400, "INVALID_REQUEST_PARAM.GMP_GATEWAY_API", "Invalid grant_type");
const invalidGrant = refuse(400, "INVALID_REQUEST_PARAM.GMP_GATEWAY_API", "Invalid grant");
const missingPartner = refuse(
  400,
  "INVALID_REQUEST_HEADER.GMP_GATEWAY_API",
  "WM_PARTNER.ID is invalid",
  "WM_PARTNER.ID",
);

function comesFrom(
  { headers }: SandboxRequest,
  keys: { readonly clientId: string; readonly clientSecret: string },
): boolean {
  const basic = Buffer.from(`${keys.clientId}:${keys.clientSecret}`).toString("base64");
  return equalInConstantTime(headers["authorization"] ?? "", `Basic ${basic}`);
}

const uuidShape = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function missingHeader({ headers }: SandboxRequest): WalmartAnswer | null {
  const wanted = [
    ["wm_svc.name", /./],
    ["wm_qos.correlation_id", uuidShape],
  ] as const;
  for (const [name, shape] of wanted) {
    const value = headers[name];
    if (value === undefined) {
      return refuse(400, "MISSING_REQUEST_HEADER.GMP_GATEWAY_API", `${name} is missing`, name);
    }
    if (!shape.test(value)) {
      return refuse(400, "INVALID_REQUEST_HEADER.GMP_GATEWAY_API", `${name} is invalid`, name);
    }
  }
  return null;
}
