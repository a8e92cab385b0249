import { z } from "zod";
import type { DemoSku } from "../catalogue.ts";
import type { EbayAnswer } from "./frame.ts";
import { currency, type Shop } from "./inventory.ts";
import type { EbayItem } from "./listings.ts";
import { money, tag, type TradingContext } from "./trading-frame.ts";

/** Most that a page of GetSellerList holds at this granularity (channels.md 4.4). */
const pageSizeMax = 200;
const windowMsMax = 120 * 24 * 60 * 60_000;
/** Good-Till-Cancelled: every listing here ends a month from now, again and again. */
const renewalMs = 30 * 24 * 60 * 60_000;

const itemShape = z.looseObject({ ItemID: z.string() });
const digits = z.string().regex(/^\d+$/).transform(Number);
const listShape = z.looseObject({
  EndTimeFrom: z.iso.datetime(),
  EndTimeTo: z.iso.datetime(),
  Pagination: z.looseObject({ EntriesPerPage: digits, PageNumber: digits }),
  IncludeVariations: z.enum(["true", "false"]).optional(),
});

/** GetItem: both kinds of listing can be read, ended ones too. */
export function getItem(call: TradingContext): EbayAnswer {
  const parsed = itemShape.safeParse(call.request);
  const known = parsed.success ? call.listings.byNumber(parsed.data.ItemID) : null;
  if (!parsed.success || !known) return call.refuse(17, "This item cannot be accessed.");
  const { item, successor } = known;
  const history = successor === null ? {} : { number: parsed.data.ItemID, successor };
  return call.answer({ content: wireItem(call, item, history) });
}

/** GetSellerList of what ends in a window, in pages. */
export function getSellerList(call: TradingContext): EbayAnswer {
  const parsed = listShape.safeParse(call.request);
  if (!parsed.success)
    return call.refuse(37, "Input data is invalid: a time range and pagination.");
  const { EndTimeFrom, EndTimeTo, Pagination, IncludeVariations } = parsed.data;
  const [fromMs, toMs] = [Date.parse(EndTimeFrom), Date.parse(EndTimeTo)];
  const { EntriesPerPage: size, PageNumber: page } = Pagination;
  if (toMs - fromMs > windowMsMax || size < 1 || size > pageSizeMax || page < 1) {
    return call.refuse(340, "Page number or time window is out of range.");
  }
  const endMs = call.context.now() + renewalMs;
  const items = fromMs <= endMs && endMs <= toMs ? call.listings.active() : [];
  const shown = items.slice((page - 1) * size, page * size);
  const totals =
    tag("TotalNumberOfPages", Math.ceil(items.length / size)) +
    tag("TotalNumberOfEntries", items.length);
  const withVariations = IncludeVariations === "true";
  const rows = shown.map((item) => wireItem(call, item, { withVariations }));
  return call.answer({
    content:
      `<PaginationResult>${totals}</PaginationResult>` +
      tag("HasMoreItems", page * size < items.length) +
      (rows.length > 0 ? `<ItemArray>${rows.join("")}</ItemArray>` : "<ItemArray/>") +
      tag("ItemsPerPage", size) +
      tag("PageNumber", page) +
      tag("ReturnedItemCountActual", rows.length),
  });
}

/** EndFixedPriceItem, with everything in it. */
export function endFixedPriceItem(call: TradingContext): EbayAnswer {
  const shape = itemShape.extend({
    EndingReason: z.enum(["NotAvailable", "Incorrect", "LostOrBroken"]),
  });
  const parsed = shape.safeParse(call.request);
  if (!parsed.success) return call.refuse(37, "Input data is invalid.");
  const known = call.listings.byNumber(parsed.data.ItemID);
  if (!known) return call.refuse(17, "This item cannot be accessed.");
  if (known.item.kind === "inventory") return call.refuse(21_919_474, notHere);
  if (known.item.ended || known.successor !== null) {
    return call.refuse(1047, "The auction has already been closed.");
  }
  call.listings.end(known.item);
  const endTime = new Date(call.context.now()).toISOString();
  return call.answer({ content: tag("EndTime", endTime) });
}

const notHere = "Inventory-based listing management is not currently supported by this tool.";

const relistShape = z.looseObject({
  Item: z.looseObject({
    ItemID: z.string(),
    Quantity: digits.optional(),
    Variations: z
      .looseObject({ Variation: z.array(z.looseObject({ SKU: z.string(), Quantity: digits })) })
      .optional(),
  }),
});

/** RelistFixedPriceItem: on sale again under a new number, with the quantities of the request. */
export function relistFixedPriceItem(call: TradingContext): EbayAnswer {
  const parsed = relistShape.safeParse(call.request);
  if (!parsed.success) return call.refuse(37, "Input data is invalid.");
  const { ItemID, Quantity, Variations } = parsed.data.Item;
  const known = call.listings.byNumber(ItemID);
  if (!known) return call.refuse(17, "This item cannot be accessed.");
  const { item, successor } = known;
  if (item.kind === "inventory") return call.refuse(21_919_474, notHere);
  if (!item.ended || successor !== null) return call.refuse(240, "The listing has not ended.");
  const wanted = new Map(Variations?.Variation.map((one) => [one.SKU, one.Quantity] as const));
  call.listings.relist(item);
  for (const { code } of item.skus) {
    const quantity = item.hasVariations ? wanted.get(code) : Quantity;
    if (quantity !== undefined) call.shelf.setShown(code, quantity);
    call.context.recordWrite(code, call.shelf.shown(code) ?? 0);
  }
  return call.answer({ content: tag("ItemID", item.listingId) });
}

interface Shown {
  /** Of a listing that goes on under another number: its old one, and that one. */
  readonly number?: string;
  readonly successor?: string;
  readonly withVariations?: boolean;
}

function wireItem(shop: Shop, item: EbayItem, shown: Shown): string {
  const { number = item.listingId, successor, withVariations = true } = shown;
  const isOver = item.ended || successor !== undefined;
  const [first] = item.skus;
  const single = item.hasVariations ? undefined : first;
  const quantities = item.skus.map((sku) => quantityOf(shop, sku));
  const isSoldOut = item.skus.every(({ code }) => shop.shelf.shown(code) === 0);
  const price = Math.min(...item.skus.map((sku) => shop.listings.priceMinor(sku)));
  return (
    `<Item>${tag("ItemID", number)}` +
    `<ListingDetails>${successor === undefined ? "" : tag("RelistedItemID", successor)}</ListingDetails>` +
    tag("ListingDuration", "GTC") +
    tag("ListingType", "FixedPriceItem") +
    tag(
      "Quantity",
      quantities.reduce((sum, one) => sum + one.quantity, 0),
    ) +
    `<SellingStatus>${money("CurrentPrice", price, currency)}` +
    tag(
      "QuantitySold",
      quantities.reduce((sum, one) => sum + one.sold, 0),
    ) +
    `${tag("ListingStatus", isOver ? "Completed" : "Active")}</SellingStatus>` +
    tag("Site", "US") +
    (single ? tag("SKU", single.code) : "") +
    money("StartPrice", price, currency) +
    tag("Title", item.title) +
    (isSoldOut ? tag("HideFromSearch", true) + tag("ReasonHideFromSearch", "OutOfStock") : "") +
    (item.hasVariations && withVariations ? wireVariations(shop, item) : "") +
    "</Item>"
  );
}

/** The Trading API counts what was sold into the quantity (channels.md 4.4). */
function quantityOf({ shelf, listings }: Shop, { code }: DemoSku) {
  const sold = listings.sold(code);
  return { sold, quantity: (shelf.shown(code) ?? 0) + sold };
}

function wireVariations(shop: Shop, item: EbayItem): string {
  const rows = item.skus.map((sku) => {
    const { quantity, sold } = quantityOf(shop, sku);
    return (
      `<Variation>${tag("SKU", sku.code)}` +
      money("StartPrice", shop.listings.priceMinor(sku), currency) +
      tag("Quantity", quantity) +
      specifics(sku) +
      `<SellingStatus>${tag("QuantitySold", sold)}</SellingStatus></Variation>`
    );
  });
  return `<Variations>${rows.join("")}</Variations>`;
}

/** "… / M (classic)" is of size M. */
export function specifics({ title }: DemoSku): string {
  const size = / \/ (\w+)/.exec(title)?.[1] ?? "One size";
  return `<VariationSpecifics><NameValueList>${tag("Name", "Size")}${tag("Value", size)}</NameValueList></VariationSpecifics>`;
}
