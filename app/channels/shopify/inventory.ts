import { idOf } from "#app/lib/ids.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { ListingRef, QuantityWrite, ReadResult, WriteResult } from "../contract.ts";
import { groupedBy } from "../grouped-by.ts";
import { chunked } from "../map-bounded.ts";
import type { ShopifyClient } from "./client.ts";
import {
  adjustMutation,
  levelCostPoints,
  levelsQuery,
  mutationCostPoints,
  shopCostPoints,
} from "./documents.ts";
import { elementOf, faultOfUserError } from "./errors.ts";
import {
  changeOf,
  heldFaultOf,
  levelKeyOf,
  offerIdOf,
  readResultOf,
  unmappedFault,
} from "./listing-mapping.ts";
import { adjustData, levelsData } from "./wire-listings.ts";

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
  for (const write of writes) {
    const settled = settledUnsent(write);
    if (settled) results.set(write, settled);
  }
  let pending = sortedByKey(writes.filter((write) => !results.has(write)));

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

/** What is known of a write without asking: not ours to write, not mapped, or no difference at all. */
function settledUnsent(write: QuantityWrite): WriteResult | null {
  const fault = heldFaultOf(write) ?? (levelKeyOf(write) ? null : unmappedFault);
  if (fault) return { ok: false, fault };
  return write.delta === 0 ? done : null;
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
    cost: mutationCostPoints,
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

/** Reads quantity, price and state of each listing: one query per location. */
export async function readListings(
  client: ShopifyClient,
  listings: readonly ListingRef[],
  signal: AbortSignal,
): Promise<readonly ReadResult[]> {
  const results = new Map<ListingRef, ReadResult>();
  const readable = listings.filter((listing) => levelKeyOf(listing) !== null);
  const byLocation = groupedBy(readable, (listing) => listing.externalIds["locationId"] ?? "");
  for (const [locationId, there] of byLocation) {
    for (const some of chunked(there, adjustBatchSizeMax)) {
      const read = await readAtLocation(client, { listings: some, locationId }, signal);
      for (const [listing, result] of read) results.set(listing, result);
    }
  }
  return listings.map((listing) => results.get(listing) ?? { ok: false, fault: unmappedFault });
}

async function readAtLocation(
  client: ShopifyClient,
  {
    listings,
    locationId,
  }: { readonly listings: readonly ListingRef[]; readonly locationId: string },
  signal: AbortSignal,
): Promise<[ListingRef, ReadResult][]> {
  const itemIdOf = (listing: ListingRef) => listing.externalIds["inventoryItemId"] ?? "";
  const offerOf = (listing: ListingRef) => offerIdOf(listing) ?? "";
  const ids = [...new Set(listings.map(itemIdOf))];
  const offerIds = [...new Set(listings.map(offerOf))];
  const result = await client({
    query: levelsQuery,
    variables: { ids, offerIds, locationId },
    cost: ids.length * levelCostPoints + shopCostPoints,
    data: levelsData,
    signal,
  });
  if (!result.ok) return listings.map((listing) => [listing, result]);
  const { nodes, offers, shop } = result.data;
  const levels = new Map(ids.map((id, index) => [id, nodes[index]]));
  const offered = new Map(offerIds.map((id, index) => [id, offers?.[index]]));
  return listings.map((listing) => [
    listing,
    readResultOf(levels.get(itemIdOf(listing)), offered.get(offerOf(listing)), shop?.currencyCode),
  ]);
}

function sortedByKey(writes: readonly QuantityWrite[]): QuantityWrite[] {
  return writes.toSorted((a, b) => (a.idempotencyKey < b.idempotencyKey ? -1 : 1));
}

const tooManyRoundsFault: Fault = {
  kind: "unavailable",
  message: "Shopify kept refusing other items of the same batch.",
};
