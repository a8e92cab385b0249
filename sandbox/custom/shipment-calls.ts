import { z } from "zod";
import type { SandboxContext } from "../context.ts";
import { shippedUnits } from "../shelf.ts";
import { ok, refuse, type CustomAnswer } from "./frame.ts";
import { badBody, lineIdOf } from "./read-calls.ts";
import type { Store } from "./store.ts";

const shipmentShape = z.strictObject({
  orderId: z.string(),
  lines: z.array(z.strictObject({ id: z.string(), quantity: z.number().int().min(1) })).min(1),
  carrier: z.string().min(1),
  carrierName: z.string().min(1),
  trackingNumber: z.string().min(1),
  trackingUrl: z.string().nullable(),
  shippedAt: z.iso.datetime({ offset: true }),
});

/** `PUT /shipments/{id}`: the same parcel again is known by its id, another one under that id is refused. */
export function putShipment(
  { context, store }: { readonly context: SandboxContext; readonly store: Store },
  id: string,
  body: unknown,
): CustomAnswer {
  const read = shipmentShape.safeParse(body);
  if (!read.success) return badBody;
  const shipment = read.data;
  const content = JSON.stringify(shipment);
  const known = store.parcels.get(id);
  if (known) {
    return known.content === content
      ? ok({ status: "already" })
      : refuse(409, "conflict", "Another parcel has this id.");
  }
  const order = store.shelf.find(shipment.orderId);
  if (!order) return refuse(404, "unknown-order", "There is no such order.");
  const lineId = lineIdOf(order);
  const stray = shipment.lines.find((line) => line.id !== lineId);
  if (stray) return refuse(422, "invalid", `The order has no line ${stray.id}.`);
  const lines = shipment.lines.map((line) => ({ lineId: line.id, quantity: line.quantity }));
  const { trackingNumber, carrier, carrierName } = shipment;
  const parcel = { trackingNumber, carrier: carrier === "other" ? carrierName : carrier, lines };
  if (!store.shelf.ship(order.orderId, parcel)) {
    const left = order.quantity - order.cancelledUnits - shippedUnits(order);
    return refuse(422, "invalid", `The order has ${String(left)} units left to ship.`);
  }
  store.parcels.set(id, { orderId: order.orderId, content });
  context.recordWrite(order.sku, store.shelf.shown(order.sku) ?? 0);
  return ok({ status: "created" }, 201);
}
