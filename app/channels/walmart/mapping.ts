import type {
  ImportedListing,
  ListingRef,
  ListingState,
  QuantityWrite,
  ReadResult,
  WriteResult,
} from "#app/channels/contract.ts";
import { moneyOf, type Money } from "#app/domain/money.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { faultOfErrors } from "./errors.ts";
import type { NodeInventory, NodeUpdates, WalmartItem, WfsInventory } from "./wire.ts";

/** What a listing's `externalIds.fulfilment` says where Walmart's own centres hold the stock (WFS). */
export const heldByWalmart = "wfs";

/** Walmart's SKU text wins: the merchant's may have blanks around it. */
export function skuOf(listing: ListingRef): string {
  return listing.externalIds["sku"] ?? listing.sku;
}

/** Whether Walmart's own centres hold the stock: such a listing is read, and never written. */
export function isHeldByWalmart(listing: ListingRef): boolean {
  return listing.externalIds["fulfilment"] === heldByWalmart;
}

export const unsupportedWrite: Extract<WriteResult, { ok: false }> = {
  ok: false,
  fault: {
    kind: "unsupported",
    message: "Walmart holds this item's stock itself (WFS); its number cannot be set.",
  },
};

/** What one fulfilment centre has of a SKU, in units. */
export interface Stock {
  /** What the seller sent, units of unshipped Walmart orders included. */
  readonly input: number;
  /** What a buyer could buy. */
  readonly available: number;
  /** Units in Walmart orders that are not shipped. */
  readonly reserved: number;
}

export type StockAnswer =
  { readonly ok: true; readonly stock: Stock } | { readonly ok: false; readonly fault: Fault };

/**
 * The number that Walmart has to be sent, so that it shows `available`: it takes off the units of its own unshipped
 * orders by itself (channels.md 6.2). Both in units, ≥ 0.
 */
export function toWire(available: number, reserved: number): number {
  return available + reserved;
}

/**
 * The stock of the connection's centre.
 * @param shipNode null: the account's only one
 */
export function stockOf(inventory: NodeInventory, shipNode: string | null): StockAnswer {
  const { nodes } = inventory;
  if (shipNode === null && nodes.length > 1) {
    const message =
      "This SKU lies in several fulfilment centres at Walmart. Connect the account again and name the one to keep.";
    return { ok: false, fault: { kind: "rejected", message } };
  }
  const node = shipNode === null ? nodes[0] : nodes.find((one) => one.shipNode === shipNode);
  // A SKU that was never stocked there has no row: nothing is there, and nothing is reserved.
  if (!node) return { ok: true, stock: { input: 0, available: 0, reserved: 0 } };
  const errors = node.errors ?? [];
  if (errors.length > 0) {
    return { ok: false, fault: faultOfErrors(errors, "unexpected", "an error without words") };
  }
  return {
    ok: true,
    stock: {
      input: node.inputQty.amount,
      // Below zero it is oversold: a buyer can buy nothing.
      available: Math.max(0, node.availToSellQty.amount),
      reserved: Math.max(0, node.reservedQty?.amount ?? 0),
    },
  };
}

/** Whether Walmart took a number for one centre: a 200 may hold a refusal. */
export function toNodeResult(updates: NodeUpdates, shipNode: string): WriteResult {
  const node = updates.nodes.find((one) => one.shipNode === shipNode);
  if (!node) {
    const message = `Walmart's answer says nothing about the fulfilment centre ${shipNode}.`;
    return { ok: false, fault: { kind: "unexpected", message } };
  }
  if (node.status?.toLowerCase() === "success") return { ok: true };
  const words = `the fulfilment centre's status is ${node.status ?? "missing"}`;
  return { ok: false, fault: faultOfErrors(node.errors ?? [], "unexpected", words) };
}

/** Units that Walmart's own centres have for sale, over all of them. */
export function heldUnits(row: NonNullable<WfsInventory["payload"]["inventory"]>[number]): number {
  return (row.shipNodes ?? []).reduce((sum, node) => sum + Math.max(0, node.availToSellQty), 0);
}

/** A reading, of what the inventory and the item say. */
export function toReadResult(quantity: number, item: WalmartItem): ReadResult {
  return { ok: true, quantity, asOf: null, price: priceOf(item), state: stateOf(item) };
}

/**
 * Sold out is PUBLISHED as well. UNPUBLISHED and SYSTEM_PROBLEM carry Walmart's reasons, which only the seller can mend.
 */
export function stateOf({ lifecycleStatus, publishedStatus }: WalmartItem): ListingState {
  if (lifecycleStatus === "RETIRED" || lifecycleStatus === "ARCHIVED") return "ended";
  if (publishedStatus === "PUBLISHED") return "active";
  const isSuppressed = publishedStatus === "UNPUBLISHED" || publishedStatus === "SYSTEM_PROBLEM";
  return isSuppressed ? "suppressed" : "inactive";
}

/** Null where the item has none, or none that is an amount of money. */
export function priceOf({ price }: WalmartItem): Money | null {
  return price ? moneyOf(price.amount, price.currency) : null;
}

/** An item as the import finds it. @param held units at Walmart's own centres; undefined: the seller ships it */
export function toImportedListing(item: WalmartItem, held: number | undefined): ImportedListing {
  const isHeld = held !== undefined;
  return {
    key: item.sku,
    externalIds: isHeld ? { sku: item.sku, fulfilment: heldByWalmart } : { sku: item.sku },
    orderKey: item.sku,
    sku: item.sku,
    title: item.productName?.trim() || item.sku,
    barcode: item.gtin || item.upc || null,
    // The list of items carries none; the seller's own is read listing by listing.
    quantity: held ?? null,
    price: priceOf(item),
    state: stateOf(item),
    heldByChannel: isHeld,
    externalLocationId: null,
    url: null,
  };
}

/** The newest number of every SKU: of a SKU that a feed names twice nobody knows which one counts. */
export function newestBySku(writes: readonly QuantityWrite[]): ReadonlyMap<string, number> {
  return new Map(writes.map((write) => [skuOf(write), write.quantity]));
}

export type FeedType = "MP_INVENTORY" | "inventory";

/** With a centre the newer feed is needed; the older one writes the account's default. */
export function feedTypeOf(shipNode: string | null): FeedType {
  return shipNode === null ? "inventory" : "MP_INVENTORY";
}

/** The feed's file. Its keys are spelt with capitals in version 1.4 and without in 1.5. */
export function toFeedFile(amounts: ReadonlyMap<string, number>, shipNode: string | null): string {
  const rows = [...amounts].map(([sku, amount]) => ({ sku, quantity: { unit: "EACH", amount } }));
  if (shipNode === null) {
    return JSON.stringify({ InventoryHeader: { version: "1.4" }, Inventory: rows });
  }
  return JSON.stringify({
    inventoryHeader: { version: "1.5" },
    inventory: rows.map(({ sku, quantity }) => ({ sku, shipNodes: [{ shipNode, quantity }] })),
  });
}
