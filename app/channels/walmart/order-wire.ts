import { z } from "zod";
import { idText, lineOf, readableOrders, skuText, units } from "#app/channels/wire-fields.ts";

/** Years an order can be of; outside of them a clock is wrong, or the field. */
const timeMsMin = Date.UTC(2000, 0, 1);
const timeMsMax = Date.UTC(2100, 0, 1);

/** A time in ms since 1970: as a number, its digits, or ISO 8601 text. */
const timeMs = z
  .union([
    z.number(),
    z.string().transform((text) => (/^\d+$/.test(text) ? Number(text) : Date.parse(text))),
  ])
  .refine((ms) => ms >= timeMsMin && ms <= timeMsMax, "is not a time")
  .transform(Math.trunc);

/** Ids are texts; a bare number is one too. */
const id = z.union([idText, z.number().int().transform(String)]);
const quantity = z.looseObject({ amount: units });

const lineStatus = z.looseObject({
  status: z.string(),
  statusQuantity: quantity,
  trackingInfo: z
    .looseObject({ trackingNumber: z.string().nullish().catch(null) })
    .nullish()
    .catch(null),
});

/** A line of an order: its units, split over the states they are in. */
const orderLine = z.looseObject({
  lineNumber: id,
  item: z.looseObject({ sku: skuText }),
  orderLineQuantity: quantity,
  statusDate: timeMs.nullish().catch(null),
  orderLineStatuses: z.looseObject({ orderLineStatus: z.array(lineStatus).nullish() }).nullish(),
  /** "true" where the buyer asked to cancel and the seller did not answer yet. */
  intentToCancel: z.unknown().optional(),
});
export type WalmartOrderLine = z.infer<typeof orderLine>;

/** A purchase order (specs/walmart orders): a customer's order is one or more of them. */
export const order = z.looseObject({
  purchaseOrderId: id,
  orderDate: timeMs,
  shippingInfo: z.looseObject({ methodCode: z.string().nullish().catch(null) }).nullish(),
  orderLines: z.looseObject({ orderLine: z.array(lineOf(orderLine, "lineNumber")) }),
  shipNode: z
    .looseObject({ type: z.string().nullish().catch(null) })
    .nullish()
    .catch(null),
});
export type WalmartOrder = z.infer<typeof order>;

/**
 * GET /v3/orders/{id}, and what acknowledging and shipping answer. The first is bare by the document's schema and in an
 * envelope by its sample.
 */
export const orderAnswer = z.union([z.looseObject({ order }).transform((it) => it.order), order]);

/** GET /v3/orders and /v3/orders/released. `nextCursor` is a whole query string. */
export const ordersAnswer = z
  .looseObject({
    list: z.looseObject({
      meta: z.looseObject({ nextCursor: z.string().nullish().catch(null) }).nullish(),
      elements: z.looseObject({ order: readableOrders(order, "walmart").nullish() }),
    }),
  })
  .transform(({ list }) => ({
    orders: list.elements.order ?? [],
    nextCursor: list.meta?.nextCursor || null,
  }));
export type WalmartOrdersPage = z.infer<typeof ordersAnswer>;

/** Body of POST /v3/orders/{id}/shipping. */
export interface ShippingBody {
  readonly orderShipment: {
    readonly orderLines: { readonly orderLine: readonly ShippingLine[] };
  };
}

export interface ShippingLine {
  readonly lineNumber: string;
  readonly intentToCancelOverride: boolean;
  readonly sellerOrderId: string;
  readonly orderLineStatuses: {
    readonly orderLineStatus: readonly [
      {
        readonly status: "Shipped";
        readonly statusQuantity: { readonly unitOfMeasurement: "EACH"; readonly amount: string };
        readonly trackingInfo: {
          readonly shipDateTime: number;
          readonly carrierName: { readonly carrier: string } | { readonly otherCarrier: string };
          readonly methodCode: string;
          readonly trackingNumber: string;
          readonly trackingURL?: string;
        };
      },
    ];
  };
}
