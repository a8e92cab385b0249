import { z } from "zod";
import { idText, lineOf, readableOrders, skuText, units } from "#app/channels/wire-fields.ts";
import { problemOf } from "#app/channels/unreadable.ts";

// Only what we read is named; everything else passes through unread (specs/etsy).

/** An id as text; Etsy sends numbers. */
const id = z.union([z.number().int().transform(String), idText]);
/**
 * An id that goes back to Etsy as it came. One beyond 2^53 would come out as text and is refused: a document with a
 * wrong id in it must not be written.
 */
const echoedId = z.number().int();
const idList = z
  .array(echoedId)
  .nullish()
  .transform((ids) => ids ?? []);

/** Epoch seconds between 2000 and 2099. */
const epochSeconds = z.number().int().min(946_684_800).max(4_102_444_799);

export const wireMoney = z.looseObject({
  amount: z.number().int().min(0),
  divisor: z.number().int().min(1),
  currency_code: z.string(),
});
export type WireMoney = z.infer<typeof wireMoney>;

export const propertyValue = z.looseObject({
  property_id: echoedId,
  property_name: z.string().nullish(),
  scale_id: echoedId.nullish(),
  value_ids: idList,
  values: z
    .array(z.string())
    .nullish()
    .transform((values) => values ?? []),
});
export type WirePropertyValue = z.infer<typeof propertyValue>;
const propertyValues = z
  .array(propertyValue)
  .nullish()
  .transform((values) => values ?? []);

const offering = z.looseObject({
  quantity: z.number().int().min(0),
  is_enabled: z.boolean(),
  is_deleted: z.boolean().nullish(),
  price: wireMoney,
  readiness_state_id: echoedId.nullish(),
});

const product = z.looseObject({
  sku: z.string().nullish(),
  is_deleted: z.boolean().nullish(),
  property_values: propertyValues,
  offerings: z.array(offering).min(1),
});

/** `ListingInventory`. What is deleted is no part of it. */
export const inventory = z
  .looseObject({
    products: z.array(product),
    price_on_property: idList,
    quantity_on_property: idList,
    sku_on_property: idList,
    readiness_state_on_property: idList,
  })
  .transform((document) => ({
    ...document,
    products: document.products
      .filter(({ is_deleted: gone }) => gone !== true)
      .map((one) => ({
        ...one,
        offerings: one.offerings.filter(({ is_deleted: gone }) => gone !== true),
      }))
      .filter(({ offerings }) => offerings.length > 0),
  }));
export type WireInventory = z.infer<typeof inventory>;
export type WireProduct = WireInventory["products"][number];

/** The inventory with the listing it belongs to: `includes=Listing`. */
export const inventoryWithListing = z.intersection(
  inventory,
  z.looseObject({ listing: z.looseObject({ state: z.string() }).nullish() }),
);
export type WireInventoryWithListing = z.infer<typeof inventoryWithListing>;

/** `ShopListing`, of which a state change reads this much. */
export const shopListing = z.looseObject({
  listing_id: id,
  state: z.string(),
  /** The sum of what the offerings show. */
  quantity: z.number().int().nullish().catch(null),
});
export type WireShopListing = z.infer<typeof shopListing>;

/** `ShopListingWithAssociations`, with `includes=Inventory`. */
const listingWithInventory = shopListing.extend({
  title: z.string().nullish().catch(null),
  url: z.string().nullish().catch(null),
  price: wireMoney.nullish().catch(null),
  inventory: inventory.nullish(),
});
export type WireListing = z.infer<typeof listingWithInventory>;

/** One listing of an answer: read, or why it cannot be. One that cannot must not cost the others. */
export type ListingRow =
  | { readonly ok: true; readonly listing: WireListing }
  | { readonly ok: false; readonly listingId: string | null; readonly reason: string };

const listingRow = z.unknown().transform((raw): ListingRow => {
  const read = listingWithInventory.safeParse(raw);
  if (read.success) return { ok: true, listing: read.data };
  const holder = z.looseObject({ listing_id: id }).safeParse(raw);
  const listingId = holder.success ? holder.data.listing_id : null;
  return { ok: false, listingId, reason: problemOf(read.error, raw) };
});

export const listingsAnswer = z.looseObject({
  count: z.number().int().min(0),
  results: z.array(listingRow),
});

const variation = z.looseObject({
  property_id: z.number().int().nullish().catch(null),
  value_id: z.number().int().nullish().catch(null),
  formatted_value: z.string().nullish().catch(null),
});
export type WireVariation = z.infer<typeof variation>;

const transaction = z.looseObject({
  transaction_id: id,
  listing_id: id.nullish(),
  sku: skuText,
  quantity: units,
  shipped_timestamp: z.number().nullish().catch(null),
  variations: z.array(variation).nullish().catch(null),
  product_data: propertyValues.catch([]),
});
export type WireTransaction = z.infer<typeof transaction>;

/** `ShopReceipt`. Each time has an older name. */
export const receipt = z.looseObject({
  receipt_id: id,
  status: z.string(),
  is_shipped: z.boolean().nullish().catch(null),
  created_timestamp: epochSeconds.nullish(),
  create_timestamp: epochSeconds.nullish(),
  updated_timestamp: epochSeconds.nullish(),
  update_timestamp: epochSeconds.nullish(),
  shipments: z
    .array(z.looseObject({ tracking_code: z.string().nullish().catch(null) }))
    .nullish()
    .catch(null),
  transactions: z.array(lineOf(transaction, "transaction_id")),
});
export type WireReceipt = z.infer<typeof receipt>;

/** Without a time of its own a receipt cannot be put in order: it counts as unreadable. */
export const datedReceipt = receipt.refine(
  (one) =>
    (one.created_timestamp ?? one.create_timestamp) != null &&
    (one.updated_timestamp ?? one.update_timestamp) != null,
  "has no time",
);

/** `count` is what tells it from an error body. */
export const receiptsAnswer = z.looseObject({
  count: z.number().int().min(0),
  results: readableOrders(datedReceipt, "etsy"),
});

/** Body of updateListingInventory (specs/etsy/etsy-2026-supplement.json); extra keys are refused. */
export interface InventoryBody {
  readonly products: readonly {
    readonly sku: string;
    readonly property_values: readonly {
      readonly property_id: number;
      readonly property_name?: string;
      readonly scale_id: number | null;
      readonly value_ids: readonly number[];
      readonly values: readonly string[];
    }[];
    readonly offerings: readonly {
      /** A decimal in the shop's currency, not `Money`. */
      readonly price: number;
      readonly quantity: number;
      readonly is_enabled: boolean;
      readonly readiness_state_id: number | null;
    }[];
  }[];
  readonly price_on_property: readonly number[];
  readonly quantity_on_property: readonly number[];
  readonly sku_on_property: readonly number[];
  readonly readiness_state_on_property: readonly number[];
}

/** `Shop`; the address answers one, or a list of one. */
const shop = z.looseObject({
  shop_id: id,
  shop_name: z.string().nullish().catch(null),
  is_vacation: z.boolean().nullish().catch(null),
});
export const shopsAnswer = z.union([
  shop.transform((one) => [one]),
  z.looseObject({ results: z.array(shop) }).transform(({ results }) => results),
]);
export type WireShop = z.infer<typeof shop>;

/** Answer of the token address. The access token begins with the user's id and a dot. */
export const tokenAnswer = z.looseObject({
  access_token: z.string().regex(/^\d+\../),
  /** Seconds from now (3,600). */
  expires_in: z.number().positive(),
  refresh_token: z.string().min(1),
});

/** Etsy's refusal; the description is OAuth's alone. */
export const errorBody = z.looseObject({
  error: z.string().min(1),
  error_description: z.string().nullish().catch(null),
});

const textOrNull = z.string().min(1).nullish().catch(null);

/** A delivery of the webhook. Each part is read by itself: whose it is must be found even where the rest is odd. */
export const delivery = z.looseObject({
  event_type: textOrNull,
  resource_url: textOrNull,
  shop_id: id.nullish().catch(null),
});
