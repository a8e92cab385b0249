import { z } from "zod";

const metaShape = z.object({ id: z.number(), key: z.string(), value: z.unknown() });
const orderShape = z.object({
  id: z.number(),
  itemId: z.number(),
  sku: z.string(),
  quantity: z.number(),
  /** Of one unit: "15.00". */
  price: z.string(),
  status: z.string(),
  createdMs: z.number(),
  modifiedMs: z.number(),
  paidMs: z.number().nullable(),
  completedMs: z.number().nullable(),
  /** Units the shelf gave for it; what WooCommerce keeps as `_reduced_stock`. */
  reduced: z.number(),
  /** Units that refunds put back; `_restock_refunded_items`. */
  restocked: z.number(),
  refunds: z.array(
    z.object({
      id: z.number(),
      units: z.number(),
      reason: z.string(),
      amount: z.string(),
      createdMs: z.number(),
    }),
  ),
  notes: z.array(
    z.object({ id: z.number(), note: z.string(), customer: z.boolean(), createdMs: z.number() }),
  ),
  trackings: z.array(
    z.object({
      id: z.string(),
      provider: z.string(),
      link: z.string(),
      number: z.string(),
      date: z.string(),
    }),
  ),
  meta: z.array(metaShape),
});
/** An order of one product. */
export type WooOrder = z.infer<typeof orderShape>;

/** Orders the shop remembers; the oldest go first. */
const ordersMax = 50_000;
/** Order numbers grow from the clock, so that a fresh world never repeats an order of the one before. */
const idsPerSecond = 2_000;
const idEpochS = 1_700_000_000;

/** All orders, in the order they were made. */
export class OrderBook {
  readonly #orders = new Map<number, WooOrder>();
  #lastId: number;

  constructor(nowMs: number) {
    this.#lastId = firstIdAt(nowMs);
  }

  /** A number for an order, a note, a refund: WordPress counts them all together. */
  nextId(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  add(order: WooOrder): void {
    this.#orders.set(order.id, order);
    if (this.#orders.size <= ordersMax) return;
    const oldest = this.#orders.keys().next();
    if (!oldest.done) this.#orders.delete(oldest.value);
  }

  find(id: number): WooOrder | undefined {
    return this.#orders.get(id);
  }

  all(): readonly WooOrder[] {
    return [...this.#orders.values()];
  }

  snapshot(): readonly WooOrder[] {
    return this.all();
  }

  restore(saved: unknown, nowMs: number): void {
    for (const order of z.array(orderShape).parse(saved)) {
      this.#orders.set(order.id, order);
      this.#lastId = Math.max(this.#lastId, order.id);
    }
    this.#lastId = Math.max(this.#lastId, firstIdAt(nowMs));
  }
}

function firstIdAt(nowMs: number): number {
  return Math.max(0, Math.floor(nowMs / 1_000) - idEpochS) * idsPerSecond;
}
