import type { ListingRef } from "#app/channels/contract.ts";
import { chunked, mapBounded } from "#app/channels/map-bounded.ts";
import type { Answer, TiktokShopClient } from "./client.ts";
import { idsOf } from "./mapping.ts";
import { callsInFlightMax } from "./product-calls.ts";
import type { TiktokProduct } from "./wire-products.ts";

/** SKU ids in one products/search call (search-products.json, `sku_ids`). */
const searchSkusMax = 10;

/**
 * The products behind some listings, by product id; those that TikTok does not know are left out. The search takes ten
 * SKUs a call and gives whole products, so one SKU of each product is asked for; what a search index does not show yet
 * is read one by one.
 */
export async function readProducts(
  client: TiktokShopClient,
  listings: readonly ListingRef[],
  signal: AbortSignal,
): Promise<Answer<ReadonlyMap<string, TiktokProduct>>> {
  const skuByProduct = new Map<string, string>();
  for (const listing of listings) {
    const ids = idsOf(listing);
    if (ids && !skuByProduct.has(ids.productId)) skuByProduct.set(ids.productId, ids.skuId);
  }
  const found = new Map<string, TiktokProduct>();
  const searches = await mapBounded(
    chunked([...skuByProduct.values()], searchSkusMax),
    callsInFlightMax,
    (skuIds) => client.searchProducts({ skuIds }, { size: searchSkusMax, token: null }, signal),
  );
  for (const search of searches) {
    if (!search.ok) return search;
    for (const product of search.value.products) found.set(product.id, product);
  }
  const missing = [...skuByProduct.keys()].filter((productId) => !found.has(productId));
  const details = await mapBounded(missing, callsInFlightMax, (productId) =>
    client.getProduct(productId, signal),
  );
  for (const detail of details) {
    if (detail.ok) found.set(detail.value.id, detail.value);
    else if (detail.fault.kind !== "unknown-listing") return detail;
  }
  return { ok: true, value: found };
}
