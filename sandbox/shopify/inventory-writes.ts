import { randomInt } from "node:crypto";
import { sellable, type ShopStock, type StockItem, type StockLevel } from "./stock.ts";

/** What a mutation did; kept for its repeats, so it holds values only. */
export type WriteOutcome =
  | { readonly done: true; readonly group: AdjustmentGroup }
  | { readonly done: false; readonly userErrors: readonly UserError[] };

export interface UserError {
  readonly code: string;
  readonly field: readonly string[] | null;
  readonly message: string;
}

export interface AdjustmentGroup {
  readonly id: string;
  readonly createdAtMs: number;
  readonly reason: string;
  readonly referenceDocumentUri: string | null;
  readonly changes: readonly {
    readonly name: string;
    readonly delta: number;
    readonly quantityAfterChange: number;
    readonly itemGid: string;
    readonly locationGid: string;
  }[];
}

interface ElementInput {
  readonly inventoryItemId: string;
  readonly locationId: string;
  /** Null: no check. The endpoint refused the mutation when it was missing. */
  readonly changeFromQuantity?: number | null;
}

export interface AdjustInput {
  readonly name: string;
  readonly reason: string;
  readonly referenceDocumentUri?: string | null;
  readonly changes: readonly (ElementInput & {
    readonly delta: number;
    readonly ledgerDocumentUri?: string | null;
  })[];
}

export interface SetInput {
  readonly name: string;
  readonly reason: string;
  readonly referenceDocumentUri?: string | null;
  readonly quantities: readonly (ElementInput & { readonly quantity: number })[];
}

/** Shopify's bounds: shopify.md 3.1. */
const adjustDeltaMax = 2_000_000_000;
const setQuantityMax = 1_000_000_000;

const reasons = new Set([
  "correction",
  "cycle_count_available",
  "damaged",
  "movement_created",
  "movement_updated",
  "movement_received",
  "movement_canceled",
  "other",
  "promotion",
  "quality_control",
  "received",
  "reservation_created",
  "reservation_updated",
  "reservation_deleted",
  "restock",
  "safety_stock",
  "shrinkage",
]);

/** Everything a write needs besides its input. */
export interface WriteTarget {
  readonly stock: ShopStock;
  readonly now: () => number;
  /** Told once for each element that was written. */
  readonly recordWrite: (sku: string, shown: number) => void;
  /** A bundle's stock follows from its components. */
  readonly isBundle: (item: StockItem) => boolean;
}

interface Move {
  readonly level: StockLevel;
  readonly delta: number;
}

/** inventoryAdjustQuantities: relative. One bad element and nothing is applied. */
export function adjustQuantities(target: WriteTarget, input: AdjustInput): WriteOutcome {
  const errors = inputErrors(input);
  if (input.name !== "available") {
    errors.push(problem("INVALID_QUANTITY_NAME", ["input", "name"]));
  }
  const moves: Move[] = [];
  for (const [index, change] of input.changes.entries()) {
    const at = ["input", "changes", String(index)];
    if (change.ledgerDocumentUri != null) {
      errors.push(problem("INVALID_AVAILABLE_DOCUMENT", [...at, "ledgerDocumentUri"]));
    }
    if (change.delta > adjustDeltaMax) {
      errors.push(problem("INVALID_QUANTITY_TOO_HIGH", [...at, "delta"]));
    }
    if (change.delta < -adjustDeltaMax) {
      errors.push(problem("INVALID_QUANTITY_TOO_LOW", [...at, "delta"]));
    }
    const level = levelOf(target, change, at, errors);
    if (!level) continue;
    checkStale(level.available, change, at, errors);
    moves.push({ level, delta: change.delta });
  }
  if (errors.length > 0) return { done: false, userErrors: errors };
  return { done: true, group: apply(target, input, moves) };
}

/** inventorySetQuantities: absolute, for `available` or `on_hand`. One bad element and nothing is applied. */
export function setQuantities(target: WriteTarget, input: SetInput): WriteOutcome {
  const errors = inputErrors(input);
  const onHand = input.name === "on_hand";
  if (!onHand && input.name !== "available") {
    errors.push(problem("INVALID_NAME", ["input", "name"]));
  }
  const moves: Move[] = [];
  const seen = new Set<StockLevel>();
  for (const [index, element] of input.quantities.entries()) {
    const at = ["input", "quantities", String(index)];
    if (element.quantity < 0) {
      errors.push(problem("INVALID_QUANTITY_NEGATIVE", [...at, "quantity"]));
    }
    if (element.quantity > setQuantityMax) {
      errors.push(problem("INVALID_QUANTITY_TOO_HIGH", [...at, "quantity"]));
    }
    const level = levelOf(target, element, at, errors);
    if (!level) continue;
    if (seen.has(level)) errors.push(problem("NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR", at));
    seen.add(level);
    const before = level.available + (onHand ? level.committed : 0);
    checkStale(before, element, at, errors);
    moves.push({ level, delta: element.quantity - before });
  }
  if (errors.length > 0) return { done: false, userErrors: errors };
  return { done: true, group: apply(target, input, moves) };
}

function apply(
  target: WriteTarget,
  input: { readonly reason: string; readonly referenceDocumentUri?: string | null },
  moves: readonly Move[],
): AdjustmentGroup {
  const changes = moves.flatMap(({ level, delta }) => {
    if (delta !== 0) target.stock.change(level, { available: delta, committed: 0 });
    target.recordWrite(level.item.sku.code, sellable(level.item));
    const place = { itemGid: level.item.gid, locationGid: level.locationGid, delta };
    const onHand = level.available + level.committed;
    return [
      { name: "available", quantityAfterChange: level.available, ...place },
      { name: "on_hand", quantityAfterChange: onHand, ...place },
    ];
  });
  return {
    id: `gid://shopify/InventoryAdjustmentGroup/${String(randomInt(1, 2 ** 47))}`,
    createdAtMs: target.now(),
    reason: input.reason,
    referenceDocumentUri: input.referenceDocumentUri ?? null,
    changes,
  };
}

function inputErrors(input: {
  readonly reason: string;
  readonly referenceDocumentUri?: string | null;
}): UserError[] {
  const errors: UserError[] = [];
  if (!reasons.has(input.reason)) errors.push(problem("INVALID_REASON", ["input", "reason"]));
  const uri = input.referenceDocumentUri;
  if (uri != null && !/^[a-z][a-z0-9+.-]*:\S+$/i.test(uri)) {
    errors.push(problem("INVALID_REFERENCE_DOCUMENT", ["input", "referenceDocumentUri"]));
  }
  return errors;
}

function levelOf(
  { stock, isBundle }: WriteTarget,
  element: ElementInput,
  at: readonly string[],
  errors: UserError[],
): StockLevel | null {
  const item = stock.item(element.inventoryItemId);
  if (!item) {
    errors.push(problem("INVALID_INVENTORY_ITEM", [...at, "inventoryItemId"]));
    return null;
  }
  if (isBundle(item))
    errors.push(problem("NON_MUTABLE_INVENTORY_ITEM", [...at, "inventoryItemId"]));
  const level = stock.levelAt(element.inventoryItemId, element.locationId);
  // Every item of the demo shop is stocked at every location: what is not found does not exist.
  if (!level) errors.push(problem("INVALID_LOCATION", [...at, "locationId"]));
  return level ?? null;
}

function checkStale(
  current: number,
  element: ElementInput,
  at: readonly string[],
  errors: UserError[],
): void {
  const expected = element.changeFromQuantity;
  if (expected === null || expected === undefined || expected === current) return;
  errors.push(problem("CHANGE_FROM_QUANTITY_STALE", [...at, "changeFromQuantity"]));
}

const messages: Readonly<Record<string, string>> = {
  CHANGE_FROM_QUANTITY_STALE:
    "The changeFromQuantity argument no longer matches the persisted quantity.",
  INVALID_AVAILABLE_DOCUMENT: "The ledger document must not be given for available quantities.",
  INVALID_INVENTORY_ITEM: "The specified inventory item could not be found.",
  INVALID_LOCATION: "The specified location could not be found.",
  INVALID_NAME: "The quantity name must be either 'available' or 'on_hand'.",
  INVALID_QUANTITY_NAME: "The specified quantity name is invalid.",
  INVALID_QUANTITY_NEGATIVE: "The quantity can't be negative.",
  INVALID_QUANTITY_TOO_HIGH: "The quantity is too high.",
  INVALID_QUANTITY_TOO_LOW: "The quantity is too low.",
  INVALID_REASON: "The specified reason is invalid.",
  INVALID_REFERENCE_DOCUMENT: "The specified reference document is invalid.",
  NON_MUTABLE_INVENTORY_ITEM: "The specified inventory item is not allowed to be adjusted via API.",
  NO_DUPLICATE_INVENTORY_ITEM_ID_GROUP_ID_PAIR:
    "The combination of inventoryItemId and locationId must be unique.",
};

function problem(code: string, field: readonly string[]): UserError {
  return { code, field, message: messages[code] ?? code };
}
