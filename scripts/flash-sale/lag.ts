import type { ChannelId } from "./options.ts";
import { percentiles, type Percentiles } from "./percentiles.ts";
import { acknowledgedByListing, orderKey, type EntryRecord, type Trace } from "./trace.ts";

export interface Lag {
  /** From the buyer's order at one channel to the moment another channel confirmed the lower number. */
  readonly fromOrder: Percentiles | null;
  /** The same from the moment the order reached Lockstep's door: without the channel's own delay. */
  readonly fromArrival: Percentiles | null;
}

interface Waits {
  readonly fromOrder: number[];
  readonly fromArrival: number[];
}

/**
 * How long every other channel of an order's SKU went on showing the old number. An order counts once per
 * channel: where the channel has several listings of the SKU, the last of them. Listings that needed no push
 * (their offset had passed the order while they showed the right number) do not count.
 */
export function measureLags(trace: Trace): {
  readonly byChannel: ReadonlyMap<ChannelId, Lag>;
  readonly all: Lag;
} {
  const channels = [...new Set(trace.listings.map(({ channel }) => channel))];
  const waits = new Map<ChannelId, Waits>(
    channels.map((channel) => [channel, { fromOrder: [], fromArrival: [] }]),
  );
  const confirmations = confirmationsOf(trace);
  const entriesOf = Map.groupBy(trace.entries, (entry) =>
    orderKey(entry.channel ?? "", entry.orderId ?? ""),
  );
  for (const order of trace.accepted) {
    const entries = entriesOf.get(orderKey(order.channel, order.orderId));
    // An order that found nothing changed no number.
    if (!entries) continue;
    const { lastSeq, receivedAtMs } = summaryOf(entries);
    for (const [channel, atMs] of confirmations(order, lastSeq)) {
      waits.get(channel)?.fromOrder.push(Math.max(0, atMs - order.placedAtMs));
      waits.get(channel)?.fromArrival.push(Math.max(0, atMs - receivedAtMs));
    }
  }
  return {
    byChannel: new Map([...waits].map(([channel, wait]) => [channel, lagOf([wait])])),
    all: lagOf([...waits.values()]),
  };
}

/** When each other channel confirmed a number that counts an order. */
function confirmationsOf(trace: Trace) {
  const pushesOf = acknowledgedByListing(trace.pushes);
  const listingsOf = Map.groupBy(trace.listings, ({ sku }) => sku);
  return (order: Trace["accepted"][number], seq: number): Map<ChannelId, number> => {
    const confirmed = new Map<ChannelId, number>();
    for (const { listingId, channel } of listingsOf.get(order.sku) ?? []) {
      if (channel === order.channel) continue;
      const carrying = pushesOf.get(listingId)?.find(({ toSeq }) => toSeq >= seq);
      // A push that starts behind the order: the listing had dealt with the order without one.
      if (!carrying || carrying.fromSeq >= seq) continue;
      confirmed.set(channel, Math.max(confirmed.get(channel) ?? 0, carrying.answeredAtMs));
    }
    return confirmed;
  };
}

function summaryOf(entries: readonly EntryRecord[]) {
  return {
    lastSeq: Math.max(...entries.map(({ seq }) => seq)),
    receivedAtMs: Math.min(...entries.map((entry) => entry.receivedAtMs)),
  };
}

function lagOf(waits: readonly Waits[]): Lag {
  return {
    fromOrder: percentiles(waits.flatMap(({ fromOrder }) => fromOrder)),
    fromArrival: percentiles(waits.flatMap(({ fromArrival }) => fromArrival)),
  };
}
