import { z } from "zod";
import {
  idText,
  lineOf,
  readableOrders,
  skuText,
  timeText as time,
  units,
} from "../wire-fields.ts";

const unitsOrNull = units.nullish().catch(null);

const orderLine = z.looseObject({
  orderItemId: idText,
  quantityOrdered: units,
  product: z.looseObject({ sellerSku: skuText }),
  fulfillment: z
    .looseObject({ quantityFulfilled: unitsOrNull, quantityUnfulfilled: unitsOrNull })
    .nullish()
    .catch(null),
  /** `cancellationRequest` alone is a buyer's wish; `cancellationExecution` says that it was done. */
  cancellation: z
    .looseObject({ cancellationExecution: z.looseObject({}).nullish().catch(null) })
    .nullish()
    .catch(null),
});
export type OrderLine = z.infer<typeof orderLine>;

const orderPackage = z.looseObject({
  packageReferenceId: idText,
  trackingNumber: z.string().nullish().catch(null),
});

/** models/orders_2026-01-01.json, Order. */
export const order = z.looseObject({
  orderId: idText,
  createdTime: time,
  lastUpdatedTime: time,
  salesChannel: z
    .looseObject({ marketplaceId: z.string().nullish().catch(null) })
    .nullish()
    .catch(null),
  /** There because it is asked for (`includedData`): without it no order says that it is cancelled. */
  fulfillment: z
    .looseObject({ fulfillmentStatus: z.string().min(1), fulfilledBy: z.string().optional() })
    .optional(),
  orderItems: z.array(lineOf(orderLine, "orderItemId")),
  packages: z.array(orderPackage).nullish().catch(null),
});
export type AmazonOrder = z.infer<typeof order>;
export const ordersAnswer = z.looseObject({
  orders: readableOrders(order, "amazon"),
  pagination: z.looseObject({ nextToken: z.string().min(1).nullish() }).nullish(),
});
export const orderAnswer = z.looseObject({ order });
