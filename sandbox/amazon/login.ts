import { randomUUID } from "node:crypto";
import { z } from "zod";
import { demoCredentials } from "../catalogue.ts";
import type { SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import { createAccessTokens, equalInConstantTime, type TokenState } from "../tokens.ts";
import { sellerId } from "./account.ts";
import type { AmazonAnswer } from "./frame.ts";

/** LWA access tokens live one hour (channels.md 3.2). */
const accessTokenLifeS = 3_600;
/** A consent's code: five minutes, once (channels.md 3.2). */
const codeLifeMs = 5 * 60 * 1_000;
const codesMax = 100;
/** What Amazon calls the app. */
export const applicationId = "amzn1.sp.solution.lockstep-demo";
const notificationsScope = "sellingpartnerapi::notifications";

const formShape = z.looseObject({
  grant_type: z.string(),
  client_id: z.string(),
  client_secret: z.string(),
  refresh_token: z.string().optional(),
  code: z.string().optional(),
  redirect_uri: z.string().optional(),
  scope: z.string().optional(),
});
type Form = z.infer<typeof formShape>;

const codeShape = z.object({
  code: z.string(),
  redirectUri: z.string(),
  expiresAtMs: z.number(),
});
export const savedCodesShape = z.array(codeShape);

/** Login with Amazon: the consent page, the code it gives, and tokens. */
export class Login {
  readonly #context: SandboxContext;
  readonly #tokens: Readonly<Record<"seller" | "grantless", ReturnType<typeof createAccessTokens>>>;
  #codes: z.infer<typeof codeShape>[] = [];

  constructor(context: SandboxContext) {
    this.#context = context;
    const kind = (prefix: string, name: string) =>
      createAccessTokens({
        prefix,
        kind: name,
        secret: context.credential("AMAZON_LWA_CLIENT_SECRET"),
        lifeMs: accessTokenLifeS * 1_000,
        now: context.now,
        validFromMs: context.tokensValidFromMs,
      });
    this.#tokens = {
      seller: kind("Atza|", "amazon-access"),
      grantless: kind("Atc|", "amazon-grantless"),
    };
  }

  /** Whether a call may be made with this token. */
  state(kind: "seller" | "grantless", token: string | undefined): TokenState {
    return this.#tokens[kind].state(token);
  }

  /** Where the consent page sends the browser; null: the page itself says that something is wrong. */
  consent(query: URLSearchParams): string | null {
    const redirectUri = query.get("redirect_uri") ?? "";
    if (query.get("application_id") !== applicationId || !URL.canParse(redirectUri)) return null;
    const back = new URL(redirectUri);
    back.searchParams.set("state", query.get("state") ?? "");
    if (query.get("deny") === "1") {
      back.searchParams.set("error", "access_denied");
      back.searchParams.set("error_description", "The seller declined.");
      return back.toString();
    }
    const code = `RH${randomUUID().replaceAll("-", "")}`;
    const expiresAtMs = this.#context.now() + codeLifeMs;
    this.#codes = [...this.#codes, { code, redirectUri, expiresAtMs }].slice(-codesMax);
    this.#context.changed();
    back.searchParams.set("spapi_oauth_code", code);
    back.searchParams.set("selling_partner_id", sellerId);
    return back.toString();
  }

  /** `POST /auth/o2/token` */
  token(request: SandboxRequest): AmazonAnswer {
    const raw = Object.fromEntries(new URLSearchParams(request.rawBody.toString("utf8")));
    const form = formShape.safeParse(raw).data;
    if (!form) return refusal(400, "invalid_request", "The request is missing a parameter");
    const clientId = this.#context.credential("AMAZON_LWA_CLIENT_ID");
    const clientSecret = this.#context.credential("AMAZON_LWA_CLIENT_SECRET");
    const known =
      form.client_id === clientId && equalInConstantTime(form.client_secret, clientSecret);
    if (!known) return refusal(401, "invalid_client", "Client authentication failed");
    switch (form.grant_type) {
      case "refresh_token":
        return this.#refreshed(form);
      case "authorization_code":
        return this.#exchanged(form);
      case "client_credentials":
        return form.scope === notificationsScope
          ? this.#granted("grantless", null)
          : refusal(400, "invalid_scope", "The scope is not known");
      default:
        return refusal(400, "unsupported_grant_type", "The grant type is not supported");
    }
  }

  #refreshed(form: Form): AmazonAnswer {
    const { refreshToken } = demoCredentials.amazon;
    if (form.refresh_token !== refreshToken || this.#context.faults().consentRevoked) {
      return invalidGrant("refresh_token");
    }
    return this.#granted("seller", refreshToken);
  }

  #exchanged(form: Form): AmazonAnswer {
    const found = this.#codes.find(({ code }) => code === form.code);
    this.#codes = this.#codes.filter((one) => one !== found);
    this.#context.changed();
    if (found?.redirectUri !== form.redirect_uri) return invalidGrant("code");
    if (!found || found.expiresAtMs < this.#context.now()) return invalidGrant("code");
    return this.#granted("seller", demoCredentials.amazon.refreshToken);
  }

  #granted(kind: "seller" | "grantless", refreshToken: string | null): AmazonAnswer {
    return {
      status: 200,
      body: {
        access_token: this.#tokens[kind].issue(),
        ...(refreshToken !== null && { refresh_token: refreshToken }),
        token_type: "bearer",
        expires_in: accessTokenLifeS,
      },
    };
  }

  snapshot(): z.infer<typeof savedCodesShape> {
    return this.#codes;
  }

  restore(saved: z.infer<typeof savedCodesShape>): void {
    this.#codes = [...saved];
  }
}

function invalidGrant(parameter: string): AmazonAnswer {
  return refusal(400, "invalid_grant", `The request has an invalid grant parameter : ${parameter}`);
}

function refusal(status: number, error: string, description: string): AmazonAnswer {
  return { status, body: { error, error_description: description } };
}
