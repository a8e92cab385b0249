import { z } from "zod";

const text = z.string().min(1);

const submissionIssue = z.looseObject({
  code: z.string(),
  message: z.string(),
  severity: z.string(),
});
export type SubmissionIssue = z.infer<typeof submissionIssue>;

/** models/listingsItems_2021-08-01.json, ListingsItemSubmissionResponse. */
export const submissionAnswer = z.looseObject({
  status: z.enum(["ACCEPTED", "INVALID", "VALID"]),
  issues: z.array(submissionIssue).default([]),
});
export type Submission = z.infer<typeof submissionAnswer>;

const enforcement = z.looseObject({
  actions: z.array(z.looseObject({ action: z.string() })).catch([]),
  exemption: z.looseObject({ status: z.string() }).nullish().catch(null),
});

/** The same model, Item: only the blocks that were asked for are there. */
export const listingItem = z.looseObject({
  sku: text,
  fulfillmentAvailability: z
    .array(
      z.looseObject({
        fulfillmentChannelCode: text,
        quantity: z.number().int().nonnegative().optional(),
      }),
    )
    .optional(),
  summaries: z
    .array(z.looseObject({ marketplaceId: z.string(), status: z.array(z.string()).catch([]) }))
    .optional(),
  offers: z
    .array(
      z.looseObject({
        marketplaceId: z.string(),
        offerType: z.string(),
        price: z.looseObject({
          amount: z.union([z.string(), z.number()]),
          currencyCode: z.string(),
        }),
      }),
    )
    .optional()
    .catch(undefined),
  issues: z
    .array(z.looseObject({ enforcements: enforcement.nullish().catch(null) }))
    .optional()
    .catch(undefined),
});
export type ListingItem = z.infer<typeof listingItem>;

/** Each item is read by itself: one that is odd must not cost its neighbours. */
export const listingsAnswer = z.looseObject({ items: z.array(z.looseObject({ sku: text })) });

/** One value of an attribute; what we do not know of it is kept and sent back. */
const attributeValue = z.record(z.string(), z.unknown());
export type AttributeValue = z.infer<typeof attributeValue>;
export const listingAttributes = z.looseObject({
  attributes: z.looseObject({
    fulfillment_availability: z.array(attributeValue).default([]),
    purchasable_offer: z.array(attributeValue).default([]),
  }),
});
export type ListingAttributes = z.infer<typeof listingAttributes>["attributes"];
