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
  /** It needs a permission that stock does not (prices, publications, fulfilments). */
  readonly optional?: true;
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
    // 403: from 2027 on a token of the old sort, without an end, is refused so (shopify.md 3.8).
    refused: ({ status }: ChannelResponse) => status === 401 || status === 403,
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
  const fault = faultOfErrors(answer.data, call.optional);
  if (fault) return failed(fault);
  const data = call.data.safeParse(answer.data.data);
  return data.success ? { ok: true, data: data.data } : failed(unreadableFault("the shop"));
}

/** A piece of a file. */
export interface FilePart {
  readonly bytes: Buffer;
  /** Where the piece begins in the file. */
  readonly from: number;
  /** Bytes of the whole file. */
  readonly size: number;
}

export type FilePartResult =
  { readonly ok: true; readonly part: FilePart } | { readonly ok: false; readonly fault: Fault };

/**
 * Fetches a piece of a bulk query's result. The address is signed and lies at a storage that is not the shop's: no
 * token is sent there.
 * @param wanted `bytesMax` bytes from `from` on
 */
export async function fetchFilePart(
  context: Pick<ShopifyContext, "app" | "http">,
  wanted: { readonly url: string; readonly from: number; readonly bytesMax: number },
  signal: AbortSignal,
): Promise<FilePartResult> {
  const { url, from, bytesMax } = wanted;
  if (!isFileAddress(url, context.app.simulatorUrl)) {
    return { ok: false, fault: unreadableFault("where the export lies") };
  }
  const sent = await caught(() =>
    context.http.send({
      operation: "bulkFile",
      method: "GET",
      url,
      // A compressed answer could not be cut at these bytes.
      headers: { "accept-encoding": "identity", range: `bytes=${from}-${from + bytesMax - 1}` },
      signal,
    }),
  );
  return sent.ok ? readPart(sent.value, from) : sent;
}

/** Over TLS, or at the simulator's own address. */
function isFileAddress(url: string, simulatorUrl: string | null): boolean {
  const address = URL.parse(url);
  if (simulatorUrl !== null) return address?.origin === new URL(simulatorUrl).origin;
  return address?.protocol === "https:";
}

function readPart(response: ChannelResponse, from: number): FilePartResult {
  const { status, headers, bytes } = response;
  const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(headers.get("content-range") ?? "");
  const size = Number(range?.[2]);
  // Asked for what is beyond the end: everything was read.
  if (status === 416 && range) {
    return { ok: true, part: { bytes: Buffer.alloc(0), from: size, size } };
  }
  if (status === 206) {
    const fits = Number(range?.[1]) === from && from + bytes.length <= size;
    return fits ? { ok: true, part: { bytes, from, size } } : unreadablePart;
  }
  if (status === 200) return readWhole(response, from);
  return { ok: false, fault: { ...faultOfStatus(response, false), kind: "unavailable" } };
}

/** A storage that serves no pieces gave the whole file, as far as we take it in. */
function readWhole({ headers, bytes }: ChannelResponse, from: number): FilePartResult {
  const size = Number(headers.get("content-length") ?? NaN);
  if (bytes.length !== size || from > size) return unreadablePart;
  return { ok: true, part: { bytes: bytes.subarray(from), from, size } };
}

const unreadablePart: FilePartResult = {
  ok: false,
  fault: unreadableFault("the export of the catalogue"),
};

/** What an answer says about the shop's bucket of points; other programs may draw from it too. */
export function shopifyRateFeedback(response: ChannelResponse): RateFeedback | undefined {
  const status = graphqlAnswer.safeParse(response.json).data?.extensions?.cost?.throttleStatus;
  return status ? { remaining: status.currentlyAvailable } : undefined;
}
