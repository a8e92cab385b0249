import { parseJsonKeepingBigNumbers } from "#app/lib/json.ts";
import type { ChannelFact, StoredEvent } from "../contract.ts";
import { unreadableFact } from "../unreadable.ts";
import { unknownTopic } from "../webhook-keys.ts";
import { amazonSettings } from "./config.ts";
import { isAmazonsCode } from "./listing-mapping.ts";
import { snapshotOfNotification } from "./mapping.ts";
import {
  accountStatusChange,
  listingChange,
  orderChange,
  withPascalKeys,
} from "./wire-notifications.ts";

/** A stored event, with the settings of the connection that it is read for where the reader knows them. */
type ReadEvent = StoredEvent & { readonly settings?: unknown };

/**
 * What a notification from the queue says. Authenticity is the queue's own policy; nothing is signed. A notification
 * is stored for every connection of its seller: each takes what is about its own marketplace (`settings`).
 */
export function parseAmazonEvent(event: ReadEvent): readonly ChannelFact[] {
  const body = withPascalKeys(parseJsonKeepingBigNumbers(event.payload));
  const marketplaceId = marketplaceIdOf(event);
  switch (event.topic) {
    case unknownTopic:
      return [unreadableFact({ channel: "Amazon", what: "notification", body })];
    case "ORDER_CHANGE":
      return [orderFact(body, marketplaceId)];
    case "LISTINGS_ITEM_MFN_QUANTITY_CHANGE":
    case "LISTINGS_ITEM_STATUS_CHANGE":
    case "LISTINGS_ITEM_ISSUES_CHANGE":
      return [listingFact(body, marketplaceId)];
    case "ACCOUNT_STATUS_CHANGED":
      return [{ kind: "ignored", reason: accountSentence(body) }];
    default:
      return [
        { kind: "ignored", reason: `Notification ${event.topic} changes no stock by itself.` },
      ];
  }
}

/** The marketplace of the connection that the event is read for; null where nobody says. */
function marketplaceIdOf(event: ReadEvent): string | null {
  return amazonSettings.safeParse(event.settings).data?.marketplaceId ?? null;
}

const elsewhere: ChannelFact = {
  kind: "ignored",
  reason: "It is about another marketplace of this seller.",
};

function isElsewhere(named: string | null | undefined, marketplaceId: string | null): boolean {
  return !!named && marketplaceId !== null && named !== marketplaceId;
}

function orderFact(body: unknown, marketplaceId: string | null): ChannelFact {
  const parsed = orderChange.safeParse(body);
  if (!parsed.success) {
    return unreadableFact({ channel: "Amazon", what: "order change", body }, parsed.error);
  }
  const change = parsed.data.Payload.OrderChangeNotification;
  if (isElsewhere(change.Summary.MarketplaceId, marketplaceId)) return elsewhere;
  if (change.Summary.FulfillmentType === "AFN") {
    return { kind: "ignored", reason: "Amazon ships this order from its own stock." };
  }
  // Some of the lines only: the order itself has them all.
  if (change.NotificationLevel === "OrderItemLevel") {
    return { kind: "order-hint", orderId: change.AmazonOrderId };
  }
  return { kind: "order", order: snapshotOfNotification(parsed.data) };
}

/** Never a command: the number may be our own, or older than what we know. The listing is read back. */
function listingFact(body: unknown, marketplaceId: string | null): ChannelFact {
  const parsed = listingChange.safeParse(body);
  if (!parsed.success) {
    return unreadableFact({ channel: "Amazon", what: "listing change", body }, parsed.error);
  }
  const { Sku: sku, MarketplaceId, FulfillmentChannelCode } = parsed.data.Payload;
  if (isElsewhere(MarketplaceId, marketplaceId)) return elsewhere;
  if (isAmazonsCode(FulfillmentChannelCode)) {
    return { kind: "ignored", reason: "Amazon counts its own stock of this SKU." };
  }
  return { kind: "level-hint", match: { sku } };
}

function accountSentence(body: unknown): string {
  const change = accountStatusChange.safeParse(body).data?.Payload.AccountStatusChangeNotification;
  const status = change?.CurrentAccountStatus;
  return status
    ? `Amazon now calls the account ${status}; its health says more.`
    : "Amazon changed the account's status; its health says more.";
}
