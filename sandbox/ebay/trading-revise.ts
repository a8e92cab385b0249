import { z } from "zod";
import type { DemoSku } from "../catalogue.ts";
import type { EbayAnswer } from "./frame.ts";
import { currency } from "./inventory.ts";
import type { EbayItem } from "./listings.ts";
import { money, tag, type TradingError, type TradingContext } from "./trading-frame.ts";

/** specs/channel-limits.json, ebay.batch. */
const entriesMax = 4;

const entryShape = z.strictObject({
  ItemID: z.string(),
  SKU: z.string().optional(),
  Quantity: z.string().regex(/^\d+$/).optional(),
  StartPrice: z
    .string()
    .regex(/^\d+(\.\d{1,2})?$/)
    .optional(),
});
const requestShape = z.looseObject({ InventoryStatus: z.array(entryShape).min(1) });
type Entry = z.infer<typeof entryShape>;

/** ReviseInventoryStatus: quantity asked for is what is for sale, quantity answered has what was sold on top. */
export function reviseInventoryStatus(call: TradingContext): EbayAnswer {
  const parsed = requestShape.safeParse(call.request);
  if (!parsed.success) return call.refuse(37, "Input data is invalid.");
  const { InventoryStatus: entries } = parsed.data;
  if (entries.length > entriesMax) {
    return call.refuse(21_916_254, "You have exceeded the maximum allowed containers.");
  }
  const names = entries.map(({ ItemID, SKU = "" }) => `${ItemID} ${SKU}`);
  if (new Set(names).size < names.length) {
    return call.refuse(21_916_635, "Invalid data: the same listing twice.");
  }
  const errors: TradingError[] = [];
  const done: string[] = [];
  for (const entry of entries) {
    const outcome = revise(call, entry);
    if (typeof outcome === "string") done.push(outcome);
    else errors.push(outcome);
  }
  const partly = done.length > 0 ? ({ partly: true } as const) : {};
  return call.answer({ content: done.join(""), errors, ...partly });
}

/** @returns the answer's row, or why there is none */
function revise(call: TradingContext, entry: Entry): string | TradingError {
  const found = targetOf(call, entry);
  if ("code" in found) return found;
  const { item, sku } = found;
  const { Quantity: quantity, StartPrice: price } = entry;
  if (quantity === "0" && !call.preferences.outOfStockControl) {
    return { code: 515, text: "The quantity must be a valid number greater than 0." };
  }
  if (!call.revisions.count(item.id)) {
    return { code: 21_919_165, text: "You have revised this listing the maximum 250 times today." };
  }
  if (price !== undefined) call.listings.setPrice(sku, Math.round(Number(price) * 100));
  if (quantity !== undefined) {
    call.shelf.setShown(sku.code, Number(quantity));
    call.context.recordWrite(sku.code, Number(quantity));
  }
  const shown = (call.shelf.shown(sku.code) ?? 0) + call.listings.sold(sku.code);
  return (
    `<InventoryStatus>${tag("SKU", sku.code)}${tag("ItemID", item.listingId)}` +
    `${money("StartPrice", call.listings.priceMinor(sku), currency)}${tag("Quantity", shown)}` +
    "</InventoryStatus>"
  );
}

function targetOf(
  { listings }: TradingContext,
  { ItemID, SKU }: Entry,
): { readonly item: EbayItem; readonly sku: DemoSku } | TradingError {
  const known = listings.byNumber(ItemID);
  if (!known) return { code: 17, text: "This item cannot be accessed." };
  const { item, successor } = known;
  if (item.kind === "inventory") {
    const text = "Inventory-based listing management is not currently supported by this tool.";
    return { code: 21_919_474, text };
  }
  if (item.ended || successor !== null) {
    return { code: 291, text: "You are not allowed to revise ended listings." };
  }
  const sku = item.hasVariations ? item.skus.find(({ code }) => code === SKU) : item.skus[0];
  return sku ? { item, sku } : { code: 21_916_799, text: "SKU does not match any variation." };
}
