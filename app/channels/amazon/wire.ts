import { z } from "zod";

const text = z.string().min(1);
const time = z.string().refine((value) => !Number.isNaN(Date.parse(value)), "not a time");
const units = z.number().int();

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
    .array(z.looseObject({ fulfillmentChannelCode: text, quantity: units.optional() }))
    .default([]),
});
export type ListingItem = z.infer<typeof listingItem>;
export const listingsAnswer = z.looseObject({ items: z.array(listingItem) });

export const order = z.looseObject({
  orderId: text,
  createdTime: time,
  lastUpdatedTime: time,
  fulfillment: z
    .looseObject({ fulfillmentStatus: text, fulfilledBy: z.string().optional() })
    .optional(),
  orderItems: z.array(
    z.looseObject({
      orderItemId: text,
      quantityOrdered: units,
      product: z.looseObject({ sellerSku: z.string().optional() }),
      fulfillment: z
        .looseObject({
          quantityFulfilled: units.optional(),
          quantityUnfulfilled: units.optional(),
        })
        .optional(),
    }),
  ),
});
export type AmazonOrder = z.infer<typeof order>;
export const ordersAnswer = z.looseObject({
  orders: z.array(order),
  pagination: z.looseObject({ nextToken: text.optional() }).optional(),
});
export const orderAnswer = z.looseObject({ order });

/** What every notification of ours carries, to know it by (PascalCase types only, channels.md 3.7). */
export const notificationKey = z.looseObject({
  NotificationType: text,
  EventTime: time.optional(),
  NotificationMetadata: z.looseObject({ NotificationId: text }),
  Payload: z.looseObject({
    OrderChangeNotification: z.looseObject({ SellerId: text }).optional(),
  }),
});

export const orderChange = z.looseObject({
  EventTime: time,
  Payload: z.looseObject({
    OrderChangeNotification: z.looseObject({
      AmazonOrderId: text,
      OrderChangeTrigger: z.looseObject({ TimeOfOrderChange: time.optional() }).optional(),
      Summary: z.looseObject({
        OrderStatus: text,
        PurchaseDate: time,
        FulfillmentType: text,
        OrderItems: z.array(
          z.looseObject({
            OrderItemId: text,
            SellerSKU: z.string(),
            OrderItemStatus: z.string().optional(),
            Quantity: units,
            QuantityShipped: units.optional(),
          }),
        ),
      }),
    }),
  }),
});
export type OrderChange = z.infer<typeof orderChange>;
