import { idOf } from "#app/lib/ids.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { ListingRef, QuantityWrite, ReadResult, WriteResult } from "../contract.ts";
import { groupedBy } from "../grouped-by.ts";
import { chunked } from "../map-bounded.ts";
import type { ShopifyClient } from "./client.ts";
import { adjustCostPoints, adjustMutation, levelCostPoints, levelsQuery } from "./documents.ts";
import { elementOf, faultOfUserError } from "./errors.ts";
import { changeOf, levelKeyOf } from "./mapping.ts";
import { adjustData, levelsData } from "./wire.ts";

/** Changes in one mutation: Shopify takes 250, but one bad change fails all of them (shopify.md 3.1). */
export const adjustBatchSizeMax = 100;
/** Times one push may go out: without the changes found bad, or past a failed first attempt. */
const roundsMax = 4;
const done: WriteResult = { ok: true };

/**
 * Adjusts `available` by each write's delta, all in one mutation. Shopify applies a mutation wholly
 * or not at all: changes it objects to get their fault and the rest goes out again.
 *
 * A batch's key comes from its writes' keys alone, in any order. A retry of the same writes is thus
 * answered from Shopify's memory; a batch with other members never is. After a `timeout` repeat the
 * same set of writes, or read the levels back first.
 */
export async function pushQuantities(
  client: ShopifyClient,
  writes: readonly QuantityWrite[],
  signal: AbortSignal,
): Promise<readonly WriteResult[]> {
  const results = new Map<QuantityWrite, WriteResult>();
  const settle = (some: readonly QuantityWrite[], result: WriteResult) => {
    for (const write of some) results.set(write, result);
  };
  let pending = sortedByKey(writes.filter((write) => write.delta !== 0));
  settle(
    writes.filter((write) => write.delta === 0),
    done,
  );
  const unmapped = pending.filter((write) => levelKeyOf(write) === null);
  settle(unmapped, { ok: false, fault: unmappedFault });
  pending = pending.filter((write) => !results.has(write));

  for (let round = 0, generation = 0; pending.length > 0 && round < roundsMax; round += 1) {
    const outcome = await adjust(client, pending, generation, signal);
    if (outcome.kind === "previous-attempt-failed") {
      generation += 1;
      continue;
    }
    if (outcome.kind === "done" || outcome.kind === "failed") {
      settle(pending, outcome.kind === "done" ? done : { ok: false, fault: outcome.fault });
      break;
    }
    for (const [write, fault] of outcome.refused) results.set(write, { ok: false, fault });
    pending = pending.filter((write) => !results.has(write));
    generation = 0;
  }
  return writes.map((write) => results.get(write) ?? { ok: false, fault: tooManyRoundsFault });
}

type Outcome =
  | { readonly kind: "done" }
  | { readonly kind: "previous-attempt-failed" }
  | { readonly kind: "some-refused"; readonly refused: ReadonlyMap<QuantityWrite, Fault> }
  | { readonly kind: "failed"; readonly fault: Fault };

async function adjust(
  client: ShopifyClient,
  writes: readonly QuantityWrite[],
  generation: number,
  signal: AbortSignal,
): Promise<Outcome> {
  const [first] = writes;
  const result = await client({
    query: adjustMutation,
    variables: {
      key: idOf(JSON.stringify([generation, ...writes.map((write) => write.idempotencyKey)])),
      input: {
        name: "available",
        reason: "correction",
        referenceDocumentUri: `gid://lockstep/Push/${first?.idempotencyKey ?? ""}`,
        changes: writes.map(changeOf),
      },
    },
    cost: adjustCostPoints,
    data: adjustData,
    signal,
  });
  if (!result.ok) return { kind: "failed", fault: result.fault };
  const { userErrors } = result.data.inventoryAdjustQuantities;
  const [error] = userErrors;
  if (!error) return { kind: "done" };
  if (userErrors.some(({ code }) => code === "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED")) {
    return { kind: "previous-attempt-failed" };
  }
  const refused = new Map<QuantityWrite, Fault>();
  for (const userError of userErrors) {
    const write = writes[elementOf(userError) ?? -1];
    if (write) refused.set(write, faultOfUserError(userError));
  }
  return refused.size > 0
    ? { kind: "some-refused", refused }
    : { kind: "failed", fault: faultOfUserError(error) };
}

/** Reads `available` of each inventory item at its location: one query per location. */
export async function readListings(
  client: ShopifyClient,
  listings: readonly ListingRef[],
  signal: AbortSignal,
): Promise<readonly ReadResult[]> {
  const results = new Map<string, ReadResult>();
  const byLocation = groupedBy(
    listings.map(levelKeyOf).filter((key) => key !== null),
    (key) => key.locationId,
  );
  for (const [locationId, keys] of byLocation) {
    const itemIds = [...new Set(keys.map((key) => key.inventoryItemId))];
    for (const ids of chunked(itemIds, adjustBatchSizeMax)) {
      const read = await readAtLocation(client, { ids, locationId }, signal);
      for (const [itemId, result] of read) results.set(`${itemId} ${locationId}`, result);
    }
  }
  return listings.map((listing) => {
    const key = levelKeyOf(listing);
    const result = key && results.get(`${key.inventoryItemId} ${key.locationId}`);
    return result ?? { ok: false, fault: unmappedFault };
  });
}

async function readAtLocation(
  client: ShopifyClient,
  { ids, locationId }: { readonly ids: readonly string[]; readonly locationId: string },
  signal: AbortSignal,
): Promise<Map<string, ReadResult>> {
  const result = await client({
    query: levelsQuery,
    variables: { ids, locationId },
    cost: ids.length * levelCostPoints,
    data: levelsData,
    signal,
  });
  if (!result.ok) return new Map(ids.map((id) => [id, result]));
  return new Map(
    ids.map((id, index): [string, ReadResult] => {
      const quantities = result.data.nodes[index]?.inventoryLevel?.quantities ?? [];
      const available = quantities.find(({ name }) => name === "available");
      if (!available) return [id, { ok: false, fault: notStockedFault }];
      const asOf = available.updatedAt ?? null;
      const { quantity } = available;
      return [id, { ok: true, quantity, asOf, price: null, state: "active" }];
    }),
  );
}

function sortedByKey(writes: readonly QuantityWrite[]): QuantityWrite[] {
  return writes.toSorted((a, b) => (a.idempotencyKey < b.idempotencyKey ? -1 : 1));
}

const unmappedFault: Fault = {
  kind: "unknown-listing",
  message: "The listing does not say which Shopify inventory item and location it is.",
};
const notStockedFault: Fault = {
  kind: "unknown-listing",
  message: "Shopify does not stock this item at this location.",
};
const tooManyRoundsFault: Fault = {
  kind: "unavailable",
  message: "Shopify kept refusing other items of the same batch.",
};
