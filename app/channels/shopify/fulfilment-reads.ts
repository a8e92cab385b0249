import type { z } from "zod";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { chunked } from "../map-bounded.ts";
import type { GraphqlResult, ShopifyClient } from "./client.ts";
import * as documents from "./documents.ts";
import {
  fulfilmentOrdersData,
  parcelLinesData,
  parcelsData,
  shippableLinesData,
  type FulfilmentOrder,
  type WireParcel,
} from "./wire-fulfilment.ts";

/** Pages of fulfilment orders looked at: thirty of them, one per location that sends something. */
const fulfilmentPagesMax = 10;
/** Pages of 250 lines of one fulfilment order: Shopify's orders have at most 500 lines. */
const linePagesMax = 4;
/** Parcels whose lines are read in one call. */
const parcelsAtOnceMax = 4;

export const unknownOrderFault: Fault = {
  kind: "rejected",
  message: "Shopify does not know this order.",
};
const manyParcelsFault: Fault = {
  kind: "rejected",
  message:
    "This order has too many parcels to be sure that this one is new. Send it in the Shopify admin.",
};

type Sent =
  | { readonly ok: true; readonly units: ReadonlyMap<string, number> }
  | { readonly ok: false; readonly fault: Fault };

/** Units by line that went under this tracking number. */
export async function readSent(
  client: ShopifyClient,
  parcel: { readonly id: string; readonly trackingNumber: string },
  signal: AbortSignal,
): Promise<Sent> {
  const found = await readParcels(client, parcel.id, signal);
  if (!found.ok) return found;
  if (found.parcels === null) return { ok: false, fault: unknownOrderFault };
  if (found.parcels.length >= documents.parcelsMax) return { ok: false, fault: manyParcelsFault };
  const same = found.parcels.filter((one) => isParcel(one, parcel.trackingNumber));
  const units = new Map<string, number>();
  for (const some of chunked(same, parcelsAtOnceMax)) {
    const result = await client({
      query: documents.parcelLinesQuery,
      variables: { ids: some.map(({ id }) => id) },
      cost: some.length * documents.parcelLinesCostPoints,
      data: parcelLinesData,
      optional: true,
      signal,
    });
    if (!result.ok) return result;
    const lines = result.data.nodes.flatMap((node) => node.fulfillmentLineItems.nodes);
    for (const { lineItem, quantity } of lines) {
      units.set(lineItem.id, (units.get(lineItem.id) ?? 0) + (quantity ?? 0));
    }
  }
  return { ok: true, units };
}

/** Whether a fulfilment is the parcel of this tracking number; without a number, one that has none. */
function isParcel({ status, trackingInfo }: WireParcel, trackingNumber: string): boolean {
  if (unsentStatuses.has(status)) return false;
  const numbers = trackingInfo.flatMap(({ number }) => number?.trim() || []);
  return trackingNumber === "" ? numbers.length === 0 : numbers.includes(trackingNumber);
}

/** Fulfilments that did not come about. */
const unsentStatuses = new Set(["CANCELLED", "ERROR", "FAILURE"]);

/** An order's parcels, null for an order that is not there: a few at first, all where there are many. */
async function readParcels(client: ShopifyClient, id: string, signal: AbortSignal) {
  for (const first of [documents.parcelsFirst, documents.parcelsMax]) {
    const result = await client({
      query: documents.parcelsQuery,
      variables: { id, first },
      cost: first * documents.parcelCostPoints + 1,
      data: parcelsData,
      optional: true,
      signal,
    });
    if (!result.ok) return result;
    const parcels = result.data.order?.fulfillments ?? null;
    if (parcels === null || parcels.length < first || first === documents.parcelsMax) {
      return { ok: true as const, parcels };
    }
  }
  throw new Error("unreachable: the last round returns");
}

/** What is left to send, by location, with all its lines. */
export async function readFulfilmentOrders(
  client: ShopifyClient,
  id: string,
  signal: AbortSignal,
): Promise<
  | { readonly ok: true; readonly orders: readonly FulfilmentOrder[] }
  | { readonly ok: false; readonly fault: Fault }
> {
  const orders: FulfilmentOrder[] = [];
  let after: string | null = null;
  for (let page = 0; page < fulfilmentPagesMax; page += 1) {
    const result: GraphqlResult<FulfilmentOrdersData> = await client({
      query: documents.fulfilmentOrdersQuery,
      variables: { id, after },
      cost: documents.fulfilmentOrdersCostPoints,
      data: fulfilmentOrdersData,
      optional: true,
      signal,
    });
    if (!result.ok) return result;
    if (!result.data.order) return { ok: false, fault: unknownOrderFault };
    const found: FulfilmentOrdersPage = result.data.order.fulfillmentOrders;
    for (const order of found.nodes) {
      const whole = await withAllLines(client, order, signal);
      if (!whole.ok) return whole;
      orders.push(whole.data);
    }
    after = found.pageInfo.hasNextPage ? (found.pageInfo.endCursor ?? null) : null;
    if (after === null) break;
  }
  return { ok: true, orders };
}

type FulfilmentOrdersData = z.infer<typeof fulfilmentOrdersData>;
type FulfilmentOrdersPage = NonNullable<FulfilmentOrdersData["order"]>["fulfillmentOrders"];
type ShippableLinesData = z.infer<typeof shippableLinesData>;

async function withAllLines(
  client: ShopifyClient,
  order: FulfilmentOrder,
  signal: AbortSignal,
): Promise<GraphqlResult<FulfilmentOrder>> {
  let { nodes, pageInfo }: FulfilmentOrder["lineItems"] = order.lineItems;
  for (let page = 0; pageInfo.hasNextPage && page < linePagesMax; page += 1) {
    const result: GraphqlResult<ShippableLinesData> = await client({
      query: documents.shippableLinesQuery,
      variables: { id: order.id, after: pageInfo.endCursor },
      cost: documents.shippableLinesCostPoints,
      data: shippableLinesData,
      optional: true,
      signal,
    });
    if (!result.ok) return result;
    const lines = result.data.fulfillmentOrder?.lineItems;
    if (!lines || lines.nodes.length === 0) break;
    nodes = [...nodes, ...lines.nodes];
    pageInfo = lines.pageInfo;
  }
  return { ok: true, data: { ...order, lineItems: { nodes, pageInfo } } };
}
