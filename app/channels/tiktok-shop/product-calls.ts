import type { ListingRef, WriteResult } from "#app/channels/contract.ts";
import { chunked, mapBounded } from "#app/channels/map-bounded.ts";
import type { Fault, FaultKind } from "#app/domain/propagation/faults.ts";
import type { Answer } from "./client.ts";
import { faultOfPart, mayBeOneSku } from "./errors.ts";
import { groupByProduct, idsOf, isHeldByTiktok, type ProductWrites } from "./mapping.ts";
import type { SkuError } from "./wire.ts";

/** SKUs of one product in one call (specs/channel-limits.json). */
export const skusPerCallMax = 100;
/** Calls under way at once, one per product. */
export const callsInFlightMax = 20;

/** Faults after which further calls of the same connection can only fail the same way. */
const stopping: ReadonlySet<FaultKind> = new Set(["rate-limited", "unauthorised", "revoked"]);

/** Writes some SKUs of one product; the value names those that were refused. */
export type ProductCall = (group: ProductWrites) => Promise<Answer<readonly SkuError[]>>;

/** Writes listings product by product. One result per listing, in the same order. */
export async function inProductCalls(
  listings: readonly ListingRef[],
  call: ProductCall,
): Promise<readonly WriteResult[]> {
  const run = new ProductRun(listings, call);
  return run.results();
}

/** One batch of writes: results are filled in by position as calls come back. */
class ProductRun {
  private readonly filled: (WriteResult | undefined)[];
  private stop: Fault | undefined;
  private readonly listings: readonly ListingRef[];
  private readonly call: ProductCall;

  constructor(listings: readonly ListingRef[], call: ProductCall) {
    this.listings = listings;
    this.call = call;
    this.filled = listings.map((listing) =>
      isHeldByTiktok(listing) ? { ok: false, fault: heldFault } : undefined,
    );
  }

  async results(): Promise<readonly WriteResult[]> {
    const groups = groupByProduct(this.listings)
      .flatMap((group) => this.withoutSettled(group))
      .flatMap(splitToCalls);
    await mapBounded(groups, callsInFlightMax, (group) => this.write(group));
    return this.filled.map((result) => result ?? { ok: false, fault: noIds });
  }

  /** What can be answered without a call makes none. */
  private withoutSettled(group: ProductWrites): readonly ProductWrites[] {
    const open = [...group.positionsBySku].flatMap(([skuId, positions]) => {
      const left = positions.filter((position) => this.filled[position] === undefined);
      return left.length > 0 ? [[skuId, left] as const] : [];
    });
    return open.length > 0 ? [{ ...group, positionsBySku: new Map(open) }] : [];
  }

  private async write(group: ProductWrites): Promise<void> {
    if (this.stop) {
      this.settle(group, this.stop);
      return;
    }
    const answer = await this.call(group);
    if (answer.ok) {
      this.settle(group, null);
      for (const error of answer.value) {
        this.settleSku(group, error.detail?.sku_id, faultOfPart(error));
      }
      return;
    }
    const { fault } = answer;
    if (stopping.has(fault.kind)) this.stop = fault;
    // A refusal without a SKU may be about one of them: the others are not to suffer from it.
    if (mayBeOneSku(fault) && group.positionsBySku.size > 1) {
      for (const single of splitBySku(group)) await this.write(single);
    } else {
      this.settle(group, fault);
    }
  }

  /** An error that names no SKU of the call counts for all of them. */
  private settleSku(group: ProductWrites, skuId: string | null | undefined, fault: Fault): void {
    const positions = group.positionsBySku.get(skuId ?? "");
    if (positions) for (const position of positions) this.filled[position] = { ok: false, fault };
    else this.settle(group, fault);
  }

  private settle(group: ProductWrites, fault: Fault | null): void {
    const result: WriteResult = fault ? { ok: false, fault } : { ok: true };
    for (const position of [...group.positionsBySku.values()].flat()) {
      this.filled[position] = result;
    }
  }
}

/** The listing has no ids that TikTok would know. */
export const noIds: Fault = {
  kind: "rejected",
  message: "The listing has no TikTok Shop product and SKU id. Import the listings again.",
};

const heldFault: Fault = {
  kind: "unsupported",
  message: "TikTok holds the stock of this SKU in its own warehouse (FBT) and counts it itself.",
};

/** The ids of a listing that is known to have them. @throws Error otherwise: such listings are settled before */
export function knownIds(listing: ListingRef): {
  readonly productId: string;
  readonly skuId: string;
} {
  const ids = idsOf(listing);
  if (!ids) throw new Error("a listing without ids was not settled");
  return ids;
}

function splitToCalls(group: ProductWrites): readonly ProductWrites[] {
  return chunked([...group.positionsBySku], skusPerCallMax).map((skus) => ({
    productId: group.productId,
    positionsBySku: new Map(skus),
  }));
}

function splitBySku(group: ProductWrites): readonly ProductWrites[] {
  return [...group.positionsBySku].map((entry) => ({
    productId: group.productId,
    positionsBySku: new Map([entry]),
  }));
}
