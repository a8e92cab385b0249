import { z } from "zod";
import { demoCredentials } from "../catalogue.ts";
import type { SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import {
  createAccessTokens,
  equalInConstantTime,
  type AccessTokens,
  type TokenState,
} from "../tokens.ts";
import { ebayError, refuse, type EbayAnswer } from "./frame.ts";

/** Access tokens live two hours (channels.md 4.1). */
const accessTokenLifeS = 7_200;
/** 18 months (channels.md 4.1). */
const refreshTokenLifeS = 47_304_000;
/** A code is good for five minutes, and once. */
const codeLifeMs = 299_000;
/** Codes that are remembered as used. */
const codesMax = 1_000;

const grantShape = z.looseObject({
  grant_type: z.enum(["refresh_token", "client_credentials", "authorization_code"]),
  refresh_token: z.string().optional(),
  code: z.string().optional(),
  redirect_uri: z.string().optional(),
});

export type TokenKind = "user" | "application";

/** eBay's OAuth: consent page, user tokens (code, refresh token) and application tokens (client credentials). */
export interface EbayAuth {
  /** `GET /oauth2/authorize`: the simulated merchant allows it at once; with `deny=1` refuses. */
  authorize(query: URLSearchParams): EbayAnswer;
  /** `POST /identity/v1/oauth2/token` */
  token(request: SandboxRequest): EbayAnswer;
  /** Refuses a call whose bearer token is not a live one of an accepted kind; null when it is. */
  refuseBearer(request: SandboxRequest, kinds: readonly TokenKind[]): EbayAnswer | null;
  /** Of the Trading API's own header. */
  userTokenState(token: string | undefined): TokenState;
  /** Whose token a call came with; for calls that both kinds may make. */
  kindOf(request: SandboxRequest): TokenKind;
}

export function createEbayAuth(context: SandboxContext): EbayAuth {
  const clientId = context.credential("EBAY_CLIENT_ID");
  const clientSecret = context.credential("EBAY_CLIENT_SECRET");
  const tokensOf = (kind: string, lifeMs = accessTokenLifeS * 1_000) =>
    createAccessTokens({
      prefix: "v^1.1#",
      kind,
      secret: clientSecret,
      lifeMs,
      now: context.now,
      validFromMs: context.tokensValidFromMs,
    });
  const tokens = { user: tokensOf("ebay-user"), application: tokensOf("ebay-application") };
  const consents = new Consents(clientId, tokensOf("ebay-code", codeLifeMs), context.config.appUrl);
  const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString("base64")}`;
  const bearer = ({ headers }: SandboxRequest) =>
    (headers["authorization"] ?? "").replace(/^Bearer /, "");

  function userTokenState(token: string | undefined): TokenState {
    const state = tokens.user.state(token);
    return state === "valid" && context.faults().consentRevoked ? "expired" : state;
  }

  return {
    authorize: (query) => consents.page(query),
    token(request) {
      if (!equalInConstantTime(request.headers["authorization"] ?? "", basic)) {
        return oauthError(401, "invalid_client", "client authentication failed");
      }
      const form = Object.fromEntries(new URLSearchParams(request.rawBody.toString("utf8")));
      const grant = grantShape.safeParse(form);
      if (!grant.success) {
        return oauthError(400, "unsupported_grant_type", "grant type in request is not supported");
      }
      const { grant_type: type, code = "", redirect_uri: returnName } = grant.data;
      if (type === "client_credentials") {
        return tokenAnswer(tokens.application.issue(), "Application Access Token");
      }
      if (type === "authorization_code") {
        if (!consents.take(code, returnName)) return invalidGrant;
        return tokenAnswer(tokens.user.issue(), "User Access Token", {
          refresh_token: demoCredentials.ebay.refreshToken,
          refresh_token_expires_in: refreshTokenLifeS,
        });
      }
      const known = grant.data.refresh_token === demoCredentials.ebay.refreshToken;
      if (!known || context.faults().consentRevoked) return invalidGrant;
      return tokenAnswer(tokens.user.issue(), "User Access Token");
    },
    refuseBearer(request, kinds) {
      const token = bearer(request);
      const states = { user: userTokenState(token), application: tokens.application.state(token) };
      if (kinds.some((kind) => states[kind] === "valid")) return null;
      if (states.user === "valid" || states.application === "valid") {
        return refuse(
          403,
          ebayError(1100, "ACCESS", "Insufficient permissions to fulfill the request."),
        );
      }
      return refuse(401, ebayError(1001, "OAuth", "Invalid access token"));
    },
    userTokenState,
    kindOf: (request) =>
      tokens.application.state(bearer(request)) === "valid" ? "application" : "user",
  };
}

/** The consent page and its codes. */
class Consents {
  readonly #clientId: string;
  readonly #codes: AccessTokens;
  readonly #appUrl: string | null;
  /** Codes not used yet, with the address they were given to. */
  readonly #open = new Map<string, string>();

  constructor(clientId: string, codes: AccessTokens, appUrl: string | null) {
    this.#clientId = clientId;
    this.#codes = codes;
    this.#appUrl = appUrl;
  }

  page(query: URLSearchParams): EbayAnswer {
    const returnName = query.get("redirect_uri") ?? "";
    const isOurs = query.get("client_id") === this.#clientId;
    const isWhole = query.get("response_type") === "code" && query.get("scope");
    if (!isOurs || !isWhole || returnName === "") {
      return oauthError(400, "invalid_request", "client_id, redirect_uri, response_type and scope");
    }
    const back = new URL(returnAddress(returnName, this.#appUrl));
    const state = query.get("state");
    if (state !== null) back.searchParams.set("state", state);
    if (query.get("deny") === "1") {
      back.searchParams.set("error", "access_denied");
    } else {
      const code = this.#codes.issue();
      if (this.#open.size >= codesMax) this.#open.clear();
      this.#open.set(code, returnName);
      back.searchParams.set("code", code);
      back.searchParams.set("expires_in", String(codeLifeMs / 1_000));
    }
    return { status: 302, headers: { location: back.toString() } };
  }

  /** Uses a code up. @returns false: it is none, or not for this address */
  take(code: string, returnName: string | undefined): boolean {
    const givenTo = this.#open.get(code);
    this.#open.delete(code);
    return this.#codes.state(code) === "valid" && givenTo !== undefined && givenTo === returnName;
  }
}

/** eBay knows its own name for an address (RuName); here the name may be the address itself. */
function returnAddress(returnName: string, appUrl: string | null): string {
  return URL.canParse(returnName)
    ? returnName
    : `${appUrl ?? "http://127.0.0.1"}/connect/ebay/callback`;
}

function tokenAnswer(accessToken: string, type: string, more: object = {}): EbayAnswer {
  return {
    status: 200,
    body: {
      access_token: accessToken,
      expires_in: accessTokenLifeS,
      ...more,
      token_type: type,
    },
  };
}

function oauthError(status: number, error: string, description: string): EbayAnswer {
  return { status, body: { error, error_description: description } };
}

const invalidGrant = oauthError(
  400,
  "invalid_grant",
  "the provided grant is invalid or was issued to another client",
);
