import { z } from "zod";
import { problemOf } from "#app/channels/unreadable.ts";
import { idText, units } from "#app/channels/wire-fields.ts";
import { logger } from "#app/lib/logger.ts";

// The Trading API's answers as xml.ts reads them: every value is text, an empty element is "", a single element of a
// list stands alone (specs/ebay/trading-inventory.examples.json). Only what we read is named.

/** A repeated element: none, one or many. */
function list<Item>(item: z.ZodType<Item>) {
  return z.preprocess((found) => {
    if (found === undefined || found === "") return [];
    return Array.isArray(found) ? (found as unknown[]) : [found];
  }, z.array(item));
}

/** A container that may be missing or empty; what it holds must be readable. */
function container<Shape extends z.ZodType>(shape: Shape) {
  return z.preprocess((found) => (found === "" ? undefined : found), shape.optional());
}

/** A container that is decoration: one that holds something unreadable counts as missing. */
function part<Shape extends z.ZodType>(shape: Shape) {
  return shape.optional().catch(undefined);
}

/** The listings of an answer that can be read: one that cannot must not cost the others. */
function readable<Item>(item: z.ZodType<Item>) {
  return list(z.unknown()).transform((rows): Item[] =>
    rows.flatMap((row) => {
      const read = item.safeParse(row);
      if (read.success) return [read.data];
      logger.warn(
        { channel: "ebay", problem: problemOf(read.error, row) },
        "a listing is unreadable",
      );
      return [];
    }),
  );
}

const text = z.string();
const textOrNull = z
  .string()
  .nullish()
  .catch(null)
  .transform((value) => value || null);

/** `<Price currencyID="USD">19.99</Price>`, or without the attribute. */
const amount = z
  .union([
    z.string().transform((value) => ({ value, currency: null })),
    z
      .looseObject({ "#text": z.string(), "@currencyID": z.string().optional() })
      .transform((found) => ({ value: found["#text"], currency: found["@currencyID"] ?? null })),
  ])
  .nullish()
  .catch(null);
export type TradingAmount = NonNullable<z.infer<typeof amount>>;

const tradingError = z.looseObject({
  ErrorCode: text,
  SeverityCode: z.string().optional(),
  ShortMessage: z.string().optional(),
  LongMessage: z.string().optional(),
});
export type TradingError = z.infer<typeof tradingError>;

/** What every answer carries. */
export const tradingFrame = z.looseObject({
  Ack: z.enum(["Success", "Warning", "Failure", "PartialFailure", "CustomCode"]),
  Errors: list(tradingError),
});

/** Answer of ReviseInventoryStatus: what was written. `Quantity` is available + sold, unlike the request's. */
export const revisedAnswer = z.looseObject({
  InventoryStatus: list(z.looseObject({ ItemID: idText, SKU: z.string().optional() })),
});

const soldSide = part(
  z.looseObject({
    QuantitySold: units.optional().catch(undefined),
    ListingStatus: z.string().optional(),
    CurrentPrice: amount,
  }),
);

const specifics = part(
  z.looseObject({
    NameValueList: list(z.looseObject({ Name: text, Value: list(text) })),
  }),
);

const codes = part(z.looseObject({ UPC: textOrNull, EAN: textOrNull, ISBN: textOrNull }));

const variation = z.looseObject({
  SKU: textOrNull,
  StartPrice: amount,
  Quantity: units,
  SellingStatus: soldSide,
  VariationSpecifics: specifics,
  VariationProductListingDetails: codes,
});
export type TradingVariation = z.infer<typeof variation>;

const item = z.looseObject({
  ItemID: idText,
  Title: textOrNull,
  SKU: textOrNull,
  Site: textOrNull,
  ListingType: textOrNull,
  Quantity: units.optional().catch(undefined),
  StartPrice: amount,
  SellingStatus: soldSide,
  Variations: container(z.looseObject({ Variation: list(variation) })),
  HideFromSearch: textOrNull,
  ReasonHideFromSearch: textOrNull,
  ProductListingDetails: codes,
  /** Of an ended listing that goes on under another number. */
  ListingDetails: part(z.looseObject({ RelistedItemID: textOrNull })),
});
export type TradingItem = z.infer<typeof item>;

/** Answer of GetItem. */
export const itemAnswer = z.looseObject({ Item: item });

/** Answer of GetSellerList. */
export const sellerListAnswer = z.looseObject({
  PaginationResult: z.looseObject({
    TotalNumberOfPages: units,
    TotalNumberOfEntries: units,
  }),
  ItemArray: container(z.looseObject({ Item: readable(item) })),
});
export type SellerList = z.infer<typeof sellerListAnswer>;

/** Answer of EndFixedPriceItem. */
export const endedAnswer = z.looseObject({ EndTime: z.string().optional() });

/** Answer of RelistFixedPriceItem: the listing goes on under another number. */
export const relistedAnswer = z.looseObject({ ItemID: idText });

/** Answer of GetUserPreferences. */
export const preferencesAnswer = z.looseObject({
  OutOfStockControlPreference: z.enum(["true", "false"]),
});

/** One `<SKUDetails>` of the active inventory report (eBay's "XML Reference for Sell Feed LMS Feed Types"). */
export const reportEntry = z.looseObject({
  SKUDetails: z.looseObject({
    ItemID: idText,
    SKU: textOrNull,
    Price: amount,
    Quantity: units.optional().catch(undefined),
    /** Auctions only. */
    BidCount: z.string().optional(),
    Variations: container(
      z.looseObject({
        Variation: list(
          z.looseObject({
            SKU: textOrNull,
            Price: amount,
            Quantity: units.optional().catch(undefined),
            VariationSpecifics: specifics,
          }),
        ),
      }),
    ),
  }),
});
export type ReportEntry = z.infer<typeof reportEntry>["SKUDetails"];
export type TradingSpecifics = z.infer<typeof specifics>;
