import type { ChannelSession } from "#app/channels/contract.ts";
import { changeListings } from "./change-listing.ts";
import type { EtsyClient, EtsyContext } from "./client.ts";
import { variationOfRef } from "./mapping.ts";
import { planPrices } from "./plan.ts";

/** Prices go the quantities' way: they are part of the same document. */
export function pricesOf(
  context: EtsyContext,
  client: EtsyClient,
): Required<Pick<ChannelSession, "setPrices">> {
  return {
    setPrices: (writes, signal) =>
      changeListings(
        context,
        client,
        writes,
        (read, group) =>
          planPrices(
            read,
            group.map((write) => ({ variation: variationOfRef(write), price: write.price })),
          ),
        signal,
      ),
  };
}
