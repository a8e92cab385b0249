import type { z } from "zod";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { ChannelRequest, ChannelResponse, TokenSource } from "../contract.ts";
import { responseBytesMax } from "../contract.ts";
import { caught, statusFault, unreadableFault } from "../status-fault.ts";
import { withAccessToken } from "../with-access-token.ts";
import { grantlessToken, grantlessTokens, refreshAmazonToken, type LoginContext } from "./auth.ts";
import type { AmazonOperation, AmazonSecrets } from "./config.ts";
import { faultOf } from "./errors.ts";
import type { Region } from "./marketplaces.ts";

export interface AmazonCall<Data> {
  readonly operation: AmazonOperation;
  readonly method: ChannelRequest["method"];
  /** From the host on, parts already encoded: "/listings/2021-08-01/items/…". */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Shape of a success; `z.unknown()` where it is empty (204). */
  readonly data: z.ZodType<Data>;
  /** A call of the app itself, not of a seller. */
  readonly grantless?: true;
  readonly signal: AbortSignal;
}

export type AmazonResult<Data> =
  { readonly ok: true; readonly data: Data } | { readonly ok: false; readonly fault: Fault };

/** A piece of a document. */
export interface DocumentPiece {
  readonly bytes: Buffer;
  /** There is nothing after it. */
  readonly end: boolean;
  /** As the Content-Type header says, lower case; null where it says none. */
  readonly charset: string | null;
}

/** An address that Amazon signed: no token goes there. */
export interface SignedPlace {
  readonly url: string;
  readonly signal: AbortSignal;
}

export interface AmazonClient {
  /** Calls the Selling Partner API for one seller; refusals of every sort come back as faults. */
  call<Data>(call: AmazonCall<Data>): Promise<AmazonResult<Data>>;
  /** Reads at most `length` bytes of a document from `from` on. The address ends after five minutes ({@link endedAddressCode}). */
  download(
    place: SignedPlace & { readonly from: number; readonly length: number },
  ): Promise<AmazonResult<DocumentPiece>>;
  /** Puts a document where Amazon fetches it from. */
  upload(
    place: SignedPlace & { readonly contentType: string; readonly body: string },
  ): Promise<AmazonResult<null>>;
}

/** Code of the fault of a signed address that ended, or never worked: ask for a new one. */
export const endedAddressCode = "SignedAddressEnded";

export interface AmazonAccess extends LoginContext {
  readonly tokens: TokenSource<AmazonSecrets>;
  readonly region: Region;
}

export function createAmazonClient(access: AmazonAccess): AmazonClient {
  const base = access.app.apiUrls[access.region];
  return {
    async call(call) {
      const sent = await caught(() =>
        withToken(access, call.grantless === true, (accessToken) =>
          access.http.send({
            operation: call.operation,
            method: call.method,
            url: `${base}${call.path}${queryOf(call.query)}`,
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
      if (!isSuccess(response)) return { ok: false, fault: faultOf(response, call.operation) };
      const parsed = call.data.safeParse(response.json);
      return parsed.success
        ? { ok: true, data: parsed.data }
        : { ok: false, fault: unreadableFault(call.operation) };
    },

    async download({ url, from, length, signal }) {
      const range = `bytes=${from}-${from + length - 1}`;
      const headers = { range };
      const request = { operation: "download", method: "GET", url, headers, signal } as const;
      const sent = await caught(() => access.http.send(request));
      return sent.ok ? pieceOf(sent.value, from) : sent;
    },

    async upload({ url, contentType, body, signal }) {
      const headers = { "content-type": contentType };
      const request = { operation: "upload", method: "PUT", url, headers, body, signal } as const;
      const sent = await caught(() => access.http.send(request));
      if (!sent.ok) return sent;
      if (isSuccess(sent.value)) return { ok: true, data: null };
      return { ok: false, fault: documentFault(sent.value) };
    },
  };
}

function withToken(
  access: AmazonAccess,
  grantless: boolean,
  send: (accessToken: string) => Promise<ChannelResponse>,
): Promise<ChannelResponse> {
  // An expired token is answered with 403 (channels.md 3.8).
  const refused = ({ status }: ChannelResponse) => status === 403 || status === 401;
  if (grantless) {
    const tokens = grantlessTokens(access.app);
    return withAccessToken({ tokens, refused, refresh: () => grantlessToken(access) }, send);
  }
  const refresh = (secrets: AmazonSecrets) => refreshAmazonToken(access, secrets);
  return withAccessToken({ tokens: access.tokens, refused, refresh }, send);
}

function queryOf(query: AmazonCall<unknown>["query"]): string {
  const text = new URLSearchParams(query).toString();
  return text === "" ? "" : `?${text}`;
}

function isSuccess({ status }: ChannelResponse): boolean {
  return status >= 200 && status < 300;
}

/** S3's answer to a range: 206 with a part, 200 with the whole where it ignores ranges, 416 past the end. */
function pieceOf(response: ChannelResponse, from: number): AmazonResult<DocumentPiece> {
  const { status, bytes, headers } = response;
  const charset = charsetOf(headers.get("content-type"));
  if (status === 416) return { ok: true, data: { bytes: Buffer.alloc(0), end: true, charset } };
  if (status === 206) {
    const total = /\/(\d+)$/.exec(headers.get("content-range") ?? "")?.[1];
    const end = total === undefined ? bytes.length === 0 : from + bytes.length >= Number(total);
    return { ok: true, data: { bytes, end, charset } };
  }
  if (status !== 200) return { ok: false, fault: documentFault(response) };
  if (bytes.length >= responseBytesMax) return { ok: false, fault: tooLongFault };
  return { ok: true, data: { bytes: bytes.subarray(from), end: true, charset } };
}

const tooLongFault: Fault = {
  kind: "unexpected",
  message: "Amazon's document is longer than can be read at once.",
};

/** S3 answers in XML; its words carry the signed address, so the status alone is told. */
function documentFault(response: ChannelResponse): Fault {
  const { status } = response;
  if (status === 400 || status === 403 || status === 404) {
    const message = "The address of Amazon's document does not work any more.";
    return { kind: "unavailable", message, code: endedAddressCode };
  }
  return statusFault(response);
}

function charsetOf(contentType: string | null): string | null {
  return /charset="?([\w.:-]+)/i.exec(contentType ?? "")?.[1]?.toLowerCase() ?? null;
}
