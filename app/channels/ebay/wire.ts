import { z } from "zod";
import {
  idText,
  lineOf,
  readableOrders,
  skuText,
  timeText,
  units,
} from "#app/channels/wire-fields.ts";

// Only what we read is named; everything else passes through unread (specs/ebay/*_oas3.json).

export const ebayError = z.looseObject({
  errorId: z.number(),
  message: z.string().optional(),
  longMessage: z.string().optional(),
});
export type EbayError = z.infer<typeof ebayError>;

/** Body of a refused REST call. */
export const errorBody = z.looseObject({ errors: z.array(ebayError).min(1) });

const rowErrors = z.array(ebayError).nullish();

/** Answer of bulk_update_price_quantity: a row for the item (no offerId) and one per offer. */
export const priceQuantityAnswer = z.looseObject({
  responses: z.array(
    z.looseObject({
      sku: z.string().nullish(),
      offerId: z.string().nullish(),
      statusCode: z.number().int(),
      errors: rowErrors,
    }),
  ),
});
export type PriceQuantityAnswer = z.infer<typeof priceQuantityAnswer>;
export type PriceQuantityRow = PriceQuantityAnswer["responses"][number];

/** Body of bulk_update_price_quantity. */
export interface PriceQuantityBody {
  readonly requests: readonly {
    readonly sku: string;
    readonly shipToLocationAvailability: { readonly quantity: number };
    readonly offers?: readonly { readonly offerId: string; readonly availableQuantity: number }[];
  }[];
}

/** Answer of bulk_get_inventory_item. */
export const inventoryItemsAnswer = z.looseObject({
  responses: z.array(
    z.looseObject({
      sku: z.string(),
      statusCode: z.number().int(),
      inventoryItem: z
        .looseObject({
          availability: z
            .looseObject({
              shipToLocationAvailability: z
                .looseObject({ quantity: z.number().int().nullish() })
                .nullish(),
            })
            .nullish(),
        })
        .nullish(),
      errors: rowErrors,
    }),
  ),
});
export type InventoryItemRow = z.infer<typeof inventoryItemsAnswer>["responses"][number];

const orderLine = z.looseObject({
  lineItemId: idText,
  legacyItemId: idText.nullish().catch(null),
  legacyVariationId: idText.nullish().catch(null),
  sku: skuText,
  quantity: units,
  lineItemFulfillmentStatus: z.string().nullish().catch(null),
});
export type EbayOrderLine = z.infer<typeof orderLine>;

export const order = z.looseObject({
  orderId: idText,
  creationDate: timeText,
  lastModifiedDate: timeText,
  cancelStatus: z.looseObject({ cancelState: z.string().nullish() }).nullish(),
  lineItems: z.array(lineOf(orderLine, "lineItemId")),
});
export type EbayOrder = z.infer<typeof order>;

/** Answer of getOrders. `total` is what tells it from an error body. */
export const ordersAnswer = z.looseObject({
  total: z.number().int(),
  orders: readableOrders(order, "ebay").nullish(),
});

/** Answer of the token address; eBay's own refusals carry `error` instead. */
export const tokenAnswer = z.looseObject({
  access_token: z.string().min(1),
  /** Seconds from now (7,200). */
  expires_in: z.number().positive(),
});
export const tokenRefusal = z.looseObject({ error: z.string() });

/** Answer of commerce/notification/v1/public_key/{kid}. The PEM has no line breaks. */
export const publicKeyAnswer = z.looseObject({
  key: z.string(),
  algorithm: z.string(),
  digest: z.string(),
});

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
    data: z.looseObject({ ...names, user: z.looseObject(names).nullish().catch(null) }),
  }),
});

/** The part of ORDER_CONFIRMATION that is acted on. */
export const orderNotice = z.looseObject({
  notification: z.looseObject({
    data: z.looseObject({ order: z.looseObject({ orderId: idText }) }),
  }),
});
