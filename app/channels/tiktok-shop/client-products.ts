import { mapAnswer, type Answer, type Call, type Caller } from "./client-call.ts";
import {
  productData,
  productMoveData,
  productsData,
  type PriceBody,
  type ProductError,
  type ProductSearch,
  type TiktokProduct,
} from "./wire-products.ts";
import {
  inventoryData,
  updateData,
  type InventoryProduct,
  type SkuError,
  type UpdateBody,
} from "./wire.ts";

export interface ProductsWirePage {
  readonly products: readonly TiktokProduct[];
  /** Products that fit the search, over all pages. */
  readonly total: number;
  readonly nextPageToken: string | null;
}

/** Paths carry the version of each endpoint: old ones are retired after notice. */
const paths = {
  products: "/product/202309/products",
  searchProducts: "/product/202502/products/search",
  searchInventory: "/product/202309/inventory/search",
} as const;

function pathOf(productId: string): string {
  return `${paths.products}/${encodeURIComponent(productId)}`;
}

/** Reads of products and their stock. */
export function productReads(call: Caller) {
  return {
    /** By at most 600 SKU ids, or at most 100 product ids. */
    async searchInventory(
      by: { readonly skuIds: readonly string[] } | { readonly productIds: readonly string[] },
      signal: AbortSignal,
    ): Promise<Answer<readonly InventoryProduct[]>> {
      const body = "skuIds" in by ? { sku_ids: by.skuIds } : { product_ids: by.productIds };
      const path = paths.searchInventory;
      const request: Call = { operation: "searchInventory", method: "POST", path, body };
      return mapAnswer(
        await call(request, inventoryData, signal),
        ({ inventory }) => inventory ?? [],
      );
    },
    async searchProducts(
      search: ProductSearch,
      page: { readonly size: number; readonly token: string | null },
      signal: AbortSignal,
    ): Promise<Answer<ProductsWirePage>> {
      const { skuIds, createdFromS, createdUntilS } = search;
      const request: Call = {
        operation: "searchProducts",
        method: "POST",
        path: paths.searchProducts,
        query: { page_size: String(page.size), ...(page.token && { page_token: page.token }) },
        body: {
          status: "ALL",
          ...(skuIds && { sku_ids: skuIds }),
          ...(createdFromS != null && { create_time_ge: createdFromS }),
          ...(createdUntilS != null && { create_time_le: createdUntilS }),
        },
      };
      return mapAnswer(await call(request, productsData, signal), (data) => ({
        products: data.products ?? [],
        total: data.total_count,
        nextPageToken: data.next_page_token || null,
      }));
    },
    getProduct: (productId: string, signal: AbortSignal): Promise<Answer<TiktokProduct>> => {
      const path = pathOf(productId);
      return call({ operation: "getProduct", method: "GET", path }, productData, signal);
    },
  };
}

/** Writes of quantities, prices and statuses. */
export function productWrites(call: Caller) {
  return {
    /** Sets SKUs of one product; the value names the SKUs that were refused. */
    async updateInventory(
      productId: string,
      body: UpdateBody,
      signal: AbortSignal,
    ): Promise<Answer<readonly SkuError[]>> {
      const path = `${pathOf(productId)}/inventory/update`;
      const request: Call = { operation: "updateInventory", method: "POST", path, body };
      return mapAnswer(await call(request, updateData, signal), (data) => data?.errors ?? []);
    },
    /** Sets prices of SKUs of one product, all or none; the answer is empty. */
    async updatePrices(
      productId: string,
      body: PriceBody,
      signal: AbortSignal,
    ): Promise<Answer<readonly SkuError[]>> {
      const path = `${pathOf(productId)}/prices/update`;
      const request: Call = { operation: "updatePrices", method: "POST", path, body };
      return mapAnswer(await call(request, updateData, signal), (data) => data?.errors ?? []);
    },
    /** At most 20; the value names the products that were refused. */
    async moveProducts(
      move: "activate" | "deactivate",
      productIds: readonly string[],
      signal: AbortSignal,
    ): Promise<Answer<readonly ProductError[]>> {
      const path = `${paths.products}/${move}`;
      const body = { product_ids: productIds };
      const request: Call = { operation: `${move}Products`, method: "POST", path, body };
      return mapAnswer(await call(request, productMoveData, signal), (data) => data?.errors ?? []);
    },
  };
}
