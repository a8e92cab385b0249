import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { DemoSku } from "../catalogue.ts";
import type { SandboxContext } from "../context.ts";
import { ok, refuse, type WalmartAnswer } from "./frame.ts";
import type { WalmartStock } from "./stock.ts";

const pageSizeMax = 1_000;
const offsetMax = 10_000;
/** A list that nobody reads on for this long is forgotten. */
const scrollLifeMs = 2 * 60_000;
/** Lists under way at once; the oldest is forgotten. */
const scrollsMax = 100;

const priceShape = z.object({
  sku: z.string(),
  pricing: z
    .array(
      z.object({
        currentPriceType: z.enum(["BASE", "REDUCED", "CLEARANCE"]),
        currentPrice: z.object({ currency: z.enum(["USD"]), amount: z.number().positive() }),
      }),
    )
    .min(1),
});

interface Scroll {
  position: number;
  usedAtMs: number;
}

/** Walmart's Items and Prices APIs. */
export class WalmartItems {
  readonly #context: SandboxContext;
  readonly #stock: WalmartStock;
  /** The cursor is the same text on every page; where it stands is known here only. */
  readonly #scrolls = new Map<string, Scroll>();

  constructor(context: SandboxContext, stock: WalmartStock) {
    this.#context = context;
    this.#stock = stock;
  }

  /** `GET /v3/items` */
  list(query: URLSearchParams): WalmartAnswer {
    const limit = Number(query.get("limit") ?? "20");
    const offset = Number(query.get("offset") ?? "0");
    const cursor = query.get("nextCursor");
    if (!(limit >= 1 && limit <= pageSizeMax) || !(offset >= 0 && offset <= offsetMax)) {
      return refuse(400, "INVALID_REQUEST_PARAM.GMP_ITEM_QUERY_API", "Invalid limit or offset");
    }
    if (cursor === null) return this.#page(offset, limit, null);
    const id = cursor === "*" ? this.#open() : cursor;
    const scroll = this.#scrolls.get(id);
    if (!scroll || this.#context.now() - scroll.usedAtMs > scrollLifeMs) {
      return refuse(400, "INVALID_REQUEST_PARAM.GMP_ITEM_QUERY_API", "nextCursor has expired");
    }
    const { position } = scroll;
    scroll.position += limit;
    scroll.usedAtMs = this.#context.now();
    return this.#page(position, limit, id);
  }

  /** `GET /v3/items/{id}?productIdType=SKU` */
  one(sku: string, query: URLSearchParams): WalmartAnswer {
    if ((query.get("productIdType") ?? "SKU") !== "SKU") {
      return refuse(400, "INVALID_REQUEST_PARAM.GMP_ITEM_QUERY_API", "Only SKUs are known here");
    }
    const known = this.#context.skuByCode(sku);
    if (!known) return noContent;
    return ok({ ItemResponse: [this.#wireItem(known)], totalItems: 1 });
  }

  /** `PUT /v3/price` */
  putPrice(body: unknown): WalmartAnswer {
    const given = priceShape.safeParse(body);
    const price = given.data?.pricing[0]?.currentPrice;
    if (!given.success || !price) {
      return refuse(400, "INVALID_REQUEST_CONTENT.GMP_PRICE_API", "The price is not valid");
    }
    const { sku } = given.data;
    if (!this.#context.skuByCode(sku)) {
      return refuse(404, "CONTENT_NOT_FOUND.GMP_PRICE_API", `No item ${sku}`, "sku");
    }
    this.#stock.setPrice(sku, Math.round(price.amount * 100));
    const message =
      "Thank you. Your price has been updated. Please allow up to five minutes for this change to be reflected on the site.";
    return ok({ ItemPriceResponse: { mart: "WALMART_US", sku, message } });
  }

  #open(): string {
    const id = randomBytes(24).toString("base64");
    this.#scrolls.set(id, { position: 0, usedAtMs: this.#context.now() });
    if (this.#scrolls.size > scrollsMax) {
      const oldest = this.#scrolls.keys().next();
      if (!oldest.done) this.#scrolls.delete(oldest.value);
    }
    return id;
  }

  #page(from: number, limit: number, cursor: string | null): WalmartAnswer {
    const { skus } = this.#context.catalogue;
    const page = skus.slice(from, from + limit);
    // Behind the end there is nothing to be found.
    if (page.length === 0) return noContent;
    return ok({
      ItemResponse: page.map((sku) => this.#wireItem(sku)),
      totalItems: skus.length,
      ...(cursor === null ? {} : { nextCursor: cursor }),
    });
  }

  #wireItem(sku: DemoSku) {
    const gtin = sku.barcode.padStart(14, "0");
    return {
      mart: "WALMART_US",
      sku: sku.code,
      condition: "New",
      wpid: `W${sku.ebay.offerId}`,
      // A UPC has twelve digits: an EAN has none.
      ...(gtin.startsWith("00") && { upc: gtin.slice(2) }),
      gtin,
      productName: sku.title,
      shelf: '["Home Page","Clothing"]',
      productType: "T-Shirts",
      price: { currency: "USD", amount: this.#stock.price(sku.code) / 100 },
      publishedStatus: "PUBLISHED",
      lifecycleStatus: "ACTIVE",
    };
  }
}

const noContent = refuse(
  404,
  "CONTENT_NOT_FOUND.GMP_ITEM_QUERY_API",
  "Resource does not exist: no items match the query",
);
