import type { ChannelSession } from "./contract.ts";

/** Calls that change what a listing shows. */
type Write = "pushQuantities" | "setPrices" | "endListings" | "relistListings";

/**
 * A session whose writes to one listing go out one after another, in the order they were asked for: no channel but
 * Shopify has a compare-and-set, so the order of our own writes is ours to keep (channels.md 1.1). Writes to different
 * listings do not wait for each other. Of several processes the connection's lease lets only one write.
 */
export function inListingOrder(session: ChannelSession): ChannelSession {
  const last = new Map<string, Promise<unknown>>();

  function queued<Item extends { readonly listingId: string }, Result>(
    call: (items: readonly Item[], signal: AbortSignal) => Promise<readonly Result[]>,
  ) {
    return async (items: readonly Item[], signal: AbortSignal): Promise<readonly Result[]> => {
      const ids = items.map(({ listingId }) => listingId);
      const before = Promise.allSettled(ids.flatMap((id) => last.get(id) ?? []));
      const mine = before.then(() => call(items, signal));
      const settled = mine.catch(() => undefined);
      for (const id of ids) last.set(id, settled);
      try {
        return await mine;
      } finally {
        for (const id of ids) if (last.get(id) === settled) last.delete(id);
      }
    };
  }

  const { pushQuantities, setPrices, endListings, relistListings } = session;
  const writes: Pick<ChannelSession, Write> = {
    pushQuantities: queued(pushQuantities),
    ...(setPrices && { setPrices: queued(setPrices) }),
    ...(endListings && { endListings: queued(endListings) }),
    ...(relistListings && { relistListings: queued(relistListings) }),
  };
  return { ...session, ...writes };
}
