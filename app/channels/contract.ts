import type { z } from "zod";
import type { OrderSnapshot } from "#app/domain/orders/order-snapshot.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";

/**
 * The one contract of all channels. A channel is a value (see `define-channel.ts`): what it is, what it
 * can do, how fast it may be called. A power the platform lacks is a missing method, never a stub.
 */
export interface Channel<App = unknown, Settings = unknown, Secrets = unknown> {
  /** Equals the folder's name: "ebay", "tiktok-shop". */
  readonly id: string;
  /** What merchants call it: "eBay". */
  readonly label: string;
  /** The app's own credentials and addresses, read from environment variables of these names. */
  readonly app: z.ZodType<App>;
  /** Per connection, not secret: marketplace, region, warehouse. */
  readonly settings: z.ZodType<Settings>;
  /** Per connection, encrypted at rest: refresh token, keys. */
  readonly secrets: z.ZodType<Secrets>;
  readonly push: {
    /** Listings in one `pushQuantities` call; the caller splits, the channel may refuse more. */
    readonly batchSizeMax: number;
    /**
     * `absolute`: the channel takes the number to show; repeating is harmless while it is the newest.
     * `difference`: the channel takes quantity − expected under an idempotency key (Shopify).
     */
    readonly mode: "absolute" | "difference";
    /** Writes one listing may get in a calendar day, where the channel counts them (eBay: 250). */
    readonly perListingPerDayMax?: number;
    /** The most it shows, where it has a limit (TikTok Shop: 99,999). */
    readonly quantityMax?: number;
  };
  /** Token buckets per connection and operation (specs/channel-limits.json). Every call names its operation. */
  readonly limits: Readonly<Record<string, RateLimit>>;
  /** Binds the channel to one connection. Makes no call. */
  open(context: ChannelContext<App, Settings, Secrets>): ChannelSession;
  /** How the platform tells us, when it posts to our door. */
  readonly webhooks?: ChannelWebhooks<App>;
  /**
   * The platform's order events carry no quantities: each one waits until the order was fetched
   * (`order-hint` facts, `ChannelSession.fetchOrders`).
   */
  readonly ordersByFetch?: true;
  /** Events come through a queue of the platform's (`receiveMessages`), polled by the workers. */
  readonly ownQueue?: true;
  /** Turns a stored event into facts. Pure. Also used for queue messages and polled orders. */
  parseEvent(event: StoredEvent): readonly ChannelFact[];
}

/** A token bucket. Source of each figure: specs/channel-limits.json or the channel's own page. */
export interface RateLimit {
  readonly ratePerSecond: number;
  /** Tokens the bucket holds when full. */
  readonly burst: number;
}

/** What a channel's code gets to work with for one connection. */
export interface ChannelContext<App, Settings, Secrets> {
  readonly shopDomain: string;
  /** The account at the channel: Amazon seller id, eBay user id, TikTok shop id, Shopify domain. */
  readonly accountId: string;
  readonly app: App;
  readonly settings: Settings;
  readonly secrets: Secrets;
  readonly http: ChannelHttp;
  readonly tokens: TokenSource<Secrets>;
  readonly now: () => Date;
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
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface ChannelResponse {
  readonly status: number;
  readonly headers: Headers;
  /** Whole body as text, at most `responseBytesMax`. */
  readonly body: string;
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

/** One connection's channel, ready to be called. Methods never throw for what the platform refuses. */
export interface ChannelSession {
  /** Writes at most `push.batchSizeMax` quantities. One result per write, in the same order. */
  pushQuantities(
    writes: readonly QuantityWrite[],
    signal: AbortSignal,
  ): Promise<readonly WriteResult[]>;
  /** What the channel shows now, at most `readBatchSizeMax` listings. One result per listing, same order. */
  readQuantities(
    listings: readonly ListingRef[],
    signal: AbortSignal,
  ): Promise<readonly ReadResult[]>;
  /** The orders as they are now, in any order; an id the channel does not know is left out. At most 50 ids. */
  fetchOrders?(orderIds: readonly string[], signal: AbortSignal): Promise<OrdersResult>;
  /** A page of orders changed since the cursor, oldest first. `null` starts at `now − overlap`. */
  listChangedOrders?(cursor: string | null, signal: AbortSignal): Promise<OrdersPage>;
  /** Long poll of the channel's queue (Amazon SQS). Resolves with an empty list when nothing came. */
  receiveMessages?(signal: AbortSignal): Promise<readonly QueueMessage[]>;
  /** Tells the queue that these were stored by us. */
  deleteMessages?(messages: readonly QueueMessage[]): Promise<void>;
}

/** Which thing at the channel a listing is. `externalIds` is the channel's own business (mapping.ts). */
export interface ListingRef {
  readonly listingId: string;
  readonly sku: string;
  readonly externalIds: Readonly<Record<string, string>>;
}

export interface QuantityWrite extends ListingRef {
  /** Sellable: what the listing should show. Integer ≥ 0. */
  readonly quantity: number;
  /** quantity − what we believe the channel shows; only `difference` channels look at it. */
  readonly delta: number;
  /** One per intent; a retry of the same intent carries the same key. UUID. */
  readonly idempotencyKey: string;
}

export type WriteResult = { readonly ok: true } | { readonly ok: false; readonly fault: Fault };

export type ReadResult =
  | { readonly ok: true; readonly quantity: number; readonly asOf: string | null }
  | { readonly ok: false; readonly fault: Fault };

export type OrdersResult =
  | { readonly ok: true; readonly orders: readonly OrderSnapshot[] }
  | { readonly ok: false; readonly fault: Fault };

export type OrdersPage =
  | {
      readonly ok: true;
      readonly orders: readonly OrderSnapshot[];
      /** Give it back to get the next page, or the next poll. */
      readonly cursor: string;
      readonly more: boolean;
    }
  | { readonly ok: false; readonly fault: Fault };

/** A message of the channel's queue. */
export interface QueueMessage {
  readonly externalEventId: string;
  readonly topic: string;
  readonly accountId: string;
  readonly occurredAt: string | null;
  readonly payload: string;
  /** What `deleteMessages` needs. */
  readonly receipt: string;
}

export interface ChannelWebhooks<App> {
  /** Deliveries carry buyers' names and addresses: they are taken out before anything is stored. */
  readonly personalData?: true;
  /**
   * Checks authenticity over the raw bytes, in constant time, and reads the key fields only.
   * No database; the network only for a platform's public key not yet known (eBay), cached and bounded.
   */
  verify(request: WebhookRequest, app: App, http: typeof fetch): Promise<Verification>;
  /** Answer to the platform's own check of the address (eBay's challenge GET). */
  challenge?(url: URL, app: App): { readonly status: number; readonly body: string } | null;
}

export interface WebhookRequest {
  readonly rawBody: Buffer;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly receivedAt: Date;
}

export type Verification =
  | {
      readonly ok: true;
      /** Whose event this is: finds the connection (`Connection.accountId`). */
      readonly accountId: string;
      /** The platform's own delivery key; the same for a repeat of the same delivery. */
      readonly externalEventId: string;
      readonly topic: string;
      /** When it happened, by the platform's clock, ISO 8601. */
      readonly occurredAt: string | null;
    }
  | { readonly ok: false; readonly reason: "signature" | "malformed" };

/** An event as it lies in the inbox. */
export interface StoredEvent {
  readonly topic: string;
  readonly payload: string;
}

/** What an event says. Several facts may come out of one event. */
export type ChannelFact =
  | { readonly kind: "order"; readonly order: OrderSnapshot }
  /** The event carries no quantities: fetch this order, then apply it. */
  | { readonly kind: "order-hint"; readonly orderId: string }
  /** A number moved at the channel: read these listings back. Matches `externalIds` entries. */
  | { readonly kind: "level-hint"; readonly match: Readonly<Record<string, string>> }
  /** The merchant removed the app or revoked our access. */
  | { readonly kind: "revoked"; readonly reason: string }
  /** A topic we take no action on. */
  | { readonly kind: "ignored"; readonly reason: string }
  /** Authentic but not readable: becomes a dead letter with this sentence. */
  | { readonly kind: "unreadable"; readonly reason: string };

/** Thrown by `ChannelHttp` and by `refresh`; sessions turn it into results. */
export class ChannelFault extends Error {
  readonly fault: Fault;
  constructor(fault: Fault) {
    super(fault.message);
    this.name = "ChannelFault";
    this.fault = fault;
  }
}

/** Listings in one `readQuantities` call. */
export const readBatchSizeMax = 100;
/** A call without an answer for this long is a `timeout`. */
export const callTimeoutMs = 10_000;
/** Longest wait for a rate-limit token inside a call; beyond it the call is `rate-limited`. */
export const bucketWaitMsMax = 2_000;
/** Longest answer kept; a longer one is cut and then fits no schema. */
export const responseBytesMax = 8 * 1024 * 1024;
