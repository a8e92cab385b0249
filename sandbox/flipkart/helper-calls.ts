import { z } from "zod";
import type { SandboxContext } from "../context.ts";
import { listingIdOf } from "./demo.ts";
import { ok, refuse, type FlipkartAnswer } from "./frame.ts";
import type { ShipmentBook } from "./shipment-book.ts";

const testOrder = z.strictObject({
  shipmentType: z.enum(["SELF", "NORMAL", "EXPRESS"]).default("NORMAL"),
  locationId: z.string().optional(),
  orderItems: z
    .array(z.looseObject({ listingId: z.string(), quantity: z.number().int().min(1) }))
    .min(1),
});
const oneItem = z.looseObject({ orderItemId: z.string() });

/** Flipkart's own helpers of its sandbox: `/sellers/orders/sandbox/*` (specs: SelfServe). */
export function helperCall(
  { context, book }: { readonly context: SandboxContext; readonly book: ShipmentBook },
  name: string,
  body: unknown,
): FlipkartAnswer | null {
  if (name === "POST test_orders") return placeTestOrder(context, book, body);
  const act = acts[name];
  if (!act) return null;
  const read = oneItem.safeParse(body).data;
  const record = read && book.findByItem(read.orderItemId);
  if (!record) return refuse(404, "Order item not found");
  act(book, record);
  return ok({ response: "SUCCESS" });
}

type Act = (
  book: ShipmentBook,
  record: NonNullable<ReturnType<ShipmentBook["findByItem"]>>,
) => void;

const acts: Readonly<Record<string, Act>> = {
  "PUT on_hold": (book, record) => {
    book.setHold(record, true);
  },
  "PUT un_hold": (book, record) => {
    book.setHold(record, false);
  },
  "POST pick_up_complete": (book, record) => {
    book.setStage(record, "PICKUP_COMPLETE", "shipment_pickup_complete");
  },
  "POST shipped": (book, record) => {
    book.setStage(record, "SHIPPED", "shipment_shipped");
  },
  "POST delivered": (book, record) => {
    book.setStage(record, "DELIVERED", "shipment_delivered");
  },
};

function placeTestOrder(
  context: SandboxContext,
  book: ShipmentBook,
  body: unknown,
): FlipkartAnswer {
  const read = testOrder.safeParse(body).data;
  if (!read) return refuse(400, "Bad Request: the test order cannot be read");
  const orders = read.orderItems.flatMap(({ listingId, quantity }) => {
    const sku = context.catalogue.skus.find((one) => listingIdOf(one) === listingId);
    return sku ? [{ sku: sku.code, quantity }] : [];
  });
  const { shipmentType, locationId } = read;
  const placed = book.place(orders, { shipmentType, ...(locationId && { locationId }) });
  if (!placed.accepted) return refuse(400, `The order is not possible: ${placed.reason}`);
  const record = book.find(placed.orderId);
  const orderItems = (record?.items ?? []).map(({ orderItemId, quantity }, index) => ({
    orderItemId,
    listingId: read.orderItems[index]?.listingId ?? "",
    quantity,
  }));
  return ok({ orderId: record?.orderId ?? "", orderItems });
}
