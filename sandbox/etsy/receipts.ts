import type { SandboxParcel, SandboxRequest } from "../channel.ts";
import type { DemoSku } from "../catalogue.ts";
import type { SandboxContext } from "../context.ts";
import { shippedUnits, type Shelf, type ShelfOrder } from "../shelf.ts";
import { carrierNames } from "./carriers.ts";
import { answer, formOf, refuse, type EtsyAnswer } from "./frame.ts";
import { pageOf } from "./listings.ts";
import { demoEtsy, listingIdOf, placeOf, sizeProperty } from "./names.ts";
import { money } from "./wire.ts";

/** Receipts one filter can page through in the sandbox. */
const filteredReceiptsMax = 50_000;
const buyerUserId = 555_000_111;

/** `GET /v3/application/shops/{shop_id}/receipts` */
export function listReceipts(
  context: SandboxContext,
  shelf: Shelf,
  query: URLSearchParams,
): EtsyAnswer {
  const page = pageOf(query);
  const sinceS = Number(query.get("min_last_modified") ?? 946_684_800);
  if (!page || !Number.isInteger(sinceS)) return refuse(400, "Invalid value for a parameter.");
  // Without the filter Etsy leaves canceled receipts out (etsy/open-api #604, #629).
  const canceled = query.get("was_canceled") === "true";
  const found = shelf
    .changedSince(sinceS * 1_000, { cursor: null, pageSizeMax: filteredReceiptsMax })
    .orders.filter((order) => order.cancelled === canceled);
  const ascending = ["asc", "ascending", "up"].includes(query.get("sort_order") ?? "desc");
  const byUpdate = query.get("sort_on") === "updated";
  const sorted = byUpdate ? found : found.sort((a, b) => a.serial - b.serial);
  if (!ascending) sorted.reverse();
  const results = sorted
    .slice(page.offset, page.offset + page.limit)
    .map((order) => wireReceipt(context, order));
  return answer({ count: found.length, results });
}

/** `GET /v3/application/shops/{shop_id}/receipts/{receipt_id}` */
export function oneReceipt(context: SandboxContext, shelf: Shelf, receiptId: string): EtsyAnswer {
  const order = shelf.find(receiptId);
  return order ? answer(wireReceipt(context, order)) : noReceipt(receiptId);
}

/** `POST …/receipts/{receipt_id}/tracking`: Etsy knows no lines, the first parcel ships the receipt. */
export function addTracking(
  context: SandboxContext,
  shelf: Shelf,
  receiptId: string,
  request: SandboxRequest,
): EtsyAnswer {
  const order = shelf.find(receiptId);
  if (!order) return noReceipt(receiptId);
  const form = formOf(request);
  const trackingNumber = form?.["tracking_code"] ?? "";
  const carrier = form?.["carrier_name"] ?? "";
  const refusal = refusalOf(order, trackingNumber, carrier);
  if (refusal) return refusal;
  const left = order.quantity - order.cancelledUnits - shippedUnits(order);
  const parcel: SandboxParcel = {
    trackingNumber,
    carrier,
    lines: left > 0 ? [{ lineId: String(transactionIdOf(order)), quantity: left }] : [],
  };
  if (left > 0) shelf.ship(receiptId, parcel);
  else order.parcels = [...order.parcels, parcel];
  context.recordWrite(order.sku, shelf.shown(order.sku) ?? 0);
  return answer(wireReceipt(context, order));
}

function refusalOf(order: ShelfOrder, trackingNumber: string, carrier: string): EtsyAnswer | null {
  if (trackingNumber === "") return refuse(400, "A tracking number is required");
  if (!carrierNames.has(carrier)) return refuse(400, `Invalid carrier_name: ${carrier}`);
  if (order.cancelled) return refuse(400, "Tracking cannot be added to a canceled receipt.");
  if (order.parcels.some((parcel) => parcel.trackingNumber === trackingNumber)) {
    return refuse(409, "This tracking code was already submitted for the receipt.");
  }
  return null;
}

function noReceipt(receiptId: string): EtsyAnswer {
  const text = `Could not find a Shop Receipt with receipt_id = ${receiptId} associated with shop_id = ${demoEtsy.shopId}.`;
  return refuse(404, text);
}

/** 13 digits, below 2^53. */
export function receiptIdOf(serial: number): string {
  return `3${String(serial).padStart(12, "0")}`;
}

function transactionIdOf(order: ShelfOrder): number {
  return 4_000_000_000_000 + order.serial;
}

/** `ShopReceipt`, the parts without the buyer's data. */
function wireReceipt(context: SandboxContext, order: ShelfOrder): unknown {
  const sku = context.skuByCode(order.sku);
  const createdS = Math.floor(order.placedAtMs / 1_000);
  const updatedS = Math.floor(order.updatedAtMs / 1_000);
  const isShipped = order.parcels.length > 0;
  const total = money((sku?.priceMinor ?? 0) * order.quantity);
  return {
    receipt_id: Number(order.orderId),
    receipt_type: 0,
    seller_user_id: Number(demoEtsy.userId),
    buyer_user_id: buyerUserId,
    status: order.cancelled ? "canceled" : isShipped ? "completed" : "paid",
    payment_method: "cc",
    is_paid: true,
    is_shipped: isShipped,
    create_timestamp: createdS,
    created_timestamp: createdS,
    update_timestamp: updatedS,
    updated_timestamp: updatedS,
    is_gift: false,
    gift_message: "",
    grandtotal: total,
    subtotal: total,
    total_price: total,
    shipments: order.parcels.map((parcel, index) => ({
      receipt_shipping_id: order.serial * 10 + index + 1,
      shipment_notification_timestamp: updatedS,
      carrier_name: parcel.carrier,
      tracking_code: parcel.trackingNumber,
    })),
    transactions: sku ? [wireTransaction(order, sku, createdS)] : [],
    refunds: [],
  };
}

function wireTransaction(order: ShelfOrder, sku: DemoSku, createdS: number): unknown {
  const { listing, value, valueId } = placeOf(sku);
  const common = { property_id: sizeProperty.id, property_name: sizeProperty.name };
  return {
    transaction_id: transactionIdOf(order),
    title: sku.title,
    seller_user_id: Number(demoEtsy.userId),
    buyer_user_id: buyerUserId,
    create_timestamp: createdS,
    created_timestamp: createdS,
    paid_timestamp: createdS,
    shipped_timestamp: order.parcels.length > 0 ? Math.floor(order.updatedAtMs / 1_000) : null,
    quantity: order.quantity,
    receipt_id: Number(order.orderId),
    is_digital: false,
    listing_id: listingIdOf(listing),
    transaction_type: "listing",
    // Of the time of the sale: of no use once the listing was edited.
    product_id: 1_000_000_000 + order.serial,
    sku: sku.code,
    price: money(sku.priceMinor),
    shipping_cost: money(0),
    variations: [
      {
        property_id: sizeProperty.id,
        value_id: valueId,
        formatted_name: sizeProperty.name,
        formatted_value: value,
      },
    ],
    product_data: [
      { ...common, scale_id: null, scale_name: null, value_ids: [valueId], values: [value] },
    ],
  };
}
