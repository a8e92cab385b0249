/** A token bucket. Source of each figure: specs/channel-limits.json or the channel's own page. */
export interface RateLimit {
  readonly ratePerSecond: number;
  /** Tokens the bucket holds when full. */
  readonly burst: number;
  /** Calls the platform allows in a day (UTC), where it counts them. */
  readonly perDay?: number;
}

/** What the platform itself said about a bucket. */
export interface RateFeedback {
  /** Tokens the platform says are left. */
  readonly remaining?: number;
  /** Calls the platform says are left today. */
  readonly remainingToday?: number;
  /** The platform wants no call of this operation for this long. */
  readonly retryAfterMs?: number;
}

/**
 * The only way out: every call is rate limited, timed, bounded and logged here, and never retried
 * here (hidden retries break "newest wins").
 */
export interface ChannelHttp {
  /**
   * @throws ChannelFault with kind `rate-limited` when the bucket is empty for longer than
   *   `bucketWaitMsMax`, `timeout` when no answer came in `callTimeoutMs`, `unavailable` when the
   *   connection failed. Any HTTP status is an answer, not an error.
   */
  send(request: ChannelRequest): Promise<ChannelResponse>;
}

export interface ChannelRequest {
  /** Key of `Channel.limits`. */
  readonly operation: string;
  /** Tokens to take; 1 unless the platform prices calls (Shopify's query cost). */
  readonly cost?: number;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly signal: AbortSignal;
}

export interface ChannelResponse {
  readonly status: number;
  readonly headers: Headers;
  /** Whole body as text, at most `responseBytesMax`. */
  readonly body: string;
  /** The same body as it came (a compressed report). */
  readonly bytes: Buffer;
  /** Parsed body, or undefined when it is not JSON (an HTML error page, an empty 204). */
  readonly json: unknown;
}

/** Access tokens, cached and refreshed under one lock per connection, over all processes. */
export interface TokenSource<Secrets> {
  /**
   * A token good for at least a minute; calls `refresh` at most once over all processes when there is none.
   * A `refresh` that throws ChannelFault kind `revoked` pauses the connection.
   */
  accessToken(refresh: (secrets: Secrets) => Promise<FreshToken<Secrets>>): Promise<string>;
  /** The platform refused this token although it looked alive: the next call refreshes. */
  discard(accessToken: string): Promise<void>;
}

export interface FreshToken<Secrets> {
  readonly accessToken: string;
  readonly expiresAt: Date;
  /** New secrets when the platform rotated them (TikTok, Shopify, Etsy). Stored with the token, atomically. */
  readonly secrets?: Secrets;
}
