import { z } from "zod";
import type { DemoSku } from "../catalogue.ts";
import type { SandboxContext } from "../context.ts";
import { readPageToken, writePageToken } from "../page-token.ts";
import { listingIdOf, locations, productIdOf } from "./demo.ts";
import { listingError, ok, refuse, type FlipkartAnswer, type FlipkartError } from "./frame.ts";
import type { ListingState, Stock } from "./stock.ts";

/** specs/channel-limits.json, flipkart.batch. */
const skusPerCallMax = 10;
const searchPageSize = 500;
const locationIds: ReadonlySet<string> = new Set(locations.map(({ locationId }) => locationId));

const inventoryRow = z.strictObject({
  product_id: z.string(),
  locations: z
    .array(
      z.strictObject({
        id: z.string(),
        status: z.enum(["ENABLED", "DISABLED"]).optional(),
        inventory: z.number().int().optional(),
        pending_inventory: z.number().int().optional(),
      }),
    )
    .min(1),
});
const priceRow = z.strictObject({
  product_id: z.string(),
  price: z.looseObject({
    mrp: z.number().int().min(0),
    selling_price: z.number().int().min(0),
    currency: z.string(),
  }),
});
const searchShape = z.strictObject({
  filters: z
    .looseObject({
      lisitng_status: z.enum(["ACTIVE", "INACTIVE"]).optional(),
      listing_status: z.enum(["ACTIVE", "INACTIVE"]).optional(),
    })
    .optional(),
  page_id: z.string().nullish(),
});

/** What became of one SKU. */
interface RowAnswer {
  readonly status: "SUCCESS" | "FAILURE";
  readonly errors: readonly FlipkartError[];
  readonly attribute_errors: readonly FlipkartError[];
}

/** Flipkart's listing API v3 over the stock. Its numbers of refusals are published nowhere: these are ours. */
export class ListingCalls {
  readonly #context: SandboxContext;
  readonly #stock: Stock;

  constructor(context: SandboxContext, stock: Stock) {
    this.#context = context;
    this.#stock = stock;
  }

  /** `POST /sellers/listings/v3/update/inventory`: a bad SKU fails alone, in a 200. */
  updateInventory(body: unknown): FlipkartAnswer {
    return this.#update(body, (sku, given) => {
      const row = inventoryRow.safeParse(given);
      if (!row.success) return failure(1_001, "The inventory of this SKU cannot be read.");
      const { product_id: productId, locations: rows } = row.data;
      const state = this.#stock.of(sku.code);
      const refusal = refusalOf(sku, productId);
      if (refusal) return refusal;
      if (state?.profile !== "NON_FBF") {
        return failure(1_004, "Inventory of FBF listings cannot be updated by the seller.");
      }
      if (rows.some(({ id }) => !locationIds.has(id))) {
        return failure(1_005, "Invalid location id.");
      }
      if (rows.some(({ inventory = 0 }) => inventory < 0)) {
        return failure(1_006, "Inventory should be a non-negative integer.");
      }
      this.#stock.change(sku.code, (changed) => {
        for (const { id, status, inventory } of rows) {
          if (inventory !== undefined) changed.inventory[id] = inventory;
          if (status) changed.status[id] = status;
        }
      });
      this.#context.recordWrite(sku.code, this.#stock.shown(sku.code) ?? 0);
      return success;
    });
  }

  /** `POST /sellers/listings/v3/update/price` */
  updatePrice(body: unknown): FlipkartAnswer {
    return this.#update(body, (sku, given) => {
      const row = priceRow.safeParse(given);
      if (!row.success) return failure(1_001, "The price of this SKU cannot be read.");
      const { product_id: productId, price } = row.data;
      const refusal = refusalOf(sku, productId);
      if (refusal) return refusal;
      if (price.currency !== "INR") return failure(1_007, "Currency should be INR.");
      if (price.selling_price > price.mrp) {
        return failure(1_008, "Selling price should not be greater than the MRP.");
      }
      this.#stock.change(sku.code, (changed) => {
        changed.mrp = price.mrp;
        changed.sellingPrice = price.selling_price;
      });
      return success;
    });
  }

  /** `GET /sellers/listings/v3/{sku1,sku2}` */
  get(list: string): FlipkartAnswer {
    const codes = list.split(",").map(decode);
    if (codes.length > skusPerCallMax) return tooMany;
    const known = codes.flatMap((code) => this.#context.skuByCode(code) ?? []);
    return ok({
      available: Object.fromEntries(known.map((sku) => [sku.code, this.#wireListing(sku)])),
      unavailable: codes.filter((code) => !this.#context.skuByCode(code)),
      invalid: [],
    });
  }

  /** `POST /sellers/listings/v3/search`: names only, 500 a page. */
  search(body: unknown): FlipkartAnswer {
    const search = searchShape.safeParse(body);
    if (!search.success) return refuse(400, "Bad Request: the search cannot be read");
    const { filters, page_id: pageId } = search.data;
    const from = readPageToken(pageId ?? null) ?? 0;
    if (!Number.isInteger(from)) return refuse(400, "Bad Request: invalid page_id");
    const wanted = filters?.listing_status ?? filters?.lisitng_status;
    const { skus } = this.#context.catalogue;
    const page = skus
      .slice(from, from + searchPageSize)
      .filter(({ code }) => !wanted || this.#stock.of(code)?.listingStatus === wanted);
    const hasMore = from + searchPageSize < skus.length;
    return ok({
      ...(hasMore && { next_page_id: writePageToken(from + searchPageSize) }),
      has_more: hasMore,
      listings: page.map((sku) => ({
        listing_id: listingIdOf(sku),
        product_id: productIdOf(sku),
        sku_id: sku.code,
      })),
    });
  }

  #update(body: unknown, write: (sku: DemoSku, row: unknown) => RowAnswer): FlipkartAnswer {
    const rows = z.record(z.string(), z.unknown()).safeParse(body).data;
    const entries = Object.entries(rows ?? {});
    if (!rows || entries.length === 0) return refuse(400, "Bad Request: no SKU is named");
    if (entries.length > skusPerCallMax) return tooMany;
    const answers = entries.map(([code, row]) => {
      const sku = this.#context.skuByCode(code);
      return [code, sku ? write(sku, row) : failure(1_002, `The SKU ${code} does not exist.`)];
    });
    return ok(Object.fromEntries(answers));
  }

  #wireListing(sku: DemoSku): unknown {
    const state = this.#stock.of(sku.code);
    if (!state) return null;
    return {
      listing_id: listingIdOf(sku),
      product_id: productIdOf(sku),
      price: { mrp: state.mrp, selling_price: state.sellingPrice, currency: "INR" },
      listing_status: state.listingStatus,
      fulfillment_profile: state.profile,
      archived_status: "NONE",
      packages: [],
      locations: wireLocations(state),
    };
  }
}

function wireLocations(state: Readonly<ListingState>): unknown[] {
  return Object.entries(state.inventory).map(([id, inventory]) => ({
    id,
    status: state.status[id] ?? "ENABLED",
    inventory,
    pending_inventory: 0,
  }));
}

const success: RowAnswer = { status: "SUCCESS", errors: [], attribute_errors: [] };

function failure(code: number, description: string): RowAnswer {
  return { status: "FAILURE", errors: [listingError(code, description)], attribute_errors: [] };
}

function refusalOf(sku: DemoSku, productId: string): RowAnswer | null {
  return productId === productIdOf(sku)
    ? null
    : failure(1_003, "The product id does not belong to this SKU.");
}

const tooMany = refuse(400, `Bad Request: at most ${skusPerCallMax} SKUs are allowed in a call`);

/** A SKU with broken encoding is simply none of ours. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
