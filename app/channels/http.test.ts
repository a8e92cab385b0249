import { describe, expect, test } from "vitest";
import {
  ChannelFault,
  responseBytesMax,
  type ChannelRequest,
  type RateFeedback,
} from "./contract.ts";
import { createChannelHttp, type RateLimiter } from "./http.ts";
import { createMemoryRateLimiter } from "./memory-rate-limiter.ts";

const limits = { read: { ratePerSecond: 10, burst: 1 } };

function httpOver(answer: typeof fetch, limiter: RateLimiter = createMemoryRateLimiter()) {
  const said: string[] = [];
  const say = (fields: object, message: string) => void said.push(JSON.stringify(fields), message);
  const http = createChannelHttp({
    limiter,
    connectionKey: { shopId: "s", connectionId: "c" },
    limits,
    fetch: answer,
    logger: { debug: say, warn: say },
    now: () => new Date(),
  });
  return { http, said };
}

function call(signal = new AbortController().signal): ChannelRequest {
  return {
    operation: "read",
    method: "POST",
    url: "http://127.0.0.1/things?sign=SECRET",
    headers: { authorization: "SECRET" },
    body: "SECRET",
    signal,
  };
}

const answering = (body: string | null, init?: ResponseInit) => () =>
  Promise.resolve(new Response(body, init));

async function faultOf(sending: Promise<unknown>) {
  const error: unknown = await sending.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof ChannelFault ? error.fault : error;
}

describe("channel http", () => {
  test("any status is an answer; ids beyond 2^53 stay whole", async () => {
    const { http } = httpOver(answering('{"id":7494049642642441621}', { status: 500 }));
    const response = await http.send(call());
    expect(response.status).toBe(500);
    expect(response.json).toEqual({ id: "7494049642642441621" });
  });

  test("an empty or HTML answer has no JSON", async () => {
    const limiter = createMemoryRateLimiter();
    expect((await httpOver(answering(null, { status: 204 }), limiter).http.send(call())).json).toBe(
      undefined,
    );
    expect((await httpOver(answering("<html>"), limiter).http.send(call())).json).toBe(undefined);
  });

  test("a longer answer than the bound is cut", async () => {
    const { http } = httpOver(answering("x".repeat(responseBytesMax + 10)));
    expect((await http.send(call())).body).toHaveLength(responseBytesMax);
  });

  test("the second call waits for its token", async () => {
    const { http } = httpOver(answering("{}"));
    const startedAt = performance.now();
    await http.send(call());
    await http.send(call());
    expect(performance.now() - startedAt).toBeGreaterThan(80);
  });

  test("a wait longer than the bound is not waited for", async () => {
    const limiter = { take: () => Promise.resolve(60_000), report: () => Promise.resolve() };
    const { http } = httpOver(answering("{}"), limiter);
    expect(await faultOf(http.send(call()))).toMatchObject({
      kind: "rate-limited",
      retryAfterMs: 60_000,
    });
  });

  test("a 429 tells the bucket how long to stay shut", async () => {
    const reports: RateFeedback[] = [];
    const limiter: RateLimiter = {
      take: () => Promise.resolve(0),
      report: (_, feedback) => Promise.resolve(void reports.push(feedback)),
    };
    const headers = { "retry-after": "3" };
    await httpOver(answering("{}", { status: 429, headers }), limiter).http.send(call());
    await httpOver(answering("{}", { status: 429 }), limiter).http.send(call());
    expect(reports).toEqual([
      { remaining: 0, retryAfterMs: 3_000 },
      { remaining: 0, retryAfterMs: 100 },
    ]);
  });

  const failures: [string, Error, string][] = [
    ["a timeout", new DOMException("", "TimeoutError"), "timeout"],
    ["a closed door", failed("ECONNREFUSED"), "unavailable"],
    ["a broken connection", failed("ECONNRESET"), "timeout"],
    ["an unknown failure", new TypeError("SECRET"), "unavailable"],
  ];
  test.each(failures)("%s becomes a fault that says no secret", async (_, error, kind) => {
    const { http, said } = httpOver(() => Promise.reject(error));
    const fault = await faultOf(http.send(call()));
    expect(fault).toMatchObject({ kind });
    expect(JSON.stringify(fault) + said.join()).not.toContain("SECRET");
  });

  test("the caller's signal ends the call", async () => {
    const stop = new AbortController();
    const hanging: typeof fetch = (_, init) =>
      new Promise((_resolve, reject) => {
        init?.signal?.addEventListener("abort", () => {
          reject(new DOMException("", "AbortError"));
        });
      });
    const { http } = httpOver(hanging);
    const sending = faultOf(http.send(call(stop.signal)));
    setTimeout(() => {
      stop.abort();
    }, 10);
    expect(await sending).toMatchObject({ kind: "timeout" });
  });

  test("an operation without a declared limit is our own mistake", async () => {
    const { http } = httpOver(answering("{}"));
    await expect(http.send({ ...call(), operation: "write" })).rejects.toThrow("write");
  });
});

function failed(code: string): TypeError {
  return new TypeError("fetch failed SECRET", {
    cause: Object.assign(new Error("SECRET"), { code }),
  });
}
