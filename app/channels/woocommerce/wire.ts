import { z } from "zod";
import { idText, lineOf, skuText, timeText, units } from "#app/channels/wire-fields.ts";

// Only what we read is named; everything else passes through unread (specs/woocommerce/wc-rest-v3-samples.json).

/** A refusal of WordPress or WooCommerce, of a whole call or of one row of a batch. */
export const errorBody = z.looseObject({
  code: z.union([z.string(), z.number()]).transform(String),
  message: z.string().catch(""),
  data: z.looseObject({ status: z.number().int().optional() }).nullish().catch(null),
});
export type WooError = z.infer<typeof errorBody>;

/** Ids of products, variations, orders and lines: WordPress counts them up. */
const id = z
  .number()
  .int()
  .positive()
  .transform(String)
  .or(z.string().regex(/^[1-9]\d{0,19}$/));
/** As `id`; 0 stands for none. */
const idOrNone = z
  .union([id, z.literal(0), z.literal("0"), z.literal("")])
  .nullish()
  .transform((value) =>
    typeof value === "string" && value !== "" && value !== "0" ? value : null,
  );

/** Plugins allow parts of a unit; we sell whole ones. */
const stock = z
  .union([z.number(), z.string().regex(/^-?\d+(\.\d+)?$/)])
  .nullish()
  .transform((value) => (value === null || value === undefined ? null : Number(value)));

/** Prices are texts, "" without one. */
const price = z
  .union([z.string(), z.number()])
  .nullish()
  .transform((value) => (value === null || value === undefined ? "" : String(value)));

const text = z.string().nullish().catch(null);

/** What products and variations have in common. */
const shelfFields = {
  id,
  status: z.string().catch("publish"),
  sku: skuText.catch(null),
  regular_price: price,
  purchasable: z.boolean().optional().catch(undefined),
  permalink: text,
  /** A variation's "parent": its number is the product's. */
  manage_stock: z.union([z.boolean(), z.literal("parent")]),
  stock_quantity: stock,
  stock_status: text,
  /** Since WooCommerce 9.2: GTIN, UPC, EAN or ISBN. */
  global_unique_id: text,
};

export const product = z.looseObject({
  ...shelfFields,
  name: z.string().catch(""),
  type: z.string().catch("simple"),
  variations: z.array(z.unknown()).nullish().catch(null),
});
export type WooProduct = z.infer<typeof product>;

export const variation = z.looseObject({
  ...shelfFields,
  /** Not in products/{id}/variations. */
  parent_id: idOrNone,
  attributes: z
    .array(z.looseObject({ option: z.string().catch("") }))
    .nullish()
    .catch(null),
});
export type WooVariation = z.infer<typeof variation>;

/** The fields of both that are asked for: the rest is long and slow to make. */
const shelfFieldNames =
  "id,status,sku,regular_price,purchasable,permalink,manage_stock,stock_quantity,stock_status,global_unique_id";
export const productFieldNames = `${shelfFieldNames},name,type,variations`;
export const variationFieldNames = `${shelfFieldNames},parent_id,attributes`;

/** One row of a list: read, or whose it is and why it cannot be. */
export type Row<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly id: string };

/** A list in which one row that cannot be read does not cost the others; a row without an id is no row. */
export function rowsOf<Value>(schema: z.ZodType<Value>): z.ZodType<Row<Value>[]> {
  const holder = z.looseObject({ id });
  const row = z.unknown().transform((raw, context): Row<Value> => {
    const read = schema.safeParse(raw);
    if (read.success) return { ok: true, value: read.data };
    const held = holder.safeParse(raw);
    if (held.success) return { ok: false, id: held.data.id };
    context.addIssue({ code: "custom", message: "is no row" });
    return z.NEVER;
  });
  return z.array(row);
}

/** One row of a batch's answer: what it is now, or why it was refused. */
const batchRow = z.looseObject({
  id,
  error: errorBody.nullish(),
  manage_stock: z
    .union([z.boolean(), z.literal("parent")])
    .optional()
    .catch(undefined),
  stock_quantity: stock,
  regular_price: price,
});
export type BatchRow = z.infer<typeof batchRow>;

/** Answer of products/batch and products/{id}/variations/batch: always 200, rows in the order they were sent. */
export const batchAnswer = z.looseObject({ update: z.array(batchRow) });

/** What we change of one product or variation. */
export interface ShelfChange {
  readonly id: number;
  readonly manage_stock?: true;
  readonly stock_quantity?: number;
  readonly regular_price?: string;
  readonly status?: "publish" | "private";
}

/** A time of WooCommerce's `…_gmt` fields: UTC without saying so. */
const gmtTime = z
  .string()
  .transform((given) => (/(?:z|[+-]\d{2}:?\d{2})$/i.test(given) ? given : `${given}Z`))
  .pipe(timeText);

const meta = z
  .array(z.looseObject({ key: z.string().catch(""), value: z.unknown().optional() }))
  .nullish()
  .catch(null);
export type WooMeta = z.infer<typeof meta>;

const orderLine = z.looseObject({
  id,
  product_id: idOrNone,
  variation_id: idOrNone,
  sku: skuText,
  quantity: units,
  meta_data: meta,
});
export type WooOrderLine = z.infer<typeof orderLine>;

export const order = z.looseObject({
  id,
  status: z.string().min(1),
  date_created_gmt: gmtTime,
  date_modified_gmt: gmtTime,
  date_paid_gmt: gmtTime.nullish().catch(null),
  date_completed_gmt: gmtTime.nullish().catch(null),
  line_items: z.array(lineOf(orderLine, "id")),
  meta_data: meta,
});
export type WooOrder = z.infer<typeof order>;

/** The fields of an order that are asked for: no buyer's name or address among them. */
export const orderFieldNames =
  "id,status,date_created_gmt,date_modified_gmt,date_paid_gmt,date_completed_gmt,line_items,meta_data";

/** The part of an event's body that makes its key. */
export const eventKeyFields = z.looseObject({
  id: z.union([idText, z.number()]),
  status: text,
  date_modified_gmt: text,
  stock_quantity: z.unknown().optional(),
  refunds: z
    .array(z.looseObject({ id: z.unknown().optional() }))
    .nullish()
    .catch(null),
  line_items: z
    .array(z.looseObject({ id: z.unknown().optional(), quantity: z.unknown().optional() }))
    .nullish()
    .catch(null),
});

/** Body of product events, and of everything deleted. */
export const productEvent = z.looseObject({ id, parent_id: idOrNone });
export const deletedEvent = z.looseObject({ id });

export const orderNote = z.looseObject({ note: z.string().catch("") });
export const tracking = z.looseObject({
  tracking_number: z.union([z.string(), z.number()]).transform(String).catch(""),
});

/** Body of the Shipment Tracking plugin. */
export interface TrackingBody {
  readonly tracking_number: string;
  /** The day, "2026-11-27". */
  readonly date_shipped: string;
  readonly tracking_provider?: string;
  readonly custom_tracking_provider?: string;
  readonly custom_tracking_link?: string;
}

export const webhook = z.looseObject({
  id,
  status: z.string(),
  topic: z.string().catch(""),
  delivery_url: z.string().catch(""),
});
export type WooWebhook = z.infer<typeof webhook>;

/** What WordPress says about itself to everybody. */
export const siteIndex = z.looseObject({
  name: z.string().catch(""),
  home: z.string().catch(""),
  namespaces: z.array(z.string()).catch([]),
});

export const currencyAnswer = z.looseObject({ code: z.string().regex(/^[A-Z]{3}$/) });
export const settingAnswer = z.looseObject({ value: z.unknown() });
/** Answer of any list we ask for ids only. */
export const idList = z.array(z.looseObject({ id: z.union([z.number(), z.string()]) }));

/** The keys as WordPress hands them over, or the merchant pastes them. */
export const keyPair = z.looseObject({
  consumer_key: z.string().trim().min(1).max(200),
  consumer_secret: z.string().trim().min(1).max(200),
  key_permissions: z.string().optional(),
});
