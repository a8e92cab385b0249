import { moneyOf } from "#app/domain/money.ts";
import type { ImportedListing, ListingState } from "../contract.ts";
import { marketplaceOf } from "./marketplaces.ts";

/**
 * Columns of GET_MERCHANT_LISTINGS_ALL_DATA that are used, with the names they have in Japan: the English names are
 * asked for (`preferredReportDocumentLocale`), and some accounts get their own all the same.
 */
const columnNames = {
  title: ["item-name", "商品名"],
  sku: ["seller-sku", "出品者sku"],
  price: ["price", "価格"],
  quantity: ["quantity", "数量"],
  asin: ["asin1", "asin 1"],
  productIdType: ["product-id-type", "商品idタイプ"],
  productId: ["product-id", "商品id"],
  channel: ["fulfillment-channel", "フルフィルメント・チャンネル"],
  status: ["status", "ステータス"],
} as const;
export type ReportColumn = keyof typeof columnNames;

/** Where each column stands; a column that this account's report lacks is left out. */
export type ReportColumns = Readonly<Partial<Record<ReportColumn, number>>>;

/** Reads the header line; null when it is none of ours: without SKU and channel nothing can be said. */
export function columnsOf(header: string): ReportColumns | null {
  const names = cellsOf(header.replace(/^\uFEFF/, "")).map((name) => name.trim().toLowerCase());
  const found: Partial<Record<ReportColumn, number>> = {};
  for (const [column, spellings] of Object.entries(columnNames)) {
    const at = names.findIndex((name) => spellings.some((spelling) => spelling === name));
    if (at !== -1) found[column as ReportColumn] = at;
  }
  return found.sku === undefined || found.channel === undefined ? null : found;
}

/**
 * One line of the report as a listing; null for one that names no SKU (an empty line).
 * @param marketplaceId its currency and address
 */
export function listingOfRow(
  line: string,
  columns: ReportColumns,
  marketplaceId: string,
): ImportedListing | null {
  const cells = cellsOf(line);
  const cell = (column: ReportColumn) => cells[columns[column] ?? -1]?.trim() ?? "";
  // The SKU as it stands there: blanks belong to it.
  const sku = cells[columns.sku ?? -1] ?? "";
  if (sku.trim() === "") return null;
  const marketplace = marketplaceOf(marketplaceId);
  const heldByChannel = /^amazon/i.test(cell("channel"));
  const quantity = heldByChannel ? null : unitsOf(cell("quantity"));
  const asin = asinOf(cell("asin"), cell("productIdType"), cell("productId"));
  return {
    key: sku,
    externalIds: { sku },
    orderKey: sku,
    sku,
    title: cell("title") || sku,
    barcode: barcodeOf(cell("productIdType"), cell("productId")),
    quantity,
    price: marketplace ? moneyOf(cell("price"), marketplace.currency) : null,
    state: stateOf(cell("status"), quantity),
    heldByChannel,
    externalLocationId: null,
    url: marketplace && asin !== null ? `https://www.${marketplace.domain}/dp/${asin}` : null,
  };
}

/** Amazon's tables have no quotes: a tab is a tab. */
function cellsOf(line: string): string[] {
  return line.split("\t");
}

function unitsOf(text: string): number | null {
  return /^\d{1,9}$/.test(text) ? Number(text) : null;
}

/** `product-id-type`: 1 is an ASIN, 2 ISBN, 3 UPC, 4 EAN. */
function barcodeOf(type: string, id: string): string | null {
  return /^[234]$/.test(type) && /^\d{8,14}X?$|^\d{9}X$/i.test(id) ? id : null;
}

function asinOf(asin1: string, type: string, id: string): string | null {
  const asin = asin1 || (type === "1" ? id : "");
  return /^[A-Z0-9]{10}$/.test(asin) ? asin : null;
}

/**
 * Sold out is "Inactive" at Amazon, and comes back by itself with a quantity: active here. "Incomplete" waits for data
 * that only the merchant has.
 */
function stateOf(status: string, quantity: number | null): ListingState {
  switch (status.toLowerCase()) {
    case "":
    case "active":
    case "出品中":
      return "active";
    case "incomplete":
    case "不完全":
      return "suppressed";
    default:
      return quantity === 0 ? "active" : "inactive";
  }
}

/** Names of character sets in Amazon's answers that a TextDecoder knows by another name. */
const charsetAliases: Readonly<Record<string, string>> = {
  cp1252: "windows-1252",
  "windows-31j": "shift_jis",
};

/** Turns a report's lines into text. Without a stated character set: UTF-8, and Western European where it is none. */
export function lineDecoder(charset: string | null): (bytes: Buffer) => string {
  const western = new TextDecoder("windows-1252");
  const decoder = decoderOf(charsetAliases[charset ?? ""] ?? charset ?? "utf-8");
  return (bytes) => {
    try {
      return decoder.decode(bytes);
    } catch {
      return western.decode(bytes);
    }
  };
}

function decoderOf(charset: string): TextDecoder {
  try {
    return new TextDecoder(charset, { fatal: charset === "utf-8", ignoreBOM: true });
  } catch {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  }
}
