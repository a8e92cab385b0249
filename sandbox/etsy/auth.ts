import { createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import type { SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import { createAccessTokens, equalInConstantTime } from "../tokens.ts";
import { answer, formOf, oauthRefusal, refuse, type EtsyAnswer } from "./frame.ts";
import { demoEtsy } from "./names.ts";
import { RefreshTokens, type SavedChains } from "./refresh-tokens.ts";

/** channels.md 8.1. */
const accessTokenLifeS = 3_600;
/** A code that nobody exchanged. */
const codeLifeMs = 10 * 60_000;
/** Sign-ins that wait for their exchange; the oldest is forgotten beyond it. */
const codesMax = 100;

const consentShape = z.object({
  response_type: z.literal("code"),
  client_id: z.string(),
  redirect_uri: z.url(),
  scope: z.string().min(1),
  state: z.string().min(1),
  code_challenge: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  code_challenge_method: z.literal("S256"),
});
type Consent = z.infer<typeof consentShape>;

const codeGrantShape = z.object({
  client_id: z.string(),
  redirect_uri: z.string(),
  code: z.string(),
  // RFC 7636: 43 to 128 characters of the unreserved set.
  code_verifier: z.string().regex(/^[A-Za-z0-9._~-]{43,128}$/),
});

const savedShape = z.object({
  chains: z.custom<SavedChains>(),
  codes: z.array(z.tuple([z.string(), consentShape, z.number()])),
});

/** Etsy's OAuth 2 with PKCE, and the two headers that every call carries. */
export class EtsyAuth {
  readonly #context: SandboxContext;
  readonly #refreshTokens: RefreshTokens;
  readonly #accessTokens;
  /** Codes that wait to be exchanged, oldest first. */
  readonly #codes = new Map<string, { readonly consent: Consent; readonly atMs: number }>();

  constructor(context: SandboxContext) {
    this.#context = context;
    const secret = context.credential("ETSY_SHARED_SECRET");
    this.#refreshTokens = new RefreshTokens(secret);
    this.#accessTokens = createAccessTokens({
      prefix: `${demoEtsy.userId}.`,
      kind: "etsy-access",
      secret,
      lifeMs: accessTokenLifeS * 1_000,
      now: context.now,
      validFromMs: context.tokensValidFromMs,
    });
  }

  /** `GET /oauth/connect`: the simulated merchant approves at once, or refuses with `deny=1`. */
  connectPage(request: SandboxRequest): EtsyAnswer {
    const query = request.url.searchParams;
    const asked = consentShape.safeParse(Object.fromEntries(query));
    if (!asked.success || asked.data.client_id !== this.#context.credential("ETSY_KEYSTRING")) {
      return refuse(400, "An error occurred. The requested redirect URL is not permitted.");
    }
    const back = new URL(asked.data.redirect_uri);
    back.searchParams.set("state", asked.data.state);
    if (query.get("deny") === "1") {
      back.searchParams.set("error", "access_denied");
      back.searchParams.set("error_description", "The user denied the request for access.");
    } else {
      back.searchParams.set("code", this.#newCode(asked.data));
    }
    return { status: 302, body: undefined, headers: { location: back.toString() } };
  }

  /** `POST /v3/public/oauth/token` */
  token(request: SandboxRequest): EtsyAnswer {
    const form = formOf(request);
    if (form?.["client_id"] !== this.#context.credential("ETSY_KEYSTRING")) {
      return oauthRefusal(401, "invalid_client", "client_id is not known");
    }
    if (form["grant_type"] === "authorization_code") return this.#exchange(form);
    if (form["grant_type"] === "refresh_token") return this.#refresh(form["refresh_token"] ?? "");
    return oauthRefusal(400, "unsupported_grant_type", "grant_type is not supported");
  }

  /** The key pair and the token of a call; null when both are good. */
  refuseCall(request: SandboxRequest): EtsyAnswer | null {
    const keystring = this.#context.credential("ETSY_KEYSTRING");
    const key = request.headers["x-api-key"] ?? "";
    if (key === "" || key === keystring) {
      return refuse(403, "Shared secret is required in x-api-key header.");
    }
    const pair = `${keystring}:${this.#context.credential("ETSY_SHARED_SECRET")}`;
    if (!equalInConstantTime(key, pair)) {
      const text = "API key not found or not active, or incorrect shared secret for API key.";
      return refuse(403, text);
    }
    const bearer = /^Bearer (.+)$/.exec(request.headers["authorization"] ?? "")?.[1];
    const state = this.#accessTokens.state(bearer);
    if (state === "expired") return oauthRefusal(401, "invalid_token", "access token is expired");
    if (state === "unknown" || this.#context.faults().consentRevoked) {
      return oauthRefusal(401, "invalid_token", "access token is not valid");
    }
    return null;
  }

  snapshot(): z.infer<typeof savedShape> {
    return {
      chains: this.#refreshTokens.snapshot(),
      codes: [...this.#codes].map(([code, { consent, atMs }]) => [code, consent, atMs]),
    };
  }

  restore(snapshot: unknown): void {
    const saved = savedShape.parse(snapshot);
    this.#refreshTokens.restore(saved.chains);
    for (const [code, consent, atMs] of saved.codes) this.#codes.set(code, { consent, atMs });
  }

  #newCode(consent: Consent): string {
    const [oldest] = this.#codes.keys();
    if (this.#codes.size >= codesMax && oldest !== undefined) this.#codes.delete(oldest);
    const code = randomBytes(24).toString("base64url");
    this.#codes.set(code, { consent, atMs: this.#context.now() });
    this.#context.changed();
    return code;
  }

  #exchange(form: Readonly<Record<string, string>>): EtsyAnswer {
    const grant = codeGrantShape.safeParse(form);
    if (!grant.success) return oauthRefusal(400, "invalid_request", "A parameter is missing.");
    const known = this.#codes.get(grant.data.code);
    // A code is good once, whatever comes of it.
    this.#codes.delete(grant.data.code);
    if (!known || this.#context.now() - known.atMs > codeLifeMs) {
      return oauthRefusal(400, "invalid_grant", "code is not known, was used or is expired");
    }
    if (known.consent.redirect_uri !== grant.data.redirect_uri) {
      return oauthRefusal(400, "invalid_grant", "redirect_uri does not match");
    }
    const challenge = createHash("sha256").update(grant.data.code_verifier).digest("base64url");
    if (challenge !== known.consent.code_challenge) {
      return oauthRefusal(400, "invalid_grant", "code_verifier does not match code_challenge");
    }
    this.#context.changed();
    return this.#grant(this.#refreshTokens.begin(randomBytes(8).toString("hex")));
  }

  #refresh(token: string): EtsyAnswer {
    if (this.#context.faults().consentRevoked) {
      return oauthRefusal(400, "invalid_grant", "refresh_token is revoked");
    }
    const next = this.#refreshTokens.replace(token);
    if (next === null) return oauthRefusal(400, "invalid_grant", "refresh_token is invalid");
    this.#context.changed();
    return this.#grant(next);
  }

  #grant(refreshToken: string): EtsyAnswer {
    return answer({
      access_token: this.#accessTokens.issue(),
      token_type: "Bearer",
      expires_in: accessTokenLifeS,
      refresh_token: refreshToken,
    });
  }
}
