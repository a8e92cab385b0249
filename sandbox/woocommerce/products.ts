import { z } from "zod";
import type { SandboxContext } from "../context.ts";
import {
  fieldsOf,
  idsOfQuery,
  invalidParam,
  listAnswer,
  Refusal,
  type WooAnswer,
} from "./frame.ts";
import { isOnSale, Items, sellableOf, stockHolderOf, type Item } from "./items.ts";
import { wireProduct, wireVariation } from "./wire.ts";

/** Objects in one batch (specs/woocommerce, `errors`). */
const batchObjectsMax = 100;

const changeShape = z.looseObject({
  manage_stock: z.boolean().optional(),
  stock_quantity: z.number().int().nullish(),
  stock_status: z.enum(["instock", "outofstock", "onbackorder"]).optional(),
  regular_price: z.string().optional(),
  status: z.enum(["draft", "pending", "private", "publish"]).optional(),
});
const batchShape = z.looseObject({
  create: z.array(z.unknown()).optional(),
  update: z.array(z.unknown()).optional(),
  delete: z.array(z.unknown()).optional(),
});
const rowShape = z.looseObject({ id: z.number().int() });

/** products, products/{id}/variations and variations of the REST API. */
export class Products {
  readonly items: Items;
  readonly #context: SandboxContext;
  readonly #announce: (item: Item, event: "updated" | "deleted") => void;

  constructor(
    context: SandboxContext,
    announce: (item: Item, event: "updated" | "deleted") => void,
  ) {
    this.#context = context;
    this.#announce = announce;
    this.items = new Items(context.catalogue);
  }

  list(query: URLSearchParams): WooAnswer {
    return listAnswer(query, this.#listed(query), (item) => this.wireOf(item));
  }

  /** @param productId null: of all products */
  listVariations(productId: number | null, query: URLSearchParams): WooAnswer {
    if (productId !== null) this.#product(productId, 404);
    const all = this.#variationsListed(productId, query);
    return listAnswer(query, all, (item) => wireVariation(item, productId === null));
  }

  get(id: number, query: URLSearchParams): WooAnswer {
    return { status: 200, body: fieldsOf(query, this.wireOf(this.#product(id, 404))) };
  }

  getVariation(productId: number, id: number, query: URLSearchParams): WooAnswer {
    const item = this.#variation(productId, id, 404);
    return { status: 200, body: fieldsOf(query, wireVariation(item, false)) };
  }

  put(id: number, body: unknown): WooAnswer {
    const item = this.#product(id, 400);
    this.#change(item, body);
    return { status: 200, body: this.wireOf(item) };
  }

  putVariation(productId: number, id: number, body: unknown): WooAnswer {
    const item = this.#variation(productId, id, 400);
    this.#change(item, body);
    return { status: 200, body: wireVariation(item, false) };
  }

  /** Always 200: each row says for itself. @param productId null: products themselves */
  batch(productId: number | null, body: unknown): WooAnswer {
    const given = batchShape.safeParse(body);
    if (!given.success) throw invalidParam("update", "update is not of type array.");
    const { create = [], update = [], delete: removed = [] } = given.data;
    if (create.length + update.length + removed.length > batchObjectsMax) {
      throw new Refusal(
        413,
        "woocommerce_rest_request_entity_too_large",
        `Unable to accept more than ${String(batchObjectsMax)} items for this request.`,
      );
    }
    return { status: 200, body: { update: update.map((row) => this.#batchRow(productId, row)) } };
  }

  remove(id: number): WooAnswer {
    const item = this.#product(id, 404);
    const body = this.wireOf(item);
    this.items.bin(item);
    this.#context.changed();
    this.#announce(item, "deleted");
    return { status: 200, body };
  }

  wireOf(item: Item): object {
    return wireProduct(item, this.items.variationsOf(item.id));
  }

  /** Takes units off the shelf, or puts them back (negative). Nothing where the shop does not count. */
  move(item: Item, units: number): void {
    const holder = stockHolderOf(item);
    if (!holder) return;
    holder.stock = (holder.stock ?? 0) - units;
    this.#touch(holder);
  }

  /** A person changes the number by hand. */
  setShown(code: string, quantity: number): void {
    const item = this.items.bySku.get(code);
    const holder = item && stockHolderOf(item);
    if (!holder) return;
    holder.stock = quantity;
    this.#touch(holder);
    this.#announce(holder, "updated");
  }

  shown(code: string): number | null {
    const item = this.items.bySku.get(code);
    if (!item) return null;
    return isOnSale(item) ? sellableOf(item) : 0;
  }

  #batchRow(productId: number | null, row: unknown): object {
    const held = rowShape.safeParse(row);
    const id = held.success ? held.data.id : 0;
    try {
      const item =
        productId === null ? this.#product(id, 400) : this.#variation(productId, id, 400);
      this.#change(item, row);
      return productId === null ? this.wireOf(item) : wireVariation(item, false);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { id, error: error.answer.body };
    }
  }

  #listed(query: URLSearchParams): readonly Item[] {
    const status = query.get("status") ?? "any";
    const include = idsOfQuery(query, "include");
    const skus = query.get("sku")?.split(",");
    if (skus) return skus.flatMap((code) => this.items.bySku.get(code) ?? []);
    const all = include ? this.#included(include, null) : this.items.products;
    return status === "any" ? all : all.filter((item) => item.status === status);
  }

  #variationsListed(productId: number | null, query: URLSearchParams): readonly Item[] {
    const include = idsOfQuery(query, "include");
    if (include) {
      return this.#included(include, "variation").filter(
        (item) => productId === null || item.parent?.id === productId,
      );
    }
    if (productId !== null) return this.items.variationsOf(productId);
    const parents = idsOfQuery(query, "parent");
    if (!parents) return this.items.variations;
    return parents.sort((a, b) => a - b).flatMap((id) => [...this.items.variationsOf(id)]);
  }

  #included(ids: readonly number[], type: "variation" | null): Item[] {
    return [...new Set(ids)]
      .sort((a, b) => a - b)
      .flatMap((id) => this.items.byId.get(id) ?? [])
      .filter((item) => (item.type === "variation") === (type === "variation"))
      .filter((item) => item.status !== "trash" && item.parent?.status !== "trash");
  }

  #product(id: number, status: 400 | 404): Item {
    const item = this.items.byId.get(id);
    if (!item) throw new Refusal(status, "woocommerce_rest_product_invalid_id", "Invalid ID.");
    if (item.type === "variation" && status === 400) {
      throw new Refusal(
        404,
        "woocommerce_rest_invalid_product_id",
        "To manipulate product variations you should use the /products/&lt;product_id&gt;/variations/&lt;id&gt; endpoint.",
      );
    }
    return item;
  }

  #variation(productId: number, id: number, status: 400 | 404): Item {
    const item = this.items.byId.get(id);
    if (item?.type === "variation" && item.parent?.id === productId) return item;
    throw new Refusal(status, "woocommerce_rest_product_variation_invalid_id", "Invalid ID.");
  }

  #change(item: Item, body: unknown): void {
    const given = changeShape.safeParse(body);
    if (!given.success) {
      const name = String(given.error.issues[0]?.path[0] ?? "body");
      throw invalidParam(name, `${name} is not of the right type.`);
    }
    const { stock_quantity: quantity, ...rest } = given.data;
    item.manageStock = rest.manage_stock ?? item.manageStock;
    item.stockStatus = rest.stock_status ?? item.stockStatus;
    item.status = rest.status ?? item.status;
    item.regularPrice = rest.regular_price ?? item.regularPrice;
    setStock(item, quantity);
    this.#touch(item);
    if (quantity !== undefined && stockHolderOf(item) === item) this.#record(item);
    this.#announce(item, "updated");
  }

  /** Every SKU whose number the item keeps. */
  #record(item: Item): void {
    const kept = [item, ...this.items.variationsOf(item.id)];
    for (const one of kept) {
      if (one.sku && stockHolderOf(one) === item) {
        this.#context.recordWrite(one.sku.code, sellableOf(one) ?? 0);
      }
    }
  }

  #touch(item: Item): void {
    item.modifiedMs = Math.max(item.modifiedMs, this.#context.now());
    this.items.changed(item);
    this.#context.changed();
  }
}

/** As WooCommerce does: without stock management the number is dropped. */
function setStock(item: Item, quantity: number | null | undefined): void {
  if (stockHolderOf(item) === null) item.stock = null;
  // With its product's stock a variation keeps a number of its own that nobody sees.
  else if (quantity !== undefined) item.stock = quantity;
  else if (item.manageStock) item.stock ??= 0;
}
