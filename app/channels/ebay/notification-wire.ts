import { z } from "zod";
import { idText } from "#app/channels/wire-fields.ts";

// What the Notification API sends to our door, and what it answers about subscriptions
// (specs/ebay/commerce_notification_*, ebay-*-asyncapi.yml).

/** The header X-EBAY-SIGNATURE, base64 decoded. */
export const signatureHeader = z.looseObject({
  kid: z.string().regex(/^[A-Za-z0-9_-]{1,100}$/),
  signature: z.base64(),
});

const textOrNull = z.string().min(1).nullish().catch(null);
const names = { username: textOrNull, userId: textOrNull };

/**
 * A notification's frame; `data` differs by topic. Each part is read by itself: whose it is must be
 * found even where the rest is odd.
 */
export const notification = z.looseObject({
  metadata: z.looseObject({ topic: textOrNull }).nullish().catch(null),
  notification: z.looseObject({
    notificationId: textOrNull,
    eventDate: textOrNull,
    data: z.looseObject({
      ...names,
      user: z.looseObject(names).nullish().catch(null),
      seller: z.looseObject(names).nullish().catch(null),
    }),
  }),
});

/** The part of ORDER_CONFIRMATION that is acted on. */
export const orderNotice = z.looseObject({
  notification: z.looseObject({
    data: z.looseObject({ order: z.looseObject({ orderId: idText }) }),
  }),
});

/** Topics whose data is about one listing. */
export const itemNotice = z.looseObject({
  notification: z.looseObject({ data: z.looseObject({ itemId: idText }) }),
});

const orderId = z.looseObject({ orderId: idText }).optional().catch(undefined);
/** Topics about an order whose shape eBay publishes to their subscribers only: the id, wherever it stands. */
export const orderActivity = z.looseObject({
  notification: z.looseObject({
    data: z.looseObject({
      orderId: idText.optional().catch(undefined),
      order: orderId,
      cancellation: orderId,
      return: orderId,
    }),
  }),
});

/** Answer of getConfig. */
export const configAnswer = z.looseObject({ alertEmail: z.string().min(1) });

/** Answer of getDestinations. The 1.2.0 document types `deliveryConfig` as text by mistake; 1.5.1 has the object. */
export const destinationsAnswer = z.looseObject({
  destinations: z
    .array(
      z.looseObject({
        destinationId: idText,
        status: textOrNull,
        deliveryConfig: z.looseObject({ endpoint: textOrNull }).nullish().catch(null),
      }),
    )
    .nullish(),
  next: textOrNull,
  total: z.number().int(),
});

/** Answer of getTopics. */
export const topicsAnswer = z.looseObject({
  topics: z
    .array(
      z.looseObject({
        topicId: z.string(),
        scope: textOrNull,
        status: textOrNull,
        authorizationScopes: z.array(z.string()).nullish().catch(null),
        supportedPayloads: z
          .array(
            z.looseObject({
              schemaVersion: textOrNull,
              deprecated: z.boolean().nullish().catch(null),
            }),
          )
          .nullish()
          .catch(null),
      }),
    )
    .nullish(),
  next: textOrNull,
  total: z.number().int(),
});
export type EbayTopic = NonNullable<z.infer<typeof topicsAnswer>["topics"]>[number];

/** Answer of getSubscriptions. */
export const subscriptionsAnswer = z.looseObject({
  subscriptions: z
    .array(
      z.looseObject({
        subscriptionId: idText,
        topicId: z.string(),
        status: textOrNull,
        destinationId: textOrNull,
      }),
    )
    .nullish(),
  next: textOrNull,
  total: z.number().int(),
});
