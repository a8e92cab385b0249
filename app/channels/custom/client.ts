import { randomBytes, randomUUID } from "node:crypto";
import type { z } from "zod";
import type { ChannelHttp, ChannelRequest, ChannelResponse } from "#app/channels/contract.ts";
import { caught } from "#app/channels/status-fault.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { ratePerSecondMax } from "./config.ts";
import { carriesError, faultOfAnswer, refusedTwice, unreadableAnswer } from "./errors.ts";
import { callPayload, keyOfSecret, signatureOf } from "./signature.ts";
import {
  listingsAnswer,
  orderPage,
  ordersAnswer,
  readAnswer,
  serverAnswer,
  shipmentAnswer,
  webhookAnswer,
  writeAnswer,
  type WirePriceWrite,
  type WireQuantity,
  type WireServer,
  type WireStateWrite,
} from "./wire.ts";

export type Answer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: Fault };

/** Which server, how it is called, and what it is called through. */
export interface ServerAccess {
  readonly http: ChannelHttp;
  readonly now: () => Date;
  readonly baseUrl: string;
  /** "whsec_…" */
  readonly secret: string;
  /** As the server announced it. */
  readonly ratePerSecond: number;
}

/** The only operation: all calls go to one server of the merchant's and draw from one bucket. */
export const operation = "server";
/** A server's clock that is this close to ours is the same clock: `Date` headers have whole seconds. */
const clockStepMs = 2_000;

type WriteAnswer = z.infer<typeof writeAnswer>;

/** The protocol's calls; each returns a wire type or a fault. */
export interface CustomClient {
  readServer(signal: AbortSignal): Promise<Answer<WireServer>>;
  /** Whether a call signed with another secret is let in: anybody could set the stock then. */
  letsStrangersIn(signal: AbortSignal): Promise<Answer<boolean>>;
  putQuantities(items: readonly WireQuantity[], signal: AbortSignal): Promise<Answer<WriteAnswer>>;
  putPrices(items: readonly WirePriceWrite[], signal: AbortSignal): Promise<Answer<WriteAnswer>>;
  putStates(items: readonly WireStateWrite[], signal: AbortSignal): Promise<Answer<WriteAnswer>>;
  readListings(
    keys: readonly string[],
    signal: AbortSignal,
  ): Promise<Answer<z.infer<typeof readAnswer>>>;
  listListings(
    page: { readonly cursor: string | null; readonly limit: number },
    signal: AbortSignal,
  ): Promise<Answer<z.infer<typeof listingsAnswer>>>;
  listOrders(
    page: {
      readonly changedSince: string;
      readonly cursor: string | null;
      readonly limit: number;
    },
    signal: AbortSignal,
  ): Promise<Answer<z.infer<typeof orderPage>>>;
  readOrders(
    ids: readonly string[],
    signal: AbortSignal,
  ): Promise<Answer<z.infer<typeof ordersAnswer>>>;
  putShipment(
    shipment: { readonly id: string; readonly body: object },
    signal: AbortSignal,
  ): Promise<Answer<z.infer<typeof shipmentAnswer>>>;
  putWebhook(
    webhook: { readonly url: string; readonly secret: string; readonly types: readonly string[] },
    signal: AbortSignal,
  ): Promise<Answer<z.infer<typeof webhookAnswer>>>;
}

interface Call {
  readonly method: "GET" | "PUT" | "POST";
  /** Behind the base address: "/orders?changedSince=…". */
  readonly target: string;
  readonly body?: object;
}

/** Calls to a merchant's server, each signed. A refused one is repeated once, by the server's own clock. */
export function createClient(access: ServerAccess): CustomClient {
  const line = new SignedLine(access);
  const call = <T>(request: Call, schema: z.ZodType<T>, signal: AbortSignal) =>
    line.call(request, schema, signal);
  const put = (target: string, body: object): Call => ({ method: "PUT", target, body });
  const post = (target: string, body: object): Call => ({ method: "POST", target, body });
  const get = (target: string, query: Readonly<Record<string, string | null>>): Call => {
    const given = Object.entries(query).filter((pair): pair is [string, string] => !!pair[1]);
    return { method: "GET", target: `${target}?${new URLSearchParams(given).toString()}` };
  };
  return {
    readServer: (signal) => call({ method: "GET", target: "/" }, serverAnswer, signal),
    letsStrangersIn: (signal) => line.tryStranger({ method: "GET", target: "/" }, signal),
    putQuantities: (items, signal) => call(put("/quantities", { items }), writeAnswer, signal),
    putPrices: (items, signal) => call(put("/prices", { items }), writeAnswer, signal),
    putStates: (items, signal) => call(put("/states", { items }), writeAnswer, signal),
    readListings: (keys, signal) => call(post("/listings/read", { keys }), readAnswer, signal),
    listListings: ({ cursor, limit }, signal) =>
      call(get("/listings", { cursor, limit: String(limit) }), listingsAnswer, signal),
    listOrders: ({ changedSince, cursor, limit }, signal) =>
      call(get("/orders", { changedSince, cursor, limit: String(limit) }), orderPage, signal),
    readOrders: (ids, signal) => call(post("/orders/read", { ids }), ordersAnswer, signal),
    putShipment: ({ id, body }, signal) =>
      call(put(`/shipments/${encodeURIComponent(id)}`, body), shipmentAnswer, signal),
    putWebhook: (webhook, signal) => call(put("/webhook", webhook), webhookAnswer, signal),
  };
}

/** The signed way to one server, and what is known of its clock. */
class SignedLine {
  readonly #access: ServerAccess;
  readonly #key: Buffer;
  /** The server's clock less ours. */
  #aheadMs = 0;

  constructor(access: ServerAccess) {
    this.#access = access;
    const key = keyOfSecret(access.secret);
    if (!key) throw new Error("the secret was parsed before");
    this.#key = key;
  }

  async call<T>(call: Call, schema: z.ZodType<T>, signal: AbortSignal): Promise<Answer<T>> {
    const sent = await caught(() => this.#exchange(call, signal));
    if (!sent.ok) return sent;
    const { answer, isRepeat } = sent.value;
    const { status } = answer;
    const isDone = status >= 200 && status < 300 && !carriesError(answer);
    const body = isDone ? schema.safeParse(answer.json) : undefined;
    if (body?.success) return { ok: true, value: body.data };
    const fault = isDone ? unreadableAnswer(status) : faultOfAnswer(answer);
    return { ok: false, fault: this.#withoutSecrets(isRepeat ? refusedTwice(fault) : fault, call) };
  }

  async tryStranger(call: Call, signal: AbortSignal): Promise<Answer<boolean>> {
    const key = randomBytes(this.#key.length);
    const sent = await caught(() => this.#access.http.send(this.#signed(call, key, signal)));
    if (!sent.ok) return sent;
    const { status } = sent.value;
    if (status >= 200 && status < 300) return { ok: true, value: !carriesError(sent.value) };
    const isRefused = status === 401 || status === 403;
    return isRefused
      ? { ok: true, value: false }
      : { ok: false, fault: this.#withoutSecrets(faultOfAnswer(sent.value), call) };
  }

  /** A 401 did nothing: it may be our clock, and is tried once more by the server's. */
  async #exchange(
    call: Call,
    signal: AbortSignal,
  ): Promise<{ readonly answer: ChannelResponse; readonly isRepeat: boolean }> {
    const { http } = this.#access;
    const answer = await http.send(this.#signed(call, this.#key, signal));
    if (answer.status !== 401) return { answer, isRepeat: false };
    this.#learnClock(answer);
    return { answer: await http.send(this.#signed(call, this.#key, signal)), isRepeat: true };
  }

  #learnClock({ headers }: ChannelResponse): void {
    const serverMs = Date.parse(headers.get("date") ?? "");
    if (!Number.isFinite(serverMs)) return;
    const aheadMs = serverMs - this.#access.now().getTime();
    this.#aheadMs = Math.abs(aheadMs) <= clockStepMs ? 0 : aheadMs;
  }

  #signed(call: Call, key: Buffer, signal: AbortSignal): ChannelRequest {
    const { baseUrl, now, ratePerSecond } = this.#access;
    const url = new URL(`${baseUrl}${call.target}`);
    // As it is sent, whatever the address parser made of it.
    const behind = new URL(`${baseUrl}/`).pathname.length - 1;
    const target = `${url.pathname}${url.search}`.slice(behind);
    const body = call.body === undefined ? "" : JSON.stringify(call.body);
    const id = `msg_${randomUUID()}`;
    const timestamp = String(Math.floor((now().getTime() + this.#aheadMs) / 1_000));
    const payload = callPayload({ method: call.method, target, body });
    return {
      operation,
      // The bucket is made for the quickest server; a slower one pays more for each call.
      cost: ratePerSecondMax / ratePerSecond,
      method: call.method,
      url: url.href,
      headers: {
        accept: "application/json",
        ...(call.body !== undefined && { "content-type": "application/json" }),
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signatureOf(key, { id, timestamp, payload }),
      },
      ...(call.body !== undefined && { body }),
      signal,
    };
  }

  /** A server may repeat what it was sent: its words go to people and logs. */
  #withoutSecrets(fault: Fault, { body }: Call): Fault {
    const { secret } = this.#access;
    const sent = body && "secret" in body ? String(body.secret) : secret;
    const message = fault.message.replaceAll(secret, "[secret]").replaceAll(sent, "[secret]");
    return { ...fault, message };
  }
}
