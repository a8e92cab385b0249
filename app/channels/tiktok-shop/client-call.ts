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
import { readToken, tokenRefreshUrl } from "./auth.ts";
import type { TiktokShopApp, TiktokShopSecrets, TiktokShopSettings } from "./config.ts";
import { faultOfAnswer, isWrongClock, unreadableAnswer } from "./errors.ts";
import { PlatformClock } from "./platform-clock.ts";
import { signRequest } from "./sign.ts";
import { frame } from "./wire.ts";

export type TiktokShopContext = ChannelContext<
  TiktokShopApp,
  TiktokShopSettings,
  TiktokShopSecrets
>;

export type Answer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault };

/** One call, before it is dated, signed and sent. */
export interface Call {
  readonly operation: string;
  readonly method: "GET" | "POST" | "PUT";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** What calls of one shop, or of none yet, go out with. */
export interface Line {
  readonly app: TiktokShopApp;
  readonly http: ChannelHttp;
  readonly clock: PlatformClock;
  /** Null for the calls that name no shop. */
  readonly shopCipher: string | null;
}

/**
 * Sends a call. When TikTok refuses it for its date, and answers showed another time than it was dated with, it is dated
 * anew and sent once more: it was not done.
 * @throws ChannelFault
 */
export async function send(
  line: Line,
  call: Call,
  accessToken: string,
  signal: AbortSignal,
): Promise<ChannelResponse> {
  const { clock, http } = line;
  const datedS = clock.nowS();
  const answer = await http.send(signed(line, call, accessToken, signal));
  clock.learn(answer);
  const isWorthDatingAnew = isRefused(answer) && isWrongClock(faultOfAnswer(answer));
  if (!isWorthDatingAnew || !clock.isOtherThan(datedS)) return answer;
  return http.send(signed(line, call, accessToken, signal));
}

/** Signed for this attempt: a signature ages with its timestamp. */
function signed(
  { app, clock, shopCipher }: Line,
  call: Call,
  accessToken: string,
  signal: AbortSignal,
): ChannelRequest {
  const body = call.body === undefined ? "" : JSON.stringify(call.body);
  const query = {
    ...call.query,
    app_key: app.TIKTOK_SHOP_APP_KEY,
    ...(shopCipher !== null && { shop_cipher: shopCipher }),
    timestamp: String(clock.nowS()),
  };
  const sign = signRequest({ path: call.path, query, body }, app.TIKTOK_SHOP_APP_SECRET);
  const search = new URLSearchParams({ ...query, sign });
  return {
    operation: call.operation,
    method: call.method,
    url: `${app.TIKTOK_SHOP_API_URL}${call.path}?${search}`,
    headers: { "x-tts-access-token": accessToken, "content-type": "application/json" },
    ...(body !== "" && { body }),
    signal,
  };
}

/** TikTok refuses with HTTP 200 and a code as readily as with a status. */
export function isRefused(response: ChannelResponse): boolean {
  const read = frame.safeParse(response.json);
  return response.status >= 400 || (read.success && read.data.code !== 0);
}

/** What an answer holds, or why not. `accessToken` is taken out of the platform's words: it may quote what it was sent. */
export function readAnswer<T>(
  response: ChannelResponse,
  schema: z.ZodType<T>,
  accessToken: string,
): Answer<T> {
  if (isRefused(response)) {
    const fault = faultOfAnswer(response);
    const message = fault.message.replaceAll(accessToken, "[secret]");
    return { ok: false, fault: { ...fault, message } };
  }
  const body = frame.safeParse(response.json);
  const data = body.success ? schema.safeParse(body.data.data) : undefined;
  return data?.success
    ? { ok: true, value: data.data }
    : { ok: false, fault: unreadableAnswer(response.status) };
}

/** The answer with its value put otherwise. */
export function mapAnswer<A, B>(answer: Answer<A>, map: (value: A) => B): Answer<B> {
  return answer.ok ? { ok: true, value: map(answer.value) } : answer;
}

/** Makes a call of one connection; the answer is what it holds, or a fault. */
export type Caller = <T>(
  call: Call,
  schema: z.ZodType<T>,
  signal: AbortSignal,
) => Promise<Answer<T>>;

/** Calls of one connection, repeated only for a fresh token or a better clock. */
export function callerOf(context: TiktokShopContext): Caller {
  const { app, http, settings } = context;
  const clock = new PlatformClock(context.now);
  const line: Line = { app, http, clock, shopCipher: settings.shopCipher };
  return async <T>(call: Call, schema: z.ZodType<T>, signal: AbortSignal): Promise<Answer<T>> => {
    let token = "";
    const use: TokenUse<TiktokShopSecrets> = {
      tokens: context.tokens,
      refresh: (secrets) => refresh(context, secrets),
      refused: (answer) => isRefused(answer) && faultOfAnswer(answer).kind === "unauthorised",
    };
    const sent = await caught(() =>
      withAccessToken(use, (accessToken) => {
        token = accessToken;
        return send(line, call, accessToken, signal);
      }),
    );
    return sent.ok ? readAnswer(sent.value, schema, token) : sent;
  };
}

/**
 * Not under the caller's signal: a refresh that is cut off after TikTok rotated the pair would lose
 * the connection's only refresh token.
 */
async function refresh(
  context: TiktokShopContext,
  secrets: TiktokShopSecrets,
): Promise<FreshToken<TiktokShopSecrets>> {
  const answer = await context.http.send({
    operation: "token",
    method: "GET",
    url: tokenRefreshUrl(context.app, secrets),
    headers: { "content-type": "application/json" },
    signal: AbortSignal.timeout(callTimeoutMs),
  });
  return readToken(answer);
}
