import type { z } from "zod";
import {
  callTimeoutMs,
  ChannelFault,
  type ChannelContext,
  type ChannelHttp,
  type ChannelRequest,
  type ChannelResponse,
  type FreshToken,
} from "#app/channels/contract.ts";
import { caught } from "#app/channels/status-fault.ts";
import { withAccessToken, type TokenUse } from "#app/channels/with-access-token.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import {
  accessMs,
  accessToken,
  basicHeader,
  judgeFirstAnswer,
  keyPlaces,
  readAccess,
  routePlaces,
  type WooAccess,
} from "./auth.ts";
import type { WooApp, WooSecrets, WooSettings } from "./config.ts";
import { faultOfAnswer, plainText, revokedFault, unreadableAnswer } from "./errors.ts";
import { errorBody, siteIndex, type WooError } from "./wire.ts";

export type WooContext = ChannelContext<WooApp, WooSettings, WooSecrets>;
export type Answer<T> =
  | { readonly ok: true; readonly value: T; readonly total: number | null }
  | { readonly ok: false; readonly fault: Fault };

/** One call to a shop. */
export interface WooCall {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Below /wp-json: "/wc/v3/products". */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** A route that a shop may lack: the answer "no route" says just that, and nothing about the way in. */
  readonly optional?: true;
}

/** Calls of one connection; each returns a wire type or a fault, repeated only for a fresh way in. */
export interface WooClient {
  call<T>(call: WooCall, schema: z.ZodType<T>, signal: AbortSignal): Promise<Answer<T>>;
}

/** The code of a route that is not there. */
export const noRouteCode = "rest_no_route";
/** All calls go to the merchant's one server and draw from one bucket. */
const operation = "site";

/** A site with the keys for it. */
interface Site {
  readonly http: ChannelHttp;
  readonly siteUrl: string;
}

export function createClient(context: WooContext): WooClient {
  const site: Site = { http: context.http, siteUrl: context.settings.siteUrl };
  const use = (call: WooCall): TokenUse<WooSecrets> => ({
    tokens: context.tokens,
    refresh: (secrets) => refresh(site, secrets, context.now()),
    refused: (answer) => isLockedOut(answer, call),
  });
  return {
    async call(call, schema, signal) {
      const sent = await caught(() =>
        withAccessToken(use(call), (token) => {
          const access = readAccess(token, context.secrets);
          return site.http.send(requestOf(site, access, call, signal));
        }),
      );
      if (!sent.ok) return sent;
      return masked(read(sent.value, schema), context.secrets);
    },
  };
}

/** A client for keys that no connection has yet, with the way in that was found for them. */
export async function openSite(
  site: Site,
  secrets: WooSecrets,
  signal: AbortSignal,
): Promise<WooClient> {
  const access = await findAccess(site, secrets, signal);
  return {
    async call(call, schema, callSignal) {
      const sent = await caught(() => site.http.send(requestOf(site, access, call, callSignal)));
      return sent.ok ? masked(read(sent.value, schema), secrets) : sent;
    },
  };
}

/** What a site says about itself to everybody, with its clock; null where it keeps that to itself. */
export async function readSiteIndex(
  { http, siteUrl }: Site,
  signal: AbortSignal,
): Promise<{ readonly index: z.infer<typeof siteIndex>; readonly dateMs: number | null } | null> {
  for (const path of ["/wp-json/?", "/?rest_route=/&"]) {
    const url = `${siteUrl}${path}_fields=name,home,namespaces`;
    const answer = await http.send({
      operation,
      method: "GET",
      url,
      headers: plainHeaders,
      signal,
    });
    const index = siteIndex.safeParse(answer.json);
    if (answer.status === 200 && index.success) {
      const dateMs = Date.parse(answer.headers.get("date") ?? "");
      return { index: index.data, dateMs: Number.isNaN(dateMs) ? null : dateMs };
    }
    // Down, throttled or moved: that is not about the index. Everything else may be a plugin that hides it.
    const isHidden = answer.status < 300 || [401, 403, 404].includes(answer.status);
    if (!isHidden) throw new ChannelFault(faultOfAnswer(answer));
  }
  return null;
}

/** Not under the caller's signal: what is found serves all processes, whoever happened to need it first. */
async function refresh(
  site: Site,
  secrets: WooSecrets,
  now: Date,
): Promise<FreshToken<WooSecrets>> {
  const access = await findAccess(site, secrets, AbortSignal.timeout(callTimeoutMs));
  return { accessToken: accessToken(access), expiresAt: new Date(now.getTime() + accessMs) };
}

/** @throws ChannelFault `revoked` when the shop does not know the keys, `unavailable` when no API is there */
async function findAccess(
  site: Site,
  secrets: WooSecrets,
  signal: AbortSignal,
): Promise<WooAccess> {
  for (const routeIn of routePlaces) {
    const access = await tryRoute(site, routeIn, secrets, signal);
    if (access) return access;
  }
  throw new ChannelFault(noApiFault);
}

/** @returns null when nothing of WooCommerce is there */
async function tryRoute(
  site: Site,
  routeIn: WooAccess["routeIn"],
  secrets: WooSecrets,
  signal: AbortSignal,
): Promise<WooAccess | null> {
  let refusal: WooError | undefined;
  for (const keysIn of keyPlaces) {
    const access = { routeIn, keysIn, ...secrets };
    const answer = await site.http.send(requestOf(site, access, firstCall, signal));
    const verdict = judgeFirstAnswer(answer);
    if (verdict === "open") return access;
    if (verdict === "no-api") return null;
    if (verdict === "fault") throw maskedFault(faultOfAnswer(answer), secrets);
    refusal = errorBody.safeParse(answer.json).data;
    if (verdict === "refused") break;
  }
  throw maskedFault(revokedFault(refusal?.message ?? "", refusal?.code ?? "401"), secrets);
}

/** Cheap, and needs the right to read. */
const firstCall: WooCall = {
  method: "GET",
  path: "/wc/v3/products",
  query: { per_page: "1", _fields: "id" },
};

const noApiFault: Fault = {
  kind: "unavailable",
  message: "There is no WooCommerce API at the shop's address. Is the plugin active?",
  code: noRouteCode,
};

/** Whether the answer says that this way in does not (or no longer) work. */
function isLockedOut(answer: ChannelResponse, call: WooCall): boolean {
  if (answer.status === 401) return faultOfAnswer(answer).kind === "unauthorised";
  if (answer.status !== 404 || call.optional) return false;
  const error = errorBody.safeParse(answer.json).data;
  return error === undefined || error.code === noRouteCode;
}

const plainHeaders = {
  accept: "application/json",
  // Hosts keep answers, although WordPress forbids it.
  "cache-control": "no-cache",
};

function requestOf(
  site: Site,
  access: WooAccess,
  call: WooCall,
  signal: AbortSignal,
): ChannelRequest {
  const query = new URLSearchParams(call.query);
  if (access.keysIn === "query") {
    query.set("consumer_key", access.consumerKey);
    query.set("consumer_secret", access.consumerSecret);
  }
  const asked = query.size > 0 ? query.toString() : "";
  const url =
    access.routeIn === "path"
      ? `${site.siteUrl}/wp-json${call.path}${asked && `?${asked}`}`
      : `${site.siteUrl}/?rest_route=${encodeURI(call.path)}${asked && `&${asked}`}`;
  return {
    operation,
    method: call.method,
    url,
    headers: {
      ...plainHeaders,
      ...(access.keysIn === "header" && { authorization: basicHeader(access) }),
      ...(call.body !== undefined && { "content-type": "application/json" }),
    },
    ...(call.body !== undefined && { body: JSON.stringify(call.body) }),
    signal,
  };
}

/** A 200 may carry an error, and a plugin's notice before the JSON makes it none. */
function read<T>(answer: ChannelResponse, schema: z.ZodType<T>): Answer<T> {
  if (answer.status < 200 || answer.status >= 300)
    return { ok: false, fault: faultOfAnswer(answer) };
  const body = schema.safeParse(answer.json);
  if (body.success) {
    const total = Number(answer.headers.get("x-wp-total") ?? "");
    const isTold = answer.headers.has("x-wp-total") && Number.isSafeInteger(total);
    return { ok: true, value: body.data, total: isTold ? total : null };
  }
  const isError = errorBody.safeParse(answer.json).success || answer.json === undefined;
  return { ok: false, fault: isError ? faultOfAnswer(answer) : unreadableAnswer(answer.status) };
}

/** A shop may quote what it was sent. */
function masked<T>(answer: Answer<T>, secrets: WooSecrets): Answer<T> {
  return answer.ok ? answer : { ok: false, fault: maskedFault(answer.fault, secrets).fault };
}

function maskedFault(fault: Fault, { consumerKey, consumerSecret }: WooSecrets): ChannelFault {
  const message = [
    consumerKey,
    consumerSecret,
    plainText(basicHeader({ consumerKey, consumerSecret })),
  ]
    .filter((secret) => secret !== "")
    .reduce((text, secret) => text.replaceAll(secret, "[secret]"), fault.message);
  return new ChannelFault({ ...fault, message });
}
