import { describe, expect, test } from "vitest";
import { toOrderSnapshot } from "./mapping.ts";
import { order } from "./wire.ts";

describe("eBay orders", () => {
  const wire = {
    orderId: "12-34567-89012",
    creationDate: "2026-01-02T03:04:05.000Z",
    lastModifiedDate: "2026-01-02T03:05:05.500Z",
    cancelStatus: { cancelState: "NONE_REQUESTED" },
    lineItems: [
      {
        lineItemId: "10000000000001",
        legacyItemId: "200000000001",
        sku: "TEE-RED-M",
        quantity: 2,
        lineItemFulfillmentStatus: "FULFILLED",
      },
      {
        lineItemId: "10000000000002",
        legacyItemId: "200000000002",
        legacyVariationId: "5",
        quantity: 1,
        lineItemFulfillmentStatus: "NOT_STARTED",
      },
    ],
  };

  test("lines keep their ids; without SKU the listing is the key", () => {
    expect(toOrderSnapshot(order.parse(wire))).toEqual({
      orderId: "12-34567-89012",
      revision: Date.parse("2026-01-02T03:05:05.500Z"),
      placedAt: "2026-01-02T03:04:05.000Z",
      cancelled: false,
      test: false,
      lines: [
        {
          lineId: "10000000000001",
          orderKey: "TEE-RED-M",
          sku: "TEE-RED-M",
          quantity: 2,
          shipped: 2,
          externalLocationId: null,
        },
        {
          lineId: "10000000000002",
          orderKey: "200000000002/5",
          sku: null,
          quantity: 1,
          shipped: 0,
          externalLocationId: null,
        },
      ],
    });
  });

  test.each([
    ["CANCELED", true],
    ["CANCEL_REQUESTED", false],
    ["NONE_REQUESTED", false],
  ])("cancel state %s", (cancelState, cancelled) => {
    const parsed = order.parse({ ...wire, cancelStatus: { cancelState } });
    expect(toOrderSnapshot(parsed).cancelled).toBe(cancelled);
  });

  test("lines listed on another marketplace are another connection's", () => {
    const [first, second] = wire.lineItems;
    const lineItems = [
      { ...first, listingMarketplaceId: "EBAY_GB" },
      { ...second, listingMarketplaceId: "EBAY_US" },
      { ...second, lineItemId: "3", listingMarketplaceId: "EBAY_MOTORS_US" },
      { ...second, lineItemId: "4" },
    ];
    const parsed = order.parse({ ...wire, lineItems });
    const idsOn = (marketplace?: string) =>
      toOrderSnapshot(parsed, marketplace).lines.map(({ lineId }) => lineId);
    expect(idsOn("EBAY_US")).toEqual(["10000000000002", "3", "4"]);
    expect(idsOn("EBAY_GB")).toEqual(["10000000000001", "4"]);
    expect(idsOn()).toHaveLength(4);
  });
});
