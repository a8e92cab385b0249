import { z } from "zod";
import type { ChannelSession, ListingsPage } from "#app/channels/contract.ts";
import { parseJson } from "#app/lib/json.ts";
import { isReportReady, readReport, startReport } from "./active-report.ts";
import type { Answer, EbayClient, EbayContext } from "./client.ts";
import { foundInItem, foundInReport } from "./found-listing.ts";
import { importPage } from "./import-page.ts";
import { marketplaceOf } from "./marketplaces.ts";
import { sellerListAnswer, type SellerList } from "./trading-wire.ts";
import { element } from "./xml.ts";

/** Entries of one GetSellerList page at this granularity (channels.md 4.4). */
const sellerListPageSize = 200;
/**
 * Listings of an account that is read by pages: 25 calls of the Trading API, which names titles and sites. A larger one
 * is read from the report: three calls, however large, and none of the 5,000 a day that the Trading API gives to all
 * merchants of the application together.
 */
const pagedListingsMax = 5_000;
/** Listings and variations in one page of ours: each costs a call for its offer. */
const listingsPerPage = 1_000;
/** Good-Till-Cancelled listings end monthly in this view, others after 90 days at most; eBay takes windows of 120. */
const windowDays = 119;
/** Two clocks may be this far apart: what ends now must not fall out of the window. */
const clockGapMs = 60 * 60_000;
const dayMs = 24 * 60 * 60_000;
/** How often a report that is being made is asked for. */
const reportWaitMs = 10_000;

const cursorShape = z.discriminatedUnion("by", [
  z.object({
    by: z.literal("pages"),
    from: z.string(),
    to: z.string(),
    page: z.number().int().min(1),
    /** Listings of the page that were given already. */
    at: z.number().int().min(0),
  }),
  z.object({ by: z.literal("report"), task: z.string(), at: z.number().int().min(0) }),
]);
type PagesCursor = Extract<z.infer<typeof cursorShape>, { by: "pages" }>;
type ReportCursor = Extract<z.infer<typeof cursorShape>, { by: "report" }>;

/** The import, of both kinds of listing together. */
export function listingsOf(
  context: EbayContext,
  client: EbayClient,
): Required<Pick<ChannelSession, "listListings">> {
  return {
    async listListings(text, signal) {
      const cursor = cursorShape.safeParse(text === null ? undefined : parseJson(text)).data;
      if (!cursor) return begin(context, client, signal);
      return cursor.by === "pages"
        ? byPages(context, client, cursor, signal)
        : byReport(context, client, cursor, signal);
    },
  };
}

async function begin(
  context: EbayContext,
  client: EbayClient,
  signal: AbortSignal,
): Promise<ListingsPage> {
  const nowMs = context.now().getTime();
  const cursor: PagesCursor = {
    by: "pages",
    from: new Date(nowMs - clockGapMs).toISOString(),
    to: new Date(nowMs - clockGapMs + windowDays * dayMs).toISOString(),
    page: 1,
    at: 0,
  };
  const first = await getSellerList(client, cursor, signal);
  if (!first.ok) return first;
  if (first.value.PaginationResult.TotalNumberOfEntries > pagedListingsMax) {
    const task = await startReport(client, signal);
    if (task.ok) {
      const next: ReportCursor = { by: "report", task: task.value, at: 0 };
      return page([], next, reportWaitMs);
    }
    // Without a report (eBay makes 25 in a day) the pages are slower, and as good.
  }
  return pageOf(context, client, { cursor, list: first.value }, signal);
}

async function byPages(
  context: EbayContext,
  client: EbayClient,
  cursor: PagesCursor,
  signal: AbortSignal,
): Promise<ListingsPage> {
  const list = await getSellerList(client, cursor, signal);
  return list.ok ? pageOf(context, client, { cursor, list: list.value }, signal) : list;
}

async function pageOf(
  context: EbayContext,
  client: EbayClient,
  { cursor, list }: { readonly cursor: PagesCursor; readonly list: SellerList },
  signal: AbortSignal,
): Promise<ListingsPage> {
  const site = marketplaceOf(context.settings.marketplaceId);
  const all = (list.ItemArray?.Item ?? []).flatMap((item) => foundInItem(item, site));
  const upTo = cursor.at + listingsPerPage;
  const listings = await importPage(context, client, all.slice(cursor.at, upTo), signal);
  if (!listings.ok) return listings;
  if (upTo < all.length) return page(listings.value, { ...cursor, at: upTo });
  const isLast = cursor.page >= list.PaginationResult.TotalNumberOfPages;
  return page(listings.value, isLast ? null : { ...cursor, page: cursor.page + 1, at: 0 });
}

async function byReport(
  context: EbayContext,
  client: EbayClient,
  cursor: ReportCursor,
  signal: AbortSignal,
): Promise<ListingsPage> {
  const { task, at } = cursor;
  if (at === 0) {
    const ready = await isReportReady(client, task, signal);
    if (!ready.ok) return ready;
    if (!ready.value) return page([], cursor, reportWaitMs);
  }
  const site = marketplaceOf(context.settings.marketplaceId);
  const part = await readReport(
    client,
    task,
    {
      from: at,
      weightMax: listingsPerPage,
      weigh: (entry) => Math.max(1, entry.Variations?.Variation.length ?? 1),
    },
    signal,
  );
  if (!part.ok) return part;
  const found = part.value.entries.flatMap((entry) => foundInReport(entry, site));
  const listings = await importPage(context, client, found, signal);
  if (!listings.ok) return listings;
  const { next } = part.value;
  return page(listings.value, next === null ? null : { ...cursor, at: next });
}

/** eBay counts items, not their variations: it does not tell how many listings there will be. */
function page(
  listings: Extract<ListingsPage, { ok: true }>["listings"],
  cursor: PagesCursor | ReportCursor | null,
  waitMs?: number,
): ListingsPage {
  return {
    ok: true,
    listings,
    cursor: cursor === null ? null : JSON.stringify(cursor),
    total: null,
    ...(waitMs === undefined ? {} : { waitMs }),
  };
}

function getSellerList(
  client: EbayClient,
  { from, to, page }: PagesCursor,
  signal: AbortSignal,
): Promise<Answer<SellerList>> {
  const pagination = element("EntriesPerPage", sellerListPageSize) + element("PageNumber", page);
  const content =
    element("EndTimeFrom", from) +
    element("EndTimeTo", to) +
    element("GranularityLevel", "Fine") +
    element("IncludeVariations", "true") +
    `<Pagination>${pagination}</Pagination>`;
  return client.trading({ name: "GetSellerList", content }, sellerListAnswer, signal);
}
