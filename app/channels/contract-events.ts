import type { OrderSnapshot } from "#app/domain/orders/order-snapshot.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";

export interface ChannelWebhooks<App> {
  /** Deliveries carry buyers' names and addresses: they are taken out before anything is stored. */
  readonly personalData?: true;
  /**
   * `app`: one address and one secret for all accounts, `/webhooks/<channel>`; the body names the account.
   * `connection`: an address and a secret per connection, `/webhooks/<channel>/<connection id>` (`WebhookRequest.door`).
   */
  readonly addressing: "app" | "connection";
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
  /** The public address the delivery was sent to, without a query (Flipkart signs it). */
  readonly url: string;
  /** Set at a connection's own address. */
  readonly door: EventDoor | null;
}

/** A connection's own webhook address. */
export interface EventDoor {
  /** `${SHOPIFY_APP_URL}/webhooks/<channel>/<connection id>` */
  readonly url: string;
  /**
   * 64 hexadecimal digits, derived from the app's key and the connection (never stored): letters and digits only,
   * as WooCommerce needs it. Channels that let us choose the secret are given this one.
   */
  readonly secret: string;
}

export type Verification =
  | {
      readonly ok: true;
      /** Whose event this is: finds the connections (`Connection.accountId`). Null: the door's own connection. */
      readonly accountId: string | null;
      /** The platform's own delivery key; the same for a repeat of the same delivery. */
      readonly externalEventId: string;
      readonly topic: string;
      /** When it happened, by the platform's clock, ISO 8601. */
      readonly occurredAt: string | null;
    }
  /** `ping`: the platform tries the address, unsigned; answered 200, nothing is stored (WooCommerce). */
  | { readonly ok: false; readonly reason: "signature" | "malformed" | "ping" };

/** What came of asking the platform to tell us about changes. */
export type EventSetup =
  | {
      readonly ok: true;
      /** Subscriptions that stand now, in the platform's own words: "ORDER_CHANGE". */
      readonly topics: readonly string[];
      /** What a person has to do by hand, a sentence (Flipkart: register the address by e-mail). */
      readonly todo?: string;
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

/** An event as it lies in the inbox. */
export interface StoredEvent {
  readonly topic: string;
  readonly payload: string;
  /** `Connection.settings` of the connection it is read for: an account's events reach all of its marketplaces. */
  readonly settings?: unknown;
}

/** What an event says. Several facts may come out of one event. */
export type ChannelFact =
  | { readonly kind: "order"; readonly order: OrderSnapshot }
  /** The event carries no quantities: fetch this order, then apply it. */
  | { readonly kind: "order-hint"; readonly orderId: string }
  /** Goods are on their way back, or are back. Never moves stock by itself: a person says what becomes of them. */
  | { readonly kind: "return"; readonly return: OrderReturn }
  /** A number moved at the channel: read these listings back. Matches `externalIds` entries. */
  | { readonly kind: "level-hint"; readonly match: Readonly<Record<string, string>> }
  /** The merchant removed the app or revoked our access. */
  | { readonly kind: "revoked"; readonly reason: string }
  /** A topic we take no action on. */
  | { readonly kind: "ignored"; readonly reason: string }
  /** Authentic but not readable: becomes a dead letter with this sentence. */
  | { readonly kind: "unreadable"; readonly reason: string };

/** A return as the channel reports it now. Newer words of the same `returnId` replace older ones. */
export interface OrderReturn {
  readonly returnId: string;
  readonly orderId: string;
  /** `requested`: announced; `received`: the goods are back; `closed`: over without goods, or dealt with there. */
  readonly state: "requested" | "received" | "closed";
  /** Empty where the channel names no lines. `lineId` as in the order's snapshot. */
  readonly lines: readonly { readonly lineId: string; readonly quantity: number }[];
  /** ISO 8601. */
  readonly changedAt: string;
}
