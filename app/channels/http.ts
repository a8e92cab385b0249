import { setTimeout as sleep } from "node:timers/promises";
import { parseJsonKeepingBigNumbers } from "#app/lib/json.ts";
import {
  bucketWaitMsMax,
  callTimeoutMs,
  ChannelFault,
  responseBytesMax,
  type ChannelHttp,
  type ChannelRequest,
  type ChannelResponse,
  type RateFeedback,
  type RateLimit,
} from "./contract.ts";
import { retryAfterMsOf } from "./status-fault.ts";

/** Which bucket a call draws from: one per connection and operation. */
export interface RateBucketKey {
  readonly shopId: string;
  readonly connectionId: string;
  readonly operation: string;
}

/** Token buckets shared by all processes (Redis or Postgres), or by one (tests). */
export interface RateLimiter {
  /**
   * Takes `cost` tokens and answers 0; or takes nothing and answers after how many milliseconds it
   * is worth asking again. A cost above `limit.burst` counts as `limit.burst`. A day's calls that are used up
   * (`limit.perDay`) are worth asking again at midnight UTC.
   */
  take(bucket: RateBucketKey, cost: number, limit: RateLimit): Promise<number>;
  /** Corrects the bucket by the platform's own word. */
  report(bucket: RateBucketKey, feedback: RateFeedback, limit: RateLimit): Promise<void>;
}

/** The part of a logger used here. */
export interface CallLogger {
  debug(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface ChannelHttpOptions {
  readonly limiter: RateLimiter;
  readonly connectionKey: Omit<RateBucketKey, "operation">;
  /** `Channel.limits` of the channel that will call. */
  readonly limits: Readonly<Record<string, RateLimit>>;
  readonly fetch: typeof fetch;
  readonly logger: CallLogger;
  readonly now: () => Date;
  /** Reads what an answer says about the bucket (`Channel.rateFeedback`). 429s are always read. */
  readonly feedback?: (response: ChannelResponse) => RateFeedback | undefined;
}

/** Names the app on every call, as Amazon demands and the others like. */
const userAgent = "Lockstep/0.1 (Language=TypeScript; Platform=Node.js)";
/** Never ask the bucket more often than this while waiting. */
const bucketPollMsMin = 20;

/**
 * The one HTTP core of all channels: rate limited, timed, bounded, logged, never retried.
 * Logs and faults name the operation, the status and the time, and nothing the caller sent:
 * addresses and headers carry signatures and tokens.
 */
export function createChannelHttp(options: ChannelHttpOptions): ChannelHttp {
  return {
    async send(request) {
      const bucket = { ...options.connectionKey, operation: request.operation };
      await waitForTokens(options, bucket, request);
      const startedAt = options.now().getTime();
      const seen = () => ({
        operation: request.operation,
        tookMs: options.now().getTime() - startedAt,
      });
      let response: ChannelResponse;
      try {
        response = await exchange(options.fetch, request);
      } catch (error) {
        if (error instanceof ChannelFault) throw error;
        const fault = faultOfFailedCall(error, request.operation);
        options.logger.warn({ ...seen(), fault: fault.kind }, "channel call failed");
        throw new ChannelFault(fault);
      }
      options.logger.debug({ ...seen(), status: response.status }, "channel call");
      // The call is done whatever becomes of the report: the platform corrects us again next time.
      await report(options, bucket, response).catch(() => {
        options.logger.warn(seen(), "the channel's word on its rate limit was not stored");
      });
      return response;
    },
  };
}

async function waitForTokens(
  options: ChannelHttpOptions,
  bucket: RateBucketKey,
  request: ChannelRequest,
): Promise<void> {
  const limit = options.limits[request.operation];
  if (!limit) throw new Error(`operation "${request.operation}" has no rate limit declared`);
  // Bounded: every round waits at least bucketPollMsMin out of bucketWaitMsMax.
  for (let waitedMs = 0; ;) {
    const waitMs = await options.limiter.take(bucket, request.cost ?? 1, limit);
    if (waitMs <= 0) return;
    const pauseMs = Math.max(Math.ceil(waitMs), bucketPollMsMin);
    if (waitedMs + pauseMs > bucketWaitMsMax || request.signal.aborted) {
      throw new ChannelFault({
        kind: "rate-limited",
        message: `Waiting for our share of the channel's rate limit (${request.operation}).`,
        retryAfterMs: Math.ceil(waitMs),
      });
    }
    // A cut-off wait ends early and is seen by the next round.
    await sleep(pauseMs, undefined, { signal: request.signal }).catch(() => undefined);
    waitedMs += pauseMs;
  }
}

async function exchange(
  fetchAnswer: typeof fetch,
  request: ChannelRequest,
): Promise<ChannelResponse> {
  const answer = await fetchAnswer(request.url, {
    method: request.method,
    headers: { "user-agent": userAgent, ...request.headers },
    ...(request.body === undefined ? {} : { body: request.body }),
    // A redirect would carry our tokens to another host: it is an answer like any other.
    redirect: "manual",
    signal: AbortSignal.any([request.signal, AbortSignal.timeout(callTimeoutMs)]),
  });
  const bytes = await readBounded(answer);
  const body = bytes.toString("utf8");
  return {
    status: answer.status,
    headers: answer.headers,
    body,
    bytes,
    json: parseJsonKeepingBigNumbers(body),
  };
}

async function readBounded(answer: Response): Promise<Buffer> {
  if (!answer.body) return Buffer.alloc(0);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) {
    const room = responseBytesMax - bytes;
    chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
    bytes += Math.min(chunk.length, room);
    if (bytes >= responseBytesMax) break; // leaving the loop cancels the stream
  }
  return Buffer.concat(chunks);
}

async function report(
  options: ChannelHttpOptions,
  bucket: RateBucketKey,
  response: ChannelResponse,
): Promise<void> {
  const feedback =
    options.feedback?.(response) ??
    (response.status === 429
      ? { remaining: 0, retryAfterMs: retryAfterMsOf(response) ?? defaultWaitMs(options, bucket) }
      : undefined);
  const limit = options.limits[bucket.operation];
  if (feedback && limit) await options.limiter.report(bucket, feedback, limit);
}

/** Without a stated wait: the time one token needs to grow. */
function defaultWaitMs(options: ChannelHttpOptions, bucket: RateBucketKey): number {
  const limit = options.limits[bucket.operation];
  return limit ? Math.ceil(1_000 / limit.ratePerSecond) : 1_000;
}

function faultOfFailedCall(error: unknown, operation: string): ChannelFault["fault"] {
  const name = error instanceof Error ? error.name : "";
  // An abort of ours is a timeout too: nobody knows what the platform did with the call.
  if (name === "TimeoutError" || name === "AbortError") {
    return { kind: "timeout", message: `The channel did not answer in time (${operation}).` };
  }
  const code = networkCodeOf(error);
  // A connection that broke after it stood may have carried the write: that is not knowing either.
  if (code !== undefined && cutOffCodes.has(code)) {
    return { kind: "timeout", message: `The channel broke off (${operation}).`, code };
  }
  return {
    kind: "unavailable",
    message: `The channel cannot be reached (${operation}).`,
    ...(code === undefined ? {} : { code }),
  };
}

/** Node's and undici's codes for a connection that ended while a request was on its way. */
const cutOffCodes = new Set([
  "ECONNRESET",
  "EPIPE",
  "UND_ERR_SOCKET",
  "UND_ERR_BODY_TIMEOUT",
  "UND_ERR_HEADERS_TIMEOUT",
]);

function networkCodeOf(error: unknown): string | undefined {
  for (const candidate of [error, error instanceof Error ? error.cause : undefined]) {
    const code: unknown = candidate instanceof Error && "code" in candidate ? candidate.code : null;
    if (typeof code === "string" && /^[A-Z0-9_]{1,40}$/.test(code)) return code;
  }
  return undefined;
}
