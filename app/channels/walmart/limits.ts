import type { RateLimit } from "#app/channels/contract.ts";

const perMinute = (calls: number, burst: number): RateLimit => ({
  ratePerSecond: calls / 60,
  burst,
});
const perHour = (calls: number, burst: number): RateLimit => ({
  ratePerSecond: calls / 3_600,
  burst,
});

/** Performance numbers that are read; each is an address with a bucket of its own. */
export const performanceMetrics = ["otd", "cancellations", "vtr", "itemNotReceived"] as const;
export type PerformanceMetric = (typeof performanceMetrics)[number];

/**
 * Walmart counts calls per seller and address in token buckets that refill gradually, and says in every answer what is
 * left (`rateFeedback`): that word wins. The rates are those of the "Rate limiting" page of developer.walmart.com as
 * integrations quote it in 2026; where specs/channel-limits.json (assumed figures) is stricter, the stricter one holds.
 * A burst is never the whole bucket: other software of the seller's draws from it too.
 */
export const walmartLimits: Readonly<Record<string, RateLimit>> = {
  token: perMinute(30, 5),
  // 200 a minute each.
  getInventory: perMinute(180, 40),
  putInventory: perMinute(180, 20),
  // 60 a minute with query parameters, and `productIdType` is one that the document demands.
  getItem: perMinute(60, 40),
  listItems: perMinute(60, 20),
  // Not published: as channel-limits.json assumes for lists of inventory.
  getWfsInventory: perMinute(60, 5),
  // 100 an hour. For more there are price feeds, which answer minutes later.
  putPrice: perHour(100, 80),
  submitFeed: perHour(10, 8),
  // 5,000 a minute, of which we need little.
  getFeed: perMinute(600, 50),
  listOrders: perMinute(300, 20),
  getOrder: perMinute(1_200, 100),
  // 60 a minute each.
  acknowledgeOrder: perMinute(60, 40),
  shipOrder: perMinute(60, 40),
  listSubscriptions: perMinute(50, 5),
  listEventTypes: perMinute(5, 3),
  createSubscription: perMinute(200, 10),
  updateSubscription: perMinute(5, 5),
  getSettings: perMinute(50, 5),
  // One a minute each.
  ...Object.fromEntries(
    performanceMetrics.map((metric) => [performanceOperation(metric), perMinute(1, 1)]),
  ),
};

/** The operation of one performance address. */
export function performanceOperation(metric: PerformanceMetric): string {
  return `performance.${metric}`;
}
