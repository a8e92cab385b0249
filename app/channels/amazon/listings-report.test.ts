import { describe, expect, test } from "vitest";
import { columnsOf, lineDecoder, listingOfRow } from "./listings-report.ts";

const names =
  "item-name\tlisting-id\tseller-sku\tprice\tquantity\tproduct-id-type\tasin1\tproduct-id\tfulfillment-channel\tstatus";
const us = "ATVPDKIKX0DER";

function listing(cells: readonly string[], marketplaceId = us, header = names) {
  const columns = columnsOf(header);
  if (!columns) throw new Error("no columns");
  return listingOfRow(cells.join("\t"), columns, marketplaceId);
}

const mug = ["Mug", "0101", "MUG 1", "12.5", "3", "3", "B000000001", "012345678905"];

describe("a line of the report", () => {
  test("is a listing with all that the report says", () => {
    expect(listing([...mug, "DEFAULT", "Active"])).toEqual({
      key: "MUG 1",
      externalIds: { sku: "MUG 1" },
      orderKey: "MUG 1",
      sku: "MUG 1",
      title: "Mug",
      barcode: "012345678905",
      quantity: 3,
      price: { minor: 1_250, currency: "USD" },
      state: "active",
      heldByChannel: false,
      externalLocationId: null,
      url: "https://www.amazon.com/dp/B000000001",
    });
  });

  test.each([
    [["DEFAULT", "Inactive"], { state: "inactive" }],
    [["DEFAULT", "Incomplete"], { state: "suppressed" }],
    [["AMAZON_NA", "Active"], { heldByChannel: true, quantity: null, state: "active" }],
    [["AMAZON_EU", "Inactive"], { heldByChannel: true, state: "inactive" }],
  ])("ends with %j", (end, wanted) => {
    expect(listing([...mug, ...end])).toMatchObject(wanted);
  });

  test("sold out is active: it comes back by itself", () => {
    const soldOut = mug.with(4, "0");
    expect(listing([...soldOut, "DEFAULT", "Inactive"])).toMatchObject({
      ...{ quantity: 0, state: "active" },
    });
  });

  test("what cannot be read is not there, and never a zero", () => {
    const odd = ["", "", " A, 1 ", "1.234,50", "many", "1", "", "B000000002"];
    expect(listing([...odd, "DEFAULT", "Active"])).toMatchObject({
      ...{ key: " A, 1 ", title: " A, 1 ", quantity: null, price: null, barcode: null },
      url: "https://www.amazon.com/dp/B000000002",
    });
    expect(listing([])).toBeNull();
    expect(listing(["Mug", "0101", " "])).toBeNull();
  });

  test("money is the marketplace's, and unknown where that is", () => {
    const yen = mug.with(3, "1200");
    expect(listing([...yen, "DEFAULT", "Active"], "A1VC38T7YXB528")).toMatchObject({
      ...{
        price: { minor: 1_200, currency: "JPY" },
        url: "https://www.amazon.co.jp/dp/B000000001",
      },
    });
    expect(listing([...mug, "DEFAULT", "Active"], "ANEWONE")).toMatchObject({
      ...{ price: null, url: null },
    });
  });

  test("Japan's own column names are known", () => {
    const header =
      "商品名\t出品ID\t出品者SKU\t価格\t数量\t商品IDタイプ\tasin1\t商品ID\tフルフィルメント・チャンネル\tステータス";
    const cells = [...mug.with(3, "980"), "DEFAULT", "出品中"];
    expect(listing(cells, "A1VC38T7YXB528", header)).toMatchObject({
      ...{ sku: "MUG 1", quantity: 3, price: { minor: 980, currency: "JPY" }, state: "active" },
    });
  });
});

test("a header without SKU or channel is no header of ours", () => {
  expect(columnsOf("item-name\tprice")).toBeNull();
  expect(columnsOf("seller-sku\tprice")).toBeNull();
  expect(columnsOf("\uFEFFseller-sku\tFulfillment-Channel")).toEqual({ sku: 0, channel: 1 });
});

test.each([
  ["utf-8", Buffer.from("café €"), "café €"],
  ["cp1252", Buffer.from([0x63, 0xe9, 0x80]), "cé€"],
  ["windows-31j", Buffer.from([0x83, 0x7d, 0x83, 0x4f]), "マグ"],
  [null, Buffer.from("café"), "café"],
  [null, Buffer.from([0x63, 0xe9]), "cé"],
  ["klingon", Buffer.from("café"), "café"],
])("text in %s", (charset, bytes, text) => {
  expect(lineDecoder(charset)(bytes)).toBe(text);
});
