import { z } from "zod";
import { skuText } from "#app/channels/wire-fields.ts";
import { problemOf } from "#app/channels/unreadable.ts";
import { logger } from "#app/lib/logger.ts";
import { id } from "./wire.ts";

const textOrNull = z.string().nullish().catch(null);

/** Both product reads name prices alike: what buyers see is `sale_price`, or the other where there is none. */
const price = z
  .looseObject({
    currency: z.string(),
    tax_exclusive_price: textOrNull,
    sale_price: textOrNull,
  })
  .nullish()
  .catch(null);

const sku = z.looseObject({
  id,
  seller_sku: skuText.catch(null),
  price,
  inventory: z
    .array(z.looseObject({ warehouse_id: id, quantity: z.number().int() }))
    .nullish()
    .catch(null),
  status_info: z
    .looseObject({ status: textOrNull, deactivation_source: textOrNull })
    .nullish()
    .catch(null),
  identifier_code: z.looseObject({ code: textOrNull }).nullish().catch(null),
});
export type ProductSku = z.infer<typeof sku>;

const product = z.looseObject({
  id,
  title: textOrNull,
  /** Left out for products that are listed on Tokopedia only. */
  status: textOrNull,
  skus: z.array(sku).nullish(),
});
export type TiktokProduct = z.infer<typeof product>;

/** `data` of products/{id}. */
export const productData = product;

/** One product that cannot be read must not cost an import the others: it is logged and left out. */
const readableProducts = z.array(z.unknown()).transform((rows): TiktokProduct[] =>
  rows.flatMap((row) => {
    const read = product.safeParse(row);
    if (read.success) return [read.data];
    const problem = problemOf(read.error, row);
    logger.warn({ channel: "tiktok-shop", problem }, "a product cannot be read");
    return [];
  }),
);

/** `data` of products/search. */
export const productsData = z.looseObject({
  total_count: z.number().int(),
  products: readableProducts.nullish(),
  next_page_token: z.string().nullish(),
});

/** One refused product inside an answer of activate or deactivate that otherwise succeeded. */
const productError = z.looseObject({
  code: z.coerce.number().int(),
  message: z.string().nullish(),
  detail: z
    .looseObject({
      product_id: id.nullish(),
      extra_errors: z
        .array(z.looseObject({ code: z.coerce.number().int(), message: z.string().nullish() }))
        .nullish(),
    })
    .nullish(),
});
export type ProductError = z.infer<typeof productError>;

/** `data` of products/activate and products/deactivate. */
export const productMoveData = z.looseObject({ errors: z.array(productError).nullish() }).nullish();

/** Body of products/{id}/prices/update. */
export interface PriceBody {
  readonly skus: readonly {
    readonly id: string;
    readonly price: {
      readonly currency: string;
      /** Local sellers. */
      readonly amount?: string;
      /** Cross-border sellers: what buyers see. */
      readonly sale_price?: string;
    };
  }[];
}

/** What products/search may be asked for. */
export interface ProductSearch {
  readonly skuIds?: readonly string[];
  /** Listed at or after, unix seconds. */
  readonly createdFromS?: number | null;
  /** Listed at or before, unix seconds. */
  readonly createdUntilS?: number | null;
}
