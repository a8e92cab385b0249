import type { Cause, MovementKind } from "../stock/movement.ts";
import type { StockBook } from "../stock/stock-book.ts";
import { lineUnitsMax, type OrderLineSnapshot, type OrderSnapshot } from "./order-snapshot.ts";
import {
  unitsTaken,
  type Allocation,
  type OrderLineState,
  type OrderState,
} from "./order-state.ts";

export interface FoldContext {
  readonly book: StockBook;
  /** Locations that may fulfil, most wanted first. */
  readonly locations: readonly FoldLocation[];
  /** The SKU a line sells, or null when nothing matches. */
  readonly skuOf: (line: OrderLineSnapshot) => string | null;
  /** "<channel>:<account>": begins every idempotency key of the order. */
  readonly keyPrefix: string;
  readonly cause: Cause;
}

export interface FoldLocation {
  readonly id: string;
  readonly externalId: string | null;
}

export interface Folded {
  readonly state: OrderState;
  /** Units this fold took (+) or gave back (−) at the channel, by SKU, oversold ones included. */
  readonly sold: ReadonlyMap<string, number>;
  /** Units newly oversold, by SKU. */
  readonly oversold: ReadonlyMap<string, number>;
  /** Lines that moved no stock, in words for the dead letter. */
  readonly problems: readonly string[];
}

/**
 * Brings an order's stock to what a snapshot says. The difference between what the order holds and
 * what it should hold becomes movements on `context.book`, so a repeated, late or reordered snapshot
 * changes nothing twice (invariant 3) and a shortage is recorded, never refused (invariant 2).
 */
export function foldOrder(
  known: OrderState | null,
  snapshot: OrderSnapshot,
  context: FoldContext,
): Folded {
  const before = known ?? unknownOrder(snapshot);
  const cancelled = isCancelled(snapshot, before, known !== null);
  const tally = new Tally();
  const line = { ...context, tally, snapshot, cancelled };
  const lines = new Map(before.lines.map((state) => [state.lineId, state]));
  const stale = snapshot.revision < before.revision;
  for (const wanted of snapshot.lines) {
    const state = lines.get(wanted.lineId);
    // A stale snapshot may still bring a line nobody has told us about, or one that could not be read before.
    if (stale && state?.problem === null) continue;
    lines.set(wanted.lineId, foldLine(state ?? newLine(wanted, context), wanted, line));
  }
  if (cancelled) {
    for (const state of lines.values()) {
      lines.set(state.lineId, settle({ ...state, quantity: 0 }, line));
    }
  }
  const state: OrderState = {
    ...before,
    revision: Math.max(snapshot.revision, before.revision),
    cancelled,
    test: snapshot.test || before.test,
    lines: [...lines.values()],
  };
  return { state, sold: tally.sold, oversold: tally.oversold, problems: tally.problems };
}

/**
 * The newest word counts: a shop may open a cancelled order again (WooCommerce, when its payment comes late). Of two
 * words of one instant the cancellation counts; an older one says nothing.
 */
function isCancelled(snapshot: OrderSnapshot, before: OrderState, isKnown: boolean): boolean {
  if (!isKnown || snapshot.revision > before.revision) return snapshot.cancelled;
  const sameInstant = snapshot.revision === before.revision;
  return before.cancelled || (sameInstant && snapshot.cancelled);
}

function unknownOrder(snapshot: OrderSnapshot): OrderState {
  return {
    orderId: snapshot.orderId,
    revision: snapshot.revision,
    cancelled: false,
    test: false,
    placedAt: new Date(snapshot.placedAt),
    lines: [],
  };
}

class Tally {
  readonly sold = new Map<string, number>();
  readonly oversold = new Map<string, number>();
  readonly problems: string[] = [];

  count(map: Map<string, number>, skuId: string, units: number): void {
    if (units !== 0) map.set(skuId, (map.get(skuId) ?? 0) + units);
  }
}

interface LineContext extends FoldContext {
  readonly tally: Tally;
  readonly snapshot: OrderSnapshot;
  readonly cancelled: boolean;
}

function newLine(wanted: OrderLineSnapshot, context: FoldContext): OrderLineState {
  return {
    lineId: wanted.lineId,
    skuId: context.skuOf(wanted),
    quantity: 0,
    oversold: 0,
    shipped: 0,
    allocations: {},
    revision: 0,
    problem: null,
  };
}

function foldLine(
  line: OrderLineState,
  wanted: OrderLineSnapshot,
  context: LineContext,
): OrderLineState {
  const first = line.revision === 0 && line.quantity === 0;
  const problem = problemOf(
    wanted,
    line.skuId ?? context.skuOf(wanted),
    first && !context.cancelled,
  );
  if (problem) {
    context.tally.problems.push(problem);
    return { ...line, problem };
  }
  const skuId = line.skuId ?? context.skuOf(wanted);
  if (context.snapshot.test) return { ...line, skuId, quantity: wanted.quantity, problem: null };
  const quantity = context.cancelled ? 0 : wanted.quantity;
  const settled = settle({ ...line, skuId, quantity, problem: null }, context, wanted);
  const covered = coverShipped(settled, wanted, context);
  return ship(covered, Math.min(wanted.shipped, unitsTaken(covered)), context);
}

function problemOf(
  wanted: OrderLineSnapshot,
  skuId: string | null,
  mustSell: boolean,
): string | null {
  const name = `line ${wanted.lineId}`;
  if (wanted.unreadable !== undefined) return `${name}: ${wanted.unreadable}`;
  if (!Number.isSafeInteger(wanted.quantity) || wanted.quantity < 0) {
    return `${name}: quantity ${wanted.quantity} is not a whole number of units`;
  }
  if (wanted.quantity > lineUnitsMax) {
    return `${name}: ${wanted.quantity} units are more than the ${lineUnitsMax} a line may have`;
  }
  if (mustSell && wanted.quantity === 0 && !wanted.withdrawn)
    return `${name}: quantity 0 sells nothing`;
  if (skuId) return null;
  const text = wanted.sku?.trim();
  return text
    ? `${name}: SKU "${text}" is not known here; match it and replay`
    : `${name}: the channel gave no SKU and no listing that is known here`;
}

/** Takes or gives back the difference between the line's wanted quantity and what it holds. */
function settle(
  line: OrderLineState,
  context: LineContext,
  wanted?: OrderLineSnapshot,
): OrderLineState {
  if (!line.skuId) return line;
  const held = unitsTaken(line) + line.oversold;
  const missing = line.quantity - held;
  if (missing > 0) return take(line, line.skuId, missing, context, wanted ?? null);
  if (missing < 0) return giveBack(line, line.skuId, -missing, context);
  return line;
}

function take(
  line: OrderLineState,
  skuId: string,
  units: number,
  context: LineContext,
  wanted: OrderLineSnapshot | null,
): OrderLineState {
  const revision = line.revision + 1;
  const allocations: Record<string, Allocation> = { ...line.allocations };
  let missing = units;
  for (const location of inOrderOfWish(context.locations, wanted)) {
    const taken = Math.min(missing, Math.max(0, context.book.available(skuId, location.id)));
    if (taken === 0) continue;
    move(context, line, revision, "sale", skuId, location.id, 0, taken);
    const there = allocations[location.id] ?? { units: 0, shipped: 0 };
    allocations[location.id] = { ...there, units: there.units + taken };
    missing -= taken;
    if (missing === 0) break;
  }
  context.tally.count(context.tally.sold, skuId, units);
  context.tally.count(context.tally.oversold, skuId, missing);
  return { ...line, allocations, oversold: line.oversold + missing, revision };
}

function giveBack(
  line: OrderLineState,
  skuId: string,
  units: number,
  context: LineContext,
): OrderLineState {
  const revision = line.revision + 1;
  const allocations: Record<string, Allocation> = { ...line.allocations };
  // Units nobody had are given up first; what has left the house does not come back by itself.
  const oversold = Math.max(0, line.oversold - units);
  let left = units - (line.oversold - oversold);
  for (const [locationId, there] of Object.entries(allocations).reverse()) {
    const returned = Math.min(left, there.units - there.shipped);
    if (returned <= 0) continue;
    move(context, line, revision, "release", skuId, locationId, 0, -returned);
    allocations[locationId] = { ...there, units: there.units - returned };
    left -= returned;
  }
  context.tally.count(context.tally.sold, skuId, -(units - left));
  return { ...line, allocations, oversold, revision };
}

/** Oversold units that were shipped after all came from somewhere: what is there is taken now. */
function coverShipped(
  line: OrderLineState,
  wanted: OrderLineSnapshot,
  context: LineContext,
): OrderLineState {
  const missing = Math.min(line.oversold, wanted.shipped - unitsTaken(line));
  if (missing <= 0 || !line.skuId) return line;
  const quiet = { ...context, tally: new Tally() };
  const taken = take(
    { ...line, oversold: line.oversold - missing },
    line.skuId,
    missing,
    quiet,
    wanted,
  );
  return unitsTaken(taken) === unitsTaken(line) ? line : taken;
}

function ship(line: OrderLineState, shipped: number, context: LineContext): OrderLineState {
  let left = shipped - line.shipped;
  if (left <= 0 || !line.skuId) return line;
  const revision = line.revision + 1;
  const allocations: Record<string, Allocation> = { ...line.allocations };
  for (const [locationId, there] of Object.entries(allocations)) {
    const leaving = Math.min(left, there.units - there.shipped);
    if (leaving <= 0) continue;
    move(context, line, revision, "ship", line.skuId, locationId, -leaving, -leaving);
    allocations[locationId] = { ...there, shipped: there.shipped + leaving };
    left -= leaving;
  }
  return { ...line, allocations, shipped: shipped - left, revision };
}

function inOrderOfWish(
  locations: readonly FoldLocation[],
  wanted: OrderLineSnapshot | null,
): readonly FoldLocation[] {
  const external = wanted?.externalLocationId;
  if (!external) return locations;
  const named = locations.filter((location) => location.externalId === external);
  return [...named, ...locations.filter((location) => location.externalId !== external)];
}

function move(
  context: LineContext,
  line: OrderLineState,
  revision: number,
  kind: MovementKind,
  skuId: string,
  locationId: string,
  onHandDelta: number,
  committedDelta: number,
): void {
  const { orderId } = context.snapshot;
  const idempotencyKey = [context.keyPrefix, orderId, line.lineId, kind, revision, locationId].join(
    ":",
  );
  const applied = context.book.apply({
    kind,
    skuId,
    locationId,
    onHandDelta,
    committedDelta,
    idempotencyKey,
    cause: { ...context.cause, orderId },
  });
  // The quantities come from the book itself, so a refusal means that the book is wrong.
  if (!applied.ok) throw new Error(`${idempotencyKey} was refused: ${applied.refusal}`);
}
