import type { z } from "zod";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { ChannelRequest, ChannelResponse } from "../contract.ts";
import { caught, unreadableFault } from "../status-fault.ts";
import { withAccessToken } from "../with-access-token.ts";
import { refreshAmazonToken, type AmazonContext } from "./auth.ts";
import type { AmazonOperation, AmazonSecrets } from "./config.ts";
import { faultOf } from "./errors.ts";

export interface AmazonCall<Data> {
  readonly operation: AmazonOperation;
  readonly method: ChannelRequest["method"];
  /** From the host on, parts already encoded: "/listings/2021-08-01/items/…". */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly data: z.ZodType<Data>;
  readonly signal: AbortSignal;
}

export type AmazonResult<Data> =
  { readonly ok: true; readonly data: Data } | { readonly ok: false; readonly fault: Fault };

export type AmazonClient = <Data>(call: AmazonCall<Data>) => Promise<AmazonResult<Data>>;

/** Calls the Selling Partner API for one seller; refusals of every sort come back as faults. */
export function createAmazonClient(context: AmazonContext): AmazonClient {
  const base =
    context.app.apiUrl ?? `https://sellingpartnerapi-${context.settings.region}.amazon.com`;
  const tokenUse = {
    tokens: context.tokens,
    refresh: (secrets: AmazonSecrets) => refreshAmazonToken(context, secrets),
    // An expired token is answered with 403 (channels.md 3.8).
    refused: (response: ChannelResponse) => response.status === 403 || response.status === 401,
  };
  return async (call) => {
    const sent = await caught(() =>
      withAccessToken(tokenUse, (accessToken) =>
        context.http.send({
          operation: call.operation,
          method: call.method,
          url: `${base}${call.path}?${new URLSearchParams(call.query).toString()}`,
          headers: {
            accept: "application/json",
            "x-amz-access-token": accessToken,
            ...(call.body === undefined ? {} : { "content-type": "application/json" }),
          },
          ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
          signal: call.signal,
        }),
      ),
    );
    if (!sent.ok) return sent;
    const response = sent.value;
    if (response.status !== 200) return { ok: false, fault: faultOf(response, call.operation) };
    const parsed = call.data.safeParse(response.json);
    return parsed.success
      ? { ok: true, data: parsed.data }
      : { ok: false, fault: unreadableFault(call.operation) };
  };
}
