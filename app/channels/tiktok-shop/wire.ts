import { z } from "zod";
import { idText, lineOf, readableOrders, skuText, units } from "#app/channels/wire-fields.ts";

// Only what we read is named (specs/tiktok/endpoints/*.json). Ids may arrive as bare numbers beyond
// 2^53; those are texts by the time they get here (lib/json.ts), so an id is a text or a small number.
export const id = z.union([idText, z.number().int()]).transform(String);
const code = z.coerce.number().int();
export const unixSeconds = z.coerce.number().int().min(0).max(32_503_680_000);

/** The frame of every answer, refusals included. */
export const frame = z.looseObject({
  code,
  message: z.string().nullish(),
  data: z.unknown().optional(),
});

/** One refused SKU inside an answer that otherwise succeeded. */
export const skuError = z.looseObject({
  code,
  message: z.string().nullish(),
  detail: z
    .looseObject({
      sku_id: id.nullish(),
      extra_errors: z.array(z.looseObject({ code, message: z.string().nullish() })).nullish(),
    })
    .nullish(),
});
export type SkuError = z.infer<typeof skuError>;

/** `data` of products/{id}/inventory/update: code 0 with errors is a partial failure. */
export const updateData = z.looseObject({ errors: z.array(skuError).nullish() }).nullish();

/** Body of products/{id}/inventory/update. */
export interface UpdateBody {
  readonly skus: readonly {
    readonly id: string;
    readonly inventory: readonly { readonly warehouse_id: string; readonly quantity: number }[];
  }[];
}

/** `data` of inventory/search. */
export const inventoryData = z.looseObject({
  inventory: z
    .array(
      z.looseObject({
        product_id: id.nullish(),
        skus: z
          .array(
            z.looseObject({
              id,
              total_available_quantity: z.number().int().nullish(),
              warehouse_inventory: z
                .array(z.looseObject({ warehouse_id: id, available_quantity: z.number().int() }))
                .nullish(),
            }),
          )
          .nullish(),
      }),
    )
    .nullish(),
});
export type InventoryProduct = NonNullable<z.infer<typeof inventoryData>["inventory"]>[number];
export type InventorySku = NonNullable<InventoryProduct["skus"]>[number];

/** Parts of one kind in a virtual bundle. */
const partCountMax = 10_000;

const idOrNull = id.nullish().catch(null);
const textOrNull = z.string().nullish().catch(null);

const orderLine = z.looseObject({
  /** Of the unit; needed to ship it, not to count it. */
  id: idOrNull,
  sku_id: id,
  seller_sku: skuText.catch(null),
  display_status: textOrNull,
  package_id: idOrNull,
  /** There once the unit was reported as shipped, or TikTok's label was bought. */
  tracking_number: textOrNull,
  combined_listing_skus: z
    .array(
      z.looseObject({
        sku_id: id,
        sku_count: units.pipe(z.number().min(0).max(partCountMax)),
        seller_sku: skuText.catch(null),
      }),
    )
    .nullish(),
});

export type TiktokOrderLine = z.infer<typeof orderLine>;

export const order = z.looseObject({
  id,
  status: z.string(),
  fulfillment_type: z.string().nullish(),
  /** `SELLER`: we report the parcel; `TIKTOK`: the seller buys TikTok's label. */
  shipping_type: textOrNull,
  delivery_option_id: idOrNull,
  warehouse_id: idOrNull,
  create_time: unixSeconds,
  update_time: unixSeconds,
  line_items: z.array(lineOf(orderLine, "id")).nullish(),
});
export type TiktokOrder = z.infer<typeof order>;

/** `data` of both order reads; only the search pages. */
export const ordersData = z.looseObject({
  orders: readableOrders(order, "tiktok-shop").nullish(),
  next_page_token: z.string().nullish(),
});

/** `data` of the order search where orders are counted: nothing else of an order is read. */
export const createdData = z.looseObject({
  total_count: units.pipe(z.number().min(0)),
  orders: z.array(z.looseObject({ cancellation_initiator: textOrNull })).nullish(),
  next_page_token: z.string().nullish(),
});

/**
 * A webhook delivery. FBT topics name the seller instead of the shop. Each part is read by itself:
 * whose it is must be found even where the rest is odd.
 */
export const webhookEvent = z.looseObject({
  type: idOrNull,
  tts_notification_id: idOrNull,
  shop_id: idOrNull,
  seller_open_id: idOrNull,
  timestamp: unixSeconds.nullish().catch(null),
  data: z.unknown().optional(),
});

/** The part of webhook types 1 (order) and 11 (cancellation) that is acted on. */
export const orderEvent = z.looseObject({ data: z.looseObject({ order_id: id }) });

/** The part of webhook type 12 that is acted on; it names no lines. */
export const returnEvent = z.looseObject({
  timestamp: unixSeconds.nullish().catch(null),
  data: z.looseObject({
    order_id: id,
    return_id: id,
    return_type: textOrNull,
    return_status: z.string().max(100),
    update_time: unixSeconds.nullish().catch(null),
    create_time: unixSeconds.nullish().catch(null),
  }),
});

/** The part of webhook type 5 (product status) that is acted on. */
export const productEvent = z.looseObject({ data: z.looseObject({ product_id: id }) });

/** The part of webhook type 27 (stock runs low) that is acted on. */
export const skuEvent = z.looseObject({ data: z.looseObject({ sku_id: id }) });

/** The part of webhook type 7 that is told. */
export const expiryEvent = z.looseObject({ data: z.looseObject({ expiration_time: unixSeconds }) });
