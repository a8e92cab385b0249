import type { ChannelId } from "./options.ts";

/** What one buyer wants, and when. */
export interface Demand {
  /** Since the sale began. */
  readonly atMs: number;
  readonly channel: ChannelId;
  readonly sku: string;
  readonly units: number;
}

export interface DemandPlan {
  readonly orders: number;
  readonly ratePerSecond: number;
  readonly channels: readonly ChannelId[];
  /** Most wanted first. */
  readonly skus: readonly string[];
  readonly seed: number;
}

/** Popularity of the SKUs: the k-th is wanted as 1 / k^s (reference/product.md D3). */
const zipfExponent = 1.1;
/** How many units a buyer takes: mostly one. */
const unitShares = [
  { units: 1, upTo: 0.85 },
  { units: 2, upTo: 0.95 },
  { units: 3, upTo: 1 },
];

/** All buyers of a sale, by time: independent arrivals at the rate given. The same seed gives the same buyers. */
export function planDemand(plan: DemandPlan): Demand[] {
  const random = seededRandom(plan.seed);
  const cumulative = zipfCumulative(plan.skus.length);
  let atMs = 0;
  return Array.from({ length: plan.orders }, (): Demand => {
    atMs += (-Math.log(1 - random()) * 1_000) / plan.ratePerSecond;
    const sku = plan.skus[firstAbove(cumulative, random())];
    const channel = plan.channels[Math.floor(random() * plan.channels.length)];
    if (sku === undefined || channel === undefined) throw new Error("nothing is on sale");
    const share = random();
    const units = unitShares.find(({ upTo }) => share < upTo)?.units ?? 1;
    return { atMs, channel, sku, units };
  });
}

/** A small seeded generator (mulberry32): numbers in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function zipfCumulative(count: number): number[] {
  const weights = Array.from({ length: count }, (_, index) => 1 / (index + 1) ** zipfExponent);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let sum = 0;
  return weights.map((weight) => (sum += weight / total));
}

function firstAbove(cumulative: readonly number[], share: number): number {
  let low = 0;
  let high = cumulative.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((cumulative[middle] ?? 1) <= share) low = middle + 1;
    else high = middle;
  }
  return low;
}
