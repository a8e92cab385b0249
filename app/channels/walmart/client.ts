import { randomUUID } from "node:crypto";
import type { z } from "zod";
import {
  callTimeoutMs,
  type ChannelContext,
  type ChannelHttp,
  type ChannelRequest,
  type ChannelResponse,
  type FreshToken,
} from "#app/channels/contract.ts";
import { caught } from "#app/channels/status-fault.ts";
import { withAccessToken, type TokenUse } from "#app/channels/with-access-token.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { grantOf, readToken, tokenRequest, type WalmartGrant } from "./auth.ts";
import type { WalmartApp, WalmartSecrets, WalmartSettings } from "./config.ts";
import { errorsIn, faultOfAnswer, unreadableAnswer } from "./errors.ts";

export type WalmartContext = ChannelContext<WalmartApp, WalmartSettings, WalmartSecrets>;
export type Answer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault };

/** One call. `path` is below the host, with its query. */
export interface Call<T> extends Pick<ChannelRequest, "operation" | "method" | "body"> {
  readonly path: string;
  readonly schema: z.ZodType<T>;
  /** Of `body`; JSON where left out. */
  readonly contentType?: string;
  /** What an answer 204 stands for, where the address gives one. */
  readonly noContent?: T;
}

/** Makes calls for one connection: a wire type or a fault, repeated only for a fresh token. */
export interface WalmartClient {
  call<T>(call: Call<T>, signal: AbortSignal): Promise<Answer<T>>;
}

export function createClient(context: WalmartContext): WalmartClient {
  return {
    async call(call, signal) {
      let token = "";
      const use: TokenUse<WalmartSecrets> = {
        tokens: context.tokens,
        refresh: (secrets) => refresh(context, secrets),
        refused: isTokenRefused,
      };
      const sent = await caught(() =>
        withAccessToken(use, (accessToken) => {
          token = accessToken;
          return context.http.send(authorised(context.app, call, accessToken, signal));
        }),
      );
      return sent.ok ? read(sent.value, call, token) : sent;
    },
  };
}

/** A connection that is being made. */
export interface SignedIn {
  readonly client: WalmartClient;
  /** What a consent gave for later. */
  readonly refreshToken: string | null;
}

/** Makes calls with a grant that is not stored yet. @throws ChannelFault `revoked` when it is refused */
export async function signIn(
  { app, http, now, signal }: SignIn,
  grant: WalmartGrant,
): Promise<SignedIn> {
  const answer = await http.send({ operation: "token", ...tokenCall(app, grant), signal });
  const { accessToken, secrets } = readToken(answer, now());
  const client: WalmartClient = {
    async call(call, callSignal) {
      const sent = await caught(() => http.send(authorised(app, call, accessToken, callSignal)));
      return sent.ok ? read(sent.value, call, accessToken) : sent;
    },
  };
  const refreshToken = secrets && "refreshToken" in secrets ? secrets.refreshToken : null;
  return { client, refreshToken };
}

export interface SignIn {
  readonly app: WalmartApp;
  readonly http: ChannelHttp;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

/**
 * A SKU as a part of an address. Walmart wants more characters encoded than the standard does (specs/walmart inventory,
 * parameter `sku`).
 */
export function encoded(sku: string): string {
  return encodeURIComponent(sku).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function isTokenRefused(response: ChannelResponse): boolean {
  return response.status >= 400 && faultOfAnswer(response).kind === "unauthorised";
}

/** On every call, the token's included: without Accept Walmart answers XML; the id is new for every attempt. */
function commonHeaders(app: WalmartApp): Record<string, string> {
  return {
    accept: "application/json",
    "wm_svc.name": "Walmart Marketplace",
    "wm_qos.correlation_id": randomUUID(),
    ...(app.WALMART_CHANNEL_TYPE === undefined
      ? {}
      : { "wm_consumer.channel.type": app.WALMART_CHANNEL_TYPE }),
  };
}

function authorised(
  app: WalmartApp,
  call: Call<unknown>,
  token: string,
  signal: AbortSignal,
): ChannelRequest {
  const { operation, method, path, body, contentType = "application/json" } = call;
  return {
    operation,
    method,
    url: `${app.WALMART_API_URL}${path}`,
    headers: {
      ...commonHeaders(app),
      "wm_sec.access_token": token,
      ...(body === undefined ? {} : { "content-type": contentType }),
    },
    ...(body === undefined ? {} : { body }),
    signal,
  };
}

function tokenCall(app: WalmartApp, grant: WalmartGrant) {
  const { headers, ...request } = tokenRequest(app, grant);
  return { ...request, headers: { ...commonHeaders(app), ...headers } };
}

/** A good status that carries errors is a refusal like any other. */
function read<T>(response: ChannelResponse, call: Call<T>, token: string): Answer<T> {
  const { status } = response;
  if (status === 204 && call.noContent !== undefined) return { ok: true, value: call.noContent };
  const isGood = status >= 200 && status < 300;
  if (!isGood || errorsIn(response).length > 0) {
    const fault = faultOfAnswer(response);
    // A platform may quote what it was sent.
    return { ok: false, fault: { ...fault, message: withoutSecret(fault.message, token) } };
  }
  const body = call.schema.safeParse(response.json);
  return body.success
    ? { ok: true, value: body.data }
    : { ok: false, fault: unreadableAnswer(status) };
}

function withoutSecret(text: string, secret: string): string {
  return secret === "" ? text : text.replaceAll(secret, "[secret]");
}

/** Not under the caller's signal: a refresh serves all processes, whoever happened to need it first. */
async function refresh(
  context: WalmartContext,
  secrets: WalmartSecrets,
): Promise<FreshToken<WalmartSecrets>> {
  const signal = AbortSignal.timeout(callTimeoutMs);
  const request = tokenCall(context.app, grantOf(secrets, context.settings.sellerId));
  return readToken(
    await context.http.send({ operation: "token", ...request, signal }),
    context.now(),
  );
}
