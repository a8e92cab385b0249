import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { OrderSnapshot } from "#app/domain/orders/order-snapshot.ts";
import { kindOf, listingsAt, neverAborted, placed, type Ground } from "./ground.ts";
import { pollAll, unitsOf } from "./orders.ts";
import type { Shipment } from "#app/channels/contract.ts";

const trackingNumber = "1Z999AA10123456784";

const missing = new Error("the power was there when the tests were made");

/** Shipments and account health: tested where the channel has them. */
export function describeFulfilment(ground: Ground): void {
  const { powers, scenario } = ground;
  if (powers.has("sendShipment")) {
    describe("shipments", () => {
      describeShipments(ground);
      if (!scenario.shipsWholeOrders) describePartialShipments(ground);
    });
  }
  if (powers.has("readAccountHealth")) describe("health", () => describeHealth(ground));
}

function describeShipments(ground: Ground): void {
  test("a parcel is told once, however often it is sent", async () => {
    const { session } = ground.rig;
    if (!session.sendShipment) throw missing;
    const order = await orderOf(ground, 1);
    const shipment = shipmentOf(order, { parcelNumber: 1, units: 1 });
    const first = await session.sendShipment(shipment, neverAborted());
    expect(first).toEqual({ ok: true, already: false });
    const again = await session.sendShipment(shipment, neverAborted());
    expect(again).toEqual({ ok: true, already: true });
    expect(parcels(ground, order)).toHaveLength(1);
    expect(parcels(ground, order)[0]).toMatchObject({ trackingNumber });
    expect(unitsOf(await seen(ground, order))).toEqual({ wanted: 1, shipped: 1 });
  });

  test("a carrier the channel has no code for goes by its name", async () => {
    const { session } = ground.rig;
    if (!session.sendShipment) throw missing;
    const order = await orderOf(ground, 1);
    const shipment: Shipment = {
      ...shipmentOf(order, { parcelNumber: 1, units: 1 }),
      carrier: "other",
      carrierName: "Swift Pigeon",
    };
    const sent = await session.sendShipment(shipment, neverAborted());
    expect(sent).toEqual({ ok: true, already: false });
    expect(parcels(ground, order)).toHaveLength(1);
  });

  test("an order that is not there is refused, never thrown", async () => {
    const { session } = ground.rig;
    if (!session.sendShipment) throw missing;
    const order = await orderOf(ground, 1);
    const stray = { ...shipmentOf(order, { parcelNumber: 1, units: 1 }), orderId: "4-0-4" };
    expect(kindOf(await session.sendShipment(stray, neverAborted()))).not.toBe("ok");
  });
}

function describePartialShipments(ground: Ground): void {
  test("an order ships in two parcels", async () => {
    const { session } = ground.rig;
    if (!session.sendShipment) throw missing;
    const order = await orderOf(ground, 3);
    for (const [index, units] of [1, 2].entries()) {
      const number = `${trackingNumber}${index}`;
      const shipment = shipmentOf(order, { parcelNumber: index + 1, units, number });
      expect(await session.sendShipment(shipment, neverAborted())).toMatchObject({ ok: true });
    }
    const told = parcels(ground, order);
    expect(told.map((parcel) => parcel.trackingNumber)).toEqual([
      `${trackingNumber}0`,
      `${trackingNumber}1`,
    ]);
    expect(told.flatMap(({ lines }) => lines).reduce((sum, it) => sum + it.quantity, 0)).toBe(3);
    expect(unitsOf(await seen(ground, order)).shipped).toBe(3);
  });
}

function describeHealth(ground: Ground): void {
  test("the account's health is a standing and shares within bounds", async () => {
    const { session } = ground.rig;
    if (!session.readAccountHealth) throw missing;
    const health = await session.readAccountHealth(neverAborted());
    if (!health.ok) throw new Error(`no health: ${JSON.stringify(health.fault)}`);
    expect(["good", "at-risk", "bad"]).toContain(health.standing);
    expect(health.metrics.length).toBeGreaterThan(0);
    for (const { name, label, value, unit } of health.metrics) {
      expect(name).not.toBe("");
      expect(label).not.toBe("");
      expect(value).toBeGreaterThanOrEqual(0);
      if (unit === "share") expect(value).toBeLessThanOrEqual(1);
    }
  });
}

/** A fresh order of the last SKU, as the channel gives it. */
async function orderOf(ground: Ground, quantity: number): Promise<OrderSnapshot> {
  const [listing] = listingsAt(ground, 7, 1);
  const orderId = placed(ground, listing?.sku ?? "", quantity);
  const { orders } = await pollAll(ground.rig.session, null);
  const found = orders.findLast(
    (one) => one.orderId === orderId || one.orderId.endsWith(`/${orderId}`),
  );
  if (!found) throw new Error(`order ${orderId} is not seen`);
  return found;
}

async function seen(ground: Ground, order: OrderSnapshot): Promise<OrderSnapshot | undefined> {
  const { orders } = await pollAll(ground.rig.session, null);
  return orders.findLast(({ orderId }) => orderId === order.orderId);
}

/** What the seller reported, by the sandbox's own record. */
function parcels(ground: Ground, order: OrderSnapshot) {
  const { sandbox, definition } = ground.platform;
  const platform = sandbox.platform(definition.id);
  const own = platform.shipments(order.orderId);
  return own.length > 0 ? own : platform.shipments(order.orderId.split("/").at(-1) ?? "");
}

function shipmentOf(
  order: OrderSnapshot,
  parcel: { readonly parcelNumber: number; readonly units: number; readonly number?: string },
): Shipment {
  const lines = [];
  let left = parcel.units;
  for (const line of order.lines) {
    const quantity = Math.min(left, line.quantity);
    if (quantity > 0) lines.push({ lineId: line.lineId, quantity });
    left -= quantity;
  }
  return {
    shipmentId: randomUUID(),
    orderId: order.orderId,
    parcelNumber: parcel.parcelNumber,
    lines,
    carrier: "ups",
    carrierName: "UPS",
    trackingNumber: parcel.number ?? trackingNumber,
    trackingUrl: null,
    shippedAt: new Date().toISOString(),
  };
}
