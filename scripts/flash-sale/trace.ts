import type { LoggedOrder } from "#sandbox/world.ts";
import type { ChannelId } from "./options.ts";

/** Everything that was recorded about one sale, by the channels and by Lockstep. Times are ms since the epoch. */
export interface Trace {
  /** Orders the channels accepted: the sandbox's own record. */
  readonly accepted: readonly LoggedOrder[];
  /** Units of each SKU at the start, by SKU code. */
  readonly stock: ReadonlyMap<string, number>;
  readonly orders: readonly OrderRecord[];
  readonly entries: readonly EntryRecord[];
  readonly pushes: readonly PushRecord[];
  readonly listings: readonly ListingRecord[];
}

export interface OrderRecord {
  readonly channel: ChannelId;
  readonly orderId: string;
  /** Over all lines. */
  readonly quantity: number;
  readonly allocated: number;
  readonly oversold: number;
  /** Every line's allocations and oversold units add up to its quantity. */
  readonly whole: boolean;
}

export interface EntryRecord {
  readonly seq: number;
  readonly sku: string;
  readonly kind: string;
  readonly availableDelta: number;
  readonly committedDelta: number;
  readonly channel: ChannelId | null;
  readonly orderId: string | null;
  readonly receivedAtMs: number;
  readonly recordedAtMs: number;
}

export interface PushRecord {
  readonly listingId: string;
  readonly channel: ChannelId;
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly quantity: number;
  readonly outcome: string;
  readonly faultKind: string | null;
  readonly sentAtMs: number;
  readonly answeredAtMs: number | null;
}

export interface ListingRecord {
  readonly listingId: string;
  readonly channel: ChannelId;
  readonly sku: string;
}

export const orderKey = (channel: string, orderId: string): string => `${channel} ${orderId}`;
export const shelfKey = (channel: string, sku: string): string => `${channel} ${sku}`;

/** The acknowledged pushes of each listing, in the order of their answers. */
export function acknowledgedByListing(
  pushes: readonly PushRecord[],
): Map<string, (PushRecord & { readonly answeredAtMs: number })[]> {
  const answered = pushes.flatMap((push) =>
    push.outcome === "acknowledged" && push.answeredAtMs !== null
      ? [{ ...push, answeredAtMs: push.answeredAtMs }]
      : [],
  );
  answered.sort((a, b) => a.answeredAtMs - b.answeredAtMs || a.toSeq - b.toSeq);
  return Map.groupBy(answered, ({ listingId }) => listingId);
}
