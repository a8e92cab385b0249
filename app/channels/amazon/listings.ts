import { z } from "zod";
import { parseJson } from "#app/lib/json.ts";
import { ChannelFault, type ImportedListing, type ListingsPage } from "../contract.ts";
import { importPageSizeMax } from "../contract.ts";
import type { AmazonContext } from "./auth.ts";
import { endedAddressCode, type AmazonClient } from "./client.ts";
import { unreadableDocument } from "./documents.ts";
import { fulfilmentMemory, memoryKey } from "./fulfilment-memory.ts";
import { columnsOf, lineDecoder, listingOfRow, type ReportColumns } from "./listings-report.ts";
import { hasNoListings } from "./lookup.ts";
import { ReportReader } from "./report-reader.ts";
import {
  createReport,
  failedReportFault,
  findReports,
  getReport,
  getReportDocument,
  isUnderWay,
} from "./reports.ts";

const reportType = "GET_MERCHANT_LISTINGS_ALL_DATA";
/** English column names wherever the account is. */
const reportOptions = { preferredReportDocumentLocale: "en_US" };
/** Amazon takes one to twenty minutes; getReport may be asked twice a second. */
const waitMs = 5_000;
/** A report that fails is asked for once more, not again and again. */
const triesMax = 2;
/** Amazon cancels a report that was asked for too often: one of the last hours is as good. */
const olderReportMs = 6 * 60 * 60 * 1_000;

/** Where an import stands; JSON, opaque outside of here. */
const cursorShape = z.union([
  z.object({ report: z.string(), tries: z.number().int().min(1) }),
  z.object({
    document: z.string(),
    /** Unpacked bytes read, the header line included; 0 begins. */
    at: z.number().int().nonnegative(),
    /** The report was written for this import: what it says about who ships is news. */
    fresh: z.boolean(),
  }),
]);
type Cursor = z.infer<typeof cursorShape>;
type DocumentCursor = Extract<Cursor, { document: string }>;

/**
 * All listings of the seller in the marketplace, from the "all listings" report: searchListingsItems ends at 1,000.
 * The first call asks for the report, the next ones wait for it, the rest read it, a page of lines each.
 */
export async function listListings(
  context: AmazonContext,
  client: AmazonClient,
  { cursor: text, signal }: { readonly cursor: string | null; readonly signal: AbortSignal },
): Promise<ListingsPage> {
  const cursor = cursorShape.safeParse(text === null ? undefined : parseJson(text)).data;
  if (cursor === undefined) return await begin(context, client, { tries: 1, signal });
  return "report" in cursor
    ? await awaitReport(context, client, { ...cursor, signal })
    : await readPage(context, client, { cursor, signal });
}

async function begin(
  context: AmazonContext,
  client: AmazonClient,
  { tries, signal }: { readonly tries: number; readonly signal: AbortSignal },
): Promise<ListingsPage> {
  const wish = { type: reportType, options: reportOptions, signal };
  const created = await createReport(context, client, wish);
  return created.ok ? waiting({ report: created.data, tries }) : created;
}

function waiting(cursor: Cursor): ListingsPage {
  return { ok: true, listings: [], cursor: JSON.stringify(cursor), total: null, waitMs };
}

async function awaitReport(
  context: AmazonContext,
  client: AmazonClient,
  wish: { readonly report: string; readonly tries: number; readonly signal: AbortSignal },
): Promise<ListingsPage> {
  const { report, tries, signal } = wish;
  const found = await getReport(client, { reportId: report, signal });
  if (!found.ok) return found;
  const { processingStatus, reportDocumentId } = found.data;
  if (isUnderWay(found.data)) return waiting({ report, tries });
  if (processingStatus === "DONE" && reportDocumentId) {
    const cursor = { document: reportDocumentId, at: 0, fresh: true };
    return await readPage(context, client, { cursor, signal });
  }
  if (processingStatus === "CANCELLED") return await afterCancel(context, client, signal);
  if (tries >= triesMax) return { ok: false, fault: failedReportFault(processingStatus) };
  return await begin(context, client, { tries: tries + 1, signal });
}

/** Amazon cancels a report when it was asked for too often, and when there is nothing to report. */
async function afterCancel(
  context: AmazonContext,
  client: AmazonClient,
  signal: AbortSignal,
): Promise<ListingsPage> {
  const sinceMs = context.now().getTime() - olderReportMs;
  const reports = await findReports(context, client, { type: reportType, sinceMs, signal });
  if (!reports.ok) return reports;
  const done = reports.data.find(({ processingStatus }) => processingStatus === "DONE");
  if (done?.reportDocumentId) {
    const cursor = { document: done.reportDocumentId, at: 0, fresh: false };
    return await readPage(context, client, { cursor, signal });
  }
  const empty = await hasNoListings(context, client, signal);
  if (!empty.ok) return empty;
  if (empty.data) return { ok: true, listings: [], cursor: null, total: 0 };
  return { ok: false, fault: failedReportFault("CANCELLED") };
}

/** A report on its way through this process. */
interface OpenReport {
  readonly reader: ReportReader;
  readonly columns: ReportColumns;
  readonly decode: (bytes: Buffer) => string;
}

/**
 * Reports that are read here, so that a packed one is not unpacked anew for every page. Only a help: each is found
 * again from its cursor. A reader in use is not in it.
 */
const openReports = new Map<string, OpenReport>();
const openReportsMax = 4;

async function readPage(
  context: AmazonContext,
  client: AmazonClient,
  { cursor, signal }: { readonly cursor: DocumentCursor; readonly signal: AbortSignal },
): Promise<ListingsPage> {
  try {
    const report = await openedAt(context, client, { cursor, signal });
    const lines = await report.reader.lines(importPageSizeMax, signal);
    const listings = lines.flatMap(
      (line) =>
        listingOfRow(report.decode(line), report.columns, context.settings.marketplaceId) ?? [],
    );
    if (cursor.fresh) rememberFulfilment(context, listings);
    if (lines.length < importPageSizeMax) return { ok: true, listings, cursor: null, total: null };
    const next = { ...cursor, at: report.reader.position };
    keepOpen(reportKey(context, next), report);
    return { ok: true, listings, cursor: JSON.stringify(next), total: null };
  } catch (error) {
    if (error instanceof ChannelFault) return { ok: false, fault: error.fault };
    throw error;
  }
}

async function openedAt(
  context: AmazonContext,
  client: AmazonClient,
  { cursor, signal }: { readonly cursor: DocumentCursor; readonly signal: AbortSignal },
): Promise<OpenReport> {
  const key = reportKey(context, cursor);
  const known = openReports.get(key);
  if (known) {
    openReports.delete(key);
    return known;
  }
  const reader = await readerOf(client, cursor.document, signal);
  const [header] = await reader.lines(1, signal);
  const decode = lineDecoder(reader.charset);
  const columns = header ? columnsOf(decode(header)) : null;
  if (!columns) throw new ChannelFault(unreadableDocument);
  if (cursor.at > 0) await reader.seek(cursor.at, signal);
  return { reader, columns, decode };
}

/** A reader from the report's beginning on; its address is renewed when it ends while reading. */
async function readerOf(
  client: AmazonClient,
  documentId: string,
  openSignal: AbortSignal,
): Promise<ReportReader> {
  const placeOf = async (signal: AbortSignal) => {
    const place = await getReportDocument(client, { documentId, signal });
    if (!place.ok) throw new ChannelFault(place.fault);
    return place.data;
  };
  let place = await placeOf(openSignal);
  return new ReportReader({
    gzip: place.compressionAlgorithm === "GZIP",
    async fetch(from, length, signal) {
      const piece = await client.download({ url: place.url, from, length, signal });
      if (piece.ok || piece.fault.code !== endedAddressCode) return piece;
      place = await placeOf(signal);
      return await client.download({ url: place.url, from, length, signal });
    },
  });
}

function reportKey(context: AmazonContext, { document, at }: DocumentCursor): string {
  return `${context.accountId} ${context.settings.marketplaceId} ${document} ${at}`;
}

function keepOpen(key: string, report: OpenReport): void {
  openReports.set(key, report);
  const [oldest] = openReports.keys();
  if (openReports.size > openReportsMax && oldest !== undefined) openReports.delete(oldest);
}

function rememberFulfilment(context: AmazonContext, listings: readonly ImportedListing[]): void {
  const nowMs = context.now().getTime();
  for (const { sku, heldByChannel } of listings) {
    if (sku === null) continue;
    const key = memoryKey(context, sku);
    if (heldByChannel) fulfilmentMemory.forget(key);
    else fulfilmentMemory.sawMerchant(key, nowMs);
  }
}
