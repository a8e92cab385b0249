import type { QuantityWrite, WriteResult } from "#app/channels/contract.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { TiktokShopClient } from "./client.ts";
import type { TiktokShopSettings } from "./config.ts";
import { zeroCodes } from "./error-codes.ts";
import { moveProducts, productsStillSelling } from "./off-sale.ts";
import { knownIds } from "./product-calls.ts";

/** The number 0 that TikTok did not take (its document says 1 to 99,999; other pages speak of 0). */
export function isRefusedZero(write: QuantityWrite, result: WriteResult | undefined): boolean {
  return write.quantity === 0 && result?.ok === false && zeroCodes.has(result.fault.code ?? "");
}

/**
 * Sold-out SKUs that TikTok will not show as 0 would oversell. Where no other SKU of the product sells and the merchant
 * chose it, the product is taken off sale (coming back costs a review of minutes to days); else a person is told.
 * @returns one result per write, in the same order
 */
export async function settleRefusedZeros(
  writes: readonly QuantityWrite[],
  refusals: readonly WriteResult[],
  given: {
    readonly client: TiktokShopClient;
    readonly settings: Pick<TiktokShopSettings, "whenZeroRefused">;
  },
  signal: AbortSignal,
): Promise<readonly WriteResult[]> {
  const { client, settings } = given;
  const skusByProduct = new Map<string, Set<string>>();
  for (const write of writes) {
    const { productId, skuId } = knownIds(write);
    skusByProduct.set(productId, (skusByProduct.get(productId) ?? new Set()).add(skuId));
  }
  const selling = await productsStillSelling(client, skusByProduct, signal);
  // Not known: the refusals stand, and are tried again.
  if (!selling.ok) return refusals;
  const alone = [...skusByProduct.keys()].filter((productId) => !selling.value.has(productId));
  const outcomes =
    settings.whenZeroRefused === "deactivate"
      ? await moveProducts(client, "deactivate", alone, signal)
      : new Map<string, Fault | null>();
  return writes.map((write, index): WriteResult => {
    const { productId } = knownIds(write);
    const outcome = outcomes.get(productId);
    if (outcome === null) return { ok: true };
    const refusal = refusals[index];
    if (outcome) return { ok: false, fault: outcome };
    const advice = selling.value.has(productId)
      ? "Other variants of the product still sell: take this one off sale in Seller Center."
      : "Deactivate the product in Seller Center, or let Lockstep do it (the connection's settings).";
    const said = refusal?.ok === false ? refusal.fault : undefined;
    const message = `TikTok Shop does not take 0 for ${write.sku}. ${advice}`;
    return {
      ok: false,
      fault: { kind: "rejected", message, ...(said?.code && { code: said.code }) },
    };
  });
}
