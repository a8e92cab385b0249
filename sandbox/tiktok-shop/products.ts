import { z } from "zod";
import type { DemoProduct, DemoSku } from "../catalogue.ts";
import { readPageToken, writePageToken } from "../page-token.ts";
import { invalid, type CallResult, type TiktokFailure } from "./frame.ts";
import { refuseProduct, type ShopFloor } from "./inventory.ts";
import { productStatuses, type ProductStatus } from "./market.ts";

/** specs/tiktok/endpoints/search-products.json */
const pageSizeMax = 100;
const idFilterMax = 10;
const resultsMax = 10_000;
/** Activate and deactivate. */
const productIdsMax = 20;
const shopCurrency = "USD";
/** Prices a US shop takes (update-price.json names 0.01 to 7,600 for list prices). */
const priceMinorMax = 760_000;
/** TikTok reviews an activated product this long; minutes to days really. */
const reviewMs = 1_500;

const unixS = z.number().int().min(0);
const searchShape = z.strictObject({
  status: z.enum(["ALL", ...productStatuses]).optional(),
  seller_skus: z.array(z.string()).optional(),
  sku_ids: z.array(z.string()).optional(),
  create_time_ge: unixS.optional(),
  create_time_le: unixS.optional(),
  update_time_ge: unixS.optional(),
  update_time_le: unixS.optional(),
});
type Search = z.infer<typeof searchShape>;

/** `POST /product/202502/products/search`: by SKU ids, by SKU texts, or all of a time in the order they were listed. */
export function searchProducts(
  floor: ShopFloor,
  query: URLSearchParams,
  body: unknown,
): CallResult {
  const parsed = searchShape.safeParse(body ?? {});
  if (!parsed.success) return invalid("The body is not as documented.");
  const size = Number(query.get("page_size") ?? Number.NaN);
  const from = readPageToken(query.get("page_token")) ?? 0;
  const refusal = refuseSearch(parsed.data, from, size);
  if (refusal) return refusal;
  const found = findProducts(floor, parsed.data);
  return {
    data: {
      total_count: found.total,
      products: found.slice(from, from + size).map((product) => wireProduct(floor, product)),
      next_page_token: from + size < found.total ? writePageToken(from + size) : "",
    },
  };
}

/** The first of the platform's rules that is broken; null when none is. */
function refuseSearch(search: Search, from: number, size: number): TiktokFailure | null {
  const rules: readonly (readonly [broken: boolean, code: number, message: string])[] = [
    [!(size >= 1 && size <= pageSizeMax), 12019109, "page size is invalid"],
    [!Number.isInteger(from) || from < 0, 12019108, "page number is invalid"],
    [isTooLong(search.sku_ids), 12019087, "The number of SKU IDs exceeds the limit of 10"],
    [isTooLong(search.seller_skus), 12019027, "The maximum count of “seller_skus” is 10."],
    [
      from + size > resultsMax,
      12052180,
      "The total number of search results can not exceed 10000.",
    ],
  ];
  const [, code, message] = rules.find(([isBroken]) => isBroken) ?? [];
  return code === undefined ? null : { status: 200, code, message: message ?? "" };
}

function isTooLong(filter: readonly string[] | undefined): boolean {
  return (filter?.length ?? 0) > idFilterMax;
}

interface Found {
  readonly total: number;
  slice(from: number, until: number): readonly DemoProduct[];
}

function findProducts(floor: ShopFloor, search: Search): Found {
  const { market, context } = floor;
  const { products } = context.catalogue;
  const isPlain =
    [search.sku_ids, search.seller_skus, search.update_time_ge, search.update_time_le].every(
      (filter) => filter === undefined,
    ) && (search.status ?? "ALL") === "ALL";
  const { create_time_ge: fromS = 0, create_time_le: untilS = Number.MAX_SAFE_INTEGER } = search;
  const [first, last] = market.createdBetween(fromS, untilS);
  if (isPlain) {
    // A page costs no more than itself, however large the catalogue.
    return {
      total: Math.max(0, last - first + 1),
      slice: (from, until) => products.slice(first + from, Math.min(first + until, last + 1)),
    };
  }
  const listed = candidates(floor, search).filter((product) => fits(floor, product, search));
  return { total: listed.length, slice: (from, until) => listed.slice(from, until) };
}

function candidates({ market, context }: ShopFloor, search: Search): readonly DemoProduct[] {
  const skus = [
    ...(search.sku_ids ?? []).map((skuId) => market.sku(skuId)),
    ...(search.seller_skus ?? []).map((code) => context.skuByCode(code)),
  ];
  if (search.sku_ids === undefined && search.seller_skus === undefined) {
    return context.catalogue.products;
  }
  return [
    ...new Set(skus.flatMap((sku) => (sku ? [market.product(sku.tiktok.productId)] : []))),
  ].flatMap((product) => product ?? []);
}

function fits({ market }: ShopFloor, product: DemoProduct, search: Search): boolean {
  const productId = productIdOf(product);
  const status = search.status ?? "ALL";
  const within = (atS: number, fromS = 0, untilS = Number.MAX_SAFE_INTEGER) =>
    atS >= fromS && atS <= untilS;
  return (
    (status === "ALL" || market.status(productId) === status) &&
    within(market.createdAtS(productId), search.create_time_ge, search.create_time_le) &&
    within(market.updatedAtS(productId), search.update_time_ge, search.update_time_le)
  );
}

function productIdOf(product: DemoProduct): string {
  return product.skus[0]?.tiktok.productId ?? "";
}

/** The parts of specs/tiktok/endpoints/search-products.json that a plain product has. */
function wireProduct(floor: ShopFloor, product: DemoProduct): unknown {
  const { market } = floor;
  const productId = productIdOf(product);
  return {
    id: productId,
    title: product.title,
    status: market.status(productId),
    skus: product.skus.map((sku) => wireSku(floor, sku)),
    sales_regions: [market.region],
    create_time: market.createdAtS(productId),
    update_time: market.updatedAtS(productId),
    is_not_for_sale: false,
    has_draft: false,
    audit: { status: "APPROVED", pre_approved_reasons: [] },
  };
}

function wireSku({ market, shelf }: ShopFloor, sku: DemoSku): Readonly<Record<string, unknown>> {
  const price = decimal(market.priceMinor(sku));
  return {
    id: sku.tiktok.skuId,
    seller_sku: sku.code,
    price: { currency: shopCurrency, tax_exclusive_price: price, sale_price: price },
    inventory: market
      .rows(sku, shelf.shown(sku.code) ?? 0)
      .map((row) => ({ warehouse_id: row.warehouseId, quantity: row.quantity })),
    status_info: { status: "NORMAL" },
  };
}

/** `GET /product/202309/products/{product_id}` */
export function getProduct(floor: ShopFloor, productId: string): CallResult {
  const { market } = floor;
  const product = market.product(productId);
  if (!product || market.status(productId) === "DELETED") {
    return { status: 200, code: 12019150, message: "The product ID does not exist." };
  }
  const skus = product.skus.map((sku) => ({
    ...wireSku(floor, sku),
    identifier_code: { code: `0${sku.shopify.variantId}`, type: "GTIN" },
  }));
  return {
    data: {
      id: productId,
      status: market.status(productId),
      title: product.title,
      skus,
      update_time: market.updatedAtS(productId),
    },
  };
}

const priceShape = z.strictObject({
  skus: z
    .array(
      z.strictObject({
        id: z.string(),
        price: z.strictObject({
          amount: z.string().optional(),
          currency: z.string(),
          sale_price: z.string().optional(),
        }),
      }),
    )
    .min(1),
});

/** `POST /product/202309/products/{product_id}/prices/update`: all SKUs or none; `data` is always empty. */
export function updatePrices(floor: ShopFloor, productId: string, body: unknown): CallResult {
  const { market, context } = floor;
  const parsed = priceShape.safeParse(body);
  if (!parsed.success) return invalid("The body is not as documented.");
  const refusal =
    refuseProduct(market, productId) ??
    parsed.data.skus.map((entry) => refusePrice(floor, productId, entry)).find(Boolean);
  if (refusal) return refusal;
  for (const { id, price } of parsed.data.skus) {
    const sku = market.sku(id);
    if (!sku) continue;
    market.setPrice(sku, minorOf(price));
    context.recordWrite(sku.code, floor.shelf.shown(sku.code) ?? 0);
  }
  return { data: {} };
}

type PriceEntry = z.infer<typeof priceShape>["skus"][number];

function refusePrice(
  { market }: ShopFloor,
  productId: string,
  { id, price }: PriceEntry,
): TiktokFailure | null {
  const minor = minorOf(price);
  const rules: readonly (readonly [broken: boolean, code: number, message: string])[] = [
    [
      market.sku(id)?.tiktok.productId !== productId,
      12052557,
      "The SKU ID does not belong to the product.",
    ],
    [
      price.currency !== shopCurrency,
      12052084,
      "The provided currency is not available for this shop/region.",
    ],
    [Number.isNaN(minor), 12052012, "Incorrect price format"],
    [minor < 1 || minor > priceMinorMax, 12052570, "product price exceed limit"],
    [market.promotions.has(id), 12052038, "Product price locked due to ongoing promotion. "],
  ];
  const [, code, message] = rules.find(([isBroken]) => isBroken) ?? [];
  return code === undefined ? null : { status: 200, code, message: message ?? "" };
}

/** NaN for what is no amount of dollars. */
function minorOf(price: PriceEntry["price"]): number {
  const amount = price.sale_price ?? price.amount ?? "";
  return /^\d{1,7}(\.\d{1,2})?$/.test(amount) ? Math.round(Number(amount) * 100) : Number.NaN;
}

const productIdsShape = z.strictObject({
  product_ids: z.array(z.string()).min(1),
  listing_platforms: z.array(z.string()).optional(),
});

/** From where to where a call takes a product, and what else happens. */
interface StatusMove {
  readonly from: readonly ProductStatus[];
  readonly to: ProductStatus;
}
const moves = {
  activate: { from: ["SELLER_DEACTIVATED", "PLATFORM_DEACTIVATED"], to: "PENDING" },
  deactivate: { from: ["ACTIVATE"], to: "SELLER_DEACTIVATED" },
} as const satisfies Readonly<Record<string, StatusMove>>;

/**
 * `POST /product/202309/products/activate` and `…/deactivate`: at most 20, refused ones are named. An activated product
 * is reviewed before buyers see it again. @param changed called when a status changed
 */
export function moveProducts(
  floor: ShopFloor,
  kind: keyof typeof moves,
  body: unknown,
  changed: (productId: string) => void,
): CallResult {
  const { market, context } = floor;
  const parsed = productIdsShape.safeParse(body);
  if (!parsed.success) return invalid("The body is not as documented.");
  if (parsed.data.product_ids.length > productIdsMax) {
    const message = "The number of provided product IDs exceeds the limit.";
    return { status: 200, code: 12019120, message };
  }
  const { from, to }: StatusMove = moves[kind];
  const errors = parsed.data.product_ids.flatMap((productId) => {
    if (!market.product(productId)) {
      return [moveError(productId, 12052048, "You can't edit other sellers' products")];
    }
    if (!from.includes(market.status(productId))) {
      const message = "The product in its current status is not available for this operation.";
      return [moveError(productId, 12052901, message)];
    }
    market.setStatus(productId, to);
    const sku = market.product(productId)?.skus[0];
    if (sku) context.recordWrite(sku.code, floor.shelf.shown(sku.code) ?? 0);
    changed(productId);
    if (to === "PENDING") passReviewLater(floor, productId, changed);
    return [];
  });
  return { data: errors.length > 0 ? { errors } : {} };
}

/** A review that a restart interrupts has passed (`Market.restore`). */
function passReviewLater(
  { market }: ShopFloor,
  productId: string,
  changed: (productId: string) => void,
): void {
  const timer = setTimeout(() => {
    if (market.status(productId) !== "PENDING") return;
    market.setStatus(productId, "ACTIVATE");
    changed(productId);
  }, reviewMs);
  timer.unref();
}

function moveError(productId: string, code: number, message: string) {
  return { code, message, detail: { product_id: productId } };
}

function decimal(minor: number): string {
  return (minor / 100).toFixed(2);
}
