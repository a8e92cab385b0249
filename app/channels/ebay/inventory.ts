import type {
  ChannelSession,
  ListingRef,
  QuantityWrite,
  ReadResult,
  WriteResult,
} from "#app/channels/contract.ts";
import { chunked } from "#app/channels/map-bounded.ts";
import type { Fault, FaultKind } from "#app/domain/propagation/faults.ts";
import type { Answer, EbayClient, EbayContext } from "./client.ts";
import { skuOf, toPriceQuantityBody, toReadResults, toWriteResults } from "./mapping.ts";

/** Entries of one bulk_update_price_quantity call (specs/channel-limits.json). */
export const pushBatchSizeMax = 25;
/** Entries of one bulk_get_inventory_item call (specs/channel-limits.json). */
const readCallSizeMax = 25;

/** Pushing and reading quantities of Inventory-API listings. */
export function inventoryOf(
  context: EbayContext,
  client: EbayClient,
): Pick<ChannelSession, "pushQuantities" | "readListings"> {
  return {
    pushQuantities: (writes, signal) =>
      inCalls<QuantityWrite, WriteResult>(writes, pushBatchSizeMax, async (chunk) => {
        const answer = await client.updateQuantities(toPriceQuantityBody(chunk), signal);
        return mapRows(answer, (rows) => toWriteResults(chunk, rows, context.now()));
      }),
    readListings: (listings, signal) =>
      inCalls<ListingRef, ReadResult>(listings, readCallSizeMax, async (chunk) => {
        const skus = [...new Set(chunk.map(skuOf))];
        const answer = await client.getInventoryItems(skus, signal);
        return mapRows(answer, (rows) => toReadResults(chunk, rows, context.now()));
      }),
  };
}

function mapRows<Row, Result>(
  answer: Answer<readonly Row[]>,
  map: (rows: readonly Row[]) => readonly Result[],
): Answer<readonly Result[]> {
  return answer.ok ? { ok: true, value: map(answer.value) } : answer;
}

/** Faults after which further calls of the same connection can only fail the same way. */
const stopping: ReadonlySet<FaultKind> = new Set(["rate-limited", "unauthorised", "revoked"]);

/** One call after another; after a stopping fault the rest is not called but gets that fault. */
async function inCalls<Item, Result>(
  items: readonly Item[],
  callSizeMax: number,
  call: (chunk: readonly Item[]) => Promise<Answer<readonly Result[]>>,
): Promise<readonly (Result | { readonly ok: false; readonly fault: Fault })[]> {
  const results: (Result | { readonly ok: false; readonly fault: Fault })[] = [];
  let stop: Fault | undefined;
  for (const chunk of chunked(items, callSizeMax)) {
    const answer: Answer<readonly Result[]> = stop ? { ok: false, fault: stop } : await call(chunk);
    if (answer.ok) {
      results.push(...answer.value);
    } else {
      const { fault } = answer;
      results.push(...chunk.map(() => ({ ok: false as const, fault })));
      if (stopping.has(fault.kind)) stop = fault;
    }
  }
  return results;
}
