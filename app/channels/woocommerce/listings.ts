import { z } from "zod";
import type { ChannelSession, ImportedListing, ListingsPage } from "#app/channels/contract.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { parseJson } from "#app/lib/json.ts";
import { logger } from "#app/lib/logger.ts";
import type { WooContext } from "./client.ts";
import { isVariable, listingOfProduct, listingOfVariation } from "./mapping.ts";
import { pageRowsMax, rowId, type ShelfReader } from "./shelf-reader.ts";
import type { Row, WooProduct, WooVariation } from "./wire.ts";

/** Pages of products read together, so that the pages of their variations are full ones. */
const productPagesMax = 5;
/** With so many products that have variations there are enough. */
const parentsEnough = 100;
/** Calls for variations in one page of the import; the next page goes on. */
const variationCallsMax = 10;
/** Shops may take seconds for each call: after this long a page ends where it is. */
const pageMsMax = 8_000;

const cursorShape = z.object({
  /** Products before those that are next. */
  offset: z.number().int().min(0),
  /** The last product that is done; 0 in front of the first. */
  lastId: z.number().int().min(0),
  /** Products there were in all, by the page before. */
  total: z.number().int().nullable(),
  /** The variations of the products up to `upTo` are next: the last product that is done, rows of the next that are. */
  variations: z
    .object({
      upTo: z.number().int(),
      after: z.number().int().min(0),
      offset: z.number().int().min(0),
    })
    .nullable(),
});
type Cursor = z.infer<typeof cursorShape>;
type Place = Pick<NonNullable<Cursor["variations"]>, "after" | "offset">;

const beginning: Cursor = { offset: 0, lastId: 0, total: null, variations: null };

/** The import: products by id, some pages at a time, and then the variations of those. */
export function listingsOf(
  context: WooContext,
  reader: ShelfReader,
): Required<Pick<ChannelSession, "listListings">> {
  return {
    listListings(text, signal) {
      const read = cursorShape.safeParse(text === null ? null : parseJson(text));
      const cursor = read.success ? read.data : beginning;
      return new ImportPage(context, reader, signal).from(cursor);
    },
  };
}

interface ProductWindow {
  readonly products: readonly WooProduct[];
  readonly upTo: number;
  /** Where the products after these begin; null: there are none. */
  readonly next: Cursor | null;
}

class ImportPage {
  readonly #context: WooContext;
  readonly #reader: ShelfReader;
  readonly #signal: AbortSignal;
  readonly #untilMs: number;
  readonly #listings: ImportedListing[] = [];

  constructor(context: WooContext, reader: ShelfReader, signal: AbortSignal) {
    this.#context = context;
    this.#reader = reader;
    this.#signal = signal;
    this.#untilMs = context.now().getTime() + pageMsMax;
  }

  async from(cursor: Cursor): Promise<ListingsPage> {
    const window = await this.#products(cursor);
    if ("kind" in window) return { ok: false, fault: window };
    if (cursor.variations === null) {
      for (const product of window.products) {
        const listing = listingOfProduct(product, this.#context.settings.currency);
        if (listing) this.#listings.push(listing);
      }
    }
    const start = cursor.variations ?? { after: 0, offset: 0 };
    const rest = await this.#variations(window.products.filter(isVariable), start);
    if (rest && "kind" in rest) return { ok: false, fault: rest };
    const next = rest ? { ...cursor, variations: { ...rest, upTo: window.upTo } } : window.next;
    return {
      ok: true,
      listings: this.#listings,
      cursor: next && JSON.stringify(next),
      // The shop counts products, not what is sold of them.
      total: null,
    };
  }

  get #isLate(): boolean {
    return this.#context.now().getTime() > this.#untilMs;
  }

  /** The products after the cursor; in the middle of their variations, the same ones again. */
  async #products(cursor: Cursor): Promise<ProductWindow | Fault> {
    const last = cursor.variations?.upTo ?? Infinity;
    const products: WooProduct[] = [];
    let place: Cursor = { ...cursor, variations: null };
    for (let pages = 1; ; pages += 1) {
      const page = await this.#page(place);
      if ("kind" in page) return page;
      products.push(...page.products.filter(({ id }) => Number(id) <= last));
      if (page.next === null) return { products, upTo: page.lastId, next: null };
      place = page.next;
      if (place.lastId >= last) break;
      if (last === Infinity && this.#isEnough(cursor, pages, products)) break;
    }
    if (place.lastId <= last) return { products, upTo: place.lastId, next: place };
    // Products went away since: the page reached further than it did, and those are still to come.
    const offset = Math.max(0, place.offset - pageRowsMax);
    return { products, upTo: last, next: { ...place, offset, lastId: last } };
  }

  /** The first page of an import is a short one: somebody waits to see something. */
  #isEnough(cursor: Cursor, pages: number, products: readonly WooProduct[]): boolean {
    const pagesMax = cursor.offset === 0 ? 1 : productPagesMax;
    const parents = products.filter(isVariable).length;
    return pages >= pagesMax || parents >= parentsEnough || this.#isLate;
  }

  /**
   * One page. WooCommerce pages by position: products that went away meanwhile pull the others forward, so as many
   * are read again as there are fewer now. Those are known by their ids.
   */
  async #page(place: Cursor): Promise<
    | {
        readonly products: readonly WooProduct[];
        readonly lastId: number;
        readonly next: Cursor | null;
      }
    | Fault
  > {
    let { offset } = place;
    let page = await this.#reader.productsFrom(offset, this.#signal);
    if (page.ok && page.total !== null && place.total !== null && page.total < place.total) {
      offset = Math.max(0, offset - (place.total - page.total));
      page = await this.#reader.productsFrom(offset, this.#signal);
    }
    if (!page.ok) return page.fault;
    const { rows, total } = page;
    const fresh = rows.filter((row) => Number(rowId(row)) > place.lastId);
    const lastId = Math.max(place.lastId, ...rows.map((row) => Number(rowId(row))));
    const end = offset + rows.length;
    const isLast = total === null ? rows.length < pageRowsMax : end >= total;
    return {
      products: fresh.flatMap(readProduct),
      lastId,
      next: isLast || rows.length === 0 ? null : { offset: end, lastId, total, variations: null },
    };
  }

  /** @returns where to go on when there are more than this page takes; null when all are there */
  async #variations(parents: readonly WooProduct[], start: Place): Promise<Place | Fault | null> {
    let { after, offset } = start;
    for (let calls = 0; ; calls += 1) {
      const left = parents.filter(({ id }) => Number(id) > after);
      if (left.length === 0) return null;
      if (calls >= variationCallsMax || (calls > 0 && this.#isLate)) return { after, offset };
      const group = left.slice(0, this.#reader.isOneList ? pageRowsMax : 1);
      const parentIds = group.map(({ id }) => id);
      const answer = await this.#reader.variations({ parentIds, offset }, this.#signal);
      // The shop has no list of all: product by product, from the first that is not done.
      if (answer === null) {
        offset = 0;
        continue;
      }
      if (!answer.ok) return answer.fault;
      this.#take(answer.rows, group);
      offset += answer.rows.length;
      const isMore = answer.total === null || offset < answer.total;
      if (isMore && answer.rows.length >= pageRowsMax) continue;
      after = Math.max(...group.map(({ id }) => Number(id)));
      offset = 0;
    }
  }

  #take(rows: readonly Row<WooVariation>[], group: readonly WooProduct[]): void {
    const byId = new Map(group.map((parent) => [parent.id, parent]));
    for (const row of rows) {
      if (!row.ok) {
        logger.warn({ channel: "woocommerce", variation: row.id }, "a variation cannot be read");
        continue;
      }
      const { parent_id: parentId } = row.value;
      const parent = parentId === null && group.length === 1 ? group[0] : byId.get(parentId ?? "");
      if (!parent) continue;
      this.#listings.push(listingOfVariation(row.value, parent, this.#context.settings.currency));
    }
  }
}

/** A product that cannot be read must not end the import: it is logged and left out. */
function readProduct(row: Row<WooProduct>): WooProduct[] {
  if (row.ok) return [row.value];
  logger.warn({ channel: "woocommerce", product: row.id }, "a product cannot be read");
  return [];
}
