import type { ChannelSession, ListingRef, ReadResult } from "#app/channels/contract.ts";
import { chunked } from "#app/channels/map-bounded.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { changeListings } from "./change-listing.ts";
import type { Answer, EtsyClient, EtsyContext } from "./client.ts";
import { listingIdOf, toReadResults, variationOfRef } from "./mapping.ts";
import { planQuantities } from "./plan.ts";
import type { ListingRow } from "./wire.ts";

/** Listings of one push: two calls each, so that a push of different ones takes about seven seconds of Etsy's rate. */
export const pushBatchSizeMax = 25;
/** Ids of one getListingsByListingIds call (specs/channel-limits.json). */
const batchIdsMax = 100;

/** Pushing and reading quantities. */
export function inventoryOf(
  context: EtsyContext,
  client: EtsyClient,
): Pick<ChannelSession, "pushQuantities" | "readListings"> {
  const { renewSoldOut } = context.settings;
  return {
    pushQuantities: (writes, signal) =>
      changeListings(
        context,
        client,
        writes,
        (read, group) =>
          planQuantities(
            read,
            group.map((write) => ({ variation: variationOfRef(write), quantity: write.quantity })),
            renewSoldOut,
          ),
        signal,
      ),
    async readListings(refs, signal) {
      const results = new Map<ListingRef, ReadResult>();
      const ids = [...new Set(refs.map(listingIdOf))];
      for (const chunk of chunked(ids, batchIdsMax)) {
        const wanted = new Set(chunk);
        const group = refs.filter((ref) => wanted.has(listingIdOf(ref)));
        const rows = await rowsOf(client, chunk, signal);
        const read = rows.ok
          ? toReadResults(group, rows.value)
          : group.map((): ReadResult => ({ ok: false, fault: rows.fault }));
        for (const [index, ref] of group.entries()) {
          const result = read[index];
          if (result) results.set(ref, result);
        }
      }
      return refs.map((ref) => results.get(ref) ?? { ok: false, fault: noAnswer });
    },
  };
}

/** Listings with very many variations: an answer that is cut off is asked for in halves. */
async function rowsOf(
  client: EtsyClient,
  listingIds: readonly string[],
  signal: AbortSignal,
): Promise<Answer<ListingRow[]>> {
  const known = listingIds.filter((id) => /^\d+$/.test(id));
  if (known.length === 0) return { ok: true, value: [] };
  const answer = await client.getListings(known, signal);
  if (answer.ok || answer.tooLong !== true || known.length === 1) return answer;
  const half = Math.ceil(known.length / 2);
  const first = await rowsOf(client, known.slice(0, half), signal);
  if (!first.ok) return first;
  const second = await rowsOf(client, known.slice(half), signal);
  return second.ok ? { ok: true, value: [...first.value, ...second.value] } : second;
}

const noAnswer: Fault = { kind: "unexpected", message: "Etsy gave no answer for this listing." };
