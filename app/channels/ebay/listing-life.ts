import type {
  ChannelSession,
  ListingRef,
  RelistResult,
  WriteResult,
} from "#app/channels/contract.ts";
import type { EbayClient, EbayContext } from "./client.ts";
import { inOrder, silentAbout } from "./in-calls.ts";
import { endInventory, relistInventory } from "./inventory-life.ts";
import { sortedByKind } from "./listing-keys.ts";
import { endTrading, relistTrading } from "./trading-life.ts";

/**
 * Ending and relisting, of both kinds of listing. eBay ends whole listings only: variations of one are ended together
 * or not at all, and a request that names some of them is refused rather than take the others off sale.
 */
export function listingLifeOf(
  context: EbayContext,
  client: EbayClient,
): Required<Pick<ChannelSession, "endListings" | "relistListings">> {
  return {
    async endListings(listings: readonly ListingRef[], signal) {
      const { inventory, trading } = sortedByKind(listings);
      const parts = [
        { at: inventory, results: await endInventory(context, client, inventory, signal) },
        { at: trading, results: await endTrading(client, trading, signal) },
      ];
      return inOrder<WriteResult>(listings.length, parts, silentAbout("this listing"));
    },

    async relistListings(writes, signal) {
      const { inventory, trading } = sortedByKind(writes);
      const parts = [
        { at: inventory, results: await relistInventory(context, client, inventory, signal) },
        { at: trading, results: await relistTrading(context, client, trading, signal) },
      ];
      return inOrder<RelistResult>(writes.length, parts, silentAbout("this listing"));
    },
  };
}
