import { z } from "zod";
import { idText, lineOf, skuText, timeText as time, units } from "../wire-fields.ts";

const text = z.string().min(1);
const textOrNull = text.nullish().catch(null);
const decorativeTime = time.nullish().catch(null);

/**
 * What every notification carries, to know it by. Types differ in their keys' case (channels.md 3.7), so keys are
 * read through {@link withPascalKeys}. Each part is read by itself: whose it is must be found even where the rest is odd.
 */
export const notificationKey = z.looseObject({
  NotificationType: textOrNull,
  EventTime: textOrNull,
  NotificationMetadata: z
    .looseObject({ NotificationId: textOrNull, SubscriptionId: textOrNull })
    .nullish()
    .catch(null),
  Payload: z.record(z.string(), z.unknown()).nullish().catch(null),
});

/** The seller stands in the payload, or one level deeper; "MerchantId" in some types. */
const owner = z.looseObject({ SellerId: textOrNull, MerchantId: textOrNull });

/** Whose notification it is, as its payload says; null when it does not. */
export function sellerOf(payload: Readonly<Record<string, unknown>> | null | undefined) {
  for (const part of [payload, ...Object.values(payload ?? {})]) {
    const read = owner.safeParse(part).data;
    const seller = read?.SellerId ?? read?.MerchantId;
    if (seller) return seller;
  }
  return null;
}

/** Deepest level whose keys are turned: envelope, payload, its parts, their parts. */
const keyDepthMax = 5;

/** The same value with keys in PascalCase: Amazon's newer types begin theirs with a small letter. */
export function withPascalKeys(value: unknown, depth = 0): unknown {
  if (depth > keyDepthMax || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => withPascalKeys(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      `${key.slice(0, 1).toUpperCase()}${key.slice(1)}`,
      withPascalKeys(item, depth + 1),
    ]),
  );
}

const changeLine = z.looseObject({
  OrderItemId: idText,
  SellerSKU: skuText,
  OrderItemStatus: z.string().nullish().catch(null),
  Quantity: units,
  QuantityShipped: units.nullish().catch(null),
});

/** notifications/OrderChangeNotification.json */
export const orderChange = z
  .looseObject({
    EventTime: decorativeTime,
    Payload: z.looseObject({
      OrderChangeNotification: z.looseObject({
        NotificationLevel: textOrNull,
        AmazonOrderId: idText,
        OrderChangeTrigger: z
          .looseObject({ TimeOfOrderChange: decorativeTime })
          .nullish()
          .catch(null),
        Summary: z.looseObject({
          MarketplaceId: textOrNull,
          OrderStatus: text,
          /** Null while nobody knows it; the change is then as good. */
          PurchaseDate: time.nullable(),
          FulfillmentType: text,
          OrderItems: z.array(lineOf(changeLine, "OrderItemId")),
        }),
      }),
    }),
  })
  .refine((notification) => changedAt(notification) !== null, {
    path: ["EventTime"],
    message: "is not a time",
  });
export type OrderChange = z.infer<typeof orderChange>;

/** When the order changed: newer than any state with an earlier one. Null when nothing says so. */
export function changedAt(notification: {
  readonly EventTime?: string | null | undefined;
  readonly Payload: {
    readonly OrderChangeNotification: {
      readonly OrderChangeTrigger?:
        { readonly TimeOfOrderChange?: string | null | undefined } | null | undefined;
    };
  };
}): string | null {
  const trigger = notification.Payload.OrderChangeNotification.OrderChangeTrigger;
  return trigger?.TimeOfOrderChange ?? notification.EventTime ?? null;
}

/**
 * LISTINGS_ITEM_MFN_QUANTITY_CHANGE, …_STATUS_CHANGE and …_ISSUES_CHANGE: which listing. The quantity change names
 * no marketplace (notifications/ListingsItemMfnQuantityChange.json).
 */
export const listingChange = z.looseObject({
  Payload: z.looseObject({
    Sku: idText,
    MarketplaceId: textOrNull,
    FulfillmentChannelCode: textOrNull,
  }),
});

/** ACCOUNT_STATUS_CHANGED; no schema of it is published, so nothing of it is needed. */
export const accountStatusChange = z.looseObject({
  Payload: z.looseObject({
    AccountStatusChangeNotification: z.looseObject({
      CurrentAccountStatus: textOrNull,
      MarketplaceId: textOrNull,
    }),
  }),
});
