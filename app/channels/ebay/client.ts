import { z } from "zod";
import {
  callTimeoutMs,
  type ChannelContext,
  type ChannelRequest,
  type ChannelResponse,
  type FreshToken,
  type TokenSource,
} from "#app/channels/contract.ts";
import { caught } from "#app/channels/status-fault.ts";
import { withAccessToken, type TokenUse } from "#app/channels/with-access-token.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { applicationToken, forgetApplicationToken } from "./application-token.ts";
import {
  applicationTokenRequest,
  codeTokenRequest,
  readTokens,
  readUserToken,
  userTokenRequest,
  type EbayTokens,
} from "./auth.ts";
import { identityUrlOf, type EbayApp, type EbaySecrets, type EbaySettings } from "./config.ts";
import { faultOfAnswer, faultOfTrading, unreadableAnswer } from "./errors.ts";
import { marketplaceOf } from "./marketplaces.ts";
import { waitForQuotaMs } from "./quotas.ts";
import { tradingFrame, type TradingError } from "./trading-wire.ts";
import { tradingRequest, parseXml } from "./xml.ts";

export type EbayContext = ChannelContext<EbayApp, EbaySettings, EbaySecrets>;
/** What the calls need of a connection; a sign-in has this much before there is one. */
export type CallContext = Pick<EbayContext, "app" | "settings" | "http" | "tokens" | "now">;
export type Answer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault };

/** One REST call. */
export interface RestCall {
  readonly operation: string;
  readonly method: "GET" | "POST" | "PUT";
  /** Below the API's address, with its query. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** `app`: with the application's own token. Left out: with the merchant's. */
  readonly as?: "app";
  /** Identity has a host of its own. */
  readonly at?: "identity";
}

/** One call of the Trading API: its name and what its request element holds. */
export interface TradingCall {
  readonly name: string;
  readonly content: string;
}

/** The answer of a Trading call that may have been done in part. */
export interface TradingOutcome<T> {
  readonly value: T;
  /** Errors and warnings beside it. */
  readonly errors: readonly TradingError[];
  readonly failed: boolean;
}

/** The only way to eBay. Every call returns a wire type or a fault, and is repeated only for a fresh token. */
export interface EbayClient {
  rest<T>(call: RestCall, schema: z.ZodType<T>, signal: AbortSignal): Promise<Answer<T>>;
  /** As `rest`, for bulk calls: they answer 207, or 400 with rows; whatever fits the schema is read row by row. */
  rows<T>(call: RestCall, schema: z.ZodType<T>, signal: AbortSignal): Promise<Answer<T>>;
  /** A call whose answer is its status alone. The value: the last part of its Location, "" without one. */
  command(call: RestCall, signal: AbortSignal): Promise<Answer<string>>;
  /** A file, as it came. */
  file(call: RestCall, signal: AbortSignal): Promise<Answer<Buffer>>;
  /** A Trading call that was done, with or without warnings. */
  trading<T>(call: TradingCall, schema: z.ZodType<T>, signal: AbortSignal): Promise<Answer<T>>;
  /** A Trading call that may be done for some of its entries; a fault where none of it says anything. */
  tradingOutcome<T>(
    call: TradingCall,
    schema: z.ZodType<T>,
    signal: AbortSignal,
  ): Promise<Answer<TradingOutcome<T>>>;
}

/** Longer than anything the Trading API says about a token. */
const refusalCharactersMax = 10_000;
/** Version of the Trading API whose answers the schemas were written for (specs/ebay/trading-inventory.examples.json). */
const tradingVersion = "1371";

export function createClient(context: CallContext): EbayClient {
  const send = (call: RestCall, signal: AbortSignal) => sendRest(context, call, signal);
  const tradingOutcome = <T>(call: TradingCall, schema: z.ZodType<T>, signal: AbortSignal) =>
    sendTrading(context, call, schema, signal);
  return {
    async rest(call, schema, signal) {
      const sent = await send(call, signal);
      if (!sent.ok) return sent;
      const { status, json } = sent.value;
      const body = status < 400 ? schema.safeParse(json) : undefined;
      if (body?.success) return { ok: true, value: body.data };
      return refusedRest(context, call, sent.value, signal);
    },
    async rows(call, schema, signal) {
      const sent = await send(call, signal);
      if (!sent.ok) return sent;
      const { status, json } = sent.value;
      const isForWholeCall = status === 401 || status === 403 || status === 429 || status >= 500;
      const body = isForWholeCall ? undefined : schema.safeParse(json);
      if (body?.success) return { ok: true, value: body.data };
      return refusedRest(context, call, sent.value, signal);
    },
    async command(call, signal) {
      const sent = await send(call, signal);
      if (!sent.ok) return sent;
      const { status, headers } = sent.value;
      const isDone = status >= 200 && status < 300;
      // A page of somebody else's in eBay's place answers 200 too.
      const isPage = /text\/html/i.test(headers.get("content-type") ?? "");
      if (!isDone || isPage) return refusedRest(context, call, sent.value, signal);
      const location = headers.get("location")?.split(/[?#]/)[0] ?? "";
      return { ok: true, value: decodeURIComponent(location.split("/").at(-1) ?? "") };
    },
    async file(call, signal) {
      const sent = await send(call, signal);
      if (!sent.ok) return sent;
      if (sent.value.status === 200) return { ok: true, value: sent.value.bytes };
      return refusedRest(context, call, sent.value, signal);
    },
    tradingOutcome,
    async trading(call, schema, signal) {
      const outcome = await tradingOutcome(call, schema, signal);
      if (!outcome.ok) return outcome;
      const { value, errors, failed } = outcome.value;
      if (failed) return { ok: false, fault: faultOfTrading(errors, context.now()) };
      return { ok: true, value };
    },
  };
}

/** Sends with a token; an answer of any status, the token's text blotted out where it is quoted. */
async function sendRest(
  context: CallContext,
  call: RestCall,
  signal: AbortSignal,
): Promise<Answer<ChannelResponse>> {
  const use: TokenUse<EbaySecrets> = {
    tokens: call.as === "app" ? appTokens(context, signal) : context.tokens,
    refresh: (secrets) => refresh(context, secrets),
    refused: (response) =>
      response.status >= 400 && faultOfAnswer(response, context.now()).kind === "unauthorised",
  };
  return await caught(() =>
    withAccessToken(use, (token) => context.http.send(authorised(context, call, token, signal))),
  );
}

function authorised(
  context: CallContext,
  call: RestCall,
  token: string,
  signal: AbortSignal,
): ChannelRequest {
  const base = call.at === "identity" ? identityUrlOf(context.app) : context.app.EBAY_API_URL;
  const { marketplaceId, contentLanguage } = context.settings;
  return {
    operation: call.operation,
    method: call.method,
    url: `${base}${call.path}`,
    headers: {
      authorization: `Bearer ${token}`,
      accept: "application/json",
      "x-ebay-c-marketplace-id": marketplaceId,
      ...(call.body !== undefined && {
        "content-type": "application/json",
        "content-language": contentLanguage,
      }),
    },
    ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
    signal,
  };
}

/** The fault of an answer that is none of what was asked for. */
async function refusedRest(
  context: CallContext,
  call: RestCall,
  response: ChannelResponse,
  signal: AbortSignal,
): Promise<{ readonly ok: false; readonly fault: Fault }> {
  const { status } = response;
  if (status < 400) return { ok: false, fault: unreadableAnswer(status) };
  const fault = withoutTokens(faultOfAnswer(response, context.now()));
  if (fault.kind !== "rate-limited" || response.headers.has("retry-after")) {
    return { ok: false, fault };
  }
  const retryAfterMs = await waitForQuotaMs(context.app, call.path, async (path) => {
    const sent = await sendRest(context, { ...quotaCall, path }, signal);
    return sent.ok ? sent.value.json : undefined;
  });
  return { ok: false, fault: retryAfterMs === undefined ? fault : { ...fault, retryAfterMs } };
}

const quotaCall = { operation: "getRateLimits", method: "GET", as: "app" } as const;

/** A platform may quote what it was sent; eBay's tokens all begin alike. */
function withoutTokens(fault: Fault): Fault {
  return { ...fault, message: fault.message.replace(/v\^1\.1#[^\s"'<]*/g, "[secret]") };
}

async function sendTrading<T>(
  context: CallContext,
  call: TradingCall,
  schema: z.ZodType<T>,
  signal: AbortSignal,
): Promise<Answer<TradingOutcome<T>>> {
  const { name } = call;
  const use: TokenUse<EbaySecrets> = {
    tokens: context.tokens,
    refresh: (secrets) => refresh(context, secrets),
    refused: (response) => {
      // A page of listings is not read twice for this.
      if (response.body.length > refusalCharactersMax) return false;
      const outcome = readTrading(response, name, tradingFrame, context.now());
      const fault = outcome.ok
        ? outcome.value.failed && faultOfTrading(outcome.value.errors, context.now())
        : outcome.fault;
      return fault !== false && fault.kind === "unauthorised";
    },
  };
  const sent = await caught(() =>
    withAccessToken(use, (token) =>
      context.http.send({
        operation: "trading",
        method: "POST",
        url: `${context.app.EBAY_API_URL}/ws/api.dll`,
        headers: {
          "content-type": "text/xml",
          accept: "text/xml",
          "x-ebay-api-call-name": name,
          "x-ebay-api-siteid": String(marketplaceOf(context.settings.marketplaceId)?.siteId ?? 0),
          "x-ebay-api-compatibility-level": tradingVersion,
          "x-ebay-api-iaf-token": token,
        },
        body: tradingRequest(name, call.content),
        signal,
      }),
    ),
  );
  if (!sent.ok) return sent;
  const outcome = readTrading(sent.value, name, schema, context.now());
  return outcome.ok ? outcome : { ok: false, fault: withoutTokens(outcome.fault) };
}

const document = z.record(z.string(), z.unknown());

/** A Trading answer says in its `Ack` what became of it, whatever its status. */
function readTrading<T>(
  response: ChannelResponse,
  name: string,
  schema: z.ZodType<T>,
  now: Date,
): Answer<TradingOutcome<T>> {
  if (response.status >= 400) return { ok: false, fault: faultOfAnswer(response, now) };
  const root = document.safeParse(parseXml(response.body)).data?.[`${name}Response`];
  const frame = tradingFrame.safeParse(root);
  if (!frame.success) return { ok: false, fault: unreadableAnswer(response.status) };
  const { Ack, Errors: errors } = frame.data;
  const failed = Ack === "Failure" || Ack === "PartialFailure";
  const value = schema.safeParse(root);
  if (value.success) return { ok: true, value: { value: value.data, errors, failed } };
  const fault = failed ? faultOfTrading(errors, now) : unreadableAnswer(response.status);
  return { ok: false, fault };
}

/** Not under the caller's signal: a refresh serves all processes, whoever happened to need it first. */
async function refresh(
  context: CallContext,
  secrets: EbaySecrets,
): Promise<FreshToken<EbaySecrets>> {
  const request = userTokenRequest(context.app, secrets);
  const signal = AbortSignal.timeout(callTimeoutMs);
  const answer = await context.http.send({ operation: "token", ...request, signal });
  return readUserToken(answer, context.now());
}

/** The app's own token as a source: kept by this process, shared by all connections. */
function appTokens(context: CallContext, signal: AbortSignal): TokenSource<EbaySecrets> {
  const { app } = context;
  return {
    accessToken: () =>
      applicationToken(app, async () => {
        const request = applicationTokenRequest(app);
        const answer = await context.http.send({ operation: "token", ...request, signal });
        const refusal = { kind: "rejected", message: "eBay refuses this application." } as const;
        const { accessToken, expiresAt } = readTokens(answer, context.now(), refusal);
        return { token: accessToken, expiresInMs: expiresAt.getTime() - context.now().getTime() };
      }),
    discard() {
      forgetApplicationToken(app);
      return Promise.resolve();
    },
  };
}

/**
 * Turns the code of a sign-in into tokens. @param returnName as in the authorize address
 * @throws ChannelFault `rejected` when the code is wrong or used up
 */
export async function exchangeCode(
  context: Pick<EbayContext, "app" | "http" | "now">,
  grant: { readonly code: string; readonly returnName: string },
  signal: AbortSignal,
): Promise<EbayTokens> {
  const request = codeTokenRequest(context.app, grant.code, grant.returnName);
  const answer = await context.http.send({ operation: "token", ...request, signal });
  return readTokens(answer, context.now(), {
    kind: "rejected",
    message: "eBay did not accept this sign-in: it is used up or took too long. Connect again.",
  });
}
