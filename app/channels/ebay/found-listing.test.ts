import { describe, expect, test } from "vitest";
import { foundInItem, foundInReport, toImported } from "./found-listing.ts";
import { marketplaceOf } from "./marketplaces.ts";
import { itemAnswer, reportEntry } from "./trading-wire.ts";
import { parseXml } from "./xml.ts";

const us = marketplaceOf("EBAY_US");
const settings = { marketplaceId: "EBAY_US", host: "www.ebay.com" };

function item(content: string) {
  const document = parseXml(`<R><Item><ItemID>110</ItemID>${content}</Item></R>`) as { R: unknown };
  return foundInItem(itemAnswer.parse(document.R).Item, us);
}
function entry(content: string) {
  const text = `<SKUDetails><ItemID>110</ItemID>${content}</SKUDetails>`;
  return foundInReport(reportEntry.parse(parseXml(text)).SKUDetails, us);
}

const variation = (sku: string, size: string, quantity: number) =>
  `<Variation>${sku}<StartPrice>9.50</StartPrice><Quantity>${quantity}</Quantity>` +
  `<VariationSpecifics><NameValueList><Name>Size</Name><Value>${size}</Value></NameValueList></VariationSpecifics>` +
  "<SellingStatus><QuantitySold>2</QuantitySold></SellingStatus></Variation>";

describe("listings as GetSellerList gives them", () => {
  test("what is left is quantity less what was sold", () => {
    const found = item(
      "<Title>Mug &amp; co</Title><Quantity>12</Quantity><SellingStatus><QuantitySold>5</QuantitySold>" +
        '<CurrentPrice currencyID="USD">19.99</CurrentPrice></SellingStatus>' +
        "<ProductListingDetails><UPC>Does not apply</UPC><EAN>4006381333931</EAN></ProductListingDetails>",
    );
    expect(found).toEqual([
      {
        itemId: "110",
        sku: null,
        variation: null,
        title: "Mug & co",
        quantity: 7,
        price: { minor: 1_999, currency: "USD" },
        barcode: "4006381333931",
        state: "active",
      },
    ]);
    const [only] = found;
    expect(only && toImported(only, null, settings)).toMatchObject({
      key: "110",
      externalIds: { itemId: "110" },
      orderKey: "110",
      title: "Mug & co",
    });
  });

  test("a variation is named by its SKU; one without is shown under a key of its own", () => {
    const found = item(
      `<Title>Tee</Title><Variations>${variation("<SKU>A</SKU>", "S", 5)}${variation("", "M", 1)}</Variations>`,
    );
    const listings = found.map((one) => toImported(one, null, settings));
    expect(listings).toMatchObject([
      { key: "110/A", sku: "A", title: "Tee (Size: S)", quantity: 3, price: { minor: 950 } },
      { sku: null, externalIds: { itemId: "110", variation: "Size: M" }, quantity: 0 },
    ]);
    expect(listings[1]?.key.length).toBeLessThanOrEqual(200);
  });

  test.each([
    ["an auction", "<ListingType>Chinese</ListingType>"],
    ["another site's", "<Site>UK</Site>"],
    ["what is over", "<SellingStatus><ListingStatus>Completed</ListingStatus></SellingStatus>"],
  ])("%s is not ours to keep", (_, content) => {
    expect(item(`<Quantity>1</Quantity>${content}`)).toEqual([]);
  });

  test.each([
    ["OutOfStock", "active"],
    ["DuplicateListing", "suppressed"],
  ])("hidden as %s is %s", (reason, state) => {
    const hidden = `<HideFromSearch>true</HideFromSearch><ReasonHideFromSearch>${reason}</ReasonHideFromSearch>`;
    expect(item(`<Quantity>0</Quantity>${hidden}`)).toMatchObject([{ state, quantity: 0 }]);
  });
});

describe("listings as the report gives them", () => {
  test("a listing, a variation, and the same keys as from the pages", () => {
    const [found] = entry('<SKU>A</SKU><Price currencyID="USD">1.00</Price><Quantity>4</Quantity>');
    expect(found && toImported(found, null, settings)).toMatchObject({
      key: "110",
      orderKey: "A",
      title: "A",
      quantity: 4,
      url: "https://www.ebay.com/itm/110",
    });
    const [other] = entry(
      '<Variations><Variation><SKU>B</SKU><Price currencyID="USD">1.00</Price><Quantity>4</Quantity></Variation></Variations>',
    );
    expect(other && toImported(other, null, settings)).toMatchObject({ key: "110/B" });
  });

  test("auctions and other currencies are left out", () => {
    expect(entry("<SKU>A</SKU><BidCount>0</BidCount>")).toEqual([]);
    expect(entry('<SKU>A</SKU><Price currencyID="GBP">1.00</Price>')).toEqual([]);
  });
});
