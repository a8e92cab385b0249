import { z } from "zod";
import { parseJson } from "#app/lib/json.ts";

/** products/search gives no more than this of one search (channels.md 5.4; 12052180 beyond). */
export const searchResultsMax = 10_000;
/** No product is older: TikTok Shop opened in 2021. 2020-01-01, unix seconds. */
const oldestS = 1_577_836_800;

const shape = z.object({
  fromS: z.number().int().nullable(),
  untilS: z.number().int().nullable(),
  after: z.string().nullable(),
  skip: z.number().int().min(0),
});

/**
 * Where an import stands. A shop with more products than one search gives is read in windows of the time of *listing*:
 * unlike the time of the last update it never changes, so no sale or edit during the import moves a product from one
 * page or window to another (a product that leaves a page pulls the next one over its edge, and it is never seen).
 */
export interface ImportCursor {
  /** Listed at or after, unix seconds; null: from the beginning. */
  readonly fromS: number | null;
  /** Listed at or before, unix seconds; null: until now. */
  readonly untilS: number | null;
  /** TikTok's page token, in the middle of a window. */
  readonly after: string | null;
  /** Listings of that page that were given already. */
  readonly skip: number;
}

/** Everything at once; most shops need no second window. */
const beginning: ImportCursor = { fromS: null, untilS: null, after: null, skip: 0 };

/** Reads a cursor; one that is missing or unreadable begins anew. */
export function readImportCursor(text: string | null): ImportCursor {
  const parsed = shape.safeParse(text === null ? undefined : parseJson(text));
  return parsed.success ? parsed.data : beginning;
}

/** The first half of a window that holds too much; null when it is a single second. */
export function halved({ fromS, untilS }: ImportCursor, nowS: number): ImportCursor | null {
  const from = fromS ?? oldestS;
  const until = untilS ?? Math.max(nowS, from);
  if (until <= from) return null;
  return { fromS, untilS: from + Math.floor((until - from) / 2), after: null, skip: 0 };
}

/** The window after this one, twice as wide; null when this one reached the present. */
export function nextWindow({ fromS, untilS }: ImportCursor, nowS: number): ImportCursor | null {
  if (untilS === null) return null;
  const from = untilS + 1;
  const until = untilS + 2 * (untilS - (fromS ?? oldestS) + 1);
  return { fromS: from, untilS: until >= nowS ? null : until, after: null, skip: 0 };
}
