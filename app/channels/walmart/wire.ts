import { z } from "zod";
import { idText, units } from "#app/channels/wire-fields.ts";
import { walmartError } from "./errors.ts";

// Only what we read is named; everything else passes through unread (specs/walmart/*-openapi.yml).

const textOrNull = z.string().nullish().catch(null);
/** `{unit, amount}`; amounts are numbers here, and texts in orders. */
const amount = z.looseObject({ amount: units });

/** GET /v3/inventories/{sku}: what each fulfilment centre of the seller has. */
export const nodeInventory = z.looseObject({
  sku: z.string(),
  nodes: z.array(
    z.looseObject({
      shipNode: textOrNull,
      inputQty: amount,
      availToSellQty: amount,
      /** Absent where nothing is reserved. */
      reservedQty: amount.nullish(),
      errors: z.array(walmartError).nullish().catch(null),
    }),
  ),
});
export type NodeInventory = z.infer<typeof nodeInventory>;

/** PUT /v3/inventories/{sku}: one row per centre, each with its own outcome. */
export const nodeUpdates = z.looseObject({
  nodes: z.array(
    z.looseObject({
      shipNode: textOrNull,
      status: textOrNull,
      errors: z.array(walmartError).nullish().catch(null),
    }),
  ),
});
export type NodeUpdates = z.infer<typeof nodeUpdates>;

/** PUT /v3/inventory: the body again. */
export const inventoryUpdate = z.looseObject({ sku: z.string(), quantity: amount });

/** An item of GET /v3/items. */
export const item = z.looseObject({
  sku: z.string().min(1),
  productName: textOrNull,
  upc: textOrNull,
  gtin: textOrNull,
  price: z
    .looseObject({ currency: z.string(), amount: z.union([z.number(), z.string()]) })
    .nullish()
    .catch(null),
  publishedStatus: textOrNull,
  lifecycleStatus: textOrNull,
});
export type WalmartItem = z.infer<typeof item>;

const itemRows = z
  .array(z.unknown())
  .transform((rows) => rows.map((row) => item.safeParse(row).data ?? null));

/** GET /v3/items. A row that cannot be read is null: it counts, and must not cost the others. */
export const itemsAnswer = z.looseObject({
  ItemResponse: itemRows,
  totalItems: z.number().int().nullish().catch(null),
  nextCursor: textOrNull,
});

/** GET /v3/items/{id}: `responseRecord` by the document's schema, a list of one by its sample. */
export const itemAnswer = z.union([
  z.looseObject({ ItemResponse: z.array(item).min(1) }).transform((it) => it.ItemResponse[0]),
  z.looseObject({ responseRecord: item }).transform((it) => it.responseRecord),
]);

/** GET /v3/fulfillment/inventory: what Walmart's own centres hold for the seller. */
export const wfsInventory = z.looseObject({
  headers: z.looseObject({ totalCount: z.number().int().nullish().catch(null) }).nullish(),
  payload: z.looseObject({
    inventory: z
      .array(
        z.looseObject({
          sku: z.string().min(1),
          shipNodes: z.array(z.looseObject({ availToSellQty: units })).nullish(),
        }),
      )
      .nullish(),
  }),
});
export type WfsInventory = z.infer<typeof wfsInventory>;

/** PUT /v3/price: bare by the document's schema, in an envelope by its sample. */
export const priceUpdate = z.union([
  z
    .looseObject({ ItemPriceResponse: z.looseObject({ sku: z.string() }) })
    .transform((it) => it.ItemPriceResponse),
  z.looseObject({ sku: z.string(), message: z.string() }),
]);

/** POST /v3/feeds. */
export const feedStarted = z.looseObject({ feedId: z.string().min(1).max(400) });

const ingestionErrors = z
  .looseObject({ ingestionError: z.array(walmartError).nullish().catch(null) })
  .nullish()
  .catch(null);

/** GET /v3/feeds/{feedId}. */
export const feedAnswer = z.looseObject({
  feedStatus: z.string(),
  itemsReceived: z.number().int().nullish(),
  itemsSucceeded: z.number().int().nullish(),
  ingestionErrors,
  itemDetails: z
    .looseObject({
      itemIngestionStatus: z
        .array(z.looseObject({ sku: textOrNull, ingestionStatus: z.string(), ingestionErrors }))
        .nullish(),
    })
    .nullish(),
});
export type WalmartFeed = z.infer<typeof feedAnswer>;

/** An entry of GET /v3/webhooks/subscriptions: flat by the sample, in a list of its own by the schema. */
export const subscription = z.looseObject({
  subscriptionId: idText,
  eventType: z.string(),
  eventUrl: textOrNull,
  status: textOrNull,
  authDetails: z
    .looseObject({ authMethod: textOrNull, authHeaderName: textOrNull, clientSecret: textOrNull })
    .nullish()
    .catch(null),
});
export type WalmartSubscription = z.infer<typeof subscription>;

function flattened<Row>(row: z.ZodType<Row>) {
  return z
    .array(z.union([z.looseObject({ event: z.array(row) }).transform(({ event }) => event), row]))
    .transform((rows) => rows.flat() as Row[]);
}

export const subscriptionsAnswer = z
  .looseObject({ events: flattened(subscription).nullish() })
  .transform(({ events }) => events ?? []);

const eventType = z.looseObject({
  eventType: z.string(),
  eventVersion: z.string(),
  resourceName: z.string(),
});
export type WalmartEventType = z.infer<typeof eventType>;

/** GET /v3/webhooks/eventTypes: `eventTypes` by the schema, `events` by the sample. */
export const eventTypesAnswer = z.union([
  z.looseObject({ eventTypes: z.array(eventType) }).transform((it) => it.eventTypes),
  z.looseObject({ events: z.array(eventType) }).transform((it) => it.events),
]);

/** Any JSON object: of answers of which nothing but the status matters. */
export const anyObject = z.looseObject({});

/** GET /v3/insights/performance/{metric}/summary. Rates are per cent. */
export const performanceAnswer = z.looseObject({
  payload: z.looseObject({
    updatedTimestamp: textOrNull,
    overallRate: z.number().nullish(),
    cumulativeRate: z.number().nullish(),
    sellerAccountableRate: z.number().nullish(),
    standard: textOrNull,
    riskLevel: textOrNull,
    performanceRiskLevel: textOrNull,
  }),
});
export type PerformanceSummary = z.infer<typeof performanceAnswer>["payload"];

/** GET /v3/settings/partnerprofile. */
export const partnerProfile = z.looseObject({
  partner: z.looseObject({
    partnerId: z.union([idText, z.number().int().transform(String)]),
    partnerDisplayName: textOrNull,
    partnerName: textOrNull,
  }),
});

/** GET /v3/settings/shipping/shipnodes: a list, bare or under a name. */
const shipNode = z.looseObject({
  shipNode: idText,
  shipNodeName: textOrNull,
  status: textOrNull,
  nodeType: textOrNull,
});
export type WalmartShipNode = z.infer<typeof shipNode>;
export const shipNodesAnswer = z.union([
  z.array(shipNode),
  z.looseObject({ shipNode: z.array(shipNode) }).transform((it) => it.shipNode),
  z.looseObject({ shipNodes: z.array(shipNode) }).transform((it) => it.shipNodes),
]);
