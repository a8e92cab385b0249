import { randomBytes } from "node:crypto";
import type { SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import { createAccessTokens, equalInConstantTime } from "../tokens.ts";
import { demoRefreshToken } from "./demo.ts";
import { oauthError, ok, refuse, type FlipkartAnswer } from "./frame.ts";

const secondsPerDay = 86_400;
/** channels.md 9: access 60 days, refresh 180 days; the manual's sample says 5,183,999. */
const accessLifeS = 60 * secondsPerDay - 1;
const refreshLifeS = 180 * secondsPerDay;
/** A sign-in's code is good for this long. */
const codeLifeMs = 10 * 60_000;
/** Codes waiting to be used; the oldest are forgotten. */
const codesMax = 1_000;
const scope = "Seller_Api";

interface IssuedCode {
  readonly redirectUri: string;
  readonly issuedAtMs: number;
}

export type SavedCodes = readonly (readonly [code: string, issued: IssuedCode])[];

/** Flipkart's OAuth: the consent page (the simulated seller allows at once) and the token address. */
export class FlipkartAuth {
  readonly #context: SandboxContext;
  readonly #codes = new Map<string, IssuedCode>();

  constructor(context: SandboxContext) {
    this.#context = context;
  }

  /** `GET /oauth-service/oauth/authorize`; with `deny=1` the seller refuses. */
  authorize(query: URLSearchParams): FlipkartAnswer {
    const redirectUri = query.get("redirect_uri");
    const appId = this.#context.credential("FLIPKART_APP_ID");
    if (query.get("client_id") !== appId || !redirectUri || !URL.canParse(redirectUri)) {
      return oauthError(401, "unauthorized", "No client with the requested id or redirect");
    }
    if (query.get("response_type") !== "code" || query.get("scope") !== scope) {
      return oauthError(400, "invalid_scope", "Invalid response type or scope");
    }
    const back = new URL(redirectUri);
    if (query.get("deny") === "1") {
      back.searchParams.set("error", "access_denied");
      back.searchParams.set("error_description", "User denied access");
    } else {
      back.searchParams.set("code", this.#issueCode(redirectUri));
    }
    const state = query.get("state");
    if (state !== null) back.searchParams.set("state", state);
    return { status: 302, body: {}, headers: { location: back.toString() } };
  }

  /** `GET /oauth-service/oauth/token`: the grant stands in the query. */
  token(request: SandboxRequest): FlipkartAnswer {
    const credentials = `${this.#context.credential("FLIPKART_APP_ID")}:${this.#secret}`;
    const basic = `Basic ${Buffer.from(credentials).toString("base64")}`;
    if (!equalInConstantTime(request.headers["authorization"] ?? "", basic)) {
      return oauthError(401, "unauthorized", "Bad credentials");
    }
    const query = request.url.searchParams;
    switch (query.get("grant_type") ?? "") {
      case "client_credentials":
        return query.get("scope") === scope && !this.#context.faults().consentRevoked
          ? this.#answer(null)
          : oauthError(400, "invalid_scope", "Invalid scope");
      case "authorization_code":
        return this.#redeem(query);
      case "refresh_token":
        return this.#refresh(query.get("refresh_token") ?? "");
      default:
        return oauthError(400, "unsupported_grant_type", "Unsupported grant type");
    }
  }

  /** Refuses a call without a live bearer token; null when it has one. Flipkart quotes what it refuses. */
  refuseBearer(request: SandboxRequest): FlipkartAnswer | null {
    const token = /^Bearer (.+)$/i.exec(request.headers["authorization"] ?? "")?.[1];
    if (token === undefined) {
      return oauthError(401, "unauthorized", "Full authentication is required");
    }
    const alive = this.#access().state(token) === "valid" && !this.#context.faults().consentRevoked;
    return alive ? null : oauthError(401, "invalid_token", `Invalid access token: ${token}`);
  }

  snapshot(): SavedCodes {
    return [...this.#codes];
  }

  restore(saved: SavedCodes): void {
    for (const [code, issued] of saved) this.#codes.set(code, issued);
  }

  get #secret(): string {
    return this.#context.credential("FLIPKART_APP_SECRET");
  }

  #access() {
    const { now, tokensValidFromMs } = this.#context;
    return createAccessTokens({
      ...{ prefix: "fk-", kind: "flipkart-access", secret: this.#secret, now },
      lifeMs: accessLifeS * 1_000,
      validFromMs: tokensValidFromMs,
    });
  }

  #refreshTokens() {
    return createAccessTokens({
      ...{ prefix: "fkr-", kind: "flipkart-refresh", secret: this.#secret },
      now: this.#context.now,
      lifeMs: refreshLifeS * 1_000,
      validFromMs: () => 0,
    });
  }

  #issueCode(redirectUri: string): string {
    const code = randomBytes(6).toString("base64url");
    this.#codes.set(code, { redirectUri, issuedAtMs: this.#context.now() });
    if (this.#codes.size > codesMax) {
      const oldest = this.#codes.keys().next();
      if (!oldest.done) this.#codes.delete(oldest.value);
    }
    this.#context.changed();
    return code;
  }

  #redeem(query: URLSearchParams): FlipkartAnswer {
    const code = query.get("code") ?? "";
    const issued = this.#codes.get(code);
    this.#codes.delete(code);
    const fresh = issued && this.#context.now() - issued.issuedAtMs < codeLifeMs;
    if (!fresh || issued.redirectUri !== query.get("redirect_uri")) {
      return oauthError(400, "invalid_grant", `Invalid authorization code: ${code}`);
    }
    return this.#answer(this.#refreshTokens().issue());
  }

  /** A refresh keeps its refresh token. */
  #refresh(refreshToken: string): FlipkartAnswer {
    const known =
      refreshToken === demoRefreshToken || this.#refreshTokens().state(refreshToken) === "valid";
    if (!known || this.#context.faults().consentRevoked) {
      return oauthError(400, "invalid_grant", `Invalid refresh token: ${refreshToken}`);
    }
    return this.#answer(refreshToken);
  }

  #answer(refreshToken: string | null): FlipkartAnswer {
    return ok({
      access_token: this.#access().issue(),
      token_type: "bearer",
      ...(refreshToken !== null && { refresh_token: refreshToken }),
      expires_in: accessLifeS,
      scope,
    });
  }
}

/** No such address. */
export const notFound = refuse(404, "No handler found");
