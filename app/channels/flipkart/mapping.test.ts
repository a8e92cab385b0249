import { describe, expect, it } from "vitest";
import type { ListingRef } from "#app/channels/contract.ts";
import {
  bySku,
  locationsOf,
  rupeesOf,
  toImported,
  toOrderSnapshot,
  toReadResult,
  unwritable,
} from "./mapping.ts";
import { listing, listingsAnswer, searchAnswer, shipment as shipmentShape } from "./wire.ts";

const ours = ["LOC1", "LOC2"];
const ref = (externalIds: ListingRef["externalIds"]): ListingRef => ({
  listingId: "l",
  sku: " A ",
  externalIds,
});

const wireListing = (change: Record<string, unknown> = {}) => ({
  listing_id: "LST1",
  product_id: "FSN1",
  listing_status: "ACTIVE",
  fulfillment_profile: "NON_FBF",
  price: { mrp: 100, selling_price: 90, currency: "INR" },
  locations: [
    { id: "LOC1", status: "ENABLED", inventory: 4, pending_inventory: 2 },
    { id: "LOC2", status: "DISABLED", inventory: 5 },
    { id: "LOC3", status: "ENABLED", inventory: 6 },
  ],
  ...change,
});

describe("a listing as it is read", () => {
  const read = (change: Record<string, unknown> = {}, locationIds = ours) => {
    const answer = listingsAnswer.parse({ available: { A: wireListing(change) } });
    return toReadResult(answer, ref({ sku: "A" }), locationIds);
  };

  it("shows what our enabled locations hold, whatever is pending", () => {
    expect(read()).toEqual({
      ok: true,
      quantity: 4,
      asOf: null,
      price: { minor: 9_000, currency: "INR" },
      state: "active",
    });
  });

  it("shows nothing where our location is none of its own", () => {
    expect(read({}, ["LOC9"])).toMatchObject({ ok: true, quantity: 0, state: "active" });
  });

  it("is ended when all of ours are disabled, inactive when the listing is", () => {
    expect(read({}, ["LOC2"])).toMatchObject({ quantity: 0, state: "ended" });
    expect(read({ listing_status: "INACTIVE" })).toMatchObject({ state: "inactive" });
    expect(read({ archived_status: "ARCHIVED" })).toMatchObject({ state: "inactive" });
  });

  it("counts all locations of stock that Flipkart holds", () => {
    expect(read({ fulfillment_profile: "FBF" }, ["LOC9"])).toMatchObject({ quantity: 10 });
  });

  it("never makes a number of a missing one", () => {
    for (const change of [
      { locations: undefined },
      { locations: null },
      { locations: [{ id: "LOC1", status: "ENABLED" }] },
      { locations: [{ id: "LOC1", status: "ENABLED", inventory: "many" }] },
      { product_id: undefined },
    ]) {
      expect(read(change)).toMatchObject({ ok: false, fault: { kind: "unexpected" } });
    }
  });

  it("has no price where Flipkart gives none that is one", () => {
    expect(read({ price: undefined })).toMatchObject({ ok: true, price: null });
    expect(read({ price: { mrp: 1, selling_price: "x", currency: "INR" } })).toMatchObject({
      ok: true,
      price: null,
    });
  });

  it("is unknown only when Flipkart says so", () => {
    const answer = listingsAnswer.parse({ available: {}, unavailable: ["A"], invalid: ["B"] });
    const kind = (sku: string) => {
      const result = toReadResult(answer, ref({ sku }), ours);
      return result.ok ? "ok" : result.fault.kind;
    };
    expect(kind("A")).toBe("unknown-listing");
    expect(kind("B")).toBe("unknown-listing");
    expect(kind("C")).toBe("unexpected");
    expect(kind("toString")).toBe("unexpected");
  });
});

describe("a listing as it is imported", () => {
  const [name] = searchAnswer.parse({
    listings: { listing_id: "LST1", product_id: "FSN1", sku_id: " A " },
  }).listings;
  const imported = (change: Record<string, unknown> = {}) => {
    if (!name) throw new Error("unreachable");
    return toImported(name, listing.parse(wireListing(change)), ours);
  };

  it("is known by Flipkart's listing id, with the SKU as it stands there", () => {
    expect(imported()).toMatchObject({
      key: "LST1",
      orderKey: "LST1",
      sku: " A ",
      externalIds: { sku: " A ", productId: "FSN1", listingId: "LST1" },
      quantity: 4,
      heldByChannel: false,
    });
  });

  it.each(["FBF", "FBF_LITE", "SOMETHING_NEW"])(
    "is Flipkart's own where its profile is %s",
    (profile) => {
      const held = imported({ fulfillment_profile: profile });
      expect(held).toMatchObject({ heldByChannel: true, externalIds: { heldBy: profile } });
      expect(unwritable(ref(held.externalIds))).toMatchObject({ kind: "unsupported" });
    },
  );

  it("says that a number is not known instead of 0", () => {
    expect(imported({ locations: undefined }).quantity).toBeNull();
  });
});

describe("what is written", () => {
  it("gives the first location all and the others nothing", () => {
    expect(locationsOf(7, ours)).toEqual([
      { id: "LOC1", inventory: 7 },
      { id: "LOC2", inventory: 0 },
    ]);
  });

  it("names SKUs that are words of JavaScript", () => {
    const body = bySku([ref({ sku: "__proto__", productId: "F" })], () => ({}));
    expect(JSON.stringify(body)).toBe('{"__proto__":{"product_id":"F"}}');
  });

  it("needs a product id", () => {
    expect(unwritable(ref({ sku: "A" }))).toMatchObject({ kind: "rejected" });
    expect(unwritable(ref({ sku: "A", productId: "F" }))).toBeNull();
  });

  it.each([
    [{ minor: 9_900, currency: "INR" }, 100, 99],
    [{ minor: 10_000, currency: "INR" }, 100, 100],
    [{ minor: 10_100, currency: "INR" }, 100, null],
    [{ minor: 9_950, currency: "INR" }, 100, null],
    [{ minor: 9_900, currency: "USD" }, 100, null],
  ])("price %j under a retail price of %i is %s rupees", (price, mrp, rupees) => {
    const result = rupeesOf(price, mrp);
    expect(result.ok ? result.rupees : null).toBe(rupees);
  });
});

describe("a shipment as an order", () => {
  const item = (change: Record<string, unknown> = {}) => ({
    orderItemId: "I1",
    orderId: "OD1",
    quantity: 2,
    status: "APPROVED",
    orderDate: "2026-04-06T18:15:57.000+05:30",
    sku: "A",
    listingId: "LST1",
    ...change,
  });
  const snapshot = (orderItems: unknown[], change: Record<string, unknown> = {}) =>
    toOrderSnapshot(
      shipmentShape.parse({
        shipmentId: "S1",
        updatedAt: "2026-04-06T18:17:01.000+05:30",
        locationId: "LOC1",
        orderItems,
        ...change,
      }),
      ours,
    );

  it("is keyed by the shipment, its lines by the order item", () => {
    expect(snapshot([item()])).toEqual({
      orderId: "S1",
      revision: Date.parse("2026-04-06T12:47:01.000Z"),
      placedAt: "2026-04-06T12:45:57.000Z",
      cancelled: false,
      test: false,
      lines: [
        {
          lineId: "I1",
          orderKey: "LST1",
          sku: "A",
          quantity: 2,
          shipped: 0,
          externalLocationId: "LOC1",
        },
      ],
    });
  });

  it.each([
    ["APPROVED", 0],
    ["PACKING_IN_PROGRESS", 0],
    ["FORM_FAILED", 0],
    ["PACKED", 0],
    ["READY_TO_DISPATCH", 0],
    ["PICKUP_COMPLETE", 2],
    ["SHIPPED", 2],
    ["DELIVERED", 2],
    ["COMPLETED", 2],
    ["RETURN_REQUESTED", 2],
    ["RETURNED", 2],
    ["SOMETHING_NEW", 0],
  ])("%s counts as sold, %i of 2 shipped", (status, shipped) => {
    expect(snapshot([item({ status })]).lines).toMatchObject([{ quantity: 2, shipped }]);
  });

  it("counts a partly cancelled item by its live rows", () => {
    const rows = [item({ quantity: 1 }), item({ quantity: 2, status: "CANCELLED" })];
    const order = snapshot(rows);
    expect(order).toMatchObject({ cancelled: false, lines: [{ lineId: "I1", quantity: 1 }] });
    expect(order.lines).toHaveLength(1);
  });

  it("is cancelled when every row is", () => {
    const gone = item({ status: "CANCELLED" });
    expect(snapshot([gone])).toMatchObject({
      cancelled: true,
      lines: [{ quantity: 0, withdrawn: true }],
    });
    expect(snapshot([gone, item({ orderItemId: "I2" })])).toMatchObject({
      cancelled: false,
      lines: [{ withdrawn: true }, { lineId: "I2", quantity: 2 }],
    });
    expect(snapshot([]).cancelled).toBe(false);
  });

  it("grows its revision with every change of one second", () => {
    const revisions = [
      snapshot([item({ quantity: 3 })]),
      snapshot([item({ quantity: 2 }), item({ quantity: 1, status: "CANCELLED" })]),
      snapshot([item({ quantity: 1 }), item({ quantity: 2, status: "CANCELLED" })]),
      snapshot([
        item({ quantity: 1, status: "PACKED" }),
        item({ quantity: 2, status: "CANCELLED" }),
      ]),
      snapshot([
        item({ quantity: 1, status: "SHIPPED" }),
        item({ quantity: 2, status: "CANCELLED" }),
      ]),
    ].map(({ revision }) => revision);
    expect(revisions).toEqual([...revisions].sort((a, b) => a - b));
    expect(new Set(revisions).size).toBe(revisions.length);
  });

  it("has no lines at a location that is not ours, and all of them where none is named", () => {
    expect(snapshot([item()], { locationId: "LOC9" }).lines).toEqual([]);
    expect(snapshot([item()], { locationId: null }).lines).toHaveLength(1);
  });

  it("keeps a row that cannot be read as a problem, not as a number", () => {
    expect(snapshot([item({ quantity: "two" }), item({ orderItemId: "I2" })]).lines).toMatchObject([
      { lineId: "I2", quantity: 2 },
      { lineId: "I1", unreadable: 'quantity "two" is not a number' },
    ]);
    // Half a line would be a number that nobody said.
    expect(snapshot([item(), item({ quantity: null })]).lines).toMatchObject([
      { lineId: "I1", unreadable: "quantity is empty" },
    ]);
    expect(snapshot([item({ sku: null, listingId: null })]).lines).toMatchObject([
      { lineId: "I1", unreadable: "the channel gave no SKU" },
    ]);
  });
});
