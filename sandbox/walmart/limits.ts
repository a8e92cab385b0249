import type { PublishedLimit } from "../rate-limit.ts";

const perMinute = (calls: number): PublishedLimit => ({ ratePerSecond: calls / 60, burst: calls });
const perHour = (calls: number): PublishedLimit => ({
  ratePerSecond: calls / 3_600,
  burst: calls,
});

/**
 * Token buckets by address, as Walmart's "Rate limiting" page has them in 2026 (quoted by integrations; the page itself
 * was not to be had): a bucket holds what its time allows and refills gradually.
 */
export const publishedLimits = {
  token: perMinute(30),
  readInventory: perMinute(200),
  writeInventory: perMinute(200),
  listInventories: perMinute(200),
  readHeld: perMinute(60),
  readItem: perMinute(60),
  listItems: perMinute(60),
  writePrice: perHour(100),
  submitFeed: perHour(10),
  readFeed: perMinute(5_000),
  listOrders: perMinute(5_000),
  readOrder: perMinute(5_000),
  acknowledge: perMinute(60),
  ship: perMinute(60),
  listSubscriptions: perMinute(50),
  createSubscription: perMinute(200),
  updateSubscription: perMinute(5),
  deleteSubscription: perMinute(10),
  listEventTypes: perMinute(5),
  settings: perMinute(50),
  performance: perMinute(1),
} as const satisfies Readonly<Record<string, PublishedLimit>>;

export type LimitedOperation = keyof typeof publishedLimits;
