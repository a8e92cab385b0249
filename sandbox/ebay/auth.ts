import { z } from "zod";
import { demoCredentials } from "../catalogue.ts";
import type { SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import { createAccessTokens, equalInConstantTime, type TokenState } from "../tokens.ts";
import { ebayError, refuse, type EbayAnswer } from "./frame.ts";

/** Access tokens live two hours (channels.md 4.1). */
const accessTokenLifeS = 7_200;

const grantShape = z.looseObject({
  grant_type: z.enum(["refresh_token", "client_credentials"]),
  refresh_token: z.string().optional(),
});

/** eBay's OAuth: user tokens (refresh token) and application tokens (client credentials). */
export interface EbayAuth {
  /** `POST /identity/v1/oauth2/token` */
  token(request: SandboxRequest): EbayAnswer;
  /** Refuses a call whose bearer token is not a live one of an accepted kind; null when it is. */
  refuseBearer(request: SandboxRequest, kind: "user" | "application"): EbayAnswer | null;
}

export function createEbayAuth(context: SandboxContext): EbayAuth {
  const clientId = context.credential("EBAY_CLIENT_ID");
  const clientSecret = context.credential("EBAY_CLIENT_SECRET");
  const tokensOf = (kind: string) =>
    createAccessTokens({
      prefix: "v^1.1#",
      kind,
      secret: clientSecret,
      lifeMs: accessTokenLifeS * 1_000,
      now: context.now,
      validFromMs: context.tokensValidFromMs,
    });
  const user = tokensOf("ebay-user");
  const application = tokensOf("ebay-application");
  const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`;

  return {
    token(request) {
      if (!equalInConstantTime(request.headers["authorization"] ?? "", basic)) {
        return oauthError(401, "invalid_client", "client authentication failed");
      }
      const form = Object.fromEntries(new URLSearchParams(request.rawBody.toString("utf8")));
      const grant = grantShape.safeParse(form);
      if (!grant.success) {
        return oauthError(400, "unsupported_grant_type", "grant type in request is not supported");
      }
      if (grant.data.grant_type === "client_credentials") {
        return tokenAnswer(application.issue(), "Application Access Token");
      }
      const known = grant.data.refresh_token === demoCredentials.ebay.refreshToken;
      if (!known || context.faults().consentRevoked) {
        return oauthError(
          400,
          "invalid_grant",
          "the provided authorization refresh token is invalid or was issued to another client",
        );
      }
      return tokenAnswer(user.issue(), "User Access Token");
    },
    refuseBearer(request, kind) {
      const token = (request.headers["authorization"] ?? "").replace(/^Bearer /, "");
      const state: TokenState = (kind === "user" ? user : application).state(token);
      if (state === "valid" && !(kind === "user" && context.faults().consentRevoked)) return null;
      const otherKind = (kind === "user" ? application : user).state(token) === "valid";
      if (otherKind) {
        return refuse(
          403,
          ebayError(1100, "ACCESS", "Insufficient permissions to fulfill the request."),
        );
      }
      return refuse(401, ebayError(1001, "OAuth", "Invalid access token"));
    },
  };
}

function tokenAnswer(accessToken: string, type: string): EbayAnswer {
  return {
    status: 200,
    body: { access_token: accessToken, expires_in: accessTokenLifeS, token_type: type },
  };
}

function oauthError(status: number, error: string, description: string): EbayAnswer {
  return { status, body: { error, error_description: description } };
}
