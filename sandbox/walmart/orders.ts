import type { SandboxContext } from "../context.ts";
import { shippedUnits, type Shelf, type ShelfOrder } from "../shelf.ts";
import { seller } from "./account.ts";
import { ok, refuse, type WalmartAnswer } from "./frame.ts";
import { shipNodeOf, wireOrder } from "./order-wire.ts";
import { readShipping } from "./shipping.ts";
import type { WalmartStock } from "./stock.ts";

/** specs/walmart orders: `limit` */
const pageSizeMax = 200;
const dayMs = 24 * 60 * 60 * 1_000;
/** Without `createdStartDate` the last 7 days are meant; more than 180 are refused. */
const createdDaysDefault = 7;
const historyDaysMax = 180;
/** Orders of one look through everything. */
const ordersMax = 50_000;

interface SavedOrders {
  readonly acknowledged: readonly (readonly [orderId: string, atMs: number])[];
}

/** Walmart's Orders API. */
export class WalmartOrders {
  readonly #context: SandboxContext;
  readonly #shelf: Shelf;
  readonly #stock: WalmartStock;
  readonly #acknowledged = new Map<string, number>();
  /** Orders with units that are neither shipped nor cancelled, oldest first. */
  readonly #open = new Set<string>();

  constructor(context: SandboxContext, shelf: Shelf, stock: WalmartStock) {
    this.#context = context;
    this.#shelf = shelf;
    this.#stock = stock;
  }

  /** To be called after every change of an order. */
  noteChange(order: ShelfOrder): void {
    const isOpen = order.quantity - order.cancelledUnits - shippedUnits(order) > 0;
    if (isOpen) this.#open.add(order.orderId);
    else this.#open.delete(order.orderId);
  }

  /** `GET /v3/orders` */
  list(query: URLSearchParams): WalmartAnswer {
    const filter = this.#filterOf(query);
    if ("refused" in filter) return invalidParameter(filter.refused);
    const { status, modifiedMs, createdMs, window } = filter;
    const page =
      status === null
        ? this.#changed(modifiedMs ?? createdMs, window)
        : this.#inStatus(status, window);
    const shown = page.orders.filter(
      (order) => order.placedAtMs >= createdMs && !this.#stock.isHeld(order.sku),
    );
    return this.#answer(shown, window.limit, page.next, query);
  }

  /** `GET /v3/orders/released`: what nobody acknowledged yet. */
  released(query: URLSearchParams): WalmartAnswer {
    const limit = Number(query.get("limit") ?? "100");
    if (!(limit >= 1 && limit <= pageSizeMax)) return invalidParameter("limit");
    const position = Number(query.get("poIndex") ?? "0");
    const { orders, next } = this.#inStatus("Created", { limit, position });
    return this.#answer(orders, limit, next, query);
  }

  /** `GET /v3/orders/{purchaseOrderId}` */
  one(orderId: string): WalmartAnswer {
    const order = this.#shelf.find(orderId);
    return order ? ok({ order: this.#wire(order) }) : unknownOrder(orderId);
  }

  /** `POST /v3/orders/{purchaseOrderId}/acknowledge` */
  acknowledge(orderId: string): WalmartAnswer {
    const order = this.#shelf.find(orderId);
    if (!order) return unknownOrder(orderId);
    if (!this.#open.has(orderId) || this.#stock.isHeld(order.sku)) {
      return invalidContent("Shipped, cancelled and WFS orders cannot be acknowledged");
    }
    if (!this.#acknowledged.has(orderId)) {
      this.#acknowledged.set(orderId, this.#context.now());
      this.#context.changed();
    }
    return ok({ order: this.#wire(order) });
  }

  /** `POST /v3/orders/{purchaseOrderId}/shipping`: all of it or nothing. */
  ship(orderId: string, body: unknown): WalmartAnswer {
    const order = this.#shelf.find(orderId);
    if (!order) return unknownOrder(orderId);
    if (!this.#acknowledged.has(orderId)) return invalidContent("The order is not acknowledged");
    const request = readShipping(body, order);
    if ("refusal" in request) return invalidContent(request.refusal);
    for (const parcel of request.parcels) this.#shelf.ship(orderId, parcel);
    return ok({ order: this.#wire(order) });
  }

  hasAny(): boolean {
    return this.#changed(0, { limit: 1, position: null }).orders.length > 0;
  }

  snapshot(): SavedOrders {
    return { acknowledged: [...this.#acknowledged] };
  }

  /** After the shelf's own restore. */
  restore(saved: SavedOrders): void {
    for (const [orderId, atMs] of saved.acknowledged) this.#acknowledged.set(orderId, atMs);
    const all = this.#shelf.changedSince(0, { cursor: null, pageSizeMax: ordersMax });
    for (const order of all.orders) this.noteChange(order);
  }

  #filterOf(query: URLSearchParams): Filter | { readonly refused: string } {
    const limit = Number(query.get("limit") ?? "100");
    if (!(limit >= 1 && limit <= pageSizeMax)) return { refused: "limit" };
    const oldestMs = this.#context.now() - historyDaysMax * dayMs;
    const times = ["lastModifiedStartDate", "createdStartDate"] as const;
    const refused = times.find((name) => !((timeOf(query, name) ?? oldestMs) >= oldestMs));
    if (refused) return { refused };
    const position = query.get("poIndex");
    return {
      status: query.get("status"),
      modifiedMs: timeOf(query, "lastModifiedStartDate"),
      createdMs:
        timeOf(query, "createdStartDate") ?? this.#context.now() - createdDaysDefault * dayMs,
      window: { limit, position: position === null ? null : Number(position) },
    };
  }

  #changed(sinceMs: number, { limit, position }: Window) {
    return this.#shelf.changedSince(sinceMs, { cursor: position, pageSizeMax: limit });
  }

  /** Only Created and Acknowledged are ever asked for: orders with open units. */
  #inStatus(status: string, { limit, position }: Window) {
    const wanted = [...this.#open].filter(
      (orderId) => this.#acknowledged.has(orderId) === (status === "Acknowledged"),
    );
    const from = position ?? 0;
    const orders = wanted
      .slice(from, from + limit)
      .flatMap((orderId) => this.#shelf.find(orderId) ?? [])
      .filter((order) => shipNodeOf(order, { stock: this.#stock }).type === "SellerFulfilled");
    return { orders, next: from + limit < wanted.length ? from + limit : null };
  }

  #answer(
    orders: readonly ShelfOrder[],
    limit: number,
    next: number | null,
    query: URLSearchParams,
  ): WalmartAnswer {
    return ok({
      list: {
        meta: {
          limit,
          ...(next === null ? {} : { nextCursor: cursorOf(query, limit, next) }),
        },
        elements: { order: orders.map((order) => this.#wire(order)) },
      },
    });
  }

  #wire(order: ShelfOrder): unknown {
    const acknowledgedAtMs = this.#acknowledged.get(order.orderId);
    return wireOrder(order, { context: this.#context, stock: this.#stock, acknowledgedAtMs });
  }
}

interface Window {
  readonly limit: number;
  readonly position: number | null;
}

interface Filter {
  readonly status: string | null;
  readonly modifiedMs: number | null;
  readonly createdMs: number;
  readonly window: Window;
}

/** A whole query string, to be put behind the address as it is. */
function cursorOf(query: URLSearchParams, limit: number, next: number): string {
  const cursor = new URLSearchParams({
    limit: String(limit),
    hasMoreElements: "true",
    soIndex: String(next),
    poIndex: String(next),
    partnerId: seller.partnerId,
    sellerId: "8",
  });
  for (const name of ["status", "createdStartDate", "lastModifiedStartDate", "productInfo"]) {
    const value = query.get(name);
    if (value !== null) cursor.set(name, value);
  }
  return `?${cursor.toString()}`;
}

/** Milliseconds; null when not given, NaN when it is no time. */
function timeOf(query: URLSearchParams, name: string): number | null {
  const text = query.get(name);
  return text === null ? null : Date.parse(text);
}

function invalidParameter(name: string): WalmartAnswer {
  return refuse(400, "INVALID_REQUEST_PARAM.GMP_ORDER_API", `${name} is not valid`, name);
}

function invalidContent(text: string): WalmartAnswer {
  return refuse(400, "INVALID_REQUEST_CONTENT.GMP_ORDER_API", text);
}

function unknownOrder(orderId: string): WalmartAnswer {
  const text = `Resource does not exist: no order ${orderId}`;
  return refuse(404, "CONTENT_NOT_FOUND.GMP_ORDER_API", text, "purchaseOrderId");
}
