import { z } from "zod";
import type { SandboxContext } from "../context.ts";
import { seller } from "./account.ts";
import { ok, refuse, walmartError, type WalmartAnswer } from "./frame.ts";
import type { WalmartStock } from "./stock.ts";

/** specs/walmart inventory: `limit` of the two lists. */
const inventoriesPageSizeMax = 50;
const wfsPageSizeMax = 300;
/** Larger numbers are refused by the real one as well. */
const amountMax = 999_999;

const quantity = z.object({
  unit: z.literal("EACH"),
  amount: z.number().int().min(0).max(amountMax),
});
const singleShape = z.object({ sku: z.string(), quantity });
const nodesShape = z.object({
  inventories: z.object({
    nodes: z.array(z.object({ shipNode: z.string(), inputQty: quantity })).min(1),
  }),
});

/** Walmart's Inventory API. */
export class WalmartInventory {
  readonly #context: SandboxContext;
  readonly #stock: WalmartStock;

  constructor(context: SandboxContext, stock: WalmartStock) {
    this.#context = context;
    this.#stock = stock;
  }

  /** `GET /v3/inventories/{sku}` */
  nodesOf(sku: string): WalmartAnswer {
    if (!this.#isOwn(sku)) return unknownSku(sku);
    return ok({ sku, nodes: this.#nodes(sku) });
  }

  /** `PUT /v3/inventories/{sku}`: each centre has its own outcome. */
  putNodes(sku: string, body: unknown): WalmartAnswer {
    if (!this.#isOwn(sku)) return unknownSku(sku);
    const given = nodesShape.safeParse(body);
    if (!given.success) return invalidContent;
    const nodes = given.data.inventories.nodes.map(({ shipNode, inputQty }) => {
      if (shipNode !== seller.shipNode) {
        const error = walmartError("INVALID_REQUEST_CONTENT.GMP_INVENTORY_API", "Invalid shipNode");
        return { shipNode, status: "Failure", errors: [error] };
      }
      this.#stock.setInput(sku, inputQty.amount);
      return { shipNode, status: "Success" };
    });
    return ok({ sku, nodes });
  }

  /** `GET /v3/inventory?sku=` */
  single(sku: string | null): WalmartAnswer {
    if (sku === null || !this.#isOwn(sku)) return unknownSku(sku ?? "");
    return ok({ sku, quantity: each(this.#stock.input(sku)) });
  }

  /** `PUT /v3/inventory?sku=` writes the account's default centre. */
  putSingle(sku: string | null, body: unknown): WalmartAnswer {
    const given = singleShape.safeParse(body);
    if (sku === null || !given.success || given.data.sku !== sku) return invalidContent;
    if (!this.#isOwn(sku)) return unknownSku(sku);
    this.#stock.setInput(sku, given.data.quantity.amount);
    return ok({ sku, quantity: each(this.#stock.input(sku)) });
  }

  /** `GET /v3/inventories` */
  list(query: URLSearchParams): WalmartAnswer {
    const limit = Number(query.get("limit") ?? "10");
    const position = Number(query.get("nextCursor") ?? "0");
    if (!(limit >= 1 && limit <= inventoriesPageSizeMax) || !(position >= 0)) {
      return refuse(400, "INVALID_REQUEST_PARAM.GMP_INVENTORY_API", "limit should be 1 to 50");
    }
    const { skus } = this.#context.catalogue;
    const page = skus.slice(position, position + limit).filter(({ code }) => this.#isOwn(code));
    const next = position + limit < skus.length ? { nextCursor: String(position + limit) } : {};
    return ok({
      meta: { totalCount: skus.length, ...next },
      elements: {
        inventories: page.map(({ code }) => ({ sku: code, nodes: this.#nodes(code) })),
      },
    });
  }

  /** `GET /v3/fulfillment/inventory`: what lies at Walmart's own centres. */
  held(query: URLSearchParams): WalmartAnswer {
    const limit = Number(query.get("limit") ?? "10");
    const offset = Number(query.get("offset") ?? "0");
    if (!(limit >= 1 && limit <= wfsPageSizeMax) || !(offset >= 0)) {
      return refuse(400, "INVALID_REQUEST_PARAM.GMP_INVENTORY_API", "limit should be 1 to 300");
    }
    const wanted = query.get("sku");
    const all = this.#stock.held().filter((sku) => wanted === null || sku === wanted);
    const inventory = all.slice(offset, offset + limit).map((sku) => ({
      sku,
      shipNodes: [
        {
          modifiedDate: new Date(this.#context.now()).toISOString(),
          availToSellQty: this.#stock.available(sku),
          onHandQty: this.#stock.available(sku) + this.#stock.reserved(sku),
          shipNodeType: "WFSFulfilled",
        },
      ],
    }));
    return ok({ headers: { totalCount: all.length, limit, offset }, payload: { inventory } });
  }

  /** Stock at Walmart's own centres is not the seller's to set. */
  #isOwn(sku: string): boolean {
    return this.#context.skuByCode(sku) !== undefined && !this.#stock.isHeld(sku);
  }

  #nodes(sku: string) {
    return [
      {
        shipNode: seller.shipNode,
        inputQty: each(this.#stock.input(sku)),
        availToSellQty: each(this.#stock.available(sku)),
        reservedQty: each(this.#stock.reserved(sku)),
      },
    ];
  }
}

function each(amount: number) {
  return { unit: "EACH", amount };
}

const invalidContent = refuse(
  400,
  "INVALID_REQUEST_CONTENT.GMP_INVENTORY_API",
  "The inventory is not valid",
  "quantity",
);

function unknownSku(sku: string): WalmartAnswer {
  const text = `Resource does not exist: no inventory for ${sku}`;
  return refuse(404, "CONTENT_NOT_FOUND.GMP_INVENTORY_API", text, "sku");
}
