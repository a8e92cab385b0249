import type { ChannelSession } from "#app/channels/contract.ts";
import { changeListings } from "./change-listing.ts";
import type { EtsyClient, EtsyContext } from "./client.ts";
import { variationOfRef } from "./mapping.ts";
import { planEnding, planRelisting } from "./plan.ts";

/** Ending hides a variation from buyers, the last one together with its listing; relisting shows it again. */
export function endingOf(
  context: EtsyContext,
  client: EtsyClient,
): Required<Pick<ChannelSession, "endListings" | "relistListings">> {
  const { renewSoldOut } = context.settings;
  return {
    endListings: (refs, signal) =>
      changeListings(
        context,
        client,
        refs,
        (read, group) => planEnding(read, group.map(variationOfRef)),
        signal,
      ),
    relistListings: (writes, signal) =>
      changeListings(
        context,
        client,
        writes,
        (read, group) =>
          planRelisting(
            read,
            group.map((write) => ({ variation: variationOfRef(write), quantity: write.quantity })),
            renewSoldOut,
          ),
        signal,
      ),
  };
}
