import { expect, test } from "vitest";
import { listing, order, readAnswer, shownListing, writeAnswer } from "./wire.ts";
import { listingOfRow, readOfRow, resultOfRow, shipmentBody, toOrderSnapshot } from "./mapping.ts";

test("a listing with nothing but its key is one", () => {
  expect(listingOfRow(listing.parse({ key: "P-1" }))).toEqual({
    key: "P-1",
    externalIds: { key: "P-1" },
    orderKey: "P-1",
    sku: null,
    title: "P-1",
    barcode: null,
    quantity: null,
    price: null,
    state: "active",
    heldByChannel: false,
    externalLocationId: null,
    url: null,
  });
});

test("a listing keeps its SKU as it stands, and its price to the cent", () => {
  const wire = listing.parse({
    key: 12,
    sku: " TEE ",
    title: "",
    barcode: "4006381333931",
    quantity: "7",
    price: { amount: 19.9, currency: "EUR" },
    state: "suppressed",
    held: true,
    colour: "red",
  });
  expect(listingOfRow(wire)).toMatchObject({
    key: "12",
    sku: " TEE ",
    title: " TEE ",
    quantity: 7,
    price: { minor: 1_990, currency: "EUR" },
    state: "suppressed",
    heldByChannel: true,
  });
});

test("texts hold nothing that no database takes", () => {
  const wire = listing.parse({ key: "P-1", title: "T\0ee \uD800", barcode: "x".repeat(9_000) });
  const { title, barcode } = listingOfRow(wire);
  expect(title).toBe("T ee \uFFFD");
  expect(barcode).toHaveLength(2_000);
  expect(listing.safeParse({ key: "P\0" }).success).toBe(false);
});

test("a price nobody can read costs no number", () => {
  for (const price of [{ amount: "x", currency: "EUR" }, { amount: "1.005", currency: "EUR" }, 7]) {
    const read = readOfRow(shownListing.parse({ key: "P-1", quantity: 3, price }));
    expect(read).toMatchObject({ ok: true, quantity: 3, price: null });
  }
});

test("a number that is none is no zero: the row cannot be read, the others can", () => {
  for (const quantity of [-1, 1.5, null, "many", undefined]) {
    const { listings } = readAnswer.parse({
      listings: [{ key: "P-1", quantity }, { key: "P-2", quantity: 0 }, { quantity: 5 }],
    });
    expect(listings).toMatchObject([
      { ok: false, key: "P-1" },
      { ok: true, value: { key: "P-2", quantity: 0 } },
    ]);
  }
  expect(shownListing.safeParse({ key: "P-1", quantity: 1, state: "melted" }).success).toBe(false);
});

test("a result that is missing or garbled is unexpected, never done", () => {
  const { results } = writeAnswer.parse({
    results: [{ key: "P-1" }, { key: "P-2", status: "ok" }],
  });
  expect(resultOfRow("P-1", results[0], 0)).toMatchObject({
    ok: false,
    fault: { kind: "unexpected" },
  });
  expect(resultOfRow("P-2", results[1], 0)).toEqual({ ok: true });
  expect(resultOfRow("P-3", undefined, 0)).toMatchObject({
    ok: false,
    fault: { kind: "unexpected", message: expect.stringContaining("P-3") },
  });
});

const lines = (...given: object[]) =>
  toOrderSnapshot(
    order.parse({
      id: "C-1",
      placedAt: "2026-11-02T09:00:00Z",
      updatedAt: "2026-11-02T09:00:00Z",
      lines: given,
    }),
  ).lines;

test("what is cancelled is not wanted, and what is not wanted is not shipped", () => {
  expect(lines({ id: "1", key: "P-1", quantity: 3, cancelled: 1, shipped: 3 })).toMatchObject([
    { quantity: 2, shipped: 2 },
  ]);
  const [all] = lines({ id: "1", key: "P-1", quantity: 3, cancelled: 3 });
  expect(all).toMatchObject({ quantity: 0, shipped: 0, withdrawn: true });
  // More cancelled than ordered is somebody's mistake: the ledger says so.
  expect(lines({ id: "1", key: "P-1", quantity: 1, cancelled: 2 })).toMatchObject([
    { quantity: -1, shipped: 0 },
  ]);
  const [nothing] = lines({ id: "1", key: "P-1", quantity: 0 });
  expect(nothing).toMatchObject({ quantity: 0 });
  expect(nothing).not.toHaveProperty("withdrawn");
});

test("sold over the counter is shipped at once, from the shelf that is named", () => {
  const location = "gid://shopify/Location/70000000002";
  expect(lines({ id: 1, sku: "TEE", quantity: 2, shipped: 2, location })).toEqual([
    {
      lineId: "1",
      orderKey: null,
      sku: "TEE",
      quantity: 2,
      shipped: 2,
      externalLocationId: location,
    },
  ]);
});

test("a parcel goes out in the protocol's words", () => {
  const shippedAt = "2026-11-02T15:00:00.000Z";
  expect(
    shipmentBody({
      shipmentId: "01a19b7c-a680-7000-8000-000000000000",
      orderId: "C-1",
      parcelNumber: 2,
      lines: [{ lineId: "1", quantity: 2 }],
      carrier: "other",
      carrierName: "Swift Pigeon",
      trackingNumber: "SP1",
      trackingUrl: null,
      shippedAt,
    }),
  ).toEqual({
    orderId: "C-1",
    lines: [{ id: "1", quantity: 2 }],
    carrier: "other",
    carrierName: "Swift Pigeon",
    trackingNumber: "SP1",
    trackingUrl: null,
    shippedAt,
  });
});
