import { describe, expect, test } from "vitest";
import type { Shipment } from "../contract.ts";
import { planShipment, providerFor, wholePackages } from "./mapping-shipments.ts";
import { order } from "./wire.ts";

const wire = (line_items: object[], more: object = {}) =>
  order.parse({
    id: "O1",
    status: "AWAITING_SHIPMENT",
    shipping_type: "SELLER",
    create_time: 1_767_312_885,
    update_time: 1_767_312_990,
    line_items,
    ...more,
  });
const unit = (id: string, sku_id: string, more: object = {}) => ({ id, sku_id, ...more });
const parcel = (lines: Shipment["lines"], trackingNumber = "1Z 999"): Shipment => ({
  ...{ shipmentId: "s", orderId: "O1", parcelNumber: 1, carrier: "ups", carrierName: "UPS" },
  ...{ lines, trackingNumber, trackingUrl: null, shippedAt: "2026-01-02T00:00:00.000Z" },
});
const two = [{ lineId: "S1", quantity: 2 }];
const idsOf = (plan: ReturnType<typeof planShipment>) =>
  plan.kind === "ship" ? plan.units.map(({ id }) => id) : plan.kind;

describe("which units a parcel holds", () => {
  test("open ones of the SKU, as many as it says", () => {
    const items = [
      unit("a", "S1", { display_status: "CANCELLED" }),
      unit("b", "S2"),
      unit("c", "S1", { tracking_number: "other" }),
      unit("d", "S1"),
      unit("e", "S1"),
      unit("f", "S1"),
    ];
    expect(idsOf(planShipment(wire(items), parcel(two)))).toEqual(["d", "e"]);
  });

  test("those that carry its number were told before, however it is written", () => {
    const told = { tracking_number: "1z999" };
    const items = [unit("a", "S1", told), unit("b", "S1", told)];
    expect(planShipment(wire(items), parcel(two))).toEqual({ kind: "already" });
    const half = [unit("a", "S1", told), unit("b", "S1")];
    expect(idsOf(planShipment(wire(half), parcel(two)))).toEqual(["b"]);
  });

  test("a virtual bundle goes when all of its parts are in the parcel", () => {
    const combined_listing_skus = [
      { sku_id: "S1", sku_count: 2 },
      { sku_id: "S9", sku_count: 1 },
    ];
    const items = [unit("a", "B", { combined_listing_skus }), unit("b", "S1")];
    const lines = [...two, { lineId: "S9", quantity: 1 }];
    expect(idsOf(planShipment(wire(items), parcel(lines)))).toEqual(["a"]);
    expect(planShipment(wire(items), parcel(two)).kind).toBe("refused");
  });

  test.each([
    ["more than is left", {}, [unit("a", "S1")], "rejected"],
    ["TikTok ships itself", { shipping_type: "TIKTOK" }, [], "unsupported"],
    ["not paid", { status: "UNPAID" }, [], "locked"],
    ["in its hour of remorse", { status: "ON_HOLD" }, [], "locked"],
    ["cancelled", { status: "CANCELLED" }, [], "rejected"],
    ["a unit without an id", {}, [unit("", "S1"), unit("b", "S1")], "rejected"],
  ])("%s is refused", (_, more, items, kind) => {
    expect(planShipment(wire(items, more), parcel(two))).toMatchObject({ fault: { kind } });
  });
});

test("packages are named when they hold these units and no others", () => {
  const items = [
    unit("a", "S1", { package_id: "P1" }),
    unit("b", "S1", { package_id: "P2" }),
    unit("c", "S1", { package_id: "P2" }),
    unit("d", "S1"),
  ];
  const open = (...ids: string[]) =>
    ids.map((id) => ({ id, packageId: id === "a" ? "P1" : id === "d" ? null : "P2" }));
  expect(wholePackages(wire(items), open("a"))).toEqual(["P1"]);
  expect(wholePackages(wire(items), open("a", "b", "c"))).toEqual(["P1", "P2"]);
  expect(wholePackages(wire(items), open("b"))).toBeNull();
  expect(wholePackages(wire(items), open("d"))).toBeNull();
});

describe("which provider a carrier is", () => {
  const offered = ["USPS", "DHL eCommerce", "DHL Express", "Evri (Hermes)"].map((name, at) => ({
    id: String(at),
    name,
  }));
  test.each([
    ["usps", "United States Postal Service", "USPS"],
    ["dhl", "DHL", "DHL Express"],
    ["dhl", "DHL eCommerce", "DHL eCommerce"],
    ["hermes", "Evri", "Evri (Hermes)"],
    ["other", "usps", "USPS"],
  ] as const)("%s, «%s»: %s", (carrier, carrierName, name) => {
    expect(providerFor(offered, { carrier, carrierName })).toMatchObject({ name });
  });

  test("one that is not offered goes as «Other», where there is that", () => {
    const pigeon = { carrier: "other", carrierName: "Swift Pigeon" } as const;
    expect(providerFor(offered, pigeon)).toBeNull();
    const more = [...offered, { id: "9", name: "Other" }];
    expect(providerFor(more, pigeon)).toMatchObject({ id: "9" });
  });
});
