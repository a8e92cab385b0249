import type { SandboxPlatform } from "../channel.ts";
import { buyersSide, type Shelf } from "../shelf.ts";
import type { Announcements } from "./announcements.ts";
import type { WalmartStock } from "./stock.ts";

export interface BuyersOf {
  readonly shelf: Shelf;
  readonly stock: WalmartStock;
  readonly announcements: Announcements;
}

/** What buyers do, and what Walmart's notifications say about it. */
export function announcedBuyers({ shelf, stock, announcements }: BuyersOf) {
  const buyers = buyersSide(shelf);
  const cancelUnits = (orderId: string, units: number): boolean => {
    const done = shelf.cancelUnits(orderId, units);
    const order = shelf.find(orderId);
    if (done && order) announcements.cancelled(order);
    return done;
  };
  return {
    ...buyers,
    placeOrder(wanted) {
      const outcome = buyers.placeOrder(wanted);
      const order = outcome.accepted ? shelf.find(outcome.orderId) : undefined;
      if (order) announcements.placed(order);
      if (order && stock.available(order.sku) === 0) announcements.soldOut(order.sku);
      return outcome;
    },
    cancelOrder(orderId) {
      const order = shelf.find(orderId);
      return !!order && cancelUnits(orderId, order.quantity - order.cancelledUnits);
    },
    cancelUnits,
    putReturn(orderId, returned) {
      const done = shelf.putReturn(orderId, returned);
      const order = shelf.find(orderId);
      if (done && order) announcements.returned(order, returned);
      return done;
    },
    setShown(sku, units) {
      stock.setShown(sku, units);
    },
  } satisfies Partial<SandboxPlatform>;
}
