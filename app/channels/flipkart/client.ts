import type { z } from "zod";
import {
  callTimeoutMs,
  type ChannelContext,
  type ChannelHttp,
  type ChannelRequest,
  type ChannelResponse,
} from "#app/channels/contract.ts";
import { caught } from "#app/channels/status-fault.ts";
import { withAccessToken, type TokenUse } from "#app/channels/with-access-token.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { readToken, tokenRequest, type FlipkartToken, type Grant } from "./auth.ts";
import type { FlipkartApp, FlipkartSecrets, FlipkartSettings } from "./config.ts";
import { faultOfAnswer, unreadableAnswer } from "./errors.ts";
import {
  dispatchAnswer,
  filterAnswer,
  listingsAnswer,
  locationsAnswer,
  searchAnswer,
  shipmentsAnswer,
  updateAnswer,
  type DispatchAnswer,
  type FilterAnswer,
  type InventoryBody,
  type ListingsAnswer,
  type PriceBody,
  type SearchAnswer,
} from "./wire.ts";

export type FlipkartContext = ChannelContext<FlipkartApp, FlipkartSettings, FlipkartSecrets>;
export type Answer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault };

/** `filter` of `POST /v3/shipments/filter`. */
export interface ShipmentFilter {
  readonly type: "preDispatch" | "postDispatch" | "cancelled";
  readonly states?: readonly string[];
  readonly hold?: boolean;
  readonly cancellationType?: string;
  readonly locationId?: string;
  readonly modifiedDate: { readonly from: string };
}

/** A self-shipped parcel as `selfShip/dispatch` wants it. */
export interface SelfShipment {
  readonly shipmentId: string;
  readonly locationId?: string;
  readonly dispatchDate: string;
  readonly tentativeDeliveryDate: string;
  readonly deliveryPartner: string;
  readonly trackingId: string;
  readonly invoice: {
    readonly invoiceDate: string;
    readonly items: readonly { readonly orderItemId: string; readonly quantity: number }[];
  };
}

/** The calls we make; each returns wire types or a fault, repeated only for a fresh token. */
export interface FlipkartClient {
  updateInventory(
    body: InventoryBody,
    signal: AbortSignal,
  ): Promise<Answer<Readonly<Record<string, unknown>>>>;
  updatePrice(
    body: PriceBody,
    signal: AbortSignal,
  ): Promise<Answer<Readonly<Record<string, unknown>>>>;
  getListings(skus: readonly string[], signal: AbortSignal): Promise<Answer<ListingsAnswer>>;
  searchListings(pageId: string | null, signal: AbortSignal): Promise<Answer<SearchAnswer>>;
  getLocations(
    signal: AbortSignal,
  ): Promise<Answer<readonly { readonly id: string; readonly name: string | null }[]>>;
  filterShipments(
    request: { readonly filter: ShipmentFilter; readonly pageSize: number },
    signal: AbortSignal,
  ): Promise<Answer<FilterAnswer>>;
  /** @param url `nextPageUrl` of the page before, as it came */
  nextShipments(url: string, signal: AbortSignal): Promise<Answer<FilterAnswer>>;
  getShipments(
    shipmentIds: readonly string[],
    signal: AbortSignal,
  ): Promise<Answer<readonly unknown[]>>;
  dispatchSelfShipped(shipment: SelfShipment, signal: AbortSignal): Promise<Answer<DispatchAnswer>>;
  dispatchPacked(
    shipment: { readonly shipmentId: string; readonly locationId: string | null },
    signal: AbortSignal,
  ): Promise<Answer<DispatchAnswer>>;
}

type Call = Pick<ChannelRequest, "operation" | "method" | "body"> & { readonly path: string };
/** Makes a call with an access token and says which one. */
type Send = (
  call: Call,
  signal: AbortSignal,
) => Promise<{ readonly response: ChannelResponse; readonly token: string }>;

/** The client of a connection. */
export function createClient(context: FlipkartContext): FlipkartClient {
  const { app, http, tokens } = context;
  const use: TokenUse<FlipkartSecrets> = {
    tokens,
    refresh: (secrets) => {
      // Not under the caller's signal: a refresh serves all processes, whoever happened to need it first.
      const signal = AbortSignal.timeout(callTimeoutMs);
      return fetchToken({ app, http, now: context.now }, { kind: "secrets", secrets }, signal);
    },
    refused: ({ status }) => status === 401,
  };
  return clientOver(async (call, signal) => {
    let token = "";
    const response = await withAccessToken(use, (accessToken) => {
      token = accessToken;
      return http.send(authorised(app, call, accessToken, signal));
    });
    return { response, token };
  });
}

/** A client for the time of a sign-in, before there is a connection. */
export function clientOfToken(
  at: { readonly app: FlipkartApp; readonly http: ChannelHttp },
  token: string,
): FlipkartClient {
  return clientOver(async (call, signal) => {
    const response = await at.http.send(authorised(at.app, call, token, signal));
    return { response, token };
  });
}

/** Asks for an access token. @throws ChannelFault */
export async function fetchToken(
  at: { readonly app: FlipkartApp; readonly http: ChannelHttp; readonly now: () => Date },
  grant: Grant,
  signal: AbortSignal,
): Promise<FlipkartToken> {
  const request = tokenRequest(at.app, grant);
  const answer = await at.http.send({ operation: "token", ...request, signal });
  return readToken(answer, grant, at.now());
}

function clientOver(send: Send): FlipkartClient {
  const call = <T>(request: Call, schema: z.ZodType<T>, signal: AbortSignal) =>
    made(send, request, schema, signal);
  return {
    updateInventory: (body, signal) =>
      call(post("updateInventory", "/listings/v3/update/inventory", body), updateAnswer, signal),
    updatePrice: (body, signal) =>
      call(post("updatePrice", "/listings/v3/update/price", body), updateAnswer, signal),
    getListings(skus, signal) {
      const path = `/listings/v3/${skus.map(encodeURIComponent).join(",")}`;
      return call(get("getListings", path), listingsAnswer, signal);
    },
    searchListings(pageId, signal) {
      // No filter: the document spells it `lisitng_status`, and without it all listings come.
      const body = { filters: {}, page_id: pageId };
      return call(post("searchListings", "/listings/v3/search", body), searchAnswer, signal);
    },
    async getLocations(signal) {
      const request = get("getLocations", "/locations/allLocations");
      const answer = await call(request, locationsAnswer, signal);
      if (!answer.ok) return answer;
      const value = answer.value.locations.map(({ locationId, locationName }) => ({
        id: locationId,
        name: locationName ?? null,
      }));
      return { ok: true, value };
    },
    filterShipments({ filter, pageSize }, signal) {
      const sort = { field: "modifiedDate", order: "asc" };
      const body = { filter, pagination: { pageSize }, sort };
      return call(post("filterShipments", "/v3/shipments/filter", body), filterAnswer, signal);
    },
    async nextShipments(url, signal) {
      const path = pathOfNextPage(url);
      if (path === null) return { ok: false, fault: strangeNextPage };
      return call(get("filterShipments", path), filterAnswer, signal);
    },
    async getShipments(shipmentIds, signal) {
      const query = new URLSearchParams({ shipmentIds: shipmentIds.join(",") });
      const request = get("getShipments", `/v3/shipments?${query}`);
      const answer = await call(request, shipmentsAnswer, signal);
      return answer.ok ? { ok: true, value: answer.value.shipments } : answer;
    },
    dispatchSelfShipped(shipment, signal) {
      const body = { shipments: [shipment] };
      const path = "/v3/shipments/selfShip/dispatch";
      return call(post("dispatch", path, body), dispatchAnswer, signal);
    },
    dispatchPacked({ shipmentId, locationId }, signal) {
      const body = { shipmentIds: [shipmentId], ...(locationId !== null && { locationId }) };
      return call(post("dispatch", "/v3/shipments/dispatch", body), dispatchAnswer, signal);
    },
  };
}

const strangeNextPage: Fault = {
  kind: "unexpected",
  message: "Flipkart names a next page that is not one of its shipment search.",
};

/**
 * `nextPageUrl` is relative to /sellers ("/v3/shipments/filter?next_token=…"); a leading /sellers is put up with.
 * Anything else is null: our token goes nowhere but to the address that we were configured with.
 */
export function pathOfNextPage(url: string): string | null {
  const path = url.replace(/^\/sellers(?=\/)/, "");
  return /^\/v3\/shipments\/filter\/?\?/.test(path) ? path : null;
}

function post(operation: string, path: string, body: unknown): Call {
  return { operation, method: "POST", path, body: JSON.stringify(body) };
}

function get(operation: string, path: string): Call {
  return { operation, method: "GET", path };
}

function authorised(
  app: FlipkartApp,
  { path, operation, method, body }: Call,
  token: string,
  signal: AbortSignal,
): ChannelRequest {
  return {
    operation,
    method,
    url: `${app.FLIPKART_API_URL}/sellers${path}`,
    headers: {
      authorization: `Bearer ${token}`,
      accept: "application/json",
      ...(body !== undefined && { "content-type": "application/json" }),
    },
    ...(body !== undefined && { body }),
    signal,
  };
}

async function made<T>(
  send: Send,
  call: Call,
  schema: z.ZodType<T>,
  signal: AbortSignal,
): Promise<Answer<T>> {
  const sent = await caught(() => send(call, signal));
  if (!sent.ok) return sent;
  const { response, token } = sent.value;
  const { status } = response;
  const body = status >= 200 && status < 300 ? schema.safeParse(response.json) : undefined;
  if (body?.success) return { ok: true, value: body.data };
  const readable = status >= 400 || status === 202;
  const fault = readable ? faultOfAnswer(response) : unreadableAnswer(status);
  // Flipkart's OAuth quotes the token that it refuses.
  return {
    ok: false,
    fault: { ...fault, message: fault.message.replaceAll(token, "[secret]") },
  };
}
