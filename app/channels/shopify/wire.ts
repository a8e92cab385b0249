import { z } from "zod";
import { lineOf, readableOrders, skuText, timeText as time, units } from "../wire-fields.ts";

/** Ids are numbers up to 64 bits; the lossless parser gives the large ones as text. */
export const id = z.union([z.number().int(), z.string().regex(/^\d{1,40}$/)]).transform(String);

const webhookLine = z.looseObject({
  id,
  product_id: id.nullish(),
  variant_id: id.nullish(),
  sku: skuText,
  quantity: units,
  current_quantity: units.nullish(),
  gift_card: z.boolean().nullish().catch(null),
  variant_inventory_management: z.string().nullish().catch(undefined),
});
export type WebhookLine = z.infer<typeof webhookLine>;

const refund = z.looseObject({
  refund_line_items: z
    .array(
      z.looseObject({
        line_item_id: id,
        quantity: units,
        restock_type: z.string().nullish(),
      }),
    )
    .nullish(),
});

/** Body of orders/create, orders/updated, orders/cancelled and their kin: the parts that matter here. */
export const webhookOrder = z.looseObject({
  id,
  created_at: time,
  updated_at: time,
  cancelled_at: time.nullish(),
  test: z.boolean().nullish().catch(null),
  location_id: id.nullish().catch(null),
  line_items: z.array(lineOf(webhookLine, "id")),
  /** Unreadable ones ship nothing yet: the units stay held. */
  fulfillments: z
    .array(
      z.looseObject({
        status: z.string().nullish(),
        line_items: z.array(z.looseObject({ id, quantity: units })).nullish(),
      }),
    )
    .nullish()
    .catch(null),
  /** "unreadable": nobody knows which of the units taken off came back. */
  refunds: z.union([z.array(refund).nullish(), z.literal("unreadable")]).catch("unreadable"),
});
export type WebhookOrder = z.infer<typeof webhookOrder>;

/** Every GraphQL answer. */
export const graphqlAnswer = z.looseObject({
  data: z.unknown().optional(),
  errors: z
    .array(
      z.looseObject({
        message: z.string().default(""),
        extensions: z.looseObject({ code: z.string().optional() }).optional(),
      }),
    )
    .optional(),
  extensions: z
    .looseObject({
      cost: z
        .looseObject({
          requestedQueryCost: z.number().nullish(),
          throttleStatus: z
            .looseObject({ currentlyAvailable: z.number(), restoreRate: z.number().positive() })
            .nullish(),
        })
        .optional(),
    })
    .optional(),
});
export type GraphqlAnswer = z.infer<typeof graphqlAnswer>;

/** What a mutation objected to; publications and fulfilments give no code. */
const userError = z.object({
  code: z.string().nullish(),
  field: z.array(z.string()).nullish(),
  message: z.string(),
});
export type UserError = z.infer<typeof userError>;
export const userErrors = z.array(userError);

/** A connection's word on whether there is more. */
export const pageInfo = z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullish() });

const graphqlLine = z.object({
  id: z.string().min(1),
  sku: skuText,
  quantity: units,
  currentQuantity: units,
  unfulfilledQuantity: units,
  isGiftCard: z.boolean(),
  variant: z
    .object({ id: z.string(), inventoryItem: z.object({ tracked: z.boolean() }) })
    .nullish(),
});
export type GraphqlLine = z.infer<typeof graphqlLine>;

const graphqlLines = z.object({ nodes: z.array(lineOf(graphqlLine, "id")), pageInfo });

const graphqlOrder = z.object({
  id: z.string().min(1),
  createdAt: time,
  updatedAt: time,
  cancelledAt: time.nullish(),
  test: z.boolean(),
  retailLocation: z.object({ id: z.string() }).nullish(),
  lineItems: graphqlLines,
});
export type GraphqlOrder = z.infer<typeof graphqlOrder>;

export const ordersData = z.object({
  orders: z.object({ nodes: readableOrders(graphqlOrder, "shopify"), pageInfo }),
});

/** An id that is not an order's comes back as an empty object, an unknown one as null. */
export const orderNodesData = z.object({
  nodes: z.array(z.union([graphqlOrder, z.strictObject({}).transform(() => null), z.null()])),
});

export const orderLinesData = z.object({
  node: z.object({ lineItems: graphqlLines }).nullable(),
});

export const refundsData = z.object({
  node: z
    .object({
      refunds: z.array(
        z.object({
          refundLineItems: z.object({
            nodes: z.array(
              z.object({
                quantity: units,
                restockType: z.string(),
                lineItem: z.object({ id: z.string() }),
              }),
            ),
            pageInfo,
          }),
        }),
      ),
    })
    .nullable(),
});

/** Answer of the token endpoint. */
export const tokenAnswer = z.looseObject({
  access_token: z.string().min(1),
  /** Seconds. Some answers lack it (shopify-app-js issue 3400). */
  expires_in: z.number().positive().optional(),
  refresh_token: z.string().min(1).optional(),
  /** Seconds. */
  refresh_token_expires_in: z.number().positive().optional().catch(undefined),
});
