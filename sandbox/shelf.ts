import type {
  BuyerOrder,
  OrderOutcome,
  SandboxParcel,
  SandboxPlatform,
  SandboxReturn,
} from "./channel.ts";
import type { SandboxContext } from "./context.ts";

/** An order at a marketplace: one SKU, as our simulated buyers order. */
export interface ShelfOrder {
  readonly orderId: string;
  /** Unique over all orders; platforms build line ids from it. */
  readonly serial: number;
  readonly sku: string;
  readonly quantity: number;
  readonly placedAtMs: number;
  updatedAtMs: number;
  /** The whole order. */
  cancelled: boolean;
  /** Units that were cancelled, all of them where the order is. */
  cancelledUnits: number;
  /** What the seller reported as shipped. */
  parcels: readonly SandboxParcel[];
  returns: readonly SandboxReturn[];
}

/** The parts of an order that most orders lack; saved for those that have them. */
type Extras = Pick<ShelfOrder, "cancelledUnits" | "parcels" | "returns">;
const noExtras: Extras = { cancelledUnits: 0, parcels: [], returns: [] };

export interface ShelfSnapshot {
  readonly serial: number;
  readonly shown: readonly (readonly [sku: string, quantity: number])[];
  readonly orders: readonly (readonly [
    orderId: string,
    serial: number,
    sku: string,
    quantity: number,
    placedAtMs: number,
    updatedAtMs: number,
    cancelled: 0 | 1,
    extras: Extras | undefined,
  ])[];
}

/** Orders a marketplace remembers; the oldest are forgotten, as real ones leave the API's window. */
const ordersMax = 50_000;
/** Order numbers grow from the clock, so that a fresh world never repeats an order id of the one before. */
const serialsPerSecond = 2_000;
const serialEpochS = 1_700_000_000;

/** How a marketplace names orders, and what it does after an order was placed or cancelled. */
export interface ShelfOwner {
  readonly orderId: (serial: number) => string;
  readonly announce: (order: ShelfOrder) => void;
}

interface Change {
  readonly atMs: number;
  readonly order: ShelfOrder;
}

/** A marketplace's stock and orders: what Amazon, eBay and TikTok Shop have in common. */
export class Shelf {
  readonly #context: SandboxContext;
  readonly #owner: ShelfOwner;
  readonly #shown = new Map<string, number>();
  readonly #committed = new Map<string, number>();
  readonly #orders = new Map<string, ShelfOrder>();
  /** Every change in order; an entry is stale when its order changed again. */
  #changes: Change[] = [];
  /** Absolute position of the first change kept. */
  #firstChange = 0;
  #serial: number;

  constructor(context: SandboxContext, owner: ShelfOwner) {
    this.#context = context;
    this.#owner = owner;
    this.#serial = clockSerial(context.now());
    for (const sku of context.catalogue.skus) {
      const units = Object.values(sku.stockByLocation).reduce((sum, part) => sum + part, 0);
      this.#shown.set(sku.code, units);
    }
  }

  shown(sku: string): number | null {
    return this.#shown.get(sku) ?? null;
  }

  setShown(sku: string, quantity: number): void {
    if (!this.#shown.has(sku)) return;
    this.#shown.set(sku, quantity);
    this.#context.changed();
  }

  placeOrder({ sku, quantity }: BuyerOrder): OrderOutcome {
    const available = this.#shown.get(sku);
    if (available === undefined) return { accepted: false, reason: "not-listed" };
    if (available < quantity) return { accepted: false, reason: "sold-out" };
    this.#shown.set(sku, available - quantity);
    this.#commit(sku, quantity);
    this.#serial += 1;
    const placedAtMs = this.#context.now();
    const order: ShelfOrder = {
      orderId: this.#owner.orderId(this.#serial),
      serial: this.#serial,
      sku,
      quantity,
      placedAtMs,
      updatedAtMs: placedAtMs,
      cancelled: false,
      ...noExtras,
    };
    this.#remember(order);
    this.#context.recordOrder({ orderId: order.orderId, sku, quantity, placedAtMs });
    this.#owner.announce(order);
    return { accepted: true, orderId: order.orderId, placedAtMs };
  }

  cancelOrder(orderId: string): boolean {
    const order = this.#orders.get(orderId);
    return order !== undefined && this.cancelUnits(orderId, order.quantity - order.cancelledUnits);
  }

  /** A part of an order is cancelled; the last part cancels the order. Shipped units cannot be. */
  cancelUnits(orderId: string, units: number): boolean {
    const order = this.#orders.get(orderId);
    if (!order || order.cancelled) return false;
    const left = order.quantity - order.cancelledUnits - shippedUnits(order);
    if (units < 1 || units > left) return false;
    order.cancelledUnits += units;
    order.cancelled = order.cancelledUnits === order.quantity;
    this.#shown.set(order.sku, (this.#shown.get(order.sku) ?? 0) + units);
    this.#commit(order.sku, -units);
    this.#changed(order);
    return true;
  }

  /** The seller reports a parcel. Not more units than are left to ship. */
  ship(orderId: string, parcel: SandboxParcel): boolean {
    const order = this.#orders.get(orderId);
    if (!order || order.cancelled) return false;
    const units = parcel.lines.reduce((sum, line) => sum + line.quantity, 0);
    if (units < 1 || units > order.quantity - order.cancelledUnits - shippedUnits(order)) {
      return false;
    }
    order.parcels = [...order.parcels, parcel];
    this.#commit(order.sku, -units);
    this.#changed(order);
    return true;
  }

  /** A buyer sends units back, or they arrive: the same `returnId` again replaces what was said before. */
  putReturn(orderId: string, returned: SandboxReturn): boolean {
    const order = this.#orders.get(orderId);
    if (!order) return false;
    const others = order.returns.filter(({ returnId }) => returnId !== returned.returnId);
    order.returns = [...others, returned];
    this.#changed(order);
    return true;
  }

  /** A change is never at the same instant as the one before: the app orders changes by time. */
  #changed(order: ShelfOrder): void {
    order.updatedAtMs = Math.max(this.#context.now(), order.updatedAtMs + 1);
    this.#remember(order);
    this.#context.changed();
    this.#owner.announce(order);
  }

  find(orderId: string): ShelfOrder | undefined {
    return this.#orders.get(orderId);
  }

  /** Units of the SKU in orders that are neither cancelled nor shipped. */
  committed(sku: string): number {
    return this.#committed.get(sku) ?? 0;
  }

  /**
   * Orders changed at or after a time, oldest change first, each once and as it is now.
   * @param page `cursor`: position from the page before, null starts
   * @returns `next` is null on the last page
   */
  changedSince(
    sinceMs: number,
    page: { readonly cursor: number | null; readonly pageSizeMax: number },
  ): { readonly orders: ShelfOrder[]; readonly next: number | null } {
    const changes = this.#changes;
    let index =
      page.cursor === null
        ? firstAtOrAfter(changes, sinceMs)
        : Math.max(0, page.cursor - this.#firstChange);
    const orders: ShelfOrder[] = [];
    for (; index < changes.length && orders.length < page.pageSizeMax; index += 1) {
      const change = changes[index];
      if (change && change.atMs === change.order.updatedAtMs) orders.push(change.order);
    }
    return { orders, next: index < changes.length ? this.#firstChange + index : null };
  }

  snapshot(): ShelfSnapshot {
    return {
      serial: this.#serial,
      shown: [...this.#shown],
      orders: [...this.#orders.values()].map((order): ShelfSnapshot["orders"][number] => [
        order.orderId,
        order.serial,
        order.sku,
        order.quantity,
        order.placedAtMs,
        order.updatedAtMs,
        order.cancelled ? 1 : 0,
        hasExtras(order) ? extrasOf(order) : undefined,
      ]),
    };
  }

  /** To be called on a fresh shelf. @param snapshot what `snapshot()` gave, through JSON */
  restore(snapshot: unknown): void {
    const saved = snapshot as ShelfSnapshot;
    for (const [sku, quantity] of saved.shown) {
      if (this.#shown.has(sku)) this.#shown.set(sku, quantity);
    }
    for (const row of saved.orders) {
      const [orderId, serial, sku, quantity, placedAtMs, updatedAtMs, flag, extras] = row;
      const known = { orderId, serial, sku, quantity, placedAtMs, updatedAtMs };
      const order: ShelfOrder = { ...known, cancelled: flag === 1, ...noExtras, ...extras };
      this.#commit(sku, quantity - order.cancelledUnits - shippedUnits(order));
      this.#orders.set(orderId, order);
    }
    this.#changes = [...this.#orders.values()]
      .sort((left, right) => left.updatedAtMs - right.updatedAtMs)
      .map((order) => ({ atMs: order.updatedAtMs, order }));
    this.#serial = Math.max(saved.serial, clockSerial(this.#context.now()));
  }

  #commit(sku: string, units: number): void {
    this.#committed.set(sku, this.committed(sku) + units);
  }

  #remember(order: ShelfOrder): void {
    this.#orders.set(order.orderId, order);
    this.#changes.push({ atMs: order.updatedAtMs, order });
    if (this.#changes.length > ordersMax * 2) {
      this.#changes = this.#changes.slice(ordersMax);
      this.#firstChange += ordersMax;
    }
    if (this.#orders.size > ordersMax) {
      const oldest = this.#orders.keys().next();
      if (!oldest.done) this.#orders.delete(oldest.value);
    }
  }
}

/** The part of a platform that its shelf does alone. */
export function buyersSide(
  shelf: Shelf,
): Pick<
  SandboxPlatform,
  "placeOrder" | "cancelOrder" | "cancelUnits" | "putReturn" | "shipments" | "shown" | "setShown"
> {
  return {
    cancelUnits: (orderId, units) => shelf.cancelUnits(orderId, units),
    putReturn: (orderId, returned) => shelf.putReturn(orderId, returned),
    shipments: (orderId) => shelf.find(orderId)?.parcels ?? [],
    placeOrder: (order) => shelf.placeOrder(order),
    cancelOrder: (orderId) => shelf.cancelOrder(orderId),
    shown: (sku) => shelf.shown(sku),
    setShown: (sku, quantity) => {
      shelf.setShown(sku, quantity);
    },
  };
}

/** Units of an order that the seller reported as shipped. */
export function shippedUnits({ parcels }: ShelfOrder): number {
  return parcels.reduce(
    (sum, parcel) => sum + parcel.lines.reduce((units, line) => units + line.quantity, 0),
    0,
  );
}

function hasExtras(order: ShelfOrder): boolean {
  return order.cancelledUnits > 0 || order.parcels.length > 0 || order.returns.length > 0;
}

function extrasOf({ cancelledUnits, parcels, returns }: ShelfOrder): Extras {
  return { cancelledUnits, parcels, returns };
}

function clockSerial(nowMs: number): number {
  return Math.max(0, Math.floor(nowMs / 1_000) - serialEpochS) * serialsPerSecond;
}

function firstAtOrAfter(changes: readonly { readonly atMs: number }[], sinceMs: number): number {
  let low = 0;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((changes[middle]?.atMs ?? 0) < sinceMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
