import type { BuyerOrder, OrderOutcome, SandboxReturn } from "../channel.ts";
import {
  keptUnits,
  shippedUnits,
  unfulfilledUnits,
  type RestockType,
  type ShopFulfilment,
  type ShopOrder,
  type ShopRefund,
  type ShopReturn,
} from "./shop-order.ts";
import { routeOrder, sellable, type ShopStock, type StockItem, type StockLevel } from "./stock.ts";

/** The shop's orders. Stock moves as shopify.md 4.4 says. */
export interface OrderBook {
  place(order: BuyerOrder): OrderOutcome;
  /** Whole order, with restock. False when unknown, already cancelled, or something of it left. */
  cancel(orderId: string): boolean;
  /** Takes units off the order. False when it has not so many of the sort that the restock type speaks of. */
  refund(orderId: string, refund: RefundRequest): boolean;
  /** Sends units on their way. The caller has checked that there are so many left. */
  fulfil(order: ShopOrder, parcel: Pick<ShopFulfilment, "units" | "trackings">): ShopFulfilment;
  /** The buyer announces, sends or has sent units back. Never moves stock: that is the refund's or the disposal's. */
  putReturn(orderId: string, returned: SandboxReturn): boolean;
  /** Another location is to send what is left. */
  move(orderId: string, locationGid: string): boolean;
  hold(orderId: string, onHold: boolean): boolean;
  find(orderId: string): ShopOrder | undefined;
  ofSerial(serial: number): ShopOrder | undefined;
  all(): Iterable<ShopOrder>;
  snapshot(): OrdersSnapshot;
  restore(snapshot: OrdersSnapshot): void;
}

export interface RefundRequest {
  readonly units: number;
  readonly restockType: RestockType;
}

/** Told after each change. */
export interface OrderObserver {
  readonly onPlaced: (order: ShopOrder) => void;
  readonly onRefunded: (order: ShopOrder, refund: ShopRefund) => void;
  readonly onFulfilled: (order: ShopOrder, fulfilment: ShopFulfilment) => void;
  readonly onReturned: (order: ShopOrder, returned: ShopReturn) => void;
  readonly onMoved: (order: ShopOrder, from: StockLevel) => void;
}

export interface OrdersSnapshot {
  readonly serial: number;
  readonly orders: readonly SavedOrder[];
}

/** The parts of an order that most orders lack; saved for those that have them. */
type Extras = Pick<ShopOrder, "refunds" | "fulfilments" | "returns" | "onHold">;
const noExtras: Extras = { refunds: [], fulfilments: [], returns: [], onHold: false };

type SavedOrder = readonly [
  orderId: string,
  serial: number,
  levelGid: string,
  quantity: number,
  placedAtMs: number,
  updatedAtMs: number,
  cancelledAtMs: number | null,
  extras?: Extras | null,
];

/** Orders remembered; the oldest are forgotten, as apps see 60 days only. */
const ordersMax = 50_000;
/** Order numbers grow from the clock, so that a fresh world never repeats an id of the one before. */
const serialsPerSecond = 2_000;
const serialEpochS = 1_700_000_000;
const firstOrderId = 5_000_000_000_000;
const secondMs = 1_000;

export interface OrderBookOptions {
  readonly stock: ShopStock;
  readonly now: () => number;
  /** Whether buyers find the item. */
  readonly isOnSale: (item: StockItem) => boolean;
  /** Whether Shopify counts the item. */
  readonly isTracked: (item: StockItem) => boolean;
  readonly observer: OrderObserver;
}

export function createOrderBook(options: OrderBookOptions): OrderBook {
  return new ShopOrderBook(options);
}

class ShopOrderBook implements OrderBook {
  readonly #options: OrderBookOptions;
  readonly #orders = new Map<string, ShopOrder>();
  #serial: number;

  constructor(options: OrderBookOptions) {
    this.#options = options;
    this.#serial = this.#clockSerial();
  }

  place({ sku, quantity }: BuyerOrder): OrderOutcome {
    const { stock, isOnSale, isTracked, now, observer } = this.#options;
    const item = stock.itemOfSku(sku);
    if (!item || !isOnSale(item)) return { accepted: false, reason: "not-listed" };
    if (isTracked(item) && sellable(item) < quantity) {
      return { accepted: false, reason: "sold-out" };
    }
    const level = routeOrder(item, quantity);
    this.#serial += 1;
    const serial = this.#serial;
    const placedAtMs = now();
    const order: ShopOrder = {
      ...{ orderId: String(firstOrderId + serial), serial, item, quantity, level, placedAtMs },
      updatedAtMs: placedAtMs,
      cancelledAtMs: null,
      ...noExtras,
    };
    this.#remember(order);
    this.#change(order, level, { available: -quantity, committed: quantity });
    observer.onPlaced(order);
    return { accepted: true, orderId: order.orderId, placedAtMs };
  }

  cancel(orderId: string): boolean {
    const order = this.#orders.get(orderId);
    if (order?.cancelledAtMs !== null || shippedUnits(order) > 0) return false;
    const refund = this.#letGo(order, { units: unfulfilledUnits(order), restockType: "cancel" });
    order.cancelledAtMs = refund.atMs;
    this.#options.observer.onRefunded(order, refund);
    return true;
  }

  refund(orderId: string, request: RefundRequest): boolean {
    const order = this.#orders.get(orderId);
    if (order?.cancelledAtMs !== null || request.units < 1) return false;
    if (request.units > refundable(order, request.restockType)) return false;
    this.#options.observer.onRefunded(order, this.#letGo(order, request));
    return true;
  }

  fulfil(order: ShopOrder, parcel: Pick<ShopFulfilment, "units" | "trackings">): ShopFulfilment {
    const fulfilment: ShopFulfilment = {
      ...parcel,
      number: order.fulfilments.length,
      locationGid: order.level.locationGid,
      atMs: this.#touch(order),
    };
    order.fulfilments = [...order.fulfilments, fulfilment];
    this.#change(order, order.level, { available: 0, committed: -parcel.units });
    this.#options.observer.onFulfilled(order, fulfilment);
    return fulfilment;
  }

  putReturn(orderId: string, returned: SandboxReturn): boolean {
    const order = this.#orders.get(orderId);
    if (!order || returned.units > order.quantity) return false;
    const put: ShopReturn = { ...returned, atMs: this.#touch(order) };
    const others = order.returns.filter(({ returnId }) => returnId !== put.returnId);
    order.returns = [...others, put];
    this.#options.observer.onReturned(order, put);
    return true;
  }

  move(orderId: string, locationGid: string): boolean {
    const order = this.#orders.get(orderId);
    const to = order && this.#options.stock.levelAt(order.item.gid, locationGid);
    const units = order ? unfulfilledUnits(order) : 0;
    if (!order || !to || units === 0 || to === order.level) return false;
    const from = order.level;
    this.#change(order, from, { available: units, committed: -units });
    this.#change(order, to, { available: -units, committed: units });
    order.level = to;
    this.#touch(order);
    this.#options.observer.onMoved(order, from);
    return true;
  }

  hold(orderId: string, onHold: boolean): boolean {
    const order = this.#orders.get(orderId);
    if (!order || unfulfilledUnits(order) === 0) return false;
    order.onHold = onHold;
    this.#touch(order);
    return true;
  }

  find(orderId: string): ShopOrder | undefined {
    return this.#orders.get(orderId);
  }

  ofSerial(serial: number): ShopOrder | undefined {
    return this.#orders.get(String(firstOrderId + serial));
  }

  all(): Iterable<ShopOrder> {
    return this.#orders.values();
  }

  snapshot(): OrdersSnapshot {
    return { serial: this.#serial, orders: Array.from(this.#orders.values(), savedOrder) };
  }

  restore(snapshot: OrdersSnapshot): void {
    for (const saved of snapshot.orders) {
      const order = restoredOrder(saved, this.#options.stock);
      if (order) this.#orders.set(order.orderId, order);
    }
    this.#serial = Math.max(snapshot.serial, this.#clockSerial());
  }

  #clockSerial(): number {
    const seconds = Math.floor(this.#options.now() / secondMs) - serialEpochS;
    return Math.max(0, seconds) * serialsPerSecond;
  }

  #remember(order: ShopOrder): void {
    this.#orders.set(order.orderId, order);
    const oldest = this.#orders.size > ordersMax ? this.#orders.keys().next() : undefined;
    if (oldest?.done === false) this.#orders.delete(oldest.value);
  }

  /** Shopify's times have whole seconds and apps order changes by them: a change is told in a later one. */
  #touch(order: ShopOrder): number {
    order.updatedAtMs = Math.max(this.#options.now(), order.updatedAtMs + secondMs);
    return order.updatedAtMs;
  }

  #change(
    order: ShopOrder,
    level: StockLevel,
    delta: { readonly available: number; readonly committed: number },
  ): void {
    const { isTracked, stock } = this.#options;
    if (isTracked(order.item)) stock.change(level, delta);
  }

  #letGo(order: ShopOrder, { units, restockType }: RefundRequest): ShopRefund {
    const restocks = restockType !== "no_restock";
    const ofShipped =
      restockType === "return" || (restockType === "no_restock" && keptUnits(order) >= units);
    const refund: ShopRefund = {
      ...{ number: order.refunds.length, units, restockType, ofShipped },
      locationGid: restocks ? order.level.locationGid : null,
      atMs: this.#touch(order),
    };
    order.refunds = [...order.refunds, refund];
    const delta = { available: restocks ? units : 0, committed: ofShipped ? 0 : -units };
    this.#change(order, order.level, delta);
    return refund;
  }
}

/** Units that a refund of this type may take: those that left, those that did not, or either. */
function refundable(order: ShopOrder, restockType: RestockType): number {
  if (restockType === "return") return keptUnits(order);
  if (restockType === "no_restock") return Math.max(keptUnits(order), unfulfilledUnits(order));
  return unfulfilledUnits(order);
}

function savedOrder(order: ShopOrder): SavedOrder {
  const { refunds, fulfilments, returns, onHold } = order;
  const isPlain = refunds.length + fulfilments.length + returns.length === 0 && !onHold;
  return [
    order.orderId,
    order.serial,
    order.level.gid,
    order.quantity,
    order.placedAtMs,
    order.updatedAtMs,
    order.cancelledAtMs,
    isPlain ? null : { refunds, fulfilments, returns, onHold },
  ];
}

function restoredOrder(saved: SavedOrder, stock: ShopStock): ShopOrder | null {
  const [orderId, serial, levelGid, quantity, placedAtMs, updatedAtMs, cancelledAtMs, extras] =
    saved;
  const level = stock.level(levelGid);
  if (!level) return null;
  const times = { placedAtMs, updatedAtMs, cancelledAtMs };
  const known = { orderId, serial, item: level.item, quantity, level, ...times };
  return { ...known, ...noExtras, ...extras };
}
