import { mapBounded } from "#app/channels/map-bounded.ts";
import type { Fault, FaultKind } from "#app/domain/propagation/faults.ts";

/** Listings under way at once: the shared core lets a call wait 2 s for its bucket, which refills 3 a second. */
const listingsAtOnceMax = 4;

/** Faults after which further calls of the same connection can only fail the same way. */
const stopping: ReadonlySet<FaultKind> = new Set(["rate-limited", "unauthorised", "revoked"]);

type Refused = { readonly ok: false; readonly fault: Fault };

/**
 * Does `work` for every item, a few at a time; one result per item, in their order. After a stopping fault the rest is
 * not called but gets that fault.
 */
export async function inCalls<Item, Result extends { readonly ok: boolean }>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result | Refused>,
): Promise<readonly (Result | Refused)[]> {
  let stop: Fault | undefined;
  return mapBounded(items, listingsAtOnceMax, async (item) => {
    if (stop) return { ok: false, fault: stop } as const;
    const result = await work(item);
    if (!result.ok && "fault" in result && stopping.has(result.fault.kind)) stop = result.fault;
    return result;
  });
}
