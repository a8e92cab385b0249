import { z } from "zod";
import type { ChannelSession, ListingsPage } from "#app/channels/contract.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { parseJson } from "#app/lib/json.ts";
import type { Answer, WalmartClient } from "./client.ts";
import { createHeldStock } from "./held-stock.ts";
import { toImportedListing } from "./mapping.ts";
import { itemsAnswer, type WalmartItem } from "./wire.ts";

/**
 * Items of one page, tried one after the other until Walmart takes one. Beside a cursor the document names no bound, in
 * the field 1,000 work; channels.md 6.2 has 200, and beside `offset` it is 50. Fewer may come at any time.
 */
const pageSizes = [1_000, 200, 50] as const;
/**
 * Walmart's cursor is the same text on every page and moves on at Walmart's side: a page cannot be asked for twice, and
 * after two idle minutes it is gone. Then the import begins again; what comes twice is the same listing twice.
 */
const restartsMax = 5;
const firstCursor = "*";
/** A list that never ends is a mistake of Walmart's: no seller has as many. */
const itemsMax = 1_000_000;

/** Where an import stands. */
const cursorShape = z.object({
  size: z.literal(pageSizes),
  next: z.string().min(1).max(4_000),
  /** Items given since the last beginning. */
  given: z.number().int().min(0),
  restarts: z.number().int().min(0),
  /** The first SKU of the page before: a page that begins so too is the same one. */
  first: z.string().max(300).nullable(),
  /** How many items there are by Walmart's word on the page before. */
  total: z.number().int().nullable(),
});
type Cursor = z.infer<typeof cursorShape>;
const beginning: Cursor = {
  size: pageSizes[0],
  next: firstCursor,
  given: 0,
  restarts: 0,
  first: null,
  total: null,
};

interface ItemsPage {
  /** A row that cannot be read is null. */
  readonly items: readonly (WalmartItem | null)[];
  readonly total: number | null;
  readonly next: string | null;
}

/** The import: every item of the account, retired ones too, page by page. */
export function listingsOf(client: WalmartClient): Required<Pick<ChannelSession, "listListings">> {
  const held = createHeldStock(client);
  return {
    async listListings(text, signal) {
      const cursor = readCursor(text);
      // First of all: without it a listing could not be told from one of the seller's own.
      const loaded = await held.load(signal);
      if (!loaded.ok) return loaded;
      if (!loaded.value) return emptyPage(cursor);
      const page = await readPage(client, cursor, signal);
      if (!page.ok) return goneOn(cursor, page.fault);
      return toListingsPage(cursor, page.value, (sku) => held.unitsOf(sku));
    },
  };
}

async function readPage(
  client: WalmartClient,
  { next, size }: Cursor,
  signal: AbortSignal,
): Promise<Answer<ItemsPage>> {
  const query = new URLSearchParams({ nextCursor: next, limit: String(size) });
  const path = `/v3/items?${query}`;
  const answer = await client.call(
    { operation: "listItems", method: "GET", path, schema: itemsAnswer },
    signal,
  );
  if (answer.ok) {
    const { ItemResponse: items, totalItems, nextCursor } = answer.value;
    return { ok: true, value: { items, total: totalItems ?? null, next: nextCursor || null } };
  }
  // Behind the last page, and for an account without items, Walmart answers 404.
  const isEnd = answer.fault.kind === "unknown-listing";
  return isEnd ? { ok: true, value: { items: [], total: null, next: null } } : answer;
}

/** The list is read until nothing more comes: its total is Walmart's word for it, and may be off. */
function toListingsPage(
  cursor: Cursor,
  page: ItemsPage,
  heldOf: (sku: string) => number | undefined,
): ListingsPage {
  const { items, next } = page;
  const total = page.total ?? cursor.total;
  const first = items[0]?.sku ?? null;
  const isRepeated = first !== null && first === cursor.first;
  const isWhole = total === null || cursor.given >= total;
  if (isRepeated && !isWhole) return stuck;
  if (isRepeated || items.length === 0) return afterTheEnd({ ...cursor, total }, isWhole);
  const given = cursor.given + items.length;
  if (given > itemsMax) return tooMany;
  const listings = items.flatMap((item) =>
    item ? [toImportedListing(item, heldOf(item.sku))] : [],
  );
  const after = next === null ? null : JSON.stringify({ ...cursor, next, given, first, total });
  return { ok: true, listings, cursor: after, total };
}

/**
 * An empty page where more was to come: somebody else asked for the page that is missing (a worker that died with it).
 * It can only be had by beginning again, once.
 */
function afterTheEnd(cursor: Cursor, isWhole: boolean): ListingsPage {
  const isWorthIt = !isWhole && cursor.restarts === 0;
  if (isWorthIt) return emptyPage(begunAgain(cursor));
  return { ok: true, listings: [], cursor: null, total: cursor.total };
}

const stuck: ListingsPage = {
  ok: false,
  fault: {
    kind: "unexpected",
    message: "Walmart gave the same page of items twice: the list cannot be read to its end.",
  },
};

const tooMany: ListingsPage = {
  ok: false,
  fault: {
    kind: "rejected",
    message: `Walmart lists more than ${itemsMax} items of this account: they cannot be imported.`,
  },
};

/** A page size that Walmart does not take, and a cursor that it does not know any more, are answered 400. */
function goneOn(cursor: Cursor, fault: Fault): ListingsPage {
  if (fault.kind !== "rejected") return { ok: false, fault };
  if (cursor.next === firstCursor) {
    const size = pageSizes[pageSizes.indexOf(cursor.size) + 1];
    return size === undefined ? { ok: false, fault } : emptyPage({ ...cursor, size });
  }
  if (cursor.restarts >= restartsMax) {
    const message = `Walmart's list of items ended early ${restartsMax} times. ${fault.message}`;
    return { ok: false, fault: { ...fault, kind: "unavailable", message } };
  }
  return emptyPage(begunAgain(cursor));
}

function emptyPage(cursor: Cursor): ListingsPage {
  return { ok: true, listings: [], cursor: JSON.stringify(cursor), total: cursor.total };
}

function begunAgain({ restarts, size }: Cursor): Cursor {
  return { ...beginning, size, restarts: restarts + 1 };
}

function readCursor(text: string | null): Cursor {
  return cursorShape.safeParse(text === null ? undefined : parseJson(text)).data ?? beginning;
}
