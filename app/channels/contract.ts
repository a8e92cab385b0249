import type { z } from "zod";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { ChannelConnect } from "./contract-connect.ts";
import type {
  ChannelFact,
  ChannelWebhooks,
  EventDoor,
  EventSetup,
  QueueMessage,
  StoredEvent,
} from "./contract-events.ts";
import type {
  ChannelHttp,
  ChannelResponse,
  RateFeedback,
  RateLimit,
  TokenSource,
} from "./contract-http.ts";
import type {
  BulkProgress,
  BulkStart,
  ListingRef,
  ListingsPage,
  PriceWrite,
  QuantityWrite,
  ReadResult,
  RelistResult,
  WriteResult,
} from "./contract-listings.ts";
import type {
  AccountHealth,
  OrdersPage,
  OrdersResult,
  Shipment,
  ShipmentResult,
} from "./contract-orders.ts";

export type * from "./contract-connect.ts";
export type * from "./contract-events.ts";
export type * from "./contract-http.ts";
export type * from "./contract-listings.ts";
export type * from "./contract-orders.ts";

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
    /** The platform's feed or bulk job, where it has one. */
    readonly bulk?: {
      /** From this many waiting listings on, one job is better than many calls. */
      readonly sizeMin: number;
      /** Listings in one job. */
      readonly sizeMax: number;
      /** A job without a result for this long is given up and its listings are written one by one. */
      readonly settleMsMax: number;
    };
  };
  /** How long a number that was accepted may take to be visible, ms: reconciliation waits that long (channels.md 2). */
  readonly visibleAfterMsMax: number;
  /** Token buckets per connection and operation (specs/channel-limits.json). Every call names its operation. */
  readonly limits: Readonly<Record<string, RateLimit>>;
  /** What an answer says about the buckets, where the platform tells more than a 429. */
  rateFeedback?(response: ChannelResponse): RateFeedback | undefined;
  /** The merchant names the server's address (WooCommerce, Custom): it must be a public one. */
  readonly merchantAddress?: true;
  /** How a merchant connects an account. */
  readonly connect?: ChannelConnect<App>;
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
 * One connection's channel, ready to be called. Methods never throw for what the platform refuses. A power the
 * platform lacks is a missing method; docs/channels.md is made from what is there.
 */
export interface ChannelSession {
  /** Writes at most `push.batchSizeMax` quantities. One result per write, in the same order. */
  pushQuantities(
    writes: readonly QuantityWrite[],
    signal: AbortSignal,
  ): Promise<readonly WriteResult[]>;
  /** What the channel shows now, at most `readBatchSizeMax` listings. One result per listing, same order. */
  readListings(
    listings: readonly ListingRef[],
    signal: AbortSignal,
  ): Promise<readonly ReadResult[]>;
  /** All of the account's listings, a page at a time; null begins. A page holds at most `importPageSizeMax`. */
  listListings?(cursor: string | null, signal: AbortSignal): Promise<ListingsPage>;
  /** Writes at most `push.batchSizeMax` prices. One result per write, in the same order. */
  setPrices?(writes: readonly PriceWrite[], signal: AbortSignal): Promise<readonly WriteResult[]>;
  /** Hands in one bulk job of at most `push.bulk.sizeMax` quantities; they count once it is done. */
  startBulk?(writes: readonly QuantityWrite[], signal: AbortSignal): Promise<BulkStart>;
  /** How that job stands. `writes` are those it was started with, in the same order. */
  pollBulk?(
    handle: string,
    writes: readonly QuantityWrite[],
    signal: AbortSignal,
  ): Promise<BulkProgress>;
  /** Takes listings off sale for good, where the merchant chose that over quantity 0. At most `push.batchSizeMax`. */
  endListings?(
    listings: readonly ListingRef[],
    signal: AbortSignal,
  ): Promise<readonly WriteResult[]>;
  /** Puts ended listings back on sale with this quantity (≥ 1). At most `push.batchSizeMax`. */
  relistListings?(
    writes: readonly QuantityWrite[],
    signal: AbortSignal,
  ): Promise<readonly RelistResult[]>;
  /** The orders as they are now, in any order; an id the channel does not know is left out. At most 50 ids. */
  fetchOrders?(orderIds: readonly string[], signal: AbortSignal): Promise<OrdersResult>;
  /** A page of orders changed since the cursor, oldest first. `null` starts at `now − overlap`. */
  listChangedOrders?(cursor: string | null, signal: AbortSignal): Promise<OrdersPage>;
  /** Tells the channel (and so the buyer) about one parcel. A repeat of the same parcel changes nothing. */
  sendShipment?(shipment: Shipment, signal: AbortSignal): Promise<ShipmentResult>;
  /** How the account stands: defect, late and cancel rates, as the channel counts them. */
  readAccountHealth?(signal: AbortSignal): Promise<AccountHealth>;
  /**
   * Asks the platform to tell us about changes. Any number of calls end in the same state: what is missing is
   * made, what the platform switched off is switched on again. Called at connect time and every `eventSetupEveryMs`.
   */
  setUpEvents?(door: EventDoor, signal: AbortSignal): Promise<EventSetup>;
  /** Long poll of the channel's queue (Amazon SQS). Resolves with an empty list when nothing came. */
  receiveMessages?(signal: AbortSignal): Promise<readonly QueueMessage[]>;
  /** Tells the queue that these were stored by us. */
  deleteMessages?(messages: readonly QueueMessage[]): Promise<void>;
}

/** Thrown by `ChannelHttp` and by `refresh`; sessions turn it into results. */
export class ChannelFault extends Error {
  readonly fault: Fault;
  constructor(fault: Fault) {
    super(fault.message);
    this.name = "ChannelFault";
    this.fault = fault;
  }
}

/** Listings in one `readListings` call. */
export const readBatchSizeMax = 100;
/** Listings in one page of `listListings`. */
export const importPageSizeMax = 5_000;
/** `setUpEvents` is called this often: platforms switch subscriptions off (WooCommerce after five failures). */
export const eventSetupEveryMs = 15 * 60_000;
/** A call without an answer for this long is a `timeout`. */
export const callTimeoutMs = 10_000;
/** Longest wait for a rate-limit token inside a call; beyond it the call is `rate-limited`. */
export const bucketWaitMsMax = 2_000;
/** Longest answer kept; a longer one is cut and then fits no schema. */
export const responseBytesMax = 8 * 1024 * 1024;
