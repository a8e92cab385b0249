import type { ChannelSession, ListingRef, ReadResult } from "#app/channels/contract.ts";
import { chunked, mapBounded } from "#app/channels/map-bounded.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { logger } from "#app/lib/logger.ts";
import type { CustomClient } from "./client.ts";
import type { CustomContext } from "./context.ts";
import { nothingAbout } from "./errors.ts";
import { keyOf, listingOfRow, readOfRow } from "./mapping.ts";
import { callsAtOnceMax, isOfServer, noKey } from "./write-rows.ts";

/** Listings asked for in one page of an import: some 300 bytes each, far below the longest answer. */
const pageListingsMax = 1_000;

const notListed: Fault = {
  kind: "unknown-listing",
  message: "Your server does not know this listing.",
};

/** Reading back, and the import. */
export function listingsOf(
  { settings: { batch } }: CustomContext,
  client: CustomClient,
): Required<Pick<ChannelSession, "readListings" | "listListings">> {
  return {
    readListings: (listings, signal) => readAll(client, { listings, batch, signal }),
    async listListings(cursor, signal) {
      const page = await client.listListings({ cursor, limit: pageListingsMax }, signal);
      if (!page.ok) return page;
      const { listings: rows, total } = page.value;
      const next = page.value.cursor ?? null;
      if (next !== null && next === cursor) return { ok: false, fault: standingStill };
      const listings = rows.flatMap((row) => {
        if (row.ok) return [listingOfRow(row.value)];
        // One that cannot be read must not end the import.
        logger.warn({ channel: "custom", key: row.key }, "a listing cannot be read");
        return [];
      });
      return { ok: true, listings, cursor: next, total: total ?? null };
    },
  };
}

/** A page that leads to itself would be read for ever. */
export const standingStill: Fault = {
  kind: "unexpected",
  message: "Your server gave the cursor of the very page that was asked for.",
};

async function readAll(
  client: CustomClient,
  wanted: {
    readonly listings: readonly ListingRef[];
    readonly batch: number;
    readonly signal: AbortSignal;
  },
): Promise<readonly ReadResult[]> {
  const keys = wanted.listings.map(keyOf);
  const reads = new Map<string, ReadResult>();
  let stop: Fault | undefined;
  const given = [...new Set(keys.filter((key) => key !== null))];
  await mapBounded(chunked(given, wanted.batch), callsAtOnceMax, async (part) => {
    const answer = stop
      ? { ok: false as const, fault: stop }
      : await client.readListings(part, wanted.signal);
    if (!answer.ok) {
      if (isOfServer(answer.fault)) stop = answer.fault;
      for (const key of part) reads.set(key, answer);
      return;
    }
    const { listings: rows, unknown } = answer.value;
    // Only what the server calls unknown is: a list that came short says nothing.
    for (const key of unknown) reads.set(key, { ok: false, fault: notListed });
    for (const row of rows) if (row.ok) reads.set(row.value.key, readOfRow(row.value));
  });
  return keys.map((key) => {
    if (key === null) return { ok: false, fault: noKey };
    return reads.get(key) ?? { ok: false, fault: nothingAbout(key) };
  });
}
