import { z } from "zod";
import { demoTiktokWarehouseId, type DemoProduct, type DemoSku } from "../catalogue.ts";
import type { SandboxContext } from "../context.ts";

/** specs/tiktok/endpoints/search-products.json, `status`. */
export const productStatuses = [
  "DRAFT",
  "PENDING",
  "FAILED",
  "ACTIVATE",
  "SELLER_DEACTIVATED",
  "PLATFORM_DEACTIVATED",
  "FREEZE",
  "DELETED",
] as const;
export type ProductStatus = (typeof productStatuses)[number];

/** A second sales warehouse, the place for returns, and one of TikTok's own (not in the seller's list). */
export const overflowWarehouseId = "7068517275539719943";
export const returnWarehouseId = "7068517275539719950";
export const fbtWarehouseId = "7068517275539719999";

/** The first product was listed then; each next one a minute later. 2024-01-01. */
const firstProductAtS = 1_704_067_200;
const productEveryS = 60;

const orderStatus = z.enum(["UNPAID", "ON_HOLD", "AWAITING_SHIPMENT"]);
export type OpenOrderStatus = z.infer<typeof orderStatus>;

/** Who asked for an order to be cancelled (specs/tiktok/endpoints/get-order-list.json, `cancellation_initiator`). */
export const cancellationInitiator = z.enum(["SELLER", "BUYER", "SYSTEM"]);
export type CancellationInitiator = z.infer<typeof cancellationInitiator>;

const savedShape = z.object({
  statuses: z.array(z.tuple([z.string(), z.enum(productStatuses)])),
  updates: z.array(z.tuple([z.string(), z.number()])),
  prices: z.array(z.tuple([z.string(), z.number()])),
  /** By SKU id: units in warehouses besides the first. */
  elsewhere: z.array(z.tuple([z.string(), z.array(z.tuple([z.string(), z.number()]))])),
  heldByTiktok: z.array(z.string()),
  promotions: z.array(z.string()),
  refusals: z.array(z.tuple([z.string(), z.number(), z.string()])),
  refusesZero: z.boolean(),
  subscriptions: z.array(z.tuple([z.string(), z.string(), z.number(), z.number()])),
  secondShop: z.boolean(),
  region: z.string(),
  shippingType: z.enum(["SELLER", "TIKTOK"]),
  newOrders: orderStatus,
  openOrders: z.array(z.tuple([z.string(), orderStatus])),
  cancelledBy: z.array(z.tuple([z.string(), cancellationInitiator])).default([]),
});

/** What stands in one warehouse. */
export interface WarehouseRow {
  readonly warehouseId: string;
  readonly quantity: number;
}

/** An address that an event topic goes to. */
export interface Subscription {
  readonly address: string;
  readonly createdAtS: number;
  readonly updatedAtS: number;
}

/** Products and settings of the demo shop: everything but its stock and orders, which the shelf keeps. */
export class Market {
  readonly #context: SandboxContext;
  readonly #bySku = new Map<string, DemoSku>();
  readonly #places = new Map<string, number>();
  readonly #statuses = new Map<string, ProductStatus>();
  readonly #updates = new Map<string, number>();
  readonly #prices = new Map<string, number>();
  readonly #elsewhere = new Map<string, readonly WarehouseRow[]>();
  readonly heldByTiktok = new Set<string>();
  readonly promotions = new Set<string>();
  /** By SKU id: what every write to it is refused with. */
  readonly refusals = new Map<string, { readonly code: number; readonly message: string }>();
  /** By event type. */
  readonly subscriptions = new Map<string, Subscription>();
  /** By order id, where an order is not ready to be shipped. */
  readonly openOrders = new Map<string, OpenOrderStatus>();
  /** By order id, where it was not the buyer who cancelled. */
  readonly cancelledBy = new Map<string, CancellationInitiator>();
  refusesZero = false;
  secondShop = false;
  region = "US";
  shippingType: "SELLER" | "TIKTOK" = "SELLER";
  newOrders: OpenOrderStatus = "AWAITING_SHIPMENT";

  constructor(context: SandboxContext) {
    this.#context = context;
    for (const sku of context.catalogue.skus) this.#bySku.set(sku.tiktok.skuId, sku);
    for (const [place, product] of context.catalogue.products.entries()) {
      const [first] = product.skus;
      if (first) this.#places.set(first.tiktok.productId, place);
    }
  }

  sku(skuId: string): DemoSku | undefined {
    return this.#bySku.get(skuId);
  }

  product(productId: string): DemoProduct | undefined {
    const place = this.#places.get(productId);
    return place === undefined ? undefined : this.#context.catalogue.products[place];
  }

  status(productId: string): ProductStatus {
    return this.#statuses.get(productId) ?? "ACTIVATE";
  }

  setStatus(productId: string, status: ProductStatus): void {
    this.#statuses.set(productId, status);
    this.#touched(productId);
  }

  createdAtS(productId: string): number {
    return firstProductAtS + (this.#places.get(productId) ?? 0) * productEveryS;
  }

  updatedAtS(productId: string): number {
    return this.#updates.get(productId) ?? this.createdAtS(productId);
  }

  /** Products listed between two times, both included, as places in the catalogue: [first, last]; last < first: none. */
  createdBetween(fromS: number, untilS: number): readonly [number, number] {
    const last = this.#context.catalogue.products.length - 1;
    const place = (atS: number) => (atS - firstProductAtS) / productEveryS;
    const first = Math.max(0, Math.ceil(place(fromS)));
    return [first, Math.max(first - 1, Math.min(last, Math.floor(place(untilS))))];
  }

  priceMinor(sku: DemoSku): number {
    return this.#prices.get(sku.tiktok.skuId) ?? sku.priceMinor;
  }

  setPrice(sku: DemoSku, minor: number): void {
    this.#prices.set(sku.tiktok.skuId, minor);
    this.#touched(sku.tiktok.productId);
  }

  /** The warehouses of a SKU; the first has what is in none of the others. @param shown units over all */
  rows(sku: DemoSku, shown: number): readonly [WarehouseRow, ...WarehouseRow[]] {
    let left = shown;
    const others = (this.#elsewhere.get(sku.tiktok.skuId) ?? []).map((row) => {
      const quantity = Math.min(row.quantity, left);
      left -= quantity;
      return { ...row, quantity };
    });
    const isHeld = this.heldByTiktok.has(sku.tiktok.skuId);
    const warehouseId = isHeld ? fbtWarehouseId : sku.tiktok.warehouseId;
    return [{ warehouseId, quantity: left }, ...others];
  }

  /** Units in the warehouses besides the first. */
  setElsewhere(skuId: string, rows: readonly WarehouseRow[]): void {
    if (rows.length > 0) this.#elsewhere.set(skuId, rows);
    else this.#elsewhere.delete(skuId);
    this.#context.changed();
  }

  #touched(productId: string): void {
    this.#updates.set(productId, Math.floor(this.#context.now() / 1_000));
    this.#context.changed();
  }

  snapshot(): z.infer<typeof savedShape> {
    return {
      statuses: [...this.#statuses],
      updates: [...this.#updates],
      prices: [...this.#prices],
      elsewhere: [...this.#elsewhere].map(([skuId, rows]) => [
        skuId,
        rows.map(({ warehouseId, quantity }) => [warehouseId, quantity]),
      ]),
      heldByTiktok: [...this.heldByTiktok],
      promotions: [...this.promotions],
      refusals: [...this.refusals].map(([skuId, { code, message }]) => [skuId, code, message]),
      refusesZero: this.refusesZero,
      subscriptions: [...this.subscriptions].map(([type, it]) => [
        type,
        it.address,
        it.createdAtS,
        it.updatedAtS,
      ]),
      secondShop: this.secondShop,
      region: this.region,
      shippingType: this.shippingType,
      newOrders: this.newOrders,
      openOrders: [...this.openOrders],
      cancelledBy: [...this.cancelledBy],
    };
  }

  /** To be called on a fresh market; what cannot be read (an older state) leaves it fresh. */
  restore(snapshot: unknown): void {
    const { data: saved } = savedShape.safeParse(snapshot);
    if (!saved) return;
    for (const [id, status] of saved.statuses) {
      this.#statuses.set(id, status === "PENDING" ? "ACTIVATE" : status);
    }
    for (const [id, atS] of saved.updates) this.#updates.set(id, atS);
    for (const [id, minor] of saved.prices) this.#prices.set(id, minor);
    for (const [id, rows] of saved.elsewhere) {
      this.#elsewhere.set(
        id,
        rows.map(([warehouseId, quantity]) => ({ warehouseId, quantity })),
      );
    }
    for (const id of saved.heldByTiktok) this.heldByTiktok.add(id);
    for (const id of saved.promotions) this.promotions.add(id);
    for (const [id, code, message] of saved.refusals) this.refusals.set(id, { code, message });
    for (const [type, address, createdAtS, updatedAtS] of saved.subscriptions) {
      this.subscriptions.set(type, { address, createdAtS, updatedAtS });
    }
    this.#restoreOrders(saved);
    const { refusesZero, secondShop, region, shippingType, newOrders } = saved;
    Object.assign(this, { refusesZero, secondShop, region, shippingType, newOrders });
  }

  #restoreOrders({ openOrders, cancelledBy }: z.infer<typeof savedShape>): void {
    for (const [id, status] of openOrders) this.openOrders.set(id, status);
    for (const [id, initiator] of cancelledBy) this.cancelledBy.set(id, initiator);
  }
}

/** The sales warehouses of the seller's own: a second one only where a SKU lies in it. */
export const salesWarehouses = [
  { id: demoTiktokWarehouseId, name: "Main warehouse", isDefault: true },
  { id: overflowWarehouseId, name: "Overflow warehouse", isDefault: false },
] as const;
