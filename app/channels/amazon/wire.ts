import { z } from "zod";
import {
  idText,
  lineOf,
  readableOrders,
  skuText,
  timeText as time,
  units,
} from "../wire-fields.ts";

const text = z.string().min(1);

export const tokenAnswer = z.looseObject({
  access_token: text,
  expires_in: z.number().positive(),
  refresh_token: text.optional(),
});
export const tokenRefusal = z.looseObject({ error: text });

/** Body of every refusal. */
export const errorsAnswer = z.looseObject({
  errors: z.array(z.looseObject({ code: z.string(), message: z.string().default("") })).min(1),
});

export const submissionAnswer = z.looseObject({
  status: z.enum(["ACCEPTED", "INVALID", "VALID"]),
  issues: z
    .array(z.looseObject({ code: z.string(), message: z.string(), severity: z.string() }))
    .default([]),
});
export type Submission = z.infer<typeof submissionAnswer>;

export const listingItem = z.looseObject({
  sku: text,
  fulfillmentAvailability: z
    .array(z.looseObject({ fulfillmentChannelCode: text, quantity: z.number().int().optional() }))
    .default([]),
});
export type ListingItem = z.infer<typeof listingItem>;
export const listingsAnswer = z.looseObject({ items: z.array(listingItem) });

const orderLine = z.looseObject({
  orderItemId: idText,
  quantityOrdered: units,
  product: z.looseObject({ sellerSku: skuText }),
  fulfillment: z
    .looseObject({ quantityFulfilled: units.nullish().catch(null) })
    .nullish()
    .catch(null),
});

export const order = z.looseObject({
  orderId: idText,
  createdTime: time,
  lastUpdatedTime: time,
  fulfillment: z
    .looseObject({ fulfillmentStatus: text, fulfilledBy: z.string().optional() })
    .optional(),
  orderItems: z.array(lineOf(orderLine, "orderItemId")),
});
export type AmazonOrder = z.infer<typeof order>;
export const ordersAnswer = z.looseObject({
  orders: readableOrders(order, "amazon"),
  pagination: z.looseObject({ nextToken: text.optional() }).optional(),
});
export const orderAnswer = z.looseObject({ order });

const textOrNull = text.nullish().catch(null);

/**
 * What every notification of ours carries, to know it by (PascalCase types only, channels.md 3.7).
 * Each part is read by itself: whose it is must be found even where the rest is odd.
 */
export const notificationKey = z.looseObject({
  NotificationType: textOrNull,
  EventTime: textOrNull,
  NotificationMetadata: z.looseObject({ NotificationId: textOrNull }).nullish().catch(null),
  Payload: z
    .record(z.string(), z.looseObject({ SellerId: textOrNull }).nullish().catch(null))
    .nullish()
    .catch(null),
});

const changeLine = z.looseObject({
  OrderItemId: idText,
  SellerSKU: skuText,
  OrderItemStatus: z.string().nullish().catch(null),
  Quantity: units,
  QuantityShipped: units.nullish().catch(null),
});

const decorativeTime = time.nullish().catch(null);

export const orderChange = z
  .looseObject({
    EventTime: decorativeTime,
    Payload: z.looseObject({
      OrderChangeNotification: z.looseObject({
        AmazonOrderId: idText,
        OrderChangeTrigger: z
          .looseObject({ TimeOfOrderChange: decorativeTime })
          .nullish()
          .catch(null),
        Summary: z.looseObject({
          OrderStatus: text,
          PurchaseDate: time,
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
