import { createHmac, randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { z } from "zod";
import { demoCredentials } from "../catalogue.ts";
import type { SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import { equalInConstantTime, type AccessTokens } from "../tokens.ts";
import { answerFailure, answerSuccess } from "./frame.ts";

/** About a year. */
const refreshTokenLifeS = 365 * 24 * 3_600;
/** An authorisation code is good for so long, and once (channels.md 5.1). */
const codeLifeMs = 30 * 60_000;
/** Codes and consents remembered; the oldest are forgotten. */
const rememberedMax = 1_000;

const savedShape = z.object({
  oldestGood: z.array(z.tuple([z.number(), z.number()])),
  nextChain: z.number(),
  codes: z.array(z.tuple([z.string(), z.number()])),
});

/**
 * Consent, its code, and tokens. Every refresh gives a new refresh token of the same consent; the one used stays good
 * until its successor is used (a lost answer must not lock the app out); then it is dead.
 */
export class SignIn {
  readonly #context: SandboxContext;
  readonly #accessTokens: AccessTokens;
  readonly #accessTokenLifeMs: number;
  readonly #appKey: string;
  readonly #appSecret: string;
  /** By consent: tokens of an older generation are dead. Consent 0 is the demo merchant's, given before all time. */
  readonly #oldestGood = new Map<number, number>([[0, 0]]);
  readonly #codes = new Map<string, number>();
  #nextChain = 1;

  constructor(context: SandboxContext, accessTokens: AccessTokens, accessTokenLifeMs: number) {
    this.#context = context;
    this.#accessTokens = accessTokens;
    this.#accessTokenLifeMs = accessTokenLifeMs;
    this.#appKey = context.credential("TIKTOK_SHOP_APP_KEY");
    this.#appSecret = context.credential("TIKTOK_SHOP_APP_SECRET");
  }

  /** The consent page and the token host. False for a path that is neither. */
  serve(request: SandboxRequest, response: ServerResponse): boolean {
    const address = `${request.method} ${request.path}`;
    if (/^GET \/auth\/api\/v2\/token\/(get|refresh)$/.test(address)) {
      this.#serveToken(request, response);
      return true;
    }
    const isConsent = /^GET (\/us)?\/open\/authorize$|^GET \/auth\/oauth\/authorize$/.test(address);
    if (isConsent) this.#serveConsent(request.url.searchParams, response);
    return isConsent;
  }

  snapshot(): unknown {
    return {
      oldestGood: [...this.#oldestGood],
      nextChain: this.#nextChain,
      codes: [...this.#codes],
    };
  }

  /** What cannot be read (an older state) leaves it fresh. */
  restore(snapshot: unknown): void {
    const { data: saved } = savedShape.safeParse(snapshot);
    if (!saved) return;
    for (const [chain, generation] of saved.oldestGood) this.#oldestGood.set(chain, generation);
    for (const [code, untilMs] of saved.codes) this.#codes.set(code, untilMs);
    this.#nextChain = saved.nextChain;
  }

  #tokenOf(chain: number, generation: number): string {
    if (chain === 0 && generation === 0) return demoCredentials.tiktok.refreshToken;
    const content = `${String(chain)}.${String(generation)}`;
    const proof = createHmac("sha256", this.#appSecret).update(`refresh.${content}`);
    return `ROW_r${content}.${proof.digest("base64url")}`;
  }

  #readToken(token: string): { readonly chain: number; readonly generation: number } | null {
    if (token === this.#tokenOf(0, 0)) return { chain: 0, generation: 0 };
    const match = /^ROW_r(\d{1,9})\.(\d{1,9})\./.exec(token);
    if (!match) return null;
    const [chain, generation] = [Number(match[1]), Number(match[2])];
    return equalInConstantTime(token, this.#tokenOf(chain, generation))
      ? { chain, generation }
      : null;
  }

  #issue(response: ServerResponse, chain: number, generation: number): void {
    const nowS = Math.floor(this.#context.now() / 1_000);
    answerSuccess(response, {
      access_token: this.#accessTokens.issue(),
      access_token_expire_in: nowS + Math.floor(this.#accessTokenLifeMs / 1_000),
      refresh_token: this.#tokenOf(chain, generation),
      refresh_token_expire_in: nowS + refreshTokenLifeS,
      open_id: "demo-open-id",
      seller_name: "Lockstep demo",
      seller_base_region: "US",
      user_type: 0,
      granted_scopes: [
        ...["seller.authorization.info", "seller.product.basic", "seller.product.write"],
        ...["seller.order.info", "seller.fulfillment.basic", "seller.logistics"],
        "seller.return_refund.basic",
      ],
    });
  }

  #serveToken(request: SandboxRequest, response: ServerResponse): void {
    const query = request.url.searchParams;
    const isOurApp =
      query.get("app_key") === this.#appKey &&
      equalInConstantTime(query.get("app_secret") ?? "", this.#appSecret);
    const isRefresh = request.path.endsWith("/refresh");
    const grant = isRefresh ? "refresh_token" : "authorized_code";
    if (!isOurApp || query.get("grant_type") !== grant) {
      refuse(response, 36004004, "Invalid app or grant");
    } else if (isRefresh) {
      this.#renew(query.get("refresh_token") ?? "", response);
    } else {
      this.#exchange(query.get("auth_code") ?? "", response);
    }
  }

  #renew(given: string, response: ServerResponse): void {
    const token = this.#readToken(given);
    const oldest = this.#oldestGood.get(token?.chain ?? -1) ?? Infinity;
    if (token === null || token.generation < oldest || this.#context.faults().consentRevoked) {
      refuse(response, 105003, "Invalid refresh token");
      return;
    }
    this.#oldestGood.set(token.chain, token.generation);
    this.#context.changed();
    this.#issue(response, token.chain, token.generation + 1);
  }

  #exchange(code: string, response: ServerResponse): void {
    const goodUntilMs = this.#codes.get(code) ?? 0;
    this.#codes.delete(code);
    if (goodUntilMs < this.#context.now()) {
      refuse(response, 36004004, "Invalid auth_code: it is expired, used or not known");
      return;
    }
    const chain = this.#nextChain;
    this.#nextChain += 1;
    this.#oldestGood.set(chain, 0);
    forgetOldest(this.#oldestGood);
    this.#context.changed();
    this.#issue(response, chain, 0);
  }

  /** The merchant's browser: who looks at this page has approved already (or refused, with `deny`). */
  #serveConsent(query: URLSearchParams, response: ServerResponse): void {
    const isKnownApp = query.has("service_id") || query.get("app_key") === this.#appKey;
    // The real one knows the address from the Partner Center; this one has to be told.
    const target = query.get("redirect_uri") ?? "";
    if (!isKnownApp || !URL.canParse(target)) {
      refuse(response, 36004004, "Invalid service_id, app_key or redirect_uri");
      return;
    }
    const back = new URL(target);
    const given: Readonly<Record<string, string>> =
      query.get("deny") === "1"
        ? { error: "access_denied", error_description: "The seller did not authorize the app." }
        : { app_key: this.#appKey, code: this.#newCode(), locale: "en-US", shop_region: "US" };
    for (const [name, value] of Object.entries(given)) back.searchParams.set(name, value);
    const state = query.get("state");
    if (state !== null) back.searchParams.set("state", state);
    response.writeHead(302, { location: back.toString() });
    response.end();
  }

  #newCode(): string {
    const code = `ROW_${randomBytes(24).toString("base64url")}`;
    this.#codes.set(code, this.#context.now() + codeLifeMs);
    forgetOldest(this.#codes);
    this.#context.changed();
    return code;
  }
}

function refuse(response: ServerResponse, code: number, message: string): void {
  answerFailure(response, { status: 200, code, message });
}

function forgetOldest(map: Map<unknown, unknown>): void {
  const oldest = map.keys().next();
  if (map.size > rememberedMax && !oldest.done) map.delete(oldest.value);
}
