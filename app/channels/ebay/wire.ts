import { z } from "zod";
import { logger } from "#app/lib/logger.ts";
import { problemOf } from "#app/channels/unreadable.ts";
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
const textOrNull = z.string().min(1).nullish().catch(null);

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
export type PriceQuantityRow = z.infer<typeof priceQuantityAnswer>["responses"][number];

const amount = z.looseObject({
  value: z.union([z.string(), z.number()]),
  currency: z.string(),
});

/** Body of bulk_update_price_quantity. */
export interface PriceQuantityBody {
  readonly requests: readonly {
    readonly sku: string;
    readonly shipToLocationAvailability?: { readonly quantity: number };
    readonly offers?: readonly {
      readonly offerId: string;
      readonly availableQuantity?: number;
      readonly price?: { readonly currency: string; readonly value: string };
    }[];
  }[];
}

const inventoryItem = z.looseObject({
  availability: z
    .looseObject({
      shipToLocationAvailability: z.looseObject({ quantity: z.number().int().nullish() }).nullish(),
    })
    .nullish(),
  product: z
    .looseObject({
      title: textOrNull,
      upc: z.array(z.string()).nullish().catch(null),
      ean: z.array(z.string()).nullish().catch(null),
      isbn: z.array(z.string()).nullish().catch(null),
    })
    .nullish()
    .catch(null),
  /** specs/ebay has this name in one answer, `groupIds` and this one in another. */
  inventoryItemGroupKeys: z.array(z.string()).nullish().catch(null),
  groupIds: z.array(z.string()).nullish().catch(null),
});
export type InventoryItem = z.infer<typeof inventoryItem>;

/** Answer of bulk_get_inventory_item. */
export const inventoryItemsAnswer = z.looseObject({
  responses: z.array(
    z.looseObject({
      sku: z.string(),
      statusCode: z.number().int(),
      inventoryItem: inventoryItem.nullish(),
      errors: rowErrors,
    }),
  ),
});
export type InventoryItemRow = z.infer<typeof inventoryItemsAnswer>["responses"][number];

export const offer = z.looseObject({
  offerId: idText,
  sku: z.string().nullish(),
  marketplaceId: textOrNull,
  format: textOrNull,
  availableQuantity: z.number().int().nullish(),
  pricingSummary: z
    .looseObject({ price: amount.nullish().catch(null) })
    .nullish()
    .catch(null),
  listing: z
    .looseObject({
      listingId: idText.nullish().catch(null),
      listingStatus: textOrNull,
      listingOnHold: z.boolean().nullish().catch(null),
    })
    .nullish()
    .catch(null),
  status: textOrNull,
});
export type EbayOffer = z.infer<typeof offer>;

/** Answer of getOffers. One offer that cannot be read must not cost the others. */
export const offersAnswer = z.looseObject({
  offers: z
    .array(z.unknown())
    .transform((rows): EbayOffer[] =>
      rows.flatMap((row) => {
        const read = offer.safeParse(row);
        if (read.success) return [read.data];
        logger.warn(
          { channel: "ebay", problem: problemOf(read.error, row) },
          "an offer is unreadable",
        );
        return [];
      }),
    )
    .nullish(),
  total: z.number().int(),
});

/** Answer of getInventoryItemGroup. */
export const groupAnswer = z.looseObject({ variantSKUs: z.array(z.string()).min(1) });

/** Answer of publishOffer and publishOfferByInventoryItemGroup. */
export const publishedAnswer = z.looseObject({ listingId: idText });

const orderLine = z.looseObject({
  lineItemId: idText,
  legacyItemId: idText.nullish().catch(null),
  legacyVariationId: idText.nullish().catch(null),
  listingMarketplaceId: textOrNull,
  sku: skuText,
  quantity: units,
  lineItemFulfillmentStatus: z.string().nullish().catch(null),
});
export type EbayOrderLine = z.infer<typeof orderLine>;

export const order = z.looseObject({
  orderId: idText,
  creationDate: timeText,
  lastModifiedDate: timeText,
  cancelStatus: z
    .looseObject({
      cancelState: z.string().nullish(),
      /** Filled in by getOrder alone; getOrders gives an empty list. */
      cancelRequests: z
        .array(z.looseObject({ cancelRequestState: textOrNull, cancelCompletedDate: textOrNull }))
        .nullish()
        .catch(null),
    })
    .nullish(),
  lineItems: z.array(lineOf(orderLine, "lineItemId")),
});
export type EbayOrder = z.infer<typeof order>;

/** Answer of getOrders. `total` is what tells it from an error body. */
export const ordersAnswer = z.looseObject({
  total: z.number().int(),
  orders: readableOrders(order, "ebay").nullish(),
});

/** Answer of getShippingFulfillments: the parcels of one order. */
const fulfillment = z.looseObject({
  shipmentTrackingNumber: textOrNull,
  lineItems: z
    .array(z.looseObject({ lineItemId: idText, quantity: units.nullish() }))
    .nullish()
    .catch(null),
});
export const fulfillmentsAnswer = z
  .looseObject({
    total: z.number().int().nullish(),
    fulfillments: z.array(fulfillment).nullish(),
  })
  .refine(({ total, fulfillments }) => fulfillments != null || total === 0, "names no parcels");
export type EbayFulfillment = z.infer<typeof fulfillment>;

/** Answer of the token address; eBay's own refusals carry `error` instead. */
export const tokenAnswer = z.looseObject({
  access_token: z.string().min(1),
  /** Seconds from now (7,200). */
  expires_in: z.number().positive(),
  /** With an authorization code only. */
  refresh_token: z.string().min(1).optional(),
});
export const tokenRefusal = z.looseObject({ error: z.string() });

/** Answer of commerce/identity/v1/user. */
export const userAnswer = z.looseObject({
  userId: textOrNull,
  username: textOrNull,
  registrationMarketplaceId: textOrNull,
});

/** Answer of getInventoryTask (Feed API). */
export const taskAnswer = z.looseObject({ status: z.string() });

/**
 * Answer of findSellerStandardsProfiles. specs/ebay gives another metric's schema under the same name; eBay answers with
 * a number, a text, or `{value, numerator, denominator}`, rates in per cent.
 */
const figure = z.union([z.string(), z.number()]);
const rate = z
  .union([
    figure.transform((value) => ({ value, numerator: null, denominator: null })),
    z.looseObject({
      value: figure.nullish(),
      numerator: figure.nullish(),
      denominator: figure.nullish(),
    }),
  ])
  .nullish()
  .catch(null);
export const standardsAnswer = z.looseObject({
  standardsProfiles: z.array(
    z.looseObject({
      program: textOrNull,
      standardsLevel: textOrNull,
      cycle: z
        .looseObject({ cycleType: textOrNull, evaluationDate: textOrNull })
        .nullish()
        .catch(null),
      metrics: z
        .array(
          z.looseObject({
            metricKey: textOrNull,
            name: textOrNull,
            type: textOrNull,
            value: rate,
            thresholdUpperBound: rate,
          }),
        )
        .nullish()
        .catch(null),
    }),
  ),
});
export type StandardsProfile = z.infer<typeof standardsAnswer>["standardsProfiles"][number];

/** Answer of developer/analytics rate_limit. */
export const rateLimitsAnswer = z.looseObject({
  rateLimits: z.array(
    z.looseObject({
      apiName: textOrNull,
      resources: z.array(
        z.looseObject({
          name: textOrNull,
          rates: z
            .array(z.looseObject({ remaining: z.number().nullish(), reset: textOrNull }))
            .nullish()
            .catch(null),
        }),
      ),
    }),
  ),
});

/** Answer of commerce/notification/v1/public_key/{kid}. The PEM has no line breaks. */
export const publicKeyAnswer = z.looseObject({
  key: z.string(),
  algorithm: z.string(),
  digest: z.string(),
});
