import { z } from "zod";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { parseJson } from "#app/lib/json.ts";
import { logger } from "#app/lib/logger.ts";
import { importPageSizeMax, type ImportedListing, type ListingsPage } from "../contract.ts";
import { problemOf } from "../unreadable.ts";
import type { ShopifyContext } from "./auth.ts";
import { fetchFilePart, type FilePart, type ShopifyClient } from "./client.ts";
import * as documents from "./documents.ts";
import { faultOfBulk, faultOfUserError } from "./errors.ts";
import { listingsOf, type Place } from "./listing-mapping.ts";
import { bulkData, catalogueLine, locationsData, startBulkData } from "./wire-listings.ts";

/** Locations in one bulk query; a shop with more of them gets one query after another. */
const placesMax = 25;
/** Pages of 250 locations looked at; Shopify's largest plan allows 1,000 locations. */
const locationPagesMax = 8;
/** Between two looks at a bulk query. */
const bulkPollMs = 2_000;
/** Times an export that ended early is started anew before the import fails. */
const startsMax = 3;
/** What a line of the export takes, without its levels and for each level: measured on the sandbox, rounded up. */
const lineBytes = 600;
const levelBytes = 80;
/** Least that is fetched at once: a line of 25 levels and the longest texts fits many times. */
const partBytesMin = 256 * 1_024;

const place = z.object({ id: z.string(), name: z.string(), isService: z.boolean() });

/**
 * Where an import stands. `after`: the last location of the queries before this one. An export lies at Shopify for
 * seven days under its operation's id, so any process goes on from byte `offset`.
 */
const cursorShape = z.discriminatedUnion("step", [
  z.object({ step: z.literal("start"), after: z.string(), starts: z.number().int() }),
  z.object({
    step: z.literal("read"),
    after: z.string(),
    starts: z.number().int(),
    operationId: z.string(),
    offset: z.number().int().min(0),
    currency: z.string(),
    places: z.array(place).min(1).max(placesMax),
    more: z.boolean(),
  }),
]);
type Cursor = z.infer<typeof cursorShape>;
type Reading = Extract<Cursor, { step: "read" }>;

const beginning: Cursor = { step: "start", after: "", starts: 0 };

/**
 * The catalogue, by a bulk query: one listing for each inventory item and location. The result is read in pieces that
 * end at a whole line; each line holds all that is wanted of one variant, so no piece waits for another and none is
 * kept in memory. A cursor nobody can read starts again.
 */
export async function listListings(
  context: Pick<ShopifyContext, "app" | "http">,
  client: ShopifyClient,
  { cursor, signal }: { readonly cursor: string | null; readonly signal: AbortSignal },
): Promise<ListingsPage> {
  const parsed = cursorShape.safeParse(parseJson(cursor ?? ""));
  const at = parsed.data ?? beginning;
  return at.step === "start"
    ? startExport(client, at, signal)
    : readOn(context, client, { at, signal });
}

type Page = Extract<ListingsPage, { ok: true }>;

function pageOf(next: Cursor | null, listings: readonly ImportedListing[] = []): Page {
  return { ok: true, listings, cursor: next && JSON.stringify(next), total: null };
}

/** Starts the bulk query of the next locations. */
async function startExport(
  client: ShopifyClient,
  { after, starts }: Extract<Cursor, { step: "start" }>,
  signal: AbortSignal,
): Promise<ListingsPage> {
  const found = await readLocations(client, signal);
  if (!found.ok) return found;
  const left = found.places.filter(({ id }) => id > after);
  const places = left.slice(0, placesMax);
  // A shop without locations has no levels either.
  if (places.length === 0) return pageOf(null);
  const result = await client({
    query: documents.startBulkMutation,
    variables: { query: documents.catalogueQuery(places.map(({ id }) => id)) },
    cost: documents.mutationCostPoints,
    data: startBulkData,
    signal,
  });
  if (!result.ok) return result;
  const { bulkOperation, userErrors } = result.data.bulkOperationRunQuery;
  if (!bulkOperation) {
    const [error] = userErrors;
    return { ok: false, fault: error ? faultOfUserError(error) : notStartedFault };
  }
  const { currency } = found;
  const reading: Reading = {
    ...{ step: "read", after, starts, operationId: bulkOperation.id, offset: 0 },
    ...{ currency, places, more: left.length > places.length },
  };
  return { ...pageOf(reading), waitMs: bulkPollMs };
}

type FoundLocations =
  | { readonly ok: true; readonly currency: string; readonly places: readonly Place[] }
  | { readonly ok: false; readonly fault: Fault };

/** All locations, by id, so that one import meets each of them once. */
async function readLocations(client: ShopifyClient, signal: AbortSignal): Promise<FoundLocations> {
  const places: Place[] = [];
  let currency = "";
  let after: string | null = null;
  for (let page = 0; page < locationPagesMax; page += 1) {
    const result: Awaited<ReturnType<typeof readLocationsPage>> = await readLocationsPage(
      client,
      after,
      signal,
    );
    if (!result.ok) return result;
    const { nodes, pageInfo } = result.data.locations;
    currency = result.data.shop.currencyCode;
    places.push(
      ...nodes.map(({ id, name, isFulfillmentService }) => ({
        ...{ id, name, isService: isFulfillmentService },
      })),
    );
    after = pageInfo.hasNextPage ? (pageInfo.endCursor ?? null) : null;
    if (after === null) break;
  }
  places.sort((left, right) => (left.id < right.id ? -1 : 1));
  return { ok: true, currency, places };
}

function readLocationsPage(client: ShopifyClient, after: string | null, signal: AbortSignal) {
  return client({
    query: documents.locationsQuery,
    variables: { after },
    cost: documents.locationsCostPoints,
    data: locationsData,
    signal,
  });
}

/** Looks at the bulk query and, once it is done, reads the next piece of its result. */
async function readOn(
  context: Pick<ShopifyContext, "app" | "http">,
  client: ShopifyClient,
  { at, signal }: { readonly at: Reading; readonly signal: AbortSignal },
): Promise<ListingsPage> {
  const result = await client({
    query: documents.bulkQuery,
    variables: { id: at.operationId },
    cost: documents.bulkCostPoints,
    data: bulkData,
    signal,
  });
  if (!result.ok) return result;
  const operation = result.data.bulkOperation;
  const status = operation?.status ?? "EXPIRED";
  if (status === "CREATED" || status === "RUNNING") {
    return { ...pageOf(at), waitMs: bulkPollMs };
  }
  if (status !== "COMPLETED") return startAgain(at, { status, code: operation?.errorCode ?? null });
  // Nothing was found.
  if (!operation?.url) return pageOf(afterGroup(at));
  const bytesMax = partBytes(at.places.length);
  const fetched = await fetchFilePart(
    context,
    { url: operation.url, from: at.offset, bytesMax },
    signal,
  );
  if (!fetched.ok) return fetched;
  return readPart(at, fetched.part);
}

/** What a page of listings takes, however many of them the locations make of one line. */
function partBytes(places: number): number {
  const lines = Math.ceil(importPageSizeMax / places);
  return Math.max(partBytesMin, lines * (lineBytes + places * levelBytes));
}

/** The listings of a piece's whole lines, as many as a page holds; the next page begins behind them. */
function readPart(at: Reading, { bytes, from, size }: FilePart): ListingsPage {
  const listings: ImportedListing[] = [];
  const isLast = from + bytes.length >= size;
  let end = 0;
  while (end < bytes.length && listings.length + at.places.length <= importPageSizeMax) {
    const newline = bytes.indexOf(0x0a, end);
    if (newline < 0 && !isLast) break;
    const next = newline < 0 ? bytes.length : newline;
    listings.push(...readLine(bytes.toString("utf8", end, next), at));
    end = next + 1;
  }
  const offset = Math.min(from + end, size);
  if (offset >= size) return pageOf(afterGroup(at), listings);
  if (end === 0) return { ok: false, fault: longLineFault };
  return pageOf({ ...at, offset }, listings);
}

/** A line that cannot be read is logged and left out: it must not cost the others. */
function readLine(text: string, { places, currency }: Reading): ImportedListing[] {
  if (text.trim() === "") return [];
  const value = parseJson(text);
  const line = catalogueLine.safeParse(value);
  if (line.success) return listingsOf(line.data, places, currency);
  const problem = value === undefined ? "it is not JSON" : problemOf(line.error, value);
  logger.warn({ channel: "shopify", problem }, "a line of the catalogue cannot be read");
  return [];
}

/** The next locations, or the end. */
function afterGroup(at: Reading): Cursor | null {
  return at.more ? { step: "start", after: at.places.at(-1)?.id ?? "", starts: 0 } : null;
}

/** An export that ended early is made anew; what was read of it is found again under the same keys. */
function startAgain(
  at: Reading,
  ended: { readonly status: string; readonly code: string | null },
): ListingsPage {
  const starts = at.starts + 1;
  const fault = faultOfBulk(ended.status, ended.code);
  if (starts >= startsMax || fault.kind !== "unavailable") return { ok: false, fault };
  return { ...pageOf({ step: "start", after: at.after, starts }), waitMs: bulkPollMs };
}

const notStartedFault: Fault = {
  kind: "unexpected",
  message: "Shopify did not start the export of the catalogue and did not say why.",
};
const longLineFault: Fault = {
  kind: "unexpected",
  message: "A line of Shopify's export is longer than we take in.",
};
