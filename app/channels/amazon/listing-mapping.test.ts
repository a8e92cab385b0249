import { describe, expect, test } from "vitest";
import { priceChange, quantityChange, readResultOf } from "./listing-mapping.ts";
import { listingItem } from "./wire-listings.ts";

const us = "ATVPDKIKX0DER";

function read(more: Record<string, unknown>) {
  const item = {
    sku: "A",
    fulfillmentAvailability: [{ fulfillmentChannelCode: "DEFAULT", quantity: 4 }],
    summaries: [{ marketplaceId: us, status: ["BUYABLE", "DISCOVERABLE"] }],
    ...more,
  };
  return readResultOf(listingItem.parse(item), us);
}

const issue = (action: string, status = "NOT_EXEMPT") => ({
  issues: [{ code: "1", enforcements: { actions: [{ action }], exemption: { status } } }],
});

describe("what a listing shows", () => {
  test.each([
    [{}, "active"],
    [{ summaries: [{ marketplaceId: us, status: ["DISCOVERABLE"] }] }, "inactive"],
    [{ summaries: [{ marketplaceId: "OTHER", status: ["BUYABLE"] }] }, "inactive"],
    [{ summaries: [] }, "inactive"],
    [issue("LISTING_SUPPRESSED"), "suppressed"],
    [issue("SEARCH_SUPPRESSED"), "suppressed"],
    [issue("CATALOG_ITEM_REMOVED"), "suppressed"],
    [issue("ATTRIBUTE_SUPPRESSED"), "active"],
    [issue("LISTING_SUPPRESSED", "EXEMPT_UNTIL_EXPIRY_DATE"), "active"],
    [{ issues: "odd" }, "active"],
  ])("%j is %s", (more, state) => {
    expect(read(more)).toMatchObject({ ok: true, quantity: 4, state });
  });

  test("sold out is active where the listing stands in this marketplace", () => {
    const fulfillmentAvailability = [{ fulfillmentChannelCode: "DEFAULT", quantity: 0 }];
    const summaries = [{ marketplaceId: us, status: [] }];
    expect(read({ fulfillmentAvailability, summaries })).toMatchObject({
      ...{ quantity: 0, state: "active" },
    });
  });

  test("the ordinary offer's price, of this marketplace", () => {
    const offer = (marketplaceId: string, offerType: string, amount: string) => ({
      ...{ marketplaceId, offerType, price: { amount, currencyCode: "USD" } },
    });
    const offers = [offer("OTHER", "B2C", "1.00"), offer(us, "B2B", "2.00"), offer(us, "B2C", "3")];
    expect(read({ offers })).toMatchObject({ price: { minor: 300, currency: "USD" } });
    expect(read({ offers: [offer(us, "B2C", "1e3")] })).toMatchObject({ price: null });
    expect(read({ offers: "odd" })).toMatchObject({ ok: true, price: null });
  });

  test("stock that Amazon or another warehouse of the seller keeps has no number of ours", () => {
    const codes = (...all: string[]) => ({
      fulfillmentAvailability: all.map((fulfillmentChannelCode) => ({ fulfillmentChannelCode })),
    });
    expect(read(codes("AMAZON_NA"))).toMatchObject({ fault: { kind: "unsupported" } });
    expect(read(codes("DEFAULT", "AMAZON_EU"))).toMatchObject({ fault: { kind: "unsupported" } });
    expect(read(codes("057d3fcc-b750"))).toMatchObject({ fault: { kind: "unsupported" } });
    expect(read(codes())).toMatchObject({ ok: true, quantity: 0 });
    expect(read({ fulfillmentAvailability: undefined })).toMatchObject({
      fault: { kind: "unexpected" },
    });
  });
});

describe("an attribute sent back whole", () => {
  test("keeps what it held: handling time, other channels, sale and business prices", () => {
    const stock = { fulfillment_channel_code: "DEFAULT", quantity: 1, restock_date: "2027-01-01" };
    expect(quantityChange(5).replaced([stock])).toEqual([{ ...stock, quantity: 5 }]);
    expect(quantityChange(5).replaced([])).toEqual([
      { fulfillment_channel_code: "DEFAULT", quantity: 5 },
    ]);

    const business = { marketplace_id: us, currency: "USD", audience: "B2B", our_price: [] };
    const abroad = { marketplace_id: "OTHER", currency: "CAD", our_price: [] };
    const own = { marketplace_id: us, currency: "USD", audience: "ALL", discounted_price: [1] };
    const our_price = [{ schedule: [{ value_with_tax: 19.99 }] }];
    const change = priceChange(us, { minor: 1_999, currency: "USD" });
    expect(change.merged).toEqual([{ marketplace_id: us, currency: "USD", our_price }]);
    expect(change.replaced([business, abroad, own])).toEqual([
      business,
      abroad,
      { ...own, our_price },
    ]);
    expect(change.replaced([business])).toEqual([business, ...change.merged]);
  });

  test("yen have no fraction", () => {
    const [value] = priceChange("A1VC38T7YXB528", { minor: 1_200, currency: "JPY" }).merged;
    expect(value).toMatchObject({ our_price: [{ schedule: [{ value_with_tax: 1_200 }] }] });
  });
});
