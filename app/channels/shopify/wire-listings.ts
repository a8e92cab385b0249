import { z } from "zod";
import { idText, skuText, timeText, units } from "../wire-fields.ts";
import { pageInfo, userErrors } from "./wire.ts";

/** Longest title and address kept of a product; Shopify's own limit for titles is 255. */
const textCharsMax = 2_000;

export const adjustData = z.object({ inventoryAdjustQuantities: z.object({ userErrors }) });
export const setData = z.object({ inventorySetQuantities: z.object({ userErrors }) });
export const priceData = z.object({ productVariantsBulkUpdate: z.object({ userErrors }) });
export const publishData = z.object({ publishablePublish: z.object({ userErrors }) });
export const unpublishData = z.object({ publishableUnpublish: z.object({ userErrors }) });
export const rememberData = z.object({ metafieldsSet: z.object({ userErrors }) });
export const forgetData = z.object({ metafieldsDelete: z.object({ userErrors }) });

const shop = z.object({ currencyCode: z.string() });
const quantity = z.object({ name: z.string(), quantity: units, updatedAt: timeText.nullish() });
const level = z.object({ quantities: z.array(quantity) }).nullish();
export type WireQuantities = NonNullable<z.infer<typeof level>>["quantities"];

/** The metafield with what a variant was taken off; its value is ours. */
const ended = z.object({ value: z.string() }).nullish();

const offer = z.object({
  id: idText,
  price: z.union([z.string(), z.number()]),
  product: z.object({ id: idText, status: z.string() }),
  ended,
});

/** Items with their level there, null where they have none, in the order of the ids; and what is offered of each. */
export const levelsData = z.object({
  shop: shop.nullish(),
  nodes: z.array(z.object({ inventoryLevel: level }).nullable()),
  offers: z
    .array(
      z.union([
        offer,
        z.object({ variants: z.object({ nodes: z.array(offer) }).nullable() }),
        z.strictObject({}).transform(() => null),
        z.null(),
      ]),
    )
    .nullish(),
});
type WireLevels = z.infer<typeof levelsData>;
export type WireLevel = WireLevels["nodes"][number];
export type WireOffered = NonNullable<WireLevels["offers"]>[number];

const variantOfProduct = z.object({ id: idText, product: z.object({ id: idText }) });

export const variantsData = z.object({
  shop,
  nodes: z.array(
    z.union([
      variantOfProduct,
      z.object({ id: idText, variants: z.object({ nodes: z.array(variantOfProduct) }).nullish() }),
      z.strictObject({}).transform(() => null),
      z.null(),
    ]),
  ),
});

const publications = z.object({
  nodes: z.array(z.object({ publication: z.object({ id: idText }) })),
});

export const publishedData = z.object({
  nodes: z.array(
    z.union([
      z.object({
        id: idText,
        ended,
        resourcePublicationsV2: publications,
        product: z.object({ resourcePublicationsV2: publications }),
      }),
      z.strictObject({}).transform(() => null),
      z.null(),
    ]),
  ),
});

export const publicationsData = z.object({
  publications: z.object({
    nodes: z.array(
      z.object({
        id: idText,
        channels: z.object({ nodes: z.array(z.object({ handle: z.string() })) }).nullish(),
      }),
    ),
  }),
});

export const locationsData = z.object({
  shop,
  locations: z.object({
    nodes: z.array(z.object({ id: idText, name: z.string(), isFulfillmentService: z.boolean() })),
    pageInfo,
  }),
});

export const startBulkData = z.object({
  bulkOperationRunQuery: z.object({
    bulkOperation: z.object({ id: idText }).nullish(),
    userErrors,
  }),
});

export const bulkData = z.object({
  bulkOperation: z
    .object({
      id: idText,
      status: z.string(),
      errorCode: z.string().nullish(),
      url: z.string().nullish(),
    })
    .nullable(),
});

const shortText = z.string().transform((text) => text.slice(0, textCharsMax));

/** One line of the catalogue's export: a variant. Its levels are read by `catalogueLevels`. */
export const catalogueLine = z.object({
  id: idText,
  sku: skuText,
  barcode: z.string().nullish().catch(null),
  title: shortText.nullish().catch(null),
  price: z.union([z.string(), z.number()]).nullish().catch(null),
  requiresComponents: z.boolean().nullish().catch(null),
  ended: ended.catch(null),
  product: z.object({
    id: idText,
    title: shortText,
    status: z.string(),
    onlineStoreUrl: z.string().nullish().catch(null),
  }),
  inventoryItem: z.looseObject({ id: idText, tracked: z.boolean() }),
});
export type CatalogueLine = z.infer<typeof catalogueLine>;

/** A level as a line carries it under a key of its own. Null: the item is not stocked there. */
export const catalogueLevel = z
  .object({ quantities: z.array(z.object({ name: z.string(), quantity: units })) })
  .nullish();
