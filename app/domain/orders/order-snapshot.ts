/**
 * What a channel says an order looks like now. Snapshots are states, never deltas: any number of
 * them, in any order, fold to the same ledger entries (invariant 3, Once).
 */
export interface OrderSnapshot {
  /** The channel's order id, as text (ids exceed 2^53 on some channels). */
  readonly orderId: string;
  /** Grows with each change at the channel (its "updated at" in ms). An older one never undoes a newer one. */
  readonly revision: number;
  /** When the order was placed, ISO 8601 UTC. */
  readonly placedAt: string;
  /** The whole order is cancelled: every line's quantity counts as 0, whatever else is said. */
  readonly cancelled: boolean;
  /** A platform's test order: recorded, moves no stock. */
  readonly test: boolean;
  /** Bounded by {@link orderLinesMax}. */
  readonly lines: readonly OrderLineSnapshot[];
}

/** One line of an {@link OrderSnapshot}. */
export interface OrderLineSnapshot {
  /** The channel's line id; unique within the order. */
  readonly lineId: string;
  /** The channel's key of the listing that was sold (see `Listing.orderKey`), when it gives one. */
  readonly orderKey: string | null;
  /** The merchant's SKU text, when the channel gives it. Trimmed only for matching. */
  readonly sku: string | null;
  /** Units ordered and still wanted: ordered − cancelled − removed. Integer; ≤ 0 on a live line is a dead letter. */
  readonly quantity: number;
  /** Why the line cannot be read, in plain words; it then moves no stock and becomes a dead letter. */
  readonly unreadable?: string;
  /** All units were cancelled or removed at the channel: a quantity of 0 is meant. */
  readonly withdrawn?: true;
  /** Units already handed to the buyer or carrier, of `quantity`. */
  readonly shipped: number;
  /** The merchant's location id at the channel that fulfils this line, when the channel says so. */
  readonly externalLocationId: string | null;
}

/** Units one line may want; more is a mistake of somebody's, and would not fit the ledger. */
export const lineUnitsMax = 1_000_000;

/** Lines one order may have before it is a dead letter. Shopify allows 500 (shopify.dev limits). */
export const orderLinesMax = 1_000;
