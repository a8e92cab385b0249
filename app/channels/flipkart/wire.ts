import { z } from "zod";
import { idText, lineOf, skuText, timeText, units } from "#app/channels/wire-fields.ts";

// Only what we read is named; everything else passes through unread (specs/flipkart/*.openapi.json).

/** Answer of the token address. */
export const tokenAnswer = z.looseObject({
  access_token: z.string().min(1),
  refresh_token: z.string().min(1).nullish().catch(null),
  /** Seconds from now (5,183,999: 60 days). */
  expires_in: z.number().positive(),
});
/** The token address's refusal; `error_description` may quote what was sent, so it is not read. */
export const tokenRefusal = z.looseObject({ error: z.string() });

const words = z.string().nullish().catch(null);
const codeText = z
  .union([z.string(), z.number().transform(String)])
  .nullish()
  .catch(null);

const rowError = z.looseObject({ code: codeText, description: words, message: words });

/** Refused calls have no documented body; these are the shapes that are seen. */
export const errorBody = z.looseObject({
  errors: z.array(rowError).nullish().catch(null),
  error: words,
  error_description: words,
  code: codeText,
  message: words,
  errorCode: codeText,
  errorMessage: words,
});

/** A listing as `GET /listings/v3/{skus}` gives it. */
export const listing = z.looseObject({
  product_id: idText,
  listing_id: idText,
  listing_status: z.string(),
  fulfillment_profile: z.string(),
  archived_status: z.string().nullish().catch(null),
  price: z
    .looseObject({
      mrp: z.number().nonnegative(),
      selling_price: z.number().nonnegative(),
      currency: z.string(),
    })
    .nullish()
    .catch(null),
  locations: z
    .array(z.looseObject({ id: idText, status: z.string(), inventory: z.number().int().nullish() }))
    .nullish(),
});
export type FlipkartListing = z.infer<typeof listing>;

/** Answer of `GET /listings/v3/{skus}`. Rows are read one by one: a strange one costs no other. */
export const listingsAnswer = z.looseObject({
  available: z.record(z.string(), z.unknown()),
  unavailable: z.array(z.string()).nullish().catch(null),
  invalid: z.array(z.string()).nullish().catch(null),
});
export type ListingsAnswer = z.infer<typeof listingsAnswer>;

const foundListing = z.looseObject({ listing_id: idText, product_id: idText, sku_id: idText });

/** Answer of `POST /listings/v3/search`. The document calls `listings` an object; it is a list of them. */
export const searchAnswer = z.looseObject({
  next_page_id: z.string().nullish(),
  has_more: z.boolean().nullish(),
  listings: z.union([z.array(foundListing), foundListing.transform((one) => [one])]),
});
export type FoundListing = z.infer<typeof foundListing>;
export type SearchAnswer = z.infer<typeof searchAnswer>;

/** What became of one SKU in `update/inventory` or `update/price`. */
export const updateRow = z.looseObject({
  status: z.string(),
  errors: z.array(rowError).nullish().catch(null),
  attribute_errors: z.array(rowError).nullish().catch(null),
});
export type UpdateRow = z.infer<typeof updateRow>;

/** Answer of `update/inventory` and `update/price`: rows by SKU, read one by one. */
export const updateAnswer = z.record(z.string(), z.unknown());

/** A location in `update/inventory`. Without `status` a disabled location stays disabled. */
export interface LocationWrite {
  readonly id: string;
  readonly inventory: number;
  readonly status?: string;
}

/** Body of `update/inventory`, by SKU. */
export type InventoryBody = Readonly<
  Record<string, { readonly product_id: string; readonly locations: readonly LocationWrite[] }>
>;

/** Body of `update/price`, by SKU; whole rupees. */
export type PriceBody = Readonly<
  Record<
    string,
    {
      readonly product_id: string;
      readonly price: {
        readonly mrp: number;
        readonly selling_price: number;
        readonly currency: string;
      };
    }
  >
>;

/** Answer of `GET /locations/allLocations`, which no document names (seen in integrations). */
export const locationsAnswer = z.looseObject({
  locations: z.array(z.looseObject({ locationId: idText, locationName: words })),
});

const orderItem = z.looseObject({
  orderItemId: idText,
  quantity: units,
  status: z.string(),
  orderDate: timeText.nullish().catch(null),
  sku: skuText,
  listingId: idText.nullish().catch(null),
});
export type FlipkartOrderItem = z.infer<typeof orderItem>;

/** A shipment as `GET /v3/shipments?shipmentIds=` gives it. */
export const shipment = z.looseObject({
  shipmentId: idText,
  updatedAt: timeText,
  locationId: idText.nullish().catch(null),
  hold: z.boolean().nullish().catch(null),
  shipmentType: words,
  orderItems: z.array(lineOf(orderItem, "orderItemId")),
});
export type FlipkartShipment = z.infer<typeof shipment>;

/** Answer of `GET /v3/shipments?shipmentIds=`; its shipments are read one by one. */
export const shipmentsAnswer = z.looseObject({ shipments: z.array(z.unknown()) });

/** Answer of `/v3/shipments/filter`: which shipments changed, not what they are. */
export const filterAnswer = z.looseObject({
  hasMore: z.boolean().nullish(),
  nextPageUrl: z.string().nullish(),
  shipments: z.array(
    z.looseObject({ shipmentId: idText, updatedAt: timeText.nullish().catch(null) }),
  ),
});
export type FilterAnswer = z.infer<typeof filterAnswer>;

/** Answer of the dispatch calls; the document says `status` for one and `processingStatus` for the other. */
export const dispatchAnswer = z.looseObject({
  shipments: z.array(
    z.looseObject({
      shipmentId: idText.nullish().catch(null),
      status: words,
      processingStatus: words,
      errorCode: codeText,
      errorMessage: words,
    }),
  ),
});
export type DispatchAnswer = z.infer<typeof dispatchAnswer>;

/** A notification's frame; each part is read by itself: the key must be found even where the rest is odd. */
export const notification = z.looseObject({
  eventType: z.string().min(1).nullish().catch(null),
  timestamp: z.string().min(1).nullish().catch(null),
  shipmentId: idText.nullish().catch(null),
  returnId: idText.nullish().catch(null),
});

/** The part of a shipment's notification that is acted on. */
export const shipmentNotice = z.looseObject({ shipmentId: idText });

/** The part of a return's notification that is acted on. */
export const returnNotice = z.looseObject({
  timestamp: timeText,
  attributes: z.looseObject({
    returnItems: z
      .array(
        z.looseObject({
          returnId: idText.nullish(),
          orderItemId: idText,
          shipmentId: idText,
          quantity: units,
        }),
      )
      .min(1),
  }),
  returnId: idText.nullish(),
});
