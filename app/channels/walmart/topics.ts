import type { WalmartEventType } from "./wire.ts";

/** One topic for everything about orders; since 2026 in place of the older ones, which end on 2026-12-15. */
const orderUpdates = "ORDER_UPDATES";
const olderOrderTopics: ReadonlySet<string> = new Set([
  "PO_CREATED",
  "PO_LINE_AUTOCANCELLED",
  "INTENT_TO_CANCEL",
  "ORDER_INTENT_TO_CANCEL",
]);
/** Topics after which an order is read again; `ORDER_MANAGEMENT_EVENT` is an early name of the first. */
export const orderTopics: ReadonlySet<string> = new Set([
  orderUpdates,
  "ORDER_MANAGEMENT_EVENT",
  "FRAUD_CANCEL",
  ...olderOrderTopics,
]);
/** Topics after which a listing is read again. */
export const listingTopics: ReadonlySet<string> = new Set([
  "INVENTORY_OOS",
  "OFFER_PUBLISHED",
  "OFFER_UNPUBLISHED",
]);
/** What a topic of returns says about the goods. RETURN_INVOICED is about money: the goods may still be on their way. */
export const returnStates: Readonly<Record<string, "requested" | "received">> = {
  RETURN_CREATED: "requested",
  RETURN_DELIVERED: "received",
};

/** The topics to subscribe to, of those that Walmart offers the account, in the versions and resources it names. */
export function wantedTopics(offered: readonly WalmartEventType[]): readonly WalmartEventType[] {
  const hasUpdates = offered.some(({ eventType }) => eventType === orderUpdates);
  const newest = new Map<string, WalmartEventType>();
  for (const type of offered) {
    const { eventType } = type;
    const isWanted =
      orderTopics.has(eventType) || listingTopics.has(eventType) || eventType in returnStates;
    // Both would tell every order twice.
    if (!isWanted || (hasUpdates && olderOrderTopics.has(eventType))) continue;
    const known = newest.get(eventType);
    if (!known || known.eventVersion < type.eventVersion) newest.set(eventType, type);
  }
  return [...newest.values()].sort((a, b) => a.eventType.localeCompare(b.eventType, "en"));
}
