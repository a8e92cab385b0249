import { decimalOf } from "#app/domain/money.ts";
import type { Fault, FaultKind } from "#app/domain/propagation/faults.ts";
import type { PriceWrite, WriteResult } from "../contract.ts";
import { groupedBy } from "../grouped-by.ts";
import { mapBounded } from "../map-bounded.ts";
import type { ShopifyClient } from "./client.ts";
import { mutationCostPoints, priceMutation } from "./documents.ts";
import { elementOf, faultOfUserError } from "./errors.ts";
import { unknownVariantFault } from "./listing-mapping.ts";
import { findVariants, type FoundVariants } from "./variants.ts";
import { priceData } from "./wire-listings.ts";

/** Products whose prices are set side by side: one call each. */
const productsAtOnceMax = 4;
/** Faults after which further calls of the same connection can only fail the same way. */
const stopping: ReadonlySet<FaultKind> = new Set(["rate-limited", "revoked", "unauthorised"]);

/** One variant's new price, for all listings (locations) of it. */
interface VariantPrice {
  readonly variantId: string;
  readonly productId: string;
  readonly decimal: string;
  readonly writes: readonly PriceWrite[];
}

/**
 * Sets the price of each listing's variant: one call per product. A variant has one price at all its locations.
 * @param writes at most `adjustBatchSizeMax`
 */
export async function setPrices(
  client: ShopifyClient,
  writes: readonly PriceWrite[],
  signal: AbortSignal,
): Promise<readonly WriteResult[]> {
  if (writes.length === 0) return [];
  const found = await findVariants(client, writes, signal);
  if (!found.ok) return writes.map(() => found);
  const { results, byVariant } = sorted(writes, found);
  const products = [...groupedBy([...byVariant.values()], ({ productId }) => productId).values()];
  let stop: Fault | null = null;
  await mapBounded(products, productsAtOnceMax, async (variants) => {
    const set: ProductResult = stop
      ? { ok: false, fault: stop }
      : await setOfProduct(client, variants, signal);
    if (!set.ok && stopping.has(set.fault.kind)) stop = set.fault;
    for (const [index, variant] of variants.entries()) {
      const fault = set.ok ? set.faults.get(index) : set.fault;
      for (const write of variant.writes) {
        results.set(write, fault ? { ok: false, fault } : { ok: true });
      }
    }
  });
  return writes.map((write) => results.get(write) ?? { ok: false, fault: otherPriceFault });
}

/** The prices to set by variant, and the results of those that are not sent. */
function sorted(writes: readonly PriceWrite[], found: Extract<FoundVariants, { ok: true }>) {
  const results = new Map<PriceWrite, WriteResult>();
  const byVariant = new Map<string, VariantPrice>();
  for (const write of writes) {
    const variant = found.variants.get(write) ?? { fault: unknownVariantFault };
    if ("fault" in variant) {
      results.set(write, { ok: false, fault: variant.fault });
      continue;
    }
    const known = byVariant.get(variant.variantId);
    const fault = refusalOf(write, { currency: found.currency, known });
    if (fault) {
      results.set(write, { ok: false, fault });
      continue;
    }
    const decimal = decimalOf(write.price);
    const same = [...(known?.writes ?? []), write];
    byVariant.set(variant.variantId, { ...variant, decimal, writes: same });
  }
  return { results, byVariant };
}

/** Why a price is not sent at all, or null. */
function refusalOf(
  { price }: PriceWrite,
  given: { readonly currency: string; readonly known: VariantPrice | undefined },
): Fault | null {
  const { currency, known } = given;
  if (price.currency !== currency) {
    const message = `The shop sells in ${currency}; a price in ${price.currency} cannot be set.`;
    return { kind: "rejected", message };
  }
  return known && known.decimal !== decimalOf(price) ? otherPriceFault : null;
}

type ProductResult =
  | { readonly ok: true; readonly faults: ReadonlyMap<number, Fault> }
  | { readonly ok: false; readonly fault: Fault };

/** One product's variants; those Shopify objects to fail alone (`allowPartialUpdates`). */
async function setOfProduct(
  client: ShopifyClient,
  variants: readonly VariantPrice[],
  signal: AbortSignal,
): Promise<ProductResult> {
  const result = await client({
    query: priceMutation,
    variables: {
      productId: variants[0]?.productId ?? "",
      variants: variants.map(({ variantId, decimal }) => ({ id: variantId, price: decimal })),
    },
    cost: mutationCostPoints,
    data: priceData,
    optional: true,
    signal,
  });
  if (!result.ok) return result;
  const { userErrors } = result.data.productVariantsBulkUpdate;
  const faults = new Map<number, Fault>();
  for (const error of userErrors) {
    const index = elementOf(error, 1);
    // What names no variant is about all of them.
    if (index === null) return { ok: false, fault: faultOfUserError(error, "rejected") };
    faults.set(index, faultOfUserError(error, "rejected"));
  }
  return { ok: true, faults };
}

const otherPriceFault: Fault = {
  kind: "rejected",
  message: "The same variant was given two prices at once; Shopify knows one for all locations.",
};
