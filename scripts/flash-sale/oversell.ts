import type { ChannelId } from "./options.ts";
import { percentiles, type Percentiles } from "./percentiles.ts";
import { acknowledgedByListing, orderKey, shelfKey, type Trace } from "./trace.ts";

export interface Oversell {
  /** Accepted by a channel after the ledger was at zero and that channel had confirmed zero. Must be 0. */
  readonly unitsByUs: number;
  /** Accepted while the news of the last sale was on its way: no sync can prevent these. */
  readonly unitsInFlight: number;
  /** How long the news was on its way: from the ledger's zero to a channel's confirmed zero. */
  readonly windowMs: Percentiles | null;
  /** The same by the channel that accepted them. */
  readonly byChannel: ReadonlyMap<
    ChannelId,
    { readonly units: number; readonly windowMs: Percentiles | null }
  >;
}

/** A value over time: what holds from `atMs` on. */
interface Step {
  readonly atMs: number;
  readonly value: number;
}

/** Sorts the units that were accepted beyond stock by whose doing they are. */
export function measureOversell(trace: Trace): Oversell {
  const available = availableOverTime(trace);
  const shelves = shelvesOf(trace);
  const oversoldOf = new Map(
    trace.orders.map((order) => [orderKey(order.channel, order.orderId), order.oversold]),
  );
  let unitsByUs = 0;
  const beyondAt = new Map<string, number>();
  for (const order of trace.accepted) {
    const { channel, sku, placedAtMs } = order;
    const ledger = valueAt(available.get(sku) ?? [], placedAtMs) ?? trace.stock.get(sku) ?? 0;
    const confirmedZero = shelves.get(shelfKey(channel, sku))?.showsZeroAt(placedAtMs) ?? false;
    const beyond = oversoldOf.get(orderKey(channel, order.orderId)) ?? 0;
    if (ledger <= 0 && confirmedZero) unitsByUs += order.quantity;
    else beyondAt.set(channel, (beyondAt.get(channel) ?? 0) + beyond);
  }
  const open = windows(trace, available, shelves);
  const lengths = (of: typeof open) => percentiles(of.map(({ ms }) => ms));
  const channels = [...new Set(trace.listings.map(({ channel }) => channel))];
  return {
    unitsByUs,
    unitsInFlight: [...beyondAt.values()].reduce((sum, units) => sum + units, 0),
    windowMs: lengths(open),
    byChannel: new Map(
      channels.map((channel) => {
        const own = open.filter((window) => window.channel === channel);
        return [channel, { units: beyondAt.get(channel) ?? 0, windowMs: lengths(own) }];
      }),
    ),
  };
}

/** Units available of each SKU over all locations, after every entry. */
function availableOverTime(trace: Trace): Map<string, Step[]> {
  const steps = new Map<string, Step[]>();
  for (const { sku, availableDelta, recordedAtMs } of trace.entries) {
    const known = steps.get(sku) ?? [];
    const before = known.at(-1)?.value ?? trace.stock.get(sku) ?? 0;
    known.push({ atMs: recordedAtMs, value: before + availableDelta });
    steps.set(sku, known);
  }
  return steps;
}

/** One SKU at one channel: what the channel has confirmed to show. */
class Shelf {
  /** One series per listing that was ever written in this sale. */
  readonly #listings: readonly (readonly Step[])[];

  constructor(listings: readonly (readonly Step[])[]) {
    this.#listings = listings;
  }

  /** Listings that were never written were right by themselves all along and do not count. */
  showsZeroAt(atMs: number): boolean {
    return this.#listings.length > 0 && this.#listings.every((steps) => valueAt(steps, atMs) === 0);
  }

  /** When the last of its listings had confirmed its lasting zero; null when one never did. */
  get zeroSinceMs(): number | null {
    const since = this.#listings.map((steps) => {
      if (steps.at(-1)?.value !== 0) return null;
      return steps[steps.findLastIndex(({ value }) => value !== 0) + 1]?.atMs ?? null;
    });
    const times = since.filter((time) => time !== null);
    return times.length === since.length && times.length > 0 ? Math.max(...times) : null;
  }
}

function shelvesOf(trace: Trace): Map<string, Shelf> {
  const pushesOf = acknowledgedByListing(trace.pushes);
  const listings = Map.groupBy(trace.listings, ({ channel, sku }) => shelfKey(channel, sku));
  return new Map(
    [...listings].map(([key, ofShelf]) => [
      key,
      new Shelf(
        ofShelf.flatMap(({ listingId }) => {
          const pushes = pushesOf.get(listingId) ?? [];
          const steps = pushes.map((push) => ({ atMs: push.answeredAtMs, value: push.quantity }));
          return steps.length > 0 ? [steps] : [];
        }),
      ),
    ]),
  );
}

function windows(
  trace: Trace,
  available: ReadonlyMap<string, readonly Step[]>,
  shelves: ReadonlyMap<string, Shelf>,
): { channel: ChannelId; ms: number }[] {
  const found: { channel: ChannelId; ms: number }[] = [];
  for (const { channel, sku } of distinctShelves(trace)) {
    const steps = available.get(sku) ?? [];
    if (steps.at(-1)?.value !== 0) continue;
    const emptySince = steps[steps.findLastIndex(({ value }) => value !== 0) + 1]?.atMs;
    const zeroSince = shelves.get(shelfKey(channel, sku))?.zeroSinceMs;
    // A channel that sold the last unit itself showed zero before the ledger did: no window.
    if (emptySince === undefined || zeroSince == null || zeroSince < emptySince) continue;
    found.push({ channel, ms: zeroSince - emptySince });
  }
  return found;
}

function distinctShelves(trace: Trace) {
  return new Map(trace.listings.map((one) => [shelfKey(one.channel, one.sku), one])).values();
}

/** The value of a series at a time; null before its first step. */
function valueAt(steps: readonly Step[], atMs: number): number | null {
  return steps.findLast((step) => step.atMs <= atMs)?.value ?? null;
}
