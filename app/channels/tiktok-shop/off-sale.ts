import { chunked, mapBounded } from "#app/channels/map-bounded.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { Answer, TiktokShopClient } from "./client.ts";
import { faultOfPart } from "./errors.ts";
import { callsInFlightMax } from "./product-calls.ts";
import type { InventorySku } from "./wire.ts";

/** Products in one activate or deactivate call (specs/channel-limits.json). */
const moveSizeMax = 20;
/** Products in one inventory/search call (specs/channel-limits.json). */
const searchProductsMax = 100;

/**
 * Which of these products still sell a SKU besides the given ones: such a product cannot be taken off sale for them.
 * A SKU of which TikTok names no number counts as selling.
 */
export async function productsStillSelling(
  client: TiktokShopClient,
  skusByProduct: ReadonlyMap<string, ReadonlySet<string>>,
  signal: AbortSignal,
): Promise<Answer<ReadonlySet<string>>> {
  const selling = new Set<string>();
  const answers = await mapBounded(
    chunked([...skusByProduct.keys()], searchProductsMax),
    callsInFlightMax,
    (productIds) => client.searchInventory({ productIds }, signal),
  );
  for (const answer of answers) {
    if (!answer.ok) return answer;
    for (const { product_id: productId, skus } of answer.value) {
      const ours = skusByProduct.get(productId ?? "");
      if (ours && skus?.some((sku) => !ours.has(sku.id) && mayBeBought(sku))) {
        selling.add(productId ?? "");
      }
    }
  }
  return { ok: true, value: selling };
}

function mayBeBought(sku: InventorySku): boolean {
  return (sku.total_available_quantity ?? 1) > 0;
}

/** Takes products off sale, or submits them for it, 20 a call. By product: why not; null where it is done. */
export async function moveProducts(
  client: TiktokShopClient,
  move: "activate" | "deactivate",
  productIds: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Fault | null>> {
  const outcomes = new Map<string, Fault | null>();
  const chunks = chunked([...new Set(productIds)], moveSizeMax);
  const answers = await mapBounded(chunks, callsInFlightMax, (chunk) =>
    client.moveProducts(move, chunk, signal),
  );
  for (const [index, answer] of answers.entries()) {
    for (const productId of chunks[index] ?? []) {
      outcomes.set(productId, answer.ok ? null : answer.fault);
    }
    for (const error of answer.ok ? answer.value : []) {
      const refused = error.detail?.product_id;
      // An error that names no product of the call counts for all of them.
      const about = refused && outcomes.has(refused) ? [refused] : (chunks[index] ?? []);
      for (const productId of about) outcomes.set(productId, faultOfPart(error));
    }
  }
  return outcomes;
}
