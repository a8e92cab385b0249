import type {
  ChannelSession,
  ListingRef,
  QuantityWrite,
  RelistResult,
  WriteResult,
} from "#app/channels/contract.ts";
import { groupedBy } from "#app/channels/grouped-by.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { notActiveCode } from "./error-codes.ts";
import { pushQuantities, type TiktokShopParts } from "./inventory.ts";
import { idsOf } from "./mapping.ts";
import { moveProducts, productsStillSelling } from "./off-sale.ts";
import { knownIds, noIds } from "./product-calls.ts";
import { readProducts } from "./products.ts";
import type { TiktokProduct } from "./wire-products.ts";

/** Statuses in which buyers find nothing of a product; `PENDING` is none: it comes on sale by itself. */
const offSale: ReadonlySet<string> = new Set([
  "DRAFT",
  "FAILED",
  "SELLER_DEACTIVATED",
  "PLATFORM_DEACTIVATED",
  "FREEZE",
  "DELETED",
]);

/**
 * Taking listings off sale and putting them back. TikTok ends whole products only: a SKU whose product goes on selling
 * others is shown as 0 instead, which nobody can buy. A product that comes back is reviewed first (`PENDING`, minutes to
 * days); its quantity can be written once the review is over, when the listing is read and pushed as usual.
 */
export function endingOf(
  parts: TiktokShopParts,
): Required<Pick<ChannelSession, "endListings" | "relistListings">> {
  return {
    endListings: (listings, signal) => endListings(parts, listings, signal),
    relistListings: (writes, signal) => relistListings(parts, writes, signal),
  };
}

async function endListings(
  parts: TiktokShopParts,
  listings: readonly ListingRef[],
  signal: AbortSignal,
): Promise<readonly WriteResult[]> {
  const known = listings.filter((listing) => idsOf(listing));
  if (known.length === 0) return listings.map(() => ({ ok: false, fault: noIds }));
  const { client } = parts;
  const products = await readProducts(client, known, signal);
  if (!products.ok) return listings.map(() => ({ ok: false, fault: products.fault }));
  const onSale = known.filter((listing) => {
    const status = products.value.get(knownIds(listing).productId)?.status ?? "DELETED";
    return !offSale.has(status);
  });
  const skusByProduct = new Map(
    [...groupedBy(onSale, (listing) => knownIds(listing).productId)].map(([productId, group]) => [
      productId,
      new Set(group.map((listing) => knownIds(listing).skuId)),
    ]),
  );
  const selling = await productsStillSelling(client, skusByProduct, signal);
  if (!selling.ok) return listings.map(() => ({ ok: false, fault: selling.fault }));
  const alone = [...skusByProduct.keys()].filter((productId) => !selling.value.has(productId));
  const ended = await moveProducts(client, "deactivate", alone, signal);
  const shared = onSale.filter((listing) => selling.value.has(knownIds(listing).productId));
  const zeros = new Map<ListingRef, WriteResult | undefined>();
  const results = await pushQuantities(parts, shared.map(zeroOf), signal);
  for (const [index, listing] of shared.entries()) zeros.set(listing, results[index]);
  return listings.map((listing): WriteResult => {
    const ids = idsOf(listing);
    if (!ids) return { ok: false, fault: noIds };
    if (!hasSku(products.value.get(ids.productId), ids.skuId)) return unknown(listing);
    const fault = ended.get(ids.productId);
    return zeros.get(listing) ?? (fault ? { ok: false, fault } : { ok: true });
  });
}

function hasSku(product: TiktokProduct | undefined, skuId: string): boolean {
  return product?.skus?.some(({ id }) => id === skuId) ?? false;
}

function unknown(listing: ListingRef): { readonly ok: false; readonly fault: Fault } {
  const message = `TikTok Shop does not know the SKU ${listing.sku}.`;
  return { ok: false, fault: { kind: "unknown-listing", message } };
}

/** TikTok has no keys of its own for writes: an absolute number is harmless to repeat. */
function zeroOf(listing: ListingRef): QuantityWrite {
  return { ...listing, quantity: 0, delta: 0, idempotencyKey: listing.listingId };
}

async function relistListings(
  parts: TiktokShopParts,
  writes: readonly QuantityWrite[],
  signal: AbortSignal,
): Promise<readonly RelistResult[]> {
  const known = writes.filter((write) => idsOf(write));
  if (known.length === 0) return writes.map(() => ({ ok: false, fault: noIds }));
  const products = await readProducts(parts.client, known, signal);
  if (!products.ok) return writes.map(() => ({ ok: false, fault: products.fault }));
  const sleeping = [...products.value.values()].filter(({ status }) => offSale.has(status ?? ""));
  const activated = await moveProducts(
    parts.client,
    "activate",
    sleeping.map(({ id }) => id),
    signal,
  );
  const willSell = known.filter((write) => {
    const { productId } = knownIds(write);
    return products.value.has(productId) && !activated.get(productId);
  });
  const pushed = new Map<QuantityWrite, WriteResult | undefined>();
  const results = await pushQuantities(parts, willSell, signal);
  for (const [index, write] of willSell.entries()) pushed.set(write, results[index]);
  return writes.map((write): RelistResult => {
    const ids = idsOf(write);
    if (!ids) return { ok: false, fault: noIds };
    if (!hasSku(products.value.get(ids.productId), ids.skuId)) return unknown(write);
    const refused = activated.get(ids.productId);
    if (refused) return { ok: false, fault: refused };
    const result = pushed.get(write) ?? { ok: true };
    // Under review it takes no number yet: it is on its way back all the same.
    const isInReview = !result.ok && result.fault.code === notActiveCode;
    return result.ok || isInReview ? { ok: true } : result;
  });
}
