import { z } from "zod";
import { idText, units } from "../wire-fields.ts";
import { pageInfo, userErrors } from "./wire.ts";

const parcel = z.object({
  id: idText,
  status: z.string(),
  trackingInfo: z.array(z.object({ number: z.string().nullish() })),
});
export type WireParcel = z.infer<typeof parcel>;

export const parcelsData = z.object({
  order: z.object({ fulfillments: z.array(parcel) }).nullable(),
});

/** Of parcels that were there a moment ago: one that is not is no empty parcel. */
export const parcelLinesData = z.object({
  nodes: z.array(
    z.object({
      fulfillmentLineItems: z.object({
        nodes: z.array(z.object({ quantity: units.nullish(), lineItem: z.object({ id: idText }) })),
      }),
    }),
  ),
});

const shippableLines = z.object({
  nodes: z.array(
    z.object({ id: idText, remainingQuantity: units, lineItem: z.object({ id: idText }) }),
  ),
  pageInfo,
});

const fulfilmentOrder = z.object({
  id: idText,
  status: z.string(),
  supportedActions: z.array(z.object({ action: z.string() })),
  assignedLocation: z.object({ location: z.object({ id: idText }).nullish() }).nullish(),
  lineItems: shippableLines,
});
export type FulfilmentOrder = z.infer<typeof fulfilmentOrder>;

export const fulfilmentOrdersData = z.object({
  order: z
    .object({
      fulfillmentOrders: z.object({ nodes: z.array(fulfilmentOrder), pageInfo }),
    })
    .nullable(),
});

export const shippableLinesData = z.object({
  fulfillmentOrder: z.object({ lineItems: shippableLines }).nullable(),
});

export const fulfilData = z.object({
  fulfillmentCreate: z.object({
    fulfillment: z.object({ id: idText }).nullish(),
    userErrors,
  }),
});
