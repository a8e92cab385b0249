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
import { readToken, tokenRefreshUrl } from "./auth.ts";
import type { TiktokShopApp, TiktokShopSecrets, TiktokShopSettings } from "./config.ts";
import { faultOfAnswer, unreadableAnswer } from "./errors.ts";
import { signRequest } from "./sign.ts";
import {
  frame,
  inventoryData,
  ordersData,
  updateData,
  type InventorySku,
  type SkuError,
  type TiktokOrder,
  type UpdateBody,
} from "./wire.ts";

export type TiktokShopContext = ChannelContext<
  TiktokShopApp,
  TiktokShopSettings,
  TiktokShopSecrets
>;
export type Answer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault };

export interface OrdersWirePage {
  readonly orders: readonly TiktokOrder[];
  /** Null on the last page. */
  readonly nextPageToken: string | null;
}

/** The calls we make for one connection; each returns wire types or a fault, repeated only for a fresh token. */
export interface TiktokShopClient {
  /** Sets SKUs of one product; the value names the SKUs that were refused. */
  updateInventory(
    productId: string,
    body: UpdateBody,
    signal: AbortSignal,
  ): Promise<Answer<readonly SkuError[]>>;
  searchInventory(
    skuIds: readonly string[],
    signal: AbortSignal,
  ): Promise<Answer<readonly InventorySku[]>>;
  getOrders(orderIds: readonly string[], signal: AbortSignal): Promise<Answer<OrdersWirePage>>;
  searchOrders(
    page: { readonly updatedFromS: number; readonly pageToken: string | null },
    signal: AbortSignal,
  ): Promise<Answer<OrdersWirePage>>;
}

/** Paths carry the version of each endpoint: old ones are retired after notice. */
const paths = {
  updateInventory: (productId: string) =>
    `/product/202309/products/${encodeURIComponent(productId)}/inventory/update`,
  searchInventory: "/product/202309/inventory/search",
  getOrders: "/order/202507/orders",
  searchOrders: "/order/202309/orders/search",
} as const;

/** Most that orders/search gives (specs/channel-limits.json). */
const ordersPageSizeMax = 100;

interface Call {
  readonly operation: string;
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export function createClient(context: TiktokShopContext): TiktokShopClient {
  const call = <T>(request: Call, schema: z.ZodType<T>, signal: AbortSignal) =>
    callWithToken(context, request, schema, signal);
  return {
    async updateInventory(productId, body, signal) {
      const path = paths.updateInventory(productId);
      const request: Call = { operation: "updateInventory", method: "POST", path, body };
      return mapAnswer(await call(request, updateData, signal), (data) => data?.errors ?? []);
    },
    async searchInventory(skuIds, signal) {
      const path = paths.searchInventory;
      const body = { sku_ids: skuIds };
      const request: Call = { operation: "searchInventory", method: "POST", path, body };
      return mapAnswer(await call(request, inventoryData, signal), ({ inventory }) =>
        (inventory ?? []).flatMap((product) => product.skus ?? []),
      );
    },
    async getOrders(orderIds, signal) {
      const query = { ids: orderIds.join(",") };
      const path = paths.getOrders;
      const request: Call = { operation: "getOrders", method: "GET", path, query };
      return mapAnswer(await call(request, ordersData, signal), toPage);
    },
    async searchOrders({ updatedFromS, pageToken }, signal) {
      const request: Call = {
        operation: "searchOrders",
        method: "POST",
        path: paths.searchOrders,
        query: {
          page_size: String(ordersPageSizeMax),
          sort_field: "update_time",
          sort_order: "ASC",
          ...(pageToken !== null && { page_token: pageToken }),
        },
        body: { update_time_ge: updatedFromS },
      };
      return mapAnswer(await call(request, ordersData, signal), toPage);
    },
  };
}

function toPage({ orders, next_page_token: next }: z.infer<typeof ordersData>): OrdersWirePage {
  return { orders: orders ?? [], nextPageToken: next || null };
}

function mapAnswer<A, B>(answer: Answer<A>, map: (value: A) => B): Answer<B> {
  return answer.ok ? { ok: true, value: map(answer.value) } : answer;
}

async function callWithToken<T>(
  context: TiktokShopContext,
  call: Call,
  schema: z.ZodType<T>,
  signal: AbortSignal,
): Promise<Answer<T>> {
  let token = "";
  const use: TokenUse<TiktokShopSecrets> = {
    tokens: context.tokens,
    refresh: (secrets) => refresh(context, secrets),
    refused: (response) => isRefused(response) && faultOfAnswer(response).kind === "unauthorised",
  };
  const sent = await caught(() =>
    withAccessToken(use, (accessToken) => {
      token = accessToken;
      return context.http.send(signed(context, call, accessToken, signal));
    }),
  );
  if (!sent.ok) return sent;
  const answer = read(sent.value, schema);
  if (answer.ok) return answer;
  // A platform may quote what it was sent.
  const message = answer.fault.message.replaceAll(token, "[secret]");
  return { ok: false, fault: { ...answer.fault, message } };
}

/** Signed for this attempt: a signature ages with its timestamp. */
function signed(
  context: TiktokShopContext,
  call: Call,
  accessToken: string,
  signal: AbortSignal,
): ChannelRequest {
  const body = call.body === undefined ? "" : JSON.stringify(call.body);
  const query = {
    ...call.query,
    app_key: context.app.TIKTOK_SHOP_APP_KEY,
    shop_cipher: context.settings.shopCipher,
    timestamp: String(Math.floor(context.now().getTime() / 1_000)),
  };
  const sign = signRequest({ path: call.path, query, body }, context.app.TIKTOK_SHOP_APP_SECRET);
  const search = new URLSearchParams({ ...query, sign });
  return {
    operation: call.operation,
    method: call.method,
    url: `${context.app.TIKTOK_SHOP_API_URL}${call.path}?${search}`,
    headers: { "x-tts-access-token": accessToken, "content-type": "application/json" },
    ...(body !== "" && { body }),
    signal,
  };
}

/** TikTok refuses with HTTP 200 and a code as readily as with a status. */
function isRefused(response: ChannelResponse): boolean {
  const read = frame.safeParse(response.json);
  return response.status >= 400 || (read.success && read.data.code !== 0);
}

function read<T>(response: ChannelResponse, schema: z.ZodType<T>): Answer<T> {
  if (isRefused(response)) return { ok: false, fault: faultOfAnswer(response) };
  const body = frame.safeParse(response.json);
  const data = body.success ? schema.safeParse(body.data.data) : undefined;
  return data?.success
    ? { ok: true, value: data.data }
    : { ok: false, fault: unreadableAnswer(response.status) };
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
