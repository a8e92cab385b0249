import { z } from "zod";
import type { BuyerOrder, OrderOutcome } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import {
  fieldsOf,
  idsOfQuery,
  invalidParam,
  listAnswer,
  Refusal,
  type WooAnswer,
} from "./frame.ts";
import { isOnSale, sellableOf, type Item } from "./items.ts";
import { OrderBook, type WooOrder } from "./order-book.ts";
import { lineIdOf, wireOrder, wireRefund } from "./order-wire.ts";
import type { Products } from "./products.ts";

/** Statuses of core WooCommerce (channels.md 2 and 7.3). */
const statuses = [
  "pending",
  "processing",
  "on-hold",
  "completed",
  "cancelled",
  "refunded",
  "failed",
  "checkout-draft",
] as const;
const takesStock = new Set(["processing", "on-hold", "completed"]);
const givesStockBack = new Set(["cancelled", "pending"]);

const putShape = z.looseObject({
  status: z.enum(statuses).optional(),
  meta_data: z.array(z.looseObject({ key: z.string(), value: z.unknown() })).optional(),
});
const refundShape = z.looseObject({
  reason: z.string().default(""),
  amount: z.string().optional(),
  line_items: z
    .array(z.looseObject({ id: z.number(), quantity: z.number().int().min(0).default(0) }))
    .default([]),
  api_restock: z.boolean().default(true),
});
/** What the shop tells about an order. */
export type OrderEvent = "created" | "updated" | "deleted";

/** Orders of the shop: what buyers and sellers do with them, and the REST API over them. */
export class Orders {
  readonly #context: SandboxContext;
  readonly #products: Products;
  readonly #announce: (order: WooOrder, events: readonly OrderEvent[], moved: Item | null) => void;
  readonly book: OrderBook;

  constructor(
    context: SandboxContext,
    products: Products,
    announce: (order: WooOrder, events: readonly OrderEvent[], moved: Item | null) => void,
  ) {
    this.#context = context;
    this.#products = products;
    this.#announce = announce;
    this.book = new OrderBook(context.now());
  }

  place({ sku, quantity }: BuyerOrder): OrderOutcome {
    const item = this.#products.items.bySku.get(sku);
    if (!item || !isOnSale(item)) return { accepted: false, reason: "not-listed" };
    if ((sellableOf(item) ?? Infinity) < quantity) return { accepted: false, reason: "sold-out" };
    const placedAtMs = this.#context.now();
    const order: WooOrder = {
      id: this.book.nextId(),
      itemId: item.id,
      sku,
      quantity,
      price: item.regularPrice,
      status: "pending",
      createdMs: placedAtMs,
      modifiedMs: placedAtMs,
      paidMs: placedAtMs,
      completedMs: null,
      reduced: 0,
      restocked: 0,
      refunds: [],
      notes: [],
      trackings: [],
      meta: [],
    };
    this.book.add(order);
    const orderId = String(order.id);
    this.#context.recordOrder({ orderId, sku, quantity, placedAtMs });
    this.#follow(order, "processing");
    this.#announce(order, ["created", "updated"], item);
    return { accepted: true, orderId, placedAtMs };
  }

  cancel(orderId: string): boolean {
    const order = this.book.find(Number(orderId));
    if (!order || order.status === "cancelled" || order.status === "trash") return false;
    this.setStatus(order, "cancelled");
    return true;
  }

  /** A part of the order is refunded before it was shipped, and put back. */
  cancelUnits(orderId: string, units: number): boolean {
    const order = this.book.find(Number(orderId));
    if (!order || !takesStock.has(order.status) || units < 1 || units > order.reduced) return false;
    this.#refund(order, { units, restock: true, reason: "", amount: null });
    return true;
  }

  list(query: URLSearchParams): WooAnswer {
    const status = query.get("status") ?? "any";
    const after = query.get("modified_after");
    const afterS = after === null ? null : secondsOf(after);
    const include = idsOfQuery(query, "include");
    const all = include ? include.flatMap((id) => this.book.find(id) ?? []) : this.book.all();
    const found = all.filter(
      (order) =>
        (status === "any" ? order.status !== "trash" : order.status === status) &&
        // Not the named second itself.
        (afterS === null || Math.floor(order.modifiedMs / 1_000) > afterS),
    );
    const isDescending = (query.get("order") ?? "desc") === "desc";
    return listAnswer(query, isDescending ? found.reverse() : found, (order) => this.wireOf(order));
  }

  get(id: number, query: URLSearchParams): WooAnswer {
    return { status: 200, body: fieldsOf(query, this.wireOf(this.find(id))) };
  }

  put(id: number, body: unknown, query: URLSearchParams): WooAnswer {
    const order = this.find(id);
    const given = read(putShape, body);
    for (const { key, value } of given.meta_data ?? []) {
      const known = order.meta.find((one) => one.key === key);
      if (known) known.value = value;
      else order.meta.push({ id: this.book.nextId(), key, value });
    }
    this.setStatus(order, given.status ?? order.status);
    return { status: 200, body: fieldsOf(query, this.wireOf(order)) };
  }

  /** Into the bin: its stock stays as it is. */
  remove(id: number): WooAnswer {
    const order = this.find(id);
    const body = this.wireOf(order);
    order.status = "trash";
    this.#touch(order);
    this.#announce(order, ["deleted"], null);
    return { status: 200, body };
  }

  setStatus(order: WooOrder, status: string): void {
    const moved = this.#follow(order, status);
    this.#announce(order, ["updated"], moved);
  }

  refunds(id: number, query: URLSearchParams): WooAnswer {
    const order = this.find(id);
    return listAnswer(query, [...order.refunds.keys()].reverse(), (index) =>
      wireRefund(order, this.#itemOf(order), index),
    );
  }

  addRefund(id: number, body: unknown): WooAnswer {
    const order = this.find(id);
    const given = read(refundShape, body);
    const units = given.line_items
      .filter((line) => line.id === lineIdOf(order))
      .reduce((sum, line) => sum + line.quantity, 0);
    const refunded = order.refunds.reduce((sum, one) => sum + one.units, 0);
    if (units > order.quantity - refunded) {
      throw new Refusal(
        400,
        "woocommerce_rest_cannot_create_order_refund",
        "Invalid refund amount.",
      );
    }
    const { reason, amount = null } = given;
    this.#refund(order, { units, restock: given.api_restock, reason, amount });
    const answer = wireRefund(order, this.#itemOf(order), order.refunds.length - 1);
    return { status: 201, body: answer };
  }

  wireOf(order: WooOrder): object {
    return wireOrder(order, this.#itemOf(order));
  }

  /** @throws Refusal when there is none */
  find(id: number): WooOrder {
    const order = this.book.find(id);
    if (order) return order;
    throw new Refusal(404, "woocommerce_rest_shop_order_invalid_id", "Invalid ID.");
  }

  #itemOf(order: WooOrder): Item {
    const item = this.#products.items.byId.get(order.itemId);
    if (!item) throw new Error(`order ${String(order.id)} is of a product that never was`);
    return item;
  }

  /** The status, and what it does to the shelf: once per order, back once. @returns the item whose number moved */
  #follow(order: WooOrder, status: string): Item | null {
    order.status = status;
    if (status === "completed") order.completedMs ??= this.#context.now();
    this.#touch(order);
    const item = this.#itemOf(order);
    if (takesStock.has(status) && order.reduced === 0 && order.restocked === 0) {
      order.reduced = order.quantity;
      this.#products.move(item, order.quantity);
      return item;
    }
    if (givesStockBack.has(status) && order.reduced > 0) {
      this.#products.move(item, -order.reduced);
      order.reduced = 0;
      return item;
    }
    return null;
  }

  #refund(
    order: WooOrder,
    refund: {
      readonly units: number;
      readonly restock: boolean;
      readonly reason: string;
      readonly amount: string | null;
    },
  ): void {
    const { units, restock, reason } = refund;
    const amount = refund.amount ?? (Number(order.price) * units).toFixed(2);
    const createdMs = this.#context.now();
    order.refunds.push({ id: this.book.nextId(), units, reason, amount, createdMs });
    const back = restock ? Math.min(units, order.reduced) : 0;
    const item = this.#itemOf(order);
    if (back > 0) {
      order.reduced -= back;
      order.restocked += back;
      this.#products.move(item, -back);
    }
    const refunded = order.refunds.reduce((sum, one) => sum + one.units, 0);
    if (refunded === order.quantity) order.status = "refunded";
    this.#touch(order);
    this.#announce(order, ["updated"], back > 0 ? item : null);
  }

  #touch(order: WooOrder): void {
    order.modifiedMs = Math.max(this.#context.now(), order.modifiedMs + 1);
    this.#context.changed();
  }
}

/** A body as the REST API checks it. @throws Refusal */
export function read<Shape extends z.ZodType>(shape: Shape, body: unknown): z.infer<Shape> {
  const given = shape.safeParse(body);
  if (given.success) return given.data;
  const name = String(given.error.issues[0]?.path[0] ?? "body");
  throw invalidParam(name, `${name} is not of the right type.`);
}

function secondsOf(time: string): number {
  const ms = Date.parse(/z$/i.test(time) ? time : `${time}Z`);
  if (Number.isNaN(ms)) throw invalidParam("modified_after", "Invalid date.");
  return Math.floor(ms / 1_000);
}
