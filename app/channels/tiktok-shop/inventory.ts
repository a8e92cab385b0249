import type { ChannelSession, QuantityWrite, WriteResult } from "#app/channels/contract.ts";
import { chunked, mapBounded } from "#app/channels/map-bounded.ts";
import type { Fault, FaultKind } from "#app/domain/propagation/faults.ts";
import type { TiktokShopClient, TiktokShopContext } from "./client.ts";
import { faultOfSku, mayBeOneSku } from "./errors.ts";
import {
  groupByProduct,
  idsOf,
  toReadResults,
  toUpdateBody,
  type ProductWrites,
} from "./mapping.ts";
import type { InventorySku } from "./wire.ts";

/** SKUs of one product in one update call (specs/channel-limits.json); also our batch. */
export const pushBatchSizeMax = 100;
/** Update calls under way at once, one per product. */
const callsInFlightMax = 20;
/** SKU ids in one inventory/search call (specs/channel-limits.json). */
const searchSkusMax = 600;

/** Pushing and reading quantities. */
export function inventoryOf(
  context: TiktokShopContext,
  client: TiktokShopClient,
): Pick<ChannelSession, "pushQuantities" | "readListings"> {
  return {
    async pushQuantities(writes, signal) {
      const push = new Push(context, client, writes, signal);
      return push.run();
    },
    async readListings(listings, signal) {
      const skuIds = [...new Set(listings.flatMap((listing) => idsOf(listing)?.skuId ?? []))];
      const answers = await mapBounded(chunked(skuIds, searchSkusMax), 1, (chunk) =>
        client.searchInventory(chunk, signal),
      );
      const skus: InventorySku[] = [];
      for (const answer of answers) {
        if (!answer.ok) return listings.map(() => ({ ok: false, fault: answer.fault }));
        skus.push(...answer.value);
      }
      return toReadResults(listings, skus, context.settings);
    },
  };
}

/** Faults after which further calls of the same connection can only fail the same way. */
const stopping: ReadonlySet<FaultKind> = new Set(["rate-limited", "unauthorised", "revoked"]);
/** One `pushQuantities`: results are filled in by position as calls come back. */
class Push {
  private readonly results: (WriteResult | undefined)[];
  private stop: Fault | undefined;
  private readonly context: TiktokShopContext;
  private readonly client: TiktokShopClient;
  private readonly writes: readonly QuantityWrite[];
  private readonly signal: AbortSignal;

  constructor(
    context: TiktokShopContext,
    client: TiktokShopClient,
    writes: readonly QuantityWrite[],
    signal: AbortSignal,
  ) {
    this.context = context;
    this.client = client;
    this.writes = writes;
    this.signal = signal;
    this.results = writes.map(() => undefined);
  }

  async run(): Promise<readonly WriteResult[]> {
    const groups = groupByProduct(this.writes).flatMap(splitToCalls);
    await mapBounded(groups, callsInFlightMax, (group) => this.pushGroup(group));
    return this.results.map((result) => result ?? { ok: false, fault: noIds });
  }

  private async pushGroup(group: ProductWrites): Promise<void> {
    if (this.stop) {
      this.settle(group, this.stop);
      return;
    }
    const body = toUpdateBody(group, this.writes, this.context.settings);
    const answer = await this.client.updateInventory(group.productId, body, this.signal);
    if (answer.ok) {
      this.settle(group, null);
      for (const error of answer.value)
        this.settleSku(group, error.detail?.sku_id, faultOfSku(error));
      return;
    }
    const { fault } = answer;
    if (stopping.has(fault.kind)) this.stop = fault;
    // A refusal without a SKU may be about one of them: the others are not to suffer from it.
    if (mayBeOneSku(fault) && group.positionsBySku.size > 1) {
      for (const single of splitBySku(group)) await this.pushGroup(single);
    } else {
      this.settle(group, fault);
    }
  }

  /** An error that names no SKU of the call counts for all of them. */
  private settleSku(group: ProductWrites, skuId: string | null | undefined, fault: Fault): void {
    const positions = group.positionsBySku.get(skuId ?? "");
    if (positions) for (const position of positions) this.results[position] = { ok: false, fault };
    else this.settle(group, fault);
  }

  private settle(group: ProductWrites, fault: Fault | null): void {
    const result: WriteResult = fault ? { ok: false, fault } : { ok: true };
    for (const position of [...group.positionsBySku.values()].flat()) {
      this.results[position] = result;
    }
  }
}

const noIds: Fault = {
  kind: "rejected",
  message: "The listing has no TikTok Shop product and SKU id. Import the listings again.",
};

function splitToCalls(group: ProductWrites): readonly ProductWrites[] {
  return chunked([...group.positionsBySku], pushBatchSizeMax).map((skus) => ({
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
