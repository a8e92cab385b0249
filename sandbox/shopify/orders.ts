import type { BuyerOrder, OrderOutcome } from "../channel.ts";
import { routeOrder, sellable, type ShopStock, type StockItem, type StockLevel } from "./stock.ts";

/** One order of one line, as our simulated buyers order. */
export interface ShopOrder {
  /** The number in the order's gid, as text. */
  readonly orderId: string;
  readonly serial: number;
  readonly item: StockItem;
  readonly quantity: number;
  /** Where order routing sent it; holds the committed units until a cancellation. */
  readonly level: StockLevel;
  readonly placedAtMs: number;
  updatedAtMs: number;
  cancelledAtMs: number | null;
}

/** The shop's orders. */
export interface OrderBook {
  place(order: BuyerOrder): OrderOutcome;
  /** Whole order, with restock. False when unknown or already cancelled. */
  cancel(orderId: string): boolean;
  find(orderId: string): ShopOrder | undefined;
  all(): Iterable<ShopOrder>;
  snapshot(): OrdersSnapshot;
  restore(snapshot: OrdersSnapshot): void;
}

export interface OrdersSnapshot {
  readonly serial: number;
  readonly orders: readonly SavedOrder[];
}

type SavedOrder = readonly [
  orderId: string,
  serial: number,
  levelGid: string,
  quantity: number,
  placedAtMs: number,
  updatedAtMs: number,
  cancelledAtMs: number | null,
];

/** Orders remembered; the oldest are forgotten, as apps see 60 days only. */
const ordersMax = 50_000;
/** Order numbers grow from the clock, so that a fresh world never repeats an id of the one before. */
const serialsPerSecond = 2_000;
const serialEpochS = 1_700_000_000;
const firstOrderId = 5_000_000_000_000;
const secondMs = 1_000;

export function createOrderBook(options: {
  readonly stock: ShopStock;
  readonly now: () => number;
  readonly onPlaced: (order: ShopOrder) => void;
  readonly onCancelled: (order: ShopOrder) => void;
}): OrderBook {
  const { stock, now } = options;
  const clockSerial = () =>
    Math.max(0, Math.floor(now() / secondMs) - serialEpochS) * serialsPerSecond;
  const orders = new Map<string, ShopOrder>();
  let serial = clockSerial();

  function remember(order: ShopOrder): void {
    orders.set(order.orderId, order);
    const oldest = orders.size > ordersMax ? orders.keys().next() : undefined;
    if (oldest?.done === false) orders.delete(oldest.value);
  }

  return {
    place({ sku, quantity }) {
      const item = stock.itemOfSku(sku);
      if (!item) return { accepted: false, reason: "not-listed" };
      if (sellable(item) < quantity) return { accepted: false, reason: "sold-out" };
      const level = routeOrder(item, quantity);
      serial += 1;
      const placedAtMs = now();
      const order: ShopOrder = {
        orderId: String(firstOrderId + serial),
        serial,
        item,
        quantity,
        level,
        placedAtMs,
        updatedAtMs: placedAtMs,
        cancelledAtMs: null,
      };
      remember(order);
      stock.change(level, { available: -quantity, committed: quantity });
      options.onPlaced(order);
      return { accepted: true, orderId: order.orderId, placedAtMs };
    },
    cancel(orderId) {
      const order = orders.get(orderId);
      if (order?.cancelledAtMs !== null) return false;
      // Shopify's times have whole seconds and apps order changes by them: a change is told in a later one.
      const changedAtMs = Math.max(now(), order.updatedAtMs + secondMs);
      order.cancelledAtMs = changedAtMs;
      order.updatedAtMs = changedAtMs;
      stock.change(order.level, { available: order.quantity, committed: -order.quantity });
      options.onCancelled(order);
      return true;
    },
    find: (orderId) => orders.get(orderId),
    all: () => orders.values(),
    snapshot: () => ({ serial, orders: Array.from(orders.values(), savedOrder) }),
    restore(snapshot) {
      for (const saved of snapshot.orders) {
        const order = restoredOrder(saved, stock);
        if (order) orders.set(order.orderId, order);
      }
      serial = Math.max(snapshot.serial, clockSerial());
    },
  };
}

function savedOrder(order: ShopOrder): SavedOrder {
  return [
    order.orderId,
    order.serial,
    order.level.gid,
    order.quantity,
    order.placedAtMs,
    order.updatedAtMs,
    order.cancelledAtMs,
  ];
}

function restoredOrder(saved: SavedOrder, stock: ShopStock): ShopOrder | null {
  const [orderId, serial, levelGid, quantity, placedAtMs, updatedAtMs, cancelledAtMs] = saved;
  const level = stock.level(levelGid);
  if (!level) return null;
  const times = { placedAtMs, updatedAtMs, cancelledAtMs };
  return { orderId, serial, item: level.item, quantity, level, ...times };
}

/** Units of the order still wanted. */
export function currentQuantity(order: ShopOrder): number {
  return order.cancelledAtMs === null ? order.quantity : 0;
}
