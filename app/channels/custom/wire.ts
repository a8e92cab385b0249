import { z } from "zod";
import { listingStates } from "#app/channels/contract-listings.ts";
import { idText, lineOf, skuText, timeText, units } from "#app/channels/wire-fields.ts";

// What a merchant's server answers and tells: docs/custom-channel.md, docs/custom-channel.openapi.json. Only what is
// read is named; fields of the merchant's own pass by unread.

/** Ids are texts; a number is put up with. */
const id = z.union([idText, z.number().int().transform(String)]);
/** Longest text kept: of titles, addresses, words for people. */
const textCharsMax = 2_000;
/** Without what no database takes: control characters, halves of character pairs. */
const text = z
  .string()
  .transform((given) =>
    given
      .slice(0, textCharsMax)
      .toWellFormed()
      .replace(/\p{Cc}/gu, " "),
  )
  .nullish()
  .catch(null);
/** Units on a shelf: none are owed. */
const shelfUnits = units.refine((count) => count >= 0, "is below zero");

/** A refusal of a whole call. */
export const errorBody = z.looseObject({
  error: z.looseObject({
    code: text,
    message: text,
    /** Seconds. */
    retryAfter: z.number().nonnegative().nullish().catch(null),
  }),
});

/** `GET /` */
export const serverAnswer = z.looseObject({
  protocol: z.number().int(),
  name: text,
  /** Names of later days are taken and not used. */
  powers: z.array(z.string()),
  limits: z
    .looseObject({
      ratePerSecond: z.number().positive().nullish().catch(null),
      batch: z.number().int().positive().nullish().catch(null),
    })
    .nullish()
    .catch(null),
});
export type WireServer = z.infer<typeof serverAnswer>;

/** A row of `PUT /quantities`. */
export interface WireQuantity {
  /** Of the decision, for the server's own log: the same at every repeat. */
  readonly id: string;
  readonly key: string;
  readonly sku: string;
  readonly quantity: number;
  readonly version: number;
}

/** A row of `PUT /prices`. */
export interface WirePriceWrite {
  readonly key: string;
  readonly sku: string;
  readonly price: { readonly amount: string; readonly currency: string };
  readonly version: number;
}

/** A row of `PUT /states`. */
export interface WireStateWrite {
  readonly key: string;
  readonly sku: string;
  readonly state: "active" | "ended";
  readonly version: number;
  /** With "active": the number it comes back with, a quantity write of this very version. */
  readonly quantity?: number;
}

export const writtenRow = z.looseObject({
  key: id,
  status: z.string().max(50),
  code: text,
  message: text,
  /** With "stale": the version the server has. */
  version: z.number().int().nullish().catch(null),
  /** Seconds. */
  retryAfter: z.number().nonnegative().nullish().catch(null),
});
export type WrittenRow = z.infer<typeof writtenRow>;

/** The answer to rows that were written. */
export const writeAnswer = z.looseObject({ results: rowsOf(writtenRow) });

const listingFields = {
  key: id,
  state: z.enum(listingStates).default("active"),
  // Something the server cannot price costs nobody the number.
  price: z
    .looseObject({ amount: z.union([z.string(), z.number()]), currency: z.string() })
    .nullish()
    .catch(null),
};

/** A listing as it is read back. */
export const shownListing = z.looseObject({
  ...listingFields,
  quantity: shelfUnits,
  asOf: timeText.nullish().catch(null),
});
export type WireShown = z.infer<typeof shownListing>;

/** A listing as an import finds it. */
export const listing = z.looseObject({
  ...listingFields,
  sku: skuText,
  title: text,
  barcode: text,
  quantity: shelfUnits.nullish(),
  /** Somebody else's warehouse holds the stock: shown, never written. */
  held: z.boolean().default(false),
  url: text,
});
export type WireListing = z.infer<typeof listing>;

/** `POST /listings/read`: every key that was asked for is in one of both. */
export const readAnswer = z.looseObject({
  listings: rowsOf(shownListing),
  unknown: z.array(id).default([]),
});

const cursor = z.string().min(1).max(2_000).nullish();

/** `GET /listings` */
export const listingsAnswer = z.looseObject({
  listings: rowsOf(listing),
  cursor,
  total: z.number().int().nonnegative().nullish().catch(null),
});

const orderLine = z.looseObject({
  id,
  key: id.nullish(),
  sku: skuText,
  /** Units ordered. */
  quantity: units,
  /** Of them: cancelled or taken out. */
  cancelled: units.default(0),
  /** Of them: handed to the carrier or the buyer. */
  shipped: units.default(0),
  /** Of the Shopify location that fulfils it. */
  location: idText.nullish(),
});
export type WireOrderLine = z.infer<typeof orderLine>;

export const order = z.looseObject({
  id,
  status: z.enum(["open", "cancelled"]).default("open"),
  test: z.boolean().default(false),
  placedAt: timeText,
  /** Grows with every change. */
  updatedAt: timeText,
  lines: z.array(lineOf(orderLine, "id")),
});
export type WireOrder = z.infer<typeof order>;

/** `POST /orders/read` */
export const ordersAnswer = z.looseObject({ orders: z.array(z.unknown()) });
/** `GET /orders` */
export const orderPage = z.looseObject({ orders: z.array(z.unknown()), cursor });

/** `PUT /shipments/{id}` */
export const shipmentAnswer = z.looseObject({ status: z.enum(["created", "already"]) });

/** `PUT /webhook` */
export const webhookAnswer = z.looseObject({ url: z.string(), types: z.array(z.string()) });

/** What every event has. */
export const eventFrame = z.looseObject({
  type: z.string().min(1),
  timestamp: z.unknown(),
  data: z.looseObject({}),
});

/** `order.changed`: the order, or only which. */
export const orderEvent = z.union([
  z.looseObject({ order }),
  z.looseObject({ order: z.undefined().optional(), orderId: id }),
]);
/** Keys one event may name. */
const eventKeysMax = 100;
/** `quantity.changed` */
export const quantityEvent = z.union([
  z.looseObject({ key: id }).transform(({ key }) => [key]),
  z.looseObject({ keys: z.array(id).min(1).max(eventKeysMax) }).transform(({ keys }) => keys),
]);
/** `return.changed` */
export const returnEvent = z.looseObject({
  return: z.looseObject({
    id,
    orderId: id,
    state: z.enum(["requested", "received", "closed"]),
    lines: z.array(z.looseObject({ id, quantity: shelfUnits })).default([]),
    changedAt: timeText,
  }),
});
/** `connection.revoked` */
export const revokedEvent = z.looseObject({ reason: text });

/** One row of a list: read, or the key of one that cannot be. */
export type Row<Value> =
  { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly key: string };

/** A list in which a row that cannot be read does not cost the others; a row without a key is no row. */
function rowsOf<Value>(schema: z.ZodType<Value>): z.ZodType<Row<Value>[]> {
  const keyed = z.looseObject({ key: id });
  return z.array(z.unknown()).transform((rows) =>
    rows.flatMap((raw): Row<Value>[] => {
      const read = schema.safeParse(raw);
      if (read.success) return [{ ok: true, value: read.data }];
      const holder = keyed.safeParse(raw);
      return holder.success ? [{ ok: false, key: holder.data.key }] : [];
    }),
  );
}
