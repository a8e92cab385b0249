import type { ChannelSession, ListingsPage } from "#app/channels/contract.ts";
import { importPageSizeMax } from "#app/channels/contract.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import type { Answer, ProductsWirePage } from "./client.ts";
import { tooManyResultsCode } from "./error-codes.ts";
import {
  halved,
  nextWindow,
  readImportCursor,
  searchResultsMax,
  type ImportCursor,
} from "./import-cursor.ts";
import type { TiktokShopParts } from "./inventory.ts";
import { toImportedListings } from "./mapping-products.ts";

/** Products in one page; with up to 100 SKUs each (update-inventory.json, 12052050) that is our largest page. */
const pageProducts = 50;
/** A window is halved at most so often in one go: 2^40 seconds are more than there were. */
const halvingsMax = 40;

/** The import: all products, a page of them at a time, in windows of 10,000. */
export function listingsOf(parts: TiktokShopParts): Required<Pick<ChannelSession, "listListings">> {
  const { context, warehouses } = parts;
  return {
    async listListings(text, signal): Promise<ListingsPage> {
      const own = await warehouses.own(signal);
      if (!own.ok) return own;
      const found = await readPage(parts, readImportCursor(text), signal);
      if (!found.ok) return found;
      const { cursor, page } = found.value;
      const listings = page.products.flatMap((product) =>
        toImportedListings(product, own.value, context.settings),
      );
      const next = following(cursor, { ...page, listings: listings.length }, nowS(parts));
      return {
        ok: true,
        listings: listings.slice(cursor.skip, cursor.skip + importPageSizeMax),
        cursor: next && JSON.stringify(next),
        // TikTok counts products, not their SKUs.
        total: null,
      };
    },
  };
}

function nowS({ context }: TiktokShopParts): number {
  return Math.floor(context.now().getTime() / 1_000);
}

interface FoundPage {
  /** The window the page is of: the one that was asked for, or its first part. */
  readonly cursor: ImportCursor;
  readonly page: ProductsWirePage;
}

/** The page at a cursor. A window that holds more than a search gives is halved until it does not. */
async function readPage(
  parts: TiktokShopParts,
  start: ImportCursor,
  signal: AbortSignal,
): Promise<Answer<FoundPage>> {
  let cursor = start;
  for (let halvings = 0; halvings < halvingsMax; halvings += 1) {
    const window = { createdFromS: cursor.fromS, createdUntilS: cursor.untilS };
    const size = { size: pageProducts, token: cursor.after };
    const answer = await parts.client.searchProducts(window, size, signal);
    if (!isTooMuch(answer, cursor)) {
      return answer.ok ? { ok: true, value: { cursor, page: answer.value } } : answer;
    }
    const half = halved(cursor, nowS(parts));
    if (half === null) return { ok: false, fault: tooManyAtOnce };
    cursor = half;
  }
  return { ok: false, fault: tooManyAtOnce };
}

/** In the middle of a window its size is known to be fine, unless TikTok itself says otherwise. */
function isTooMuch(answer: Answer<ProductsWirePage>, cursor: ImportCursor): boolean {
  if (!answer.ok) return answer.fault.code === tooManyResultsCode;
  return cursor.after === null && answer.value.total > searchResultsMax;
}

const tooManyAtOnce: Fault = {
  kind: "unexpected",
  message: "TikTok Shop gives no more than 10,000 products of one second, and this shop has more.",
};

/** Where to go on: in the same page, on the next page, in the next window; null at the end. */
function following(
  cursor: ImportCursor,
  page: {
    readonly listings: number;
    readonly products: readonly unknown[];
    readonly nextPageToken: string | null;
  },
  now: number,
): ImportCursor | null {
  const given = cursor.skip + importPageSizeMax;
  if (page.listings > given) return { ...cursor, skip: given };
  const { nextPageToken: after } = page;
  // The same token again, or pages without products, would go on for ever.
  const isMore = after !== null && after !== cursor.after && page.products.length > 0;
  return isMore ? { ...cursor, after, skip: 0 } : nextWindow(cursor, now);
}
