import { idOf } from "#app/lib/ids.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { QuantityWrite, WriteResult } from "../contract.ts";
import type { ShopifyClient } from "./client.ts";
import { mutationCostPoints, setMutation } from "./documents.ts";
import { elementOf, faultOfUserError } from "./errors.ts";
import { readListings } from "./inventory.ts";
import { heldFaultOf, levelKeyOf } from "./listing-mapping.ts";
import { setData } from "./wire-listings.ts";

/** Times a number that moves under our hands is read anew before it is left for later. */
const roundsMax = 4;

/** A write with the number its level showed a moment ago. */
interface SeenWrite {
  readonly write: QuantityWrite;
  readonly seen: number;
}

/**
 * Makes each level show exactly `quantity` (`inventorySetQuantities`): reads it, then writes under the condition that
 * it is still what was read (`changeFromQuantity`). A sale in between costs another round, never a unit. For what has
 * to be equal whatever was believed: reconciliation and relisting; sales go by difference.
 * @param writes at most `adjustBatchSizeMax`; `delta` is not looked at
 */
export async function setQuantities(
  client: ShopifyClient,
  writes: readonly QuantityWrite[],
  signal: AbortSignal,
): Promise<readonly WriteResult[]> {
  const results = new Map<QuantityWrite, WriteResult>();
  for (const write of writes) {
    const fault = heldFaultOf(write);
    if (fault) results.set(write, { ok: false, fault });
  }
  for (let round = 0; round < roundsMax; round += 1) {
    const open = writes.filter((write) => !results.has(write));
    const seen = await readBefore(client, { writes: open, results }, signal);
    if (seen.length === 0) break;
    const settled = await setOnce(client, { seen, round }, signal);
    for (const [write, result] of settled) results.set(write, result);
  }
  return writes.map((write) => results.get(write) ?? { ok: false, fault: movingFault });
}

/** Reads the levels; settles what cannot be read and what shows the number already. */
async function readBefore(
  client: ShopifyClient,
  given: {
    readonly writes: readonly QuantityWrite[];
    readonly results: Map<QuantityWrite, WriteResult>;
  },
  signal: AbortSignal,
): Promise<SeenWrite[]> {
  const { writes, results } = given;
  if (writes.length === 0) return [];
  const reads = await readListings(client, writes, signal);
  return writes.flatMap((write, index): SeenWrite[] => {
    const read = reads[index];
    if (read?.ok && read.quantity !== write.quantity) return [{ write, seen: read.quantity }];
    results.set(write, read?.ok ? { ok: true } : { ok: false, fault: read?.fault ?? movingFault });
    return [];
  });
}

/** One mutation, applied wholly or not at all. @returns what is settled; the rest is to be read again */
async function setOnce(
  client: ShopifyClient,
  { seen, round }: { readonly seen: readonly SeenWrite[]; readonly round: number },
  signal: AbortSignal,
): Promise<readonly (readonly [QuantityWrite, WriteResult])[]> {
  const [first] = seen;
  const settleAll = (result: WriteResult) => seen.map(({ write }) => [write, result] as const);
  const quantities = seen.map(({ write, seen: changeFromQuantity }) => ({
    ...levelKeyOf(write),
    quantity: write.quantity,
    changeFromQuantity,
  }));
  const keys = seen.map(({ write }) => write.idempotencyKey);
  const result = await client({
    query: setMutation,
    variables: {
      // Another reading is another intent, and a failed attempt's key is spent (shopify.md 3.1).
      key: idOf(JSON.stringify(["set", round, keys, quantities])),
      input: {
        name: "available",
        reason: "correction",
        referenceDocumentUri: `gid://lockstep/Set/${first?.write.idempotencyKey ?? ""}`,
        quantities,
      },
    },
    cost: mutationCostPoints,
    data: setData,
    signal,
  });
  if (!result.ok) return settleAll(result);
  const { userErrors } = result.data.inventorySetQuantities;
  const [error] = userErrors;
  if (!error) return settleAll({ ok: true });
  const bad = userErrors.filter(({ code }) => !readAgain.has(code ?? ""));
  const refused = bad.flatMap((one) => {
    const write = seen[elementOf(one) ?? -1]?.write;
    return write ? [[write, { ok: false, fault: faultOfUserError(one) }] as const] : [];
  });
  // Neither a stale number nor one element's fault: it is the batch's.
  const isForAll = bad.length > 0 && refused.length === 0;
  return isForAll ? settleAll({ ok: false, fault: faultOfUserError(error) }) : refused;
}

/** What reading once more mends. */
const readAgain = new Set([
  "CHANGE_FROM_QUANTITY_STALE",
  "COMPARE_QUANTITY_STALE",
  "IDEMPOTENCY_PREVIOUS_ATTEMPT_FAILED",
]);

const movingFault: Fault = {
  kind: "unavailable",
  message: "The number at Shopify kept changing while it was to be set.",
};
