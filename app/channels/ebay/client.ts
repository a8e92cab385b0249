import type { z } from "zod";
import {
  callTimeoutMs,
  type ChannelContext,
  type ChannelRequest,
  type ChannelResponse,
  type FreshToken,
} from "#app/channels/contract.ts";
import { caught } from "#app/channels/status-fault.ts";
import { withAccessToken, type TokenUse } from "#app/channels/with-access-token.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { applicationTokenRequest, readUserToken, userTokenRequest } from "./auth.ts";
import type { EbayApp, EbaySecrets, EbaySettings } from "./config.ts";
import { faultOfAnswer, unreadableAnswer } from "./errors.ts";
import {
  inventoryItemsAnswer,
  ordersAnswer,
  priceQuantityAnswer,
  publicKeyAnswer,
  tokenAnswer,
  type EbayOrder,
  type InventoryItemRow,
  type PriceQuantityBody,
  type PriceQuantityRow,
} from "./wire.ts";

export type EbayContext = ChannelContext<EbayApp, EbaySettings, EbaySecrets>;
export type Answer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault };

export interface OrdersWirePage {
  readonly orders: readonly EbayOrder[];
  readonly total: number;
}

/** The calls we make for one connection; each returns wire types or a fault, repeated only for a fresh token. */
export interface EbayClient {
  updateQuantities(
    body: PriceQuantityBody,
    signal: AbortSignal,
  ): Promise<Answer<readonly PriceQuantityRow[]>>;
  getInventoryItems(
    skus: readonly string[],
    signal: AbortSignal,
  ): Promise<Answer<readonly InventoryItemRow[]>>;
  getOrdersById(orderIds: readonly string[], signal: AbortSignal): Promise<Answer<OrdersWirePage>>;
  getOrdersModified(
    window: { readonly from: string; readonly offset: number; readonly limit: number },
    signal: AbortSignal,
  ): Promise<Answer<OrdersWirePage>>;
}

type Call = Pick<ChannelRequest, "operation" | "method" | "body"> & { readonly path: string };

export function createClient(context: EbayContext): EbayClient {
  const call = <T>(request: Call, schema: z.ZodType<T>, signal: AbortSignal) =>
    callWithToken(context, request, schema, signal);
  const ordersPath = "/sell/fulfillment/v1/order";
  const toPage = (answer: Answer<z.infer<typeof ordersAnswer>>): Answer<OrdersWirePage> =>
    mapAnswer(answer, ({ total, orders }) => ({ total, orders: orders ?? [] }));
  return {
    async updateQuantities(body, signal) {
      const path = "/sell/inventory/v1/bulk_update_price_quantity";
      const request = post("bulkUpdatePriceQuantity", path, body);
      return mapAnswer(await call(request, priceQuantityAnswer, signal), (it) => it.responses);
    },
    async getInventoryItems(skus, signal) {
      const path = "/sell/inventory/v1/bulk_get_inventory_item";
      const body = { requests: skus.map((sku) => ({ sku })) };
      const request = post("bulkGetInventoryItem", path, body);
      return mapAnswer(await call(request, inventoryItemsAnswer, signal), (it) => it.responses);
    },
    async getOrdersById(orderIds, signal) {
      const path = `${ordersPath}?${new URLSearchParams({ orderIds: orderIds.join(",") })}`;
      return toPage(await call(get("getOrders", path), ordersAnswer, signal));
    },
    async getOrdersModified({ from, offset, limit }, signal) {
      const query = new URLSearchParams({
        filter: `lastmodifieddate:[${from}..]`,
        limit: String(limit),
        offset: String(offset),
      });
      return toPage(await call(get("getOrders", `${ordersPath}?${query}`), ordersAnswer, signal));
    },
  };
}

function post(operation: string, path: string, body: unknown): Call {
  return { operation, method: "POST", path, body: JSON.stringify(body) };
}

function get(operation: string, path: string): Call {
  return { operation, method: "GET", path };
}

function mapAnswer<A, B>(answer: Answer<A>, map: (value: A) => B): Answer<B> {
  return answer.ok ? { ok: true, value: map(answer.value) } : answer;
}

async function callWithToken<T>(
  context: EbayContext,
  call: Call,
  schema: z.ZodType<T>,
  signal: AbortSignal,
): Promise<Answer<T>> {
  let token = "";
  const use: TokenUse<EbaySecrets> = {
    tokens: context.tokens,
    refresh: (secrets) => refresh(context, secrets),
    refused: (response) => isTokenRefused(response, context.now()),
  };
  const sent = await caught(() =>
    withAccessToken(use, (accessToken) => {
      token = accessToken;
      return context.http.send(authorised(context, call, accessToken, signal));
    }),
  );
  if (!sent.ok) return sent;
  const answer = read(sent.value, schema, context.now());
  if (answer.ok) return answer;
  // A platform may quote what it was sent.
  const message = answer.fault.message.replaceAll(token, "[secret]");
  return { ok: false, fault: { ...answer.fault, message } };
}

function isTokenRefused(response: ChannelResponse, now: Date): boolean {
  return response.status >= 400 && faultOfAnswer(response, now).kind === "unauthorised";
}

function authorised(
  context: EbayContext,
  call: Call,
  token: string,
  signal: AbortSignal,
): ChannelRequest {
  return {
    operation: call.operation,
    method: call.method,
    url: `${context.app.EBAY_API_URL}${call.path}`,
    headers: {
      authorization: `Bearer ${token}`,
      accept: "application/json",
      "x-ebay-c-marketplace-id": context.settings.marketplaceId,
      ...(call.method === "POST" && {
        "content-type": "application/json",
        "content-language": context.settings.contentLanguage,
      }),
    },
    ...(call.body !== undefined && { body: call.body }),
    signal,
  };
}

/** Bulk calls may answer 207, or 400 with rows: whatever fits the schema is read row by row. */
function read<T>(response: ChannelResponse, schema: z.ZodType<T>, now: Date): Answer<T> {
  const { status } = response;
  const isForWholeCall = status === 401 || status === 403 || status === 429 || status >= 500;
  const body = isForWholeCall ? undefined : schema.safeParse(response.json);
  if (body?.success) return { ok: true, value: body.data };
  const fault = status >= 400 ? faultOfAnswer(response, now) : unreadableAnswer(status);
  return { ok: false, fault };
}

/** Not under the caller's signal: a refresh serves all processes, whoever happened to need it first. */
async function refresh(
  context: EbayContext,
  secrets: EbaySecrets,
): Promise<FreshToken<EbaySecrets>> {
  const request = userTokenRequest(context.app, secrets);
  const signal = AbortSignal.timeout(callTimeoutMs);
  const answer = await context.http.send({ operation: "token", ...request, signal });
  return readUserToken(answer, context.now());
}

/** The app's own token with its end of life in ms, for public keys. @throws Error when refused. */
export async function fetchApplicationToken(
  app: EbayApp,
  http: typeof fetch,
  signal: AbortSignal,
): Promise<{ readonly token: string; readonly expiresInMs: number }> {
  const { url, ...request } = applicationTokenRequest(app);
  const response = await http(url, { ...request, signal });
  if (!response.ok)
    throw new Error(`eBay refused the application token: ${String(response.status)}`);
  const answer = tokenAnswer.parse(await response.json());
  return { token: answer.access_token, expiresInMs: answer.expires_in * 1_000 };
}

export type PublicKeyLookup =
  | { readonly kind: "found"; readonly key: z.infer<typeof publicKeyAnswer> }
  | { readonly kind: "unknown" }
  | { readonly kind: "unauthorised" };

/** The key that signed a notification. @throws Error when eBay cannot answer now. */
export async function fetchPublicKey(
  request: { readonly app: EbayApp; readonly kid: string; readonly token: string },
  http: typeof fetch,
  signal: AbortSignal,
): Promise<PublicKeyLookup> {
  const path = `/commerce/notification/v1/public_key/${encodeURIComponent(request.kid)}`;
  const response = await http(`${request.app.EBAY_API_URL}${path}`, {
    headers: { authorization: `Bearer ${request.token}`, accept: "application/json" },
    signal,
  });
  if (response.status === 401) return { kind: "unauthorised" };
  if (response.status === 400 || response.status === 404) return { kind: "unknown" };
  if (!response.ok)
    throw new Error(`eBay's public key address answered ${String(response.status)}`);
  return { kind: "found", key: publicKeyAnswer.parse(await response.json()) };
}
