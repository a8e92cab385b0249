import type { Fault } from "#app/domain/propagation/faults.ts";
import type { ListingRef } from "../contract.ts";
import type { ShopifyClient } from "./client.ts";
import { shopCostPoints, variantCostPoints, variantsQuery } from "./documents.ts";
import { offerIdOf, unknownVariantFault, unmappedFault } from "./listing-mapping.ts";
import { variantsData } from "./wire-listings.ts";

/** Which variant of which product a listing is. */
export interface VariantKey {
  readonly variantId: string;
  readonly productId: string;
}

export type FoundVariants =
  | {
      readonly ok: true;
      readonly currency: string;
      readonly variants: ReadonlyMap<ListingRef, VariantKey | { readonly fault: Fault }>;
    }
  | { readonly ok: false; readonly fault: Fault };

/**
 * The variants of these listings, and the shop's currency. Listings of an import say which they are; older ones are
 * looked up by their inventory item.
 * @param listings at most `adjustBatchSizeMax`
 */
export async function findVariants(
  client: ShopifyClient,
  listings: readonly ListingRef[],
  signal: AbortSignal,
): Promise<FoundVariants> {
  const variants = new Map<ListingRef, VariantKey | { readonly fault: Fault }>();
  const idOfUnsure = new Map<ListingRef, string>();
  for (const listing of listings) {
    const { variantId, productId } = listing.externalIds;
    const id = offerIdOf(listing);
    if (variantId && productId) variants.set(listing, { variantId, productId });
    else if (id === null) variants.set(listing, { fault: unmappedFault });
    else idOfUnsure.set(listing, id);
  }
  const ids = [...new Set(idOfUnsure.values())];
  const found = await client({
    query: variantsQuery,
    variables: { ids },
    cost: ids.length * variantCostPoints + shopCostPoints,
    data: variantsData,
    signal,
  });
  if (!found.ok) return found;
  const { nodes, shop } = found.data;
  const byId = new Map(ids.map((id, index) => [id, nodes[index]]));
  for (const [listing, id] of idOfUnsure) {
    const node = byId.get(id);
    const variant = node && ("product" in node ? node : node.variants?.nodes[0]);
    variants.set(
      listing,
      variant
        ? { variantId: variant.id, productId: variant.product.id }
        : { fault: unknownVariantFault },
    );
  }
  return { ok: true, currency: shop.currencyCode, variants };
}
