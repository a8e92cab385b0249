import type { z } from "zod";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { ChannelResponse, RateFeedback } from "../contract.ts";
import { caught, unreadableFault } from "../status-fault.ts";
import { withAccessToken } from "../with-access-token.ts";
import { shopAddress } from "./address.ts";
import { refreshShopifyToken, type ShopifyContext } from "./auth.ts";
import { shopifyApiVersion, type ShopifySecrets } from "./config.ts";
import { faultOfErrors, faultOfStatus } from "./errors.ts";
import { graphqlAnswer } from "./wire.ts";

export interface GraphqlCall<Data> {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** Points Shopify will take for it. */
  readonly cost: number;
  readonly data: z.ZodType<Data>;
  readonly signal: AbortSignal;
}

export type GraphqlResult<Data> =
  { readonly ok: true; readonly data: Data } | { readonly ok: false; readonly fault: Fault };

export type ShopifyClient = <Data>(call: GraphqlCall<Data>) => Promise<GraphqlResult<Data>>;

/** Sends one GraphQL document to the shop; refusals of every sort come back as faults. */
export function createShopifyClient(context: ShopifyContext): ShopifyClient {
  const path = `/admin/api/${shopifyApiVersion}/graphql.json`;
  const { url, headers } = shopAddress(context.app, context.accountId, path);
  const tokenUse = {
    tokens: context.tokens,
    refresh: (secrets: ShopifySecrets) => refreshShopifyToken(context, secrets),
    refused: (response: ChannelResponse) => response.status === 401,
  };
  return async (call) => {
    const sent = await caught(() =>
      withAccessToken(tokenUse, (accessToken) =>
        context.http.send({
          operation: "graphql",
          cost: call.cost,
          method: "POST",
          url,
          headers: {
            ...headers,
            accept: "application/json",
            "content-type": "application/json",
            "x-shopify-access-token": accessToken,
          },
          body: JSON.stringify({ query: call.query, variables: call.variables }),
          signal: call.signal,
        }),
      ),
    );
    return sent.ok ? read(sent.value, call) : sent;
  };
}

function read<Data>(response: ChannelResponse, call: GraphqlCall<Data>): GraphqlResult<Data> {
  const failed = (fault: Fault) => ({ ok: false, fault }) as const;
  if (response.status !== 200) {
    return failed(faultOfStatus(response, call.query.startsWith("mutation")));
  }
  const answer = graphqlAnswer.safeParse(response.json);
  if (!answer.success) return failed(unreadableFault("the shop"));
  const fault = faultOfErrors(answer.data);
  if (fault) return failed(fault);
  const data = call.data.safeParse(answer.data.data);
  return data.success ? { ok: true, data: data.data } : failed(unreadableFault("the shop"));
}

/** What an answer says about the shop's bucket of points; other programs may draw from it too. */
export function shopifyRateFeedback(response: ChannelResponse): RateFeedback | undefined {
  const status = graphqlAnswer.safeParse(response.json).data?.extensions?.cost?.throttleStatus;
  return status ? { remaining: status.currentlyAvailable } : undefined;
}
