import type { ListingState, ReadResult } from "#app/channels/contract.ts";
import { decimalOf, moneyOf, type Money } from "#app/domain/money.ts";
import { refused, type Refused } from "./in-calls.ts";
import type { TradingKey } from "./listing-keys.ts";
import type {
  TradingAmount,
  TradingItem,
  TradingSpecifics,
  TradingVariation,
} from "./trading-wire.ts";
import { element } from "./xml.ts";

/** What one entry of ReviseInventoryStatus changes. */
export type StatusChange = { readonly quantity: number } | { readonly price: Money };

/** `<InventoryStatus>`: a variation needs the item's number and its SKU, a listing without variations the number alone. */
export function statusEntry(key: TradingKey, change: StatusChange): string {
  const sku = key.variationSku === undefined ? "" : element("SKU", key.variationSku);
  const value =
    "quantity" in change
      ? element("Quantity", change.quantity)
      : `<StartPrice currencyID="${change.price.currency}">${decimalOf(change.price)}</StartPrice>`;
  return `<InventoryStatus>${element("ItemID", key.itemId)}${sku}${value}</InventoryStatus>`;
}

/** Why a listing cannot be written at all; null when it can. */
export function refusedKey(key: TradingKey): Refused | null {
  if (!key.nameless) return null;
  return refused({
    kind: "unsupported",
    message:
      "This variation has no SKU at eBay, and eBay takes no number without one. Give it a SKU.",
  });
}

/** What a Trading listing shows now; a variation is found by its SKU. @param currency of the site, where eBay names none */
export function toTradingReading(item: TradingItem, key: TradingKey, currency: string): ReadResult {
  const state = itemState(item);
  if (key.variationSku === undefined) {
    if (item.Quantity === undefined) {
      return refused({
        kind: "unexpected",
        message: "eBay gave this listing without its quantity.",
      });
    }
    const price = amountOf(item.SellingStatus?.CurrentPrice ?? item.StartPrice, currency);
    return reading(item.Quantity, item.SellingStatus?.QuantitySold, price, state);
  }
  const found = item.Variations?.Variation.find(({ SKU }) => SKU === key.variationSku);
  if (!found) {
    const message = `eBay's listing ${key.itemId} has no variation with this SKU any more.`;
    return refused({ kind: "unknown-listing", message });
  }
  const price = amountOf(found.StartPrice, currency);
  return reading(found.Quantity, found.SellingStatus?.QuantitySold, price, state);
}

function reading(
  quantity: number,
  sold: number | undefined,
  price: Money | null,
  state: ListingState,
): ReadResult {
  return { ok: true, quantity: availableOf(quantity, sold), asOf: null, price, state };
}

/** The Trading API counts what was sold into a listing's quantity (channels.md 4.4). */
export function availableOf(quantity: number, sold: number | undefined): number {
  return Math.max(0, quantity - (sold ?? 0));
}

export function amountOf(
  amount: TradingAmount | null | undefined,
  siteCurrency: string,
): Money | null {
  return amount ? moneyOf(amount.value, amount.currency ?? siteCurrency) : null;
}

/** A listing that is out of stock is hidden from the search and still active; one eBay hid for itself is not. */
export function itemState(item: TradingItem): ListingState {
  const status = item.SellingStatus?.ListingStatus ?? "Active";
  if (status === "Ended" || status === "Completed") return "ended";
  const isHidden = item.HideFromSearch === "true" && item.ReasonHideFromSearch !== "OutOfStock";
  return isHidden ? "suppressed" : "active";
}

/** "Size: M, Colour: red" */
export function specificsText(specifics: TradingSpecifics): string {
  const pairs = specifics?.NameValueList ?? [];
  return pairs.map(({ Name, Value }) => `${Name}: ${Value.join("/")}`).join(", ");
}

/** The SKUs of a listing's variations; empty where it has none. */
export function variationSkus(item: TradingItem): readonly (string | null)[] {
  return (item.Variations?.Variation ?? []).map(({ SKU }: TradingVariation) => SKU);
}
