import type { z } from "zod";
import { mapAnswer, type Answer, type Call, type Caller } from "./client-call.ts";
import { cancellationsData, nothing } from "./wire-account.ts";
import { createdData, ordersData, type TiktokOrder } from "./wire.ts";

export interface OrdersWirePage {
  readonly orders: readonly TiktokOrder[];
  /** Null on the last page. */
  readonly nextPageToken: string | null;
}

/** Orders by when they were placed, for counting them. */
export interface CreatedWirePage {
  /** Orders that fit the search, over all pages. */
  readonly total: number;
  /** Of each order on the page, who asked for its cancellation, where somebody did. */
  readonly initiators: readonly (string | null)[];
  /** Null on the last page. */
  readonly nextPageToken: string | null;
}

/** Paths carry the version of each endpoint: old ones are retired after notice. */
const paths = {
  getOrders: "/order/202507/orders",
  searchOrders: "/order/202309/orders/search",
  fulfilment: "/fulfillment/202309",
  searchCancellations: "/return_refund/202309/cancellations/search",
} as const;

/** Most that a page takes (specs/channel-limits.json, search-cancellations.json). */
const ordersPageSizeMax = 100;
const cancellationsPageSizeMax = 50;

/** Orders and their cancellations. */
export function orderReads(call: Caller) {
  return {
    async getOrders(
      orderIds: readonly string[],
      signal: AbortSignal,
    ): Promise<Answer<OrdersWirePage>> {
      const query = { ids: orderIds.join(",") };
      const path = paths.getOrders;
      const request: Call = { operation: "getOrders", method: "GET", path, query };
      return mapAnswer(await call(request, ordersData, signal), toPage);
    },
    async searchOrders(
      { updatedFromS, pageToken }: ChangedPage,
      signal: AbortSignal,
    ): Promise<Answer<OrdersWirePage>> {
      const request: Call = {
        operation: "searchOrders",
        method: "POST",
        path: paths.searchOrders,
        query: ascending("update_time", ordersPageSizeMax, pageToken),
        body: { update_time_ge: updatedFromS },
      };
      return mapAnswer(await call(request, ordersData, signal), toPage);
    },
    /** Orders placed since: all of them, of which only the number is asked for, or a page of the cancelled. */
    async searchCreated(
      { createdFromS, cancelled }: CreatedSearch,
      signal: AbortSignal,
    ): Promise<Answer<CreatedWirePage>> {
      const size = cancelled ? ordersPageSizeMax : 1;
      const request: Call = {
        operation: "searchOrders",
        method: "POST",
        path: paths.searchOrders,
        query: ascending("create_time", size, cancelled?.pageToken ?? null),
        body: { create_time_ge: createdFromS, ...(cancelled && { order_status: "CANCELLED" }) },
      };
      return mapAnswer(await call(request, createdData, signal), toCreatedPage);
    },
    /** Orders of which something was cancelled since. */
    async searchCancellations(
      { updatedFromS, pageToken }: ChangedPage,
      signal: AbortSignal,
    ): Promise<
      Answer<{ readonly orderIds: readonly string[]; readonly nextPageToken: string | null }>
    > {
      const request: Call = {
        operation: "searchCancellations",
        method: "POST",
        path: paths.searchCancellations,
        query: ascending("update_time", cancellationsPageSizeMax, pageToken),
        body: { update_time_ge: updatedFromS, cancel_status: settledCancellations },
      };
      return mapAnswer(await call(request, cancellationsData, signal), (data) => ({
        orderIds: (data.cancellations ?? []).map((cancellation) => cancellation.order_id),
        nextPageToken: data.next_page_token || null,
      }));
    },
  };
}

/** Shipments of orders. */
export function shipmentWrites(call: Caller) {
  return {
    /** Reports units of one order as one parcel (US, UK, EU, JP). */
    markShipped(
      orderId: string,
      body: {
        readonly order_line_item_ids: readonly string[];
        readonly tracking_number: string;
        readonly shipping_provider_id: string;
      },
      signal: AbortSignal,
    ): Promise<Answer<unknown>> {
      const path = `${paths.fulfilment}/orders/${encodeURIComponent(orderId)}/packages`;
      return call({ operation: "markShipped", method: "POST", path, body }, nothing, signal);
    },
    /** Reports a package that TikTok made as shipped (other markets). */
    shipPackage(
      packageId: string,
      parcel: { readonly tracking_number: string; readonly shipping_provider_id: string },
      signal: AbortSignal,
    ): Promise<Answer<unknown>> {
      const path = `${paths.fulfilment}/packages/${encodeURIComponent(packageId)}/ship`;
      const body = { handover_method: "PICKUP", self_shipment: parcel };
      return call({ operation: "shipPackage", method: "POST", path, body }, nothing, signal);
    },
  };
}

interface ChangedPage {
  readonly updatedFromS: number;
  readonly pageToken: string | null;
}

interface CreatedSearch {
  readonly createdFromS: number;
  readonly cancelled?: { readonly pageToken: string | null };
}

/** The buyer's request alone cancels nothing yet. */
const settledCancellations = ["CANCELLATION_REQUEST_SUCCESS", "CANCELLATION_REQUEST_COMPLETE"];

function ascending(
  field: "create_time" | "update_time",
  pageSize: number,
  pageToken: string | null,
) {
  return {
    page_size: String(pageSize),
    sort_field: field,
    sort_order: "ASC",
    ...(pageToken !== null && { page_token: pageToken }),
  };
}

function toPage({ orders, next_page_token: next }: z.infer<typeof ordersData>): OrdersWirePage {
  return { orders: orders ?? [], nextPageToken: next || null };
}

function toCreatedPage(data: z.infer<typeof createdData>): CreatedWirePage {
  return {
    total: data.total_count,
    initiators: (data.orders ?? []).map((order) => order.cancellation_initiator ?? null),
    nextPageToken: data.next_page_token || null,
  };
}
