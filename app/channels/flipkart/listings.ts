import { z } from "zod";
import type { ChannelSession, ImportedListing, ListingsPage } from "#app/channels/contract.ts";
import { chunked } from "#app/channels/map-bounded.ts";
import { parseJson } from "#app/lib/json.ts";
import { logger } from "#app/lib/logger.ts";
import type { Answer, FlipkartClient, FlipkartContext } from "./client.ts";
import { callSizeMax } from "./in-calls.ts";
import { listingIn, toImported } from "./mapping.ts";
import type { FoundListing, SearchAnswer } from "./wire.ts";

/**
 * Listings of one page of ours. Flipkart's search gives 500 names, ten calls of details fit a page: at 5 calls a
 * second about two seconds, so that an import yields to other work and goes on where it stopped.
 */
const pageSizeMax = 100;

/** Where an import stands: Flipkart's page, and how many of its names are done. */
const cursorShape = z.object({ page: z.string().nullable(), done: z.number().int().nonnegative() });

/** The import: names from the search, ten at a time with their details. */
export function listingsOf(
  context: FlipkartContext,
  client: FlipkartClient,
): Required<Pick<ChannelSession, "listListings">> {
  const { locationIds } = context.settings;
  return {
    async listListings(cursor, signal): Promise<ListingsPage> {
      const at = cursorShape.safeParse(cursor === null ? undefined : parseJson(cursor)).data;
      const { page, done } = at ?? { page: null, done: 0 };
      const search = await client.searchListings(page, signal);
      if (!search.ok) return search;
      const names = search.value.listings.slice(done, done + pageSizeMax);
      const listings = await detailed(client, names, locationIds, signal);
      if (!listings.ok) return listings;
      const next = nextCursor(search.value, { page, done: done + names.length });
      return { ok: true, listings: listings.value, cursor: next, total: null };
    },
  };
}

function nextCursor(
  { listings, has_more: hasMore, next_page_id: nextPage }: SearchAnswer,
  { page, done }: { readonly page: string | null; readonly done: number },
): string | null {
  if (done < listings.length) return JSON.stringify({ page, done });
  // A page that names itself as the next one would never end.
  return hasMore && nextPage && nextPage !== page
    ? JSON.stringify({ page: nextPage, done: 0 })
    : null;
}

async function detailed(
  client: FlipkartClient,
  names: readonly FoundListing[],
  locationIds: readonly string[],
  signal: AbortSignal,
): Promise<Answer<readonly ImportedListing[]>> {
  const listings: ImportedListing[] = [];
  for (const chunk of chunked(names, callSizeMax)) {
    const answer = await client.getListings(
      chunk.map(({ sku_id: sku }) => sku),
      signal,
    );
    if (!answer.ok) return answer;
    for (const name of chunk) {
      const found = listingIn(answer.value, name.sku_id);
      if (found.ok) listings.push(toImported(name, found.listing, locationIds));
      // Gone between the two calls, or not readable: without its profile nobody knows whose stock it is.
      else logger.warn({ channel: "flipkart", fault: found.fault }, "a listing is not imported");
    }
  }
  return { ok: true, value: listings };
}
