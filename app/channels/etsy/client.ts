import type { z } from "zod";
import {
  callTimeoutMs,
  ChannelFault,
  responseBytesMax,
  type ChannelContext,
  type ChannelRequest,
  type ChannelResponse,
  type ConnectContext,
  type FreshToken,
} from "#app/channels/contract.ts";
import { caught } from "#app/channels/status-fault.ts";
import { withAccessToken, type TokenUse } from "#app/channels/with-access-token.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { codeRequest, readToken, refreshRequest, userIdOf } from "./auth.ts";
import type { EtsyApp, EtsySecrets, EtsySettings } from "./config.ts";
import { faultOfAnswer, unreadableAnswer } from "./errors.ts";
import {
  datedReceipt,
  errorBody,
  inventory,
  inventoryWithListing,
  listingsAnswer,
  receiptsAnswer,
  shopListing,
  shopsAnswer,
  type InventoryBody,
  type ListingRow,
  type WireInventory,
  type WireInventoryWithListing,
  type WireReceipt,
  type WireShop,
  type WireShopListing,
} from "./wire.ts";

export type EtsyContext = ChannelContext<EtsyApp, EtsySettings, EtsySecrets>;
export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly fault: Fault;
      /** The answer was longer than is kept: a smaller page may fit. */
      readonly tooLong?: true;
    };

export interface ListingsWirePage {
  /** Of the state that was asked for. */
  readonly count: number;
  readonly rows: readonly ListingRow[];
}

export interface ReceiptsWindow {
  readonly sinceS: number;
  readonly offset: number;
  readonly limit: number;
  readonly canceled: boolean;
}

/** The calls we make for one connection; each returns wire types or a fault, repeated only for a fresh token. */
export interface EtsyClient {
  getInventory(listingId: string, signal: AbortSignal): Promise<Answer<WireInventoryWithListing>>;
  putInventory(
    listingId: string,
    body: InventoryBody,
    signal: AbortSignal,
  ): Promise<Answer<WireInventory>>;
  setState(
    listingId: string,
    state: "active" | "inactive",
    signal: AbortSignal,
  ): Promise<Answer<WireShopListing>>;
  /** At most 100 ids; those that Etsy does not know are left out. */
  getListings(listingIds: readonly string[], signal: AbortSignal): Promise<Answer<ListingRow[]>>;
  listListings(
    page: { readonly state: string; readonly offset: number; readonly limit: number },
    signal: AbortSignal,
  ): Promise<Answer<ListingsWirePage>>;
  getReceipt(receiptId: string, signal: AbortSignal): Promise<Answer<WireReceipt>>;
  getReceipts(
    window: ReceiptsWindow,
    signal: AbortSignal,
  ): Promise<Answer<{ readonly count: number; readonly receipts: readonly WireReceipt[] }>>;
  addTracking(
    receiptId: string,
    form: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Answer<WireReceipt>>;
}

type Call = Pick<ChannelRequest, "method" | "body"> & {
  /** Below `/v3/application`. */
  readonly path: string;
  readonly contentType?: string;
};

export function createClient(context: EtsyContext): EtsyClient {
  const call = <T>(request: Call, schema: z.ZodType<T>, signal: AbortSignal) =>
    callWithToken(context, request, schema, signal);
  const shopPath = `/shops/${encodeURIComponent(context.accountId)}`;
  const inventoryPath = (listingId: string) =>
    `/listings/${encodeURIComponent(listingId)}/inventory`;
  const receiptPath = (receiptId: string) =>
    `${shopPath}/receipts/${encodeURIComponent(receiptId)}`;
  return {
    getInventory: (listingId, signal) =>
      call(get(inventoryPath(listingId), { includes: "Listing" }), inventoryWithListing, signal),
    putInventory: (listingId, body, signal) =>
      call(
        {
          method: "PUT",
          path: inventoryPath(listingId),
          contentType: "application/json",
          body: JSON.stringify(body),
        },
        inventory,
        signal,
      ),
    setState: (listingId, state, signal) =>
      call(
        form("PATCH", `${shopPath}/listings/${encodeURIComponent(listingId)}`, { state }),
        shopListing,
        signal,
      ),
    async getListings(listingIds, signal) {
      const query = { listing_ids: listingIds.join(","), includes: "Inventory" };
      const answer = await call(get("/listings/batch", query), listingsAnswer, signal);
      return answer.ok ? { ok: true, value: answer.value.results } : answer;
    },
    async listListings({ state, offset, limit }, signal) {
      const query = { state, limit: `${limit}`, offset: `${offset}`, includes: "Inventory" };
      const answer = await call(get(`${shopPath}/listings`, query), listingsAnswer, signal);
      if (!answer.ok) return answer;
      return { ok: true, value: { count: answer.value.count, rows: answer.value.results } };
    },
    getReceipt: (receiptId, signal) => call(get(receiptPath(receiptId), {}), datedReceipt, signal),
    async getReceipts({ sinceS, offset, limit, canceled }, signal) {
      const query = {
        min_last_modified: `${sinceS}`,
        sort_on: "updated",
        sort_order: "asc",
        limit: `${limit}`,
        offset: `${offset}`,
        ...(canceled && { was_canceled: "true" }),
      };
      const answer = await call(get(`${shopPath}/receipts`, query), receiptsAnswer, signal);
      if (!answer.ok) return answer;
      return { ok: true, value: { count: answer.value.count, receipts: answer.value.results } };
    },
    addTracking: (receiptId, fields, signal) =>
      call(form("POST", `${receiptPath(receiptId)}/tracking`, fields), datedReceipt, signal),
  };
}

function get(path: string, query: Readonly<Record<string, string>>): Call {
  const text = new URLSearchParams(query).toString();
  return { method: "GET", path: text === "" ? path : `${path}?${text}` };
}

function form(
  method: "PATCH" | "POST",
  path: string,
  fields: Readonly<Record<string, string>>,
): Call {
  const body = new URLSearchParams(fields).toString();
  return { method, path, contentType: "application/x-www-form-urlencoded", body };
}

async function callWithToken<T>(
  context: EtsyContext,
  call: Call,
  schema: z.ZodType<T>,
  signal: AbortSignal,
): Promise<Answer<T>> {
  let token = "";
  const use: TokenUse<EtsySecrets> = {
    tokens: context.tokens,
    refresh: (secrets) => refresh(context, secrets),
    refused: (response) =>
      response.status >= 400 && faultOfAnswer(response).kind === "unauthorised",
  };
  const sent = await caught(() =>
    withAccessToken(use, (accessToken) => {
      token = accessToken;
      return context.http.send(authorised(context.app, call, accessToken, signal));
    }),
  );
  return sent.ok ? read(sent.value, schema, [token, context.app.ETSY_SHARED_SECRET]) : sent;
}

function authorised(
  app: EtsyApp,
  { method, path, contentType, body }: Call,
  accessToken: string,
  signal: AbortSignal,
): ChannelRequest {
  return {
    operation: "call",
    method,
    url: `${app.ETSY_API_URL}/v3/application${path}`,
    headers: {
      authorization: `Bearer ${accessToken}`,
      "x-api-key": `${app.ETSY_KEYSTRING}:${app.ETSY_SHARED_SECRET}`,
      accept: "application/json",
      ...(contentType !== undefined && { "content-type": contentType }),
    },
    ...(body !== undefined && { body }),
    signal,
  };
}

/** @param secrets what the call carried: Etsy may quote what it was sent */
function read<T>(
  response: ChannelResponse,
  schema: z.ZodType<T>,
  secrets: readonly string[],
): Answer<T> {
  const { status } = response;
  const body = status < 300 ? schema.safeParse(response.json) : undefined;
  if (body?.success) return { ok: true, value: body.data };
  // A success that carries an error is none.
  const isRefusal = status >= 300 || errorBody.safeParse(response.json).success;
  const { message, ...fault } = isRefusal ? faultOfAnswer(response) : unreadableAnswer(status);
  const clean = secrets.reduce((text, secret) => text.replaceAll(secret, "[secret]"), message);
  const tooLong = response.bytes.length >= responseBytesMax;
  return { ok: false, fault: { ...fault, message: clean }, ...(tooLong && { tooLong }) };
}

/** Not under the caller's signal: a refresh serves all processes, whoever happened to need it first. */
async function refresh(
  context: EtsyContext,
  secrets: EtsySecrets,
): Promise<FreshToken<EtsySecrets>> {
  const request = refreshRequest(context.app, secrets);
  const signal = AbortSignal.timeout(callTimeoutMs);
  const answer = await context.http.send({ operation: "token", ...request, signal });
  return readToken(answer, context.now());
}

/** What a consent's code opens: the tokens, and the shops of the user who consented. @throws ChannelFault */
export async function redeemCode(
  { app, http, now, signal }: ConnectContext<EtsyApp>,
  grant: Parameters<typeof codeRequest>[1],
): Promise<{ readonly secrets: EtsySecrets; readonly shops: readonly WireShop[] }> {
  const answer = await http.send({ operation: "token", ...codeRequest(app, grant), signal });
  const { accessToken, secrets } = readToken(answer, now());
  const call = get(`/users/${userIdOf(accessToken)}/shops`, {});
  const response = await http.send(authorised(app, call, accessToken, signal));
  const shops = read(response, shopsAnswer, [accessToken, app.ETSY_SHARED_SECRET]);
  if (!shops.ok) throw new ChannelFault(shops.fault);
  return { secrets, shops: shops.value };
}
