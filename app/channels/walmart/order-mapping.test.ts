import { describe, expect, test } from "vitest";
import type { Shipment } from "../contract.ts";
import { toShippingBody } from "./fulfilment.ts";
import { isUnacknowledged, reservedBySku, statesOf, toOrderSnapshot } from "./order-mapping.ts";
import { order, orderAnswer, ordersAnswer, type WalmartOrderLine } from "./order-wire.ts";

const placedMs = Date.parse("2026-01-02T03:04:05.000Z");
const state = (status: string, amount: string | number, trackingNumber?: string) => ({
  status,
  statusQuantity: { unitOfMeasurement: "EACH", amount },
  ...(trackingNumber === undefined ? {} : { trackingInfo: { trackingNumber } }),
});
const line = (lineNumber: string, ordered: string, ...states: unknown[]) => ({
  lineNumber,
  item: { productName: "Tee", sku: "TEE-RED-M" },
  orderLineQuantity: { unitOfMeasurement: "EACH", amount: ordered },
  statusDate: placedMs + 60_000,
  orderLineStatuses: { orderLineStatus: states },
});
const wire = (lines: readonly unknown[], more: Record<string, unknown> = {}) => ({
  purchaseOrderId: "1234567891234",
  orderDate: placedMs,
  orderLines: { orderLine: lines },
  shipNode: { type: "SellerFulfilled" },
  ...more,
});
const snapshot = (lines: readonly unknown[], more?: Record<string, unknown>) =>
  toOrderSnapshot(order.parse(wire(lines, more)));

describe("orders", () => {
  test("a new one; numbers of units are texts", () => {
    expect(snapshot([line("1", "2", state("Created", "2"))])).toEqual({
      orderId: "1234567891234",
      revision: placedMs,
      placedAt: "2026-01-02T03:04:05.000Z",
      cancelled: false,
      test: false,
      lines: [
        {
          lineId: "1",
          orderKey: "TEE-RED-M",
          sku: "TEE-RED-M",
          quantity: 2,
          shipped: 0,
          externalLocationId: null,
        },
      ],
    });
  });

  test("acknowledging changes nothing that we keep", () => {
    expect(snapshot([line("1", "2", state("Acknowledged", "2"))])).toEqual(
      snapshot([line("1", "2", state("Created", "2"))]),
    );
  });

  test("a line whose units are in several states", () => {
    const states = [state("Acknowledged", "1"), state("Shipped", "2"), state("Cancelled", "1")];
    const { lines, revision, cancelled } = snapshot([line("1", "4", ...states)]);
    expect(lines).toMatchObject([{ quantity: 3, shipped: 2 }]);
    expect(revision).toBe(placedMs + 60_000);
    expect(cancelled).toBe(false);
  });

  test.each(["Shipped", "Delivered", "Refund"])("%s units have left", (status) => {
    expect(snapshot([line("1", "1", state(status, "1"))]).lines).toMatchObject([
      { quantity: 1, shipped: 1 },
    ]);
  });

  test("a state that nobody knows is taken as open", () => {
    expect(snapshot([line("1", "1", state("Pondering", "1"))]).lines).toMatchObject([
      { quantity: 1, shipped: 0 },
    ]);
  });

  test("cancelled in full", () => {
    const both = [line("1", "1", state("Cancelled", "1")), line("2", "1", state("Cancelled", "1"))];
    expect(snapshot(both)).toMatchObject({
      cancelled: true,
      lines: [
        { quantity: 0, withdrawn: true },
        { quantity: 0, withdrawn: true },
      ],
    });
    expect(snapshot([both[0], line("2", "1", state("Created", "1"))]).cancelled).toBe(false);
  });

  test("a number that shrank with its cancel loses no unit", () => {
    const states = [state("Acknowledged", "1"), state("Cancelled", "1")];
    expect(snapshot([line("1", "1", ...states)]).lines).toMatchObject([{ quantity: 1 }]);
  });

  test("a line without states, without a SKU, or of another shape", () => {
    const bare = { ...line("1", "2"), orderLineStatuses: undefined };
    const noSku = { ...line("2", "1"), item: { productName: "?" } };
    const odd = { ...line("3", "1"), orderLineQuantity: { amount: "a few" } };
    const { lines } = snapshot([bare, noSku, odd]);
    expect(lines[0]).toMatchObject({ lineId: "1", quantity: 2, shipped: 0 });
    expect(lines[1]).toMatchObject({ lineId: "2", orderKey: null });
    expect(lines[1]?.unreadable).toBeDefined();
    expect(lines[2]).toMatchObject({ lineId: "3", quantity: 0 });
    expect(lines[2]?.unreadable).toBeDefined();
  });

  test.each(["WFSFulfilled", "3PLFulfilled"])("%s units were never the seller's", (type) => {
    const held = { shipNode: { type } };
    expect(snapshot([line("1", "2", state("Created", "2"))], held)).toMatchObject({
      cancelled: false,
      lines: [{ quantity: 0, shipped: 0, withdrawn: true }],
    });
  });

  test("times as numbers, digits and ISO 8601", () => {
    for (const orderDate of [placedMs, String(placedMs), "2026-01-02T03:04:05.000Z"]) {
      expect(snapshot([], { orderDate }).placedAt).toBe("2026-01-02T03:04:05.000Z");
    }
    expect(order.safeParse(wire([], { orderDate: "soon" })).success).toBe(false);
  });

  test("one order comes in an envelope or bare; a list leaves out what cannot be read", () => {
    const one = wire([line("1", "2", state("Created", "2"))]);
    expect(orderAnswer.parse({ order: one })).toEqual(orderAnswer.parse(one));
    const list = { list: { elements: { order: [one, { purchaseOrderId: 5 }] } } };
    expect(ordersAnswer.parse(list).orders).toHaveLength(1);
    expect(ordersAnswer.parse({ list: { elements: {} } })).toEqual({
      orders: [],
      nextCursor: null,
    });
    expect(ordersAnswer.safeParse({ hello: [1] }).success).toBe(false);
  });
});

describe("what Walmart has reserved", () => {
  test("open units by SKU, over orders and lines", () => {
    const orders = [
      wire([
        line("1", "2", state("Acknowledged", "1"), state("Shipped", "1")),
        line("2", "3", state("Created", "3")),
      ]),
      wire([line("1", "1", state("Cancelled", "1"))]),
      wire([line("1", "9", state("Created", "9"))], { shipNode: { type: "WFSFulfilled" } }),
    ].map((one) => order.parse(one));
    expect([...reservedBySku(orders)]).toEqual([["TEE-RED-M", 4]]);
  });

  test("an order waits to be acknowledged while some unit does", () => {
    const created = order.parse(wire([line("1", "2", state("Created", "1"))]));
    const taken = order.parse(wire([line("1", "2", state("Acknowledged", "2"))]));
    expect([isUnacknowledged(created), isUnacknowledged(taken)]).toEqual([true, false]);
  });
});

describe("shipments", () => {
  const shipment: Shipment = {
    shipmentId: "s",
    orderId: "1234567891234",
    parcelNumber: 1,
    lines: [{ lineId: "1", quantity: 1 }],
    carrier: "ups",
    carrierName: "UPS",
    trackingNumber: "1Z999",
    trackingUrl: null,
    shippedAt: "2026-01-03T03:04:05.000Z",
  };

  function bodyOf(change: Partial<Shipment> = {}, more: Record<string, unknown> = {}) {
    const read = order.parse(
      wire([{ ...line("1", "2", state("Acknowledged", "2")), ...more }], {
        shippingInfo: { methodCode: "Value" },
      }),
    );
    const lines = read.orderLines.orderLine.flatMap((one): WalmartOrderLine[] =>
      one.ok ? [one.line] : [],
    );
    const body = toShippingBody(
      read,
      { ...shipment, ...change },
      lines.map((one) => ({ line: one, units: 1 })),
    );
    return body.orderShipment.orderLines.orderLine[0];
  }
  const trackingOf = (change: Partial<Shipment>) =>
    bodyOf(change)?.orderLineStatuses.orderLineStatus[0].trackingInfo;

  test("as Walmart's sample has it", () => {
    expect(bodyOf()).toEqual({
      lineNumber: "1",
      intentToCancelOverride: false,
      sellerOrderId: "1234567891234",
      orderLineStatuses: {
        orderLineStatus: [
          {
            status: "Shipped",
            statusQuantity: { unitOfMeasurement: "EACH", amount: "1" },
            trackingInfo: {
              shipDateTime: Date.parse("2026-01-03T03:04:05.000Z"),
              carrierName: { carrier: "UPS" },
              methodCode: "Value",
              trackingNumber: "1Z999",
            },
          },
        ],
      },
    });
  });

  test.each([
    ["usps", "USPS"],
    ["fedex", "FedEx"],
    ["dhl", "DHL"],
    ["royal-mail", "Royal Mail"],
    ["canada-post", "Canada Post"],
    ["gls", "GLS"],
  ] as const)("%s is %s", (carrier, word) => {
    expect(trackingOf({ carrier })?.carrierName).toEqual({ carrier: word });
  });

  test("another carrier goes by its name, with an address to look at", () => {
    const other = { carrier: "other", carrierName: "Swift Pigeon" } as const;
    expect(trackingOf(other)).toMatchObject({
      carrierName: { otherCarrier: "Swift Pigeon" },
      trackingURL: "https://www.walmart.com/tracking?tracking_id=1Z999&order_id=1234567891234",
    });
    const trackingUrl = "https://pigeon.example.com/1Z999";
    expect(trackingOf({ ...other, trackingUrl })?.trackingURL).toBe(trackingUrl);
  });

  test.each([
    ["true", true],
    ["TRUE", true],
    ["Y", true],
    [true, true],
    ["false", false],
    [undefined, false],
    [{}, false],
  ])("a wish to cancel written %o", (intentToCancel, override) => {
    expect(bodyOf({}, { intentToCancel })?.intentToCancelOverride).toBe(override);
  });

  test("what is already told is found by its tracking number", () => {
    const read = order.parse(wire([line("1", "3", state("Shipped", "2", "1Z999"))]));
    const [first] = read.orderLines.orderLine;
    expect(first?.ok && statesOf(first.line)).toEqual([
      { status: "Shipped", units: 2, trackingNumber: "1Z999" },
    ]);
  });
});
