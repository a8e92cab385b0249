import type { ChannelSession, QuantityWrite, WriteResult } from "#app/channels/contract.ts";
import { chunked, mapBounded } from "#app/channels/map-bounded.ts";
import type { TiktokShopClient, TiktokShopContext } from "./client.ts";
import { idsOf, toReadResults, toUpdateBody } from "./mapping.ts";
import { inProductCalls, skusPerCallMax } from "./product-calls.ts";
import { readProducts } from "./products.ts";
import { namedWrongWarehouses, remediesFor } from "./stale-warehouses.ts";
import type { WarehouseList } from "./warehouses.ts";
import type { InventorySku } from "./wire.ts";
import { isRefusedZero, settleRefusedZeros } from "./zero-refused.ts";

/** SKUs of one product in one update call; also our batch. */
export const pushBatchSizeMax = skusPerCallMax;
/** SKU ids in one inventory/search call (specs/channel-limits.json). */
const searchSkusMax = 600;

/** What the parts of a session work with. */
export interface TiktokShopParts {
  readonly context: TiktokShopContext;
  readonly client: TiktokShopClient;
  readonly warehouses: WarehouseList;
}

/** Pushing and reading quantities. */
export function inventoryOf(
  parts: TiktokShopParts,
): Pick<ChannelSession, "pushQuantities" | "readListings"> {
  const { context, client } = parts;
  return {
    pushQuantities: (writes, signal) => pushQuantities(parts, writes, signal),
    async readListings(listings, signal) {
      const skuIds = [...new Set(listings.flatMap((listing) => idsOf(listing)?.skuId ?? []))];
      const [answers, products] = await Promise.all([
        mapBounded(chunked(skuIds, searchSkusMax), 1, (chunk) =>
          client.searchInventory({ skuIds: chunk }, signal),
        ),
        readProducts(client, listings, signal),
      ]);
      const skus: InventorySku[] = [];
      for (const answer of answers) {
        if (!answer.ok) return listings.map(() => ({ ok: false, fault: answer.fault }));
        skus.push(...answer.value.flatMap((product) => product.skus ?? []));
      }
      if (!products.ok) return listings.map(() => ({ ok: false, fault: products.fault }));
      return toReadResults(listings, { skus, products: products.value }, context.settings);
    },
  };
}

/** Writes, then looks after what was refused for reasons that can be mended: old warehouses, and the number 0. */
export async function pushQuantities(
  parts: TiktokShopParts,
  writes: readonly QuantityWrite[],
  signal: AbortSignal,
): Promise<readonly WriteResult[]> {
  const results = [...(await write(parts, writes, signal))];
  await mend(writes, results, namedWrongWarehouses, (ones, refusals) =>
    writeToTodaysWarehouses(parts, ones, refusals, signal),
  );
  const isZero = (result: WriteResult, position: number) => {
    const one = writes[position];
    return one !== undefined && isRefusedZero(one, result);
  };
  const given = { client: parts.client, settings: parts.context.settings };
  await mend(writes, results, isZero, (ones, refusals) =>
    settleRefusedZeros(ones, refusals, given, signal),
  );
  return results;
}

function write(
  { context, client }: TiktokShopParts,
  writes: readonly QuantityWrite[],
  signal: AbortSignal,
): Promise<readonly WriteResult[]> {
  return inProductCalls(writes, (group) => {
    const body = toUpdateBody(group, writes, context.settings);
    return client.updateInventory(group.productId, body, signal);
  });
}

/** Replaces the results that `concerns` picks by what `settle` says of their writes. */
async function mend(
  writes: readonly QuantityWrite[],
  results: WriteResult[],
  concerns: (result: WriteResult, position: number) => boolean,
  settle: (
    writes: readonly QuantityWrite[],
    refusals: readonly WriteResult[],
  ) => Promise<readonly WriteResult[]>,
): Promise<void> {
  const places = results.flatMap((result, position) => {
    const one = writes[position];
    return one && concerns(result, position) ? [{ one, result, position }] : [];
  });
  if (places.length === 0) return;
  const settled = await settle(
    places.map(({ one }) => one),
    places.map(({ result }) => result),
  );
  for (const [index, { position, result }] of places.entries()) {
    results[position] = settled[index] ?? result;
  }
}

async function writeToTodaysWarehouses(
  parts: TiktokShopParts,
  writes: readonly QuantityWrite[],
  refusals: readonly WriteResult[],
  signal: AbortSignal,
): Promise<readonly WriteResult[]> {
  const remedies = await remediesFor(writes, refusals, parts, signal);
  if (remedies === null) return refusals;
  const again = remedies.flatMap((remedy) => ("write" in remedy ? [remedy.write] : []));
  const written = [...(await write(parts, again, signal))];
  return remedies.map((remedy, index): WriteResult => {
    const refusal = refusals[index];
    if (!refusal) throw new Error("a remedy without a refusal");
    return ("write" in remedy ? written.shift() : remedy.result) ?? refusal;
  });
}
