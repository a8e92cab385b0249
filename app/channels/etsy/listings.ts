import { z } from "zod";
import { importPageSizeMax, type ChannelSession } from "#app/channels/contract.ts";
import { parseJson } from "#app/lib/json.ts";
import { logger } from "#app/lib/logger.ts";
import type { EtsyClient } from "./client.ts";
import { toImported } from "./mapping.ts";
import type { ListingRow } from "./wire.ts";

/** Etsy lists one state at a time. On sale first: the merchant sees those while the others come. */
const states = ["active", "sold_out", "inactive", "draft", "expired"] as const;
/** Listings of one call (specs/etsy, getListingsByShop). */
const pageSizeMax = 100;

const cursorShape = z.object({
  state: z.enum(states),
  offset: z.number().int().min(0),
  limit: z.number().int().min(1).max(pageSizeMax),
});
type Cursor = z.infer<typeof cursorShape>;

/** The import: every product of every listing, a hundred listings a call. */
export function listingsOf(client: EtsyClient): Required<Pick<ChannelSession, "listListings">> {
  return {
    async listListings(text, signal) {
      const cursor = readCursor(text);
      const answer = await client.listListings(cursor, signal);
      if (!answer.ok) return answer.tooLong === true ? (smaller(cursor) ?? answer) : answer;
      const { count, rows } = answer.value;
      const listings = rows.flatMap(readable).flatMap(toImported);
      if (listings.length > importPageSizeMax) {
        return smaller(cursor) ?? { ok: false, fault: tooMany };
      }
      return {
        ok: true,
        listings,
        cursor: next(cursor, { count, rows: rows.length }),
        total: null,
      };
    },
  };
}

const tooMany = {
  kind: "unexpected",
  message: "One listing at Etsy has more variations than an import takes.",
} as const;

function readCursor(text: string | null): Cursor {
  const read = cursorShape.safeParse(text === null ? undefined : parseJson(text));
  return read.success ? read.data : { state: states[0], offset: 0, limit: pageSizeMax };
}

/** The place after this page; null after the last state's last one. */
function next(
  { state, offset, limit }: Cursor,
  page: { readonly count: number; readonly rows: number },
): string | null {
  const isLast = page.rows === 0 || offset + limit >= page.count;
  if (!isLast) return JSON.stringify({ state, offset: offset + limit, limit });
  const following = states[states.indexOf(state) + 1];
  return following === undefined
    ? null
    : JSON.stringify({ state: following, offset: 0, limit: pageSizeMax });
}

/** Listings with hundreds of variations make pages too long to be kept: the same place again, half as much of it. */
function smaller({ state, offset, limit }: Cursor) {
  if (limit === 1) return null;
  const cursor = JSON.stringify({ state, offset, limit: Math.floor(limit / 2) });
  return { ok: true, listings: [], cursor, total: null } as const;
}

/** One listing that cannot be read must not cost the others; it is missing until Etsy sends it readable. */
function readable(row: ListingRow) {
  if (row.ok) return [row.listing];
  logger.warn({ channel: "etsy", problem: row.reason }, "a listing cannot be read");
  return [];
}
