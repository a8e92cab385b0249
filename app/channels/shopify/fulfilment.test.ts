import { expect, test } from "vitest";
import type { Shipment } from "../contract.ts";
import { sendShipment } from "./fulfilment.ts";
import { stubShop, type StubAnswer } from "./shop-stub.ts";

const signal = new AbortController().signal;
const shipment: Shipment = {
  ...{ shipmentId: "s", orderId: "7", parcelNumber: 1, carrier: "dhl", carrierName: "DHL" },
  lines: [{ lineId: "1", quantity: 5 }],
  ...{ trackingNumber: "JD01", trackingUrl: null, shippedAt: "2026-01-11T10:00:00.000Z" },
};

interface Parcel {
  readonly id: string;
  readonly number: string | null;
  readonly units: number;
  readonly status?: string;
}

/** An order of line 1: three units wait here, two there. */
function shopWith(given: {
  readonly parcels?: readonly Parcel[];
  readonly fails?: (made: number) => boolean;
}) {
  const parcels: Parcel[] = [...(given.parcels ?? [])];
  const left = new Map([
    ["here", 3],
    ["there", 2],
  ]);
  let made = 0;
  const create = ({ fulfillment }: Readonly<Record<string, unknown>>): StubAnswer => {
    made += 1;
    if (given.fails?.(made)) return { fault: { kind: "timeout", message: "lost" } };
    const { lineItemsByFulfillmentOrder, trackingInfo } = fulfillment as {
      lineItemsByFulfillmentOrder: {
        fulfillmentOrderId: string;
        fulfillmentOrderLineItems: { quantity: number }[];
      }[];
      trackingInfo: { number?: string };
    };
    for (const {
      fulfillmentOrderId: place,
      fulfillmentOrderLineItems,
    } of lineItemsByFulfillmentOrder) {
      const units = fulfillmentOrderLineItems.reduce((sum, { quantity }) => sum + quantity, 0);
      left.set(place, (left.get(place) ?? 0) - units);
      parcels.push({ id: `f${made}`, number: trackingInfo.number ?? null, units });
    }
    const created = { fulfillment: { id: `f${made}` }, userErrors: [] };
    return { data: { fulfillmentCreate: created } };
  };
  return stubShop({
    LockstepParcels: ({ first }) => ({
      data: {
        order: {
          fulfillments: parcels
            .slice(0, Number(first))
            .map(({ id, number, status = "SUCCESS" }) => ({
              ...{ id, status, trackingInfo: number === null ? [] : [{ number }] },
            })),
        },
      },
    }),
    LockstepParcelLines: ({ ids }) => ({
      data: {
        nodes: (ids as string[]).map((id) => ({
          fulfillmentLineItems: {
            nodes: [
              {
                quantity: parcels.find((parcel) => parcel.id === id)?.units,
                lineItem: { id: "gid://shopify/LineItem/1" },
              },
            ],
          },
        })),
      },
    }),
    LockstepFulfilmentOrders: () => ({
      data: {
        order: {
          fulfillmentOrders: {
            nodes: [...left].map(([place, remainingQuantity]) => ({
              ...{
                id: place,
                status: "OPEN",
                supportedActions: [{ action: "CREATE_FULFILLMENT" }],
              },
              assignedLocation: { location: { id: place } },
              lineItems: {
                nodes: [
                  {
                    id: `${place}/1`,
                    remainingQuantity,
                    lineItem: { id: "gid://shopify/LineItem/1" },
                  },
                ],
                pageInfo: { hasNextPage: false },
              },
            })),
            pageInfo: { hasNextPage: false },
          },
        },
      },
    }),
    LockstepFulfil: create,
  });
}

const unitsOf = (calls: readonly Readonly<Record<string, unknown>>[]) =>
  calls.map(({ fulfillment }) => {
    const [first] = (
      fulfillment as {
        lineItemsByFulfillmentOrder: {
          fulfillmentOrderId: string;
          fulfillmentOrderLineItems: { quantity: number }[];
        }[];
      }
    ).lineItemsByFulfillmentOrder;
    return [first?.fulfillmentOrderId, first?.fulfillmentOrderLineItems[0]?.quantity];
  });

test("a parcel from two locations is one call for each", async () => {
  const { client, called } = shopWith({});
  expect(await sendShipment(client, shipment, signal)).toEqual({ ok: true, already: false });
  expect(unitsOf(called("LockstepFulfil"))).toEqual([
    ["here", 3],
    ["there", 2],
  ]);
  expect(called("LockstepFulfil")[0]).toMatchObject({
    fulfillment: {
      trackingInfo: { company: "DHL Express", number: "JD01" },
      notifyCustomer: true,
    },
  });
});

test("what broke off between two locations is finished, not repeated", async () => {
  const { client, called } = shopWith({ fails: (made) => made === 2 });
  expect(await sendShipment(client, shipment, signal)).toMatchObject({
    fault: { kind: "timeout" },
  });
  expect(await sendShipment(client, shipment, signal)).toEqual({ ok: true, already: false });
  expect(await sendShipment(client, shipment, signal)).toEqual({ ok: true, already: true });
  expect(unitsOf(called("LockstepFulfil"))).toEqual([
    ["here", 3],
    ["there", 2],
    ["there", 2],
  ]);
});

test("parcels of other numbers and cancelled ones are not this one", async () => {
  const parcels = [
    { id: "a", number: "OTHER", units: 5 },
    { id: "b", number: "JD01", units: 5, status: "CANCELLED" },
  ];
  const { client } = shopWith({ parcels });
  expect(await sendShipment(client, shipment, signal)).toEqual({ ok: true, already: false });
});

test("an order of many parcels is looked at again in full, and refused where that is not enough", async () => {
  const many = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      id: `p${index}`,
      number: `N${index}`,
      units: 1,
    }));
  const found = shopWith({ parcels: [...many(30), { id: "x", number: "JD01", units: 5 }] });
  expect(await sendShipment(found.client, shipment, signal)).toEqual({ ok: true, already: true });
  expect(found.called("LockstepParcels").map(({ first }) => first)).toEqual([20, 100]);
  const lost = shopWith({ parcels: many(120) });
  expect(await sendShipment(lost.client, shipment, signal)).toMatchObject({
    fault: { kind: "rejected" },
  });
});

test("an order id that is none is not asked for", async () => {
  const { client, calls } = shopWith({});
  expect(await sendShipment(client, { ...shipment, orderId: "4-0-4" }, signal)).toMatchObject({
    fault: { kind: "rejected" },
  });
  expect(calls).toEqual([]);
});
