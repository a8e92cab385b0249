import { randomUUID } from "node:crypto";
import type {
  BulkProgress,
  ChannelSession,
  QuantityWrite,
  WriteResult,
} from "#app/channels/contract.ts";
import { mapBounded } from "#app/channels/map-bounded.ts";
import type { Call, WalmartClient, WalmartContext } from "./client.ts";
import { faultOfErrors, faultOfIngestion } from "./errors.ts";
import {
  feedTypeOf,
  isHeldByWalmart,
  newestBySku,
  skuOf,
  toFeedFile,
  toWire,
  unsupportedWrite,
} from "./mapping.ts";
import { openOrders } from "./open-orders.ts";
import { reservedBySku } from "./order-mapping.ts";
import { feedAnswer, feedStarted, type WalmartFeed } from "./wire.ts";

/**
 * Feeds take up to 30 minutes (channels.md 6.2). One by one costs two calls of 180 a minute: from here on a feed is
 * the shorter way. The largest stays below 1 MB, the smallest limit that Walmart names for an inventory feed, at 150
 * bytes an entry.
 */
export const bulkSizes = { sizeMin: 1_000, sizeMax: 5_000, settleMsMax: 45 * 60_000 } as const;

/** Walmart itself advises 15 minutes and more; looking costs one of 5,000 calls a minute. */
const pollAfterMs = 30_000;
/** Items of one answer (specs/walmart feeds, parameter `limit`). */
const detailsPageSizeMax = 50;
const pagesAtOnceMax = 4;

/** Many numbers in one job. */
export function bulkOf(
  context: WalmartContext,
  client: WalmartClient,
): Required<Pick<ChannelSession, "startBulk" | "pollBulk">> {
  const { shipNode } = context.settings;
  return {
    async startBulk(writes, signal) {
      // Asking for each SKU's reservation would cost what the feed saves; the open orders say it in a few pages.
      const wanted = newestBySku(writes.filter((write) => !isHeldByWalmart(write)));
      if (wanted.size === 0) return unsupportedWrite;
      const open = await openOrders(client, context.now(), signal);
      if (!open.ok) return open;
      const reserved = reservedBySku(open.value);
      const amounts = new Map(
        [...wanted].map(([sku, quantity]) => [sku, toWire(quantity, reserved.get(sku) ?? 0)]),
      );
      const call = feedCall(feedTypeOf(shipNode), toFeedFile(amounts, shipNode));
      const started = await client.call(call, signal);
      return started.ok ? { ok: true, handle: started.value.feedId } : started;
    },
    pollBulk: (feedId, writes, signal) => pollFeed(client, { feedId, writes }, signal),
  };
}

interface Feed {
  readonly feedId: string;
  readonly writes: readonly QuantityWrite[];
}

/** The file is one part of a form, named `file` (specs/walmart inventory, POST /v3/feeds). */
function feedCall(feedType: string, file: string) {
  const boundary = `lockstep-${randomUUID()}`;
  const body = [
    `--${boundary}`,
    `content-disposition: form-data; name="file"; filename="inventory.json"`,
    "content-type: application/json",
    "",
    file,
    `--${boundary}--`,
    "",
  ].join("\r\n");
  return {
    operation: "submitFeed",
    method: "POST" as const,
    path: `/v3/feeds?feedType=${feedType}`,
    body,
    contentType: `multipart/form-data; boundary=${boundary}`,
    schema: feedStarted,
  };
}

async function pollFeed(
  client: WalmartClient,
  feed: Feed,
  signal: AbortSignal,
): Promise<BulkProgress> {
  const answer = await client.call(statusCall(feed.feedId), signal);
  if (!answer.ok) return answer.fault.kind === "unknown-listing" ? lostFeed : answer;
  const { feedStatus, ingestionErrors, itemsReceived, itemsSucceeded } = answer.value;
  switch (feedStatus) {
    case "RECEIVED":
    case "INPROGRESS":
      return { ok: true, done: false, pollAfterMs };
    case "ERROR": {
      const errors = ingestionErrors?.ingestionError ?? [];
      const fault = faultOfErrors(errors, "rejected", "the whole feed was refused");
      return { ok: true, done: true, results: feed.writes.map(() => ({ ok: false, fault })) };
    }
    case "PROCESSED": {
      const size = newestBySku(feed.writes.filter((write) => !isHeldByWalmart(write))).size;
      const isClean = itemsReceived === size && itemsSucceeded === size;
      return isClean ? finished(feed, () => ({ ok: true })) : judgeItems(client, feed, signal);
    }
    default: {
      const message = `Walmart says that the feed is ${feedStatus.slice(0, 40)}.`;
      return { ok: false, fault: { kind: "unexpected", message } };
    }
  }
}

const lostFeed: BulkProgress = {
  ok: false,
  fault: { kind: "unexpected", message: "Walmart does not know this feed." },
};

/** Something did not go in: item by item, over all pages. */
async function judgeItems(
  client: WalmartClient,
  feed: Feed,
  signal: AbortSignal,
): Promise<BulkProgress> {
  const offsets = Array.from(
    { length: Math.ceil(feed.writes.length / detailsPageSizeMax) },
    (_, page) => page * detailsPageSizeMax,
  );
  const pages = await mapBounded(offsets, pagesAtOnceMax, (offset) =>
    client.call(detailsCall(feed.feedId, offset), signal),
  );
  const results = new Map<string, WriteResult>();
  for (const page of pages) {
    if (!page.ok) return page;
    for (const row of page.value.itemDetails?.itemIngestionStatus ?? []) {
      if (row.ingestionStatus === "INPROGRESS") return { ok: true, done: false, pollAfterMs };
      if (row.sku != null) results.set(row.sku, toIngestionResult(row));
    }
  }
  return finished(feed, (sku) => results.get(sku) ?? noRow(sku));
}

type IngestionRow = NonNullable<
  NonNullable<WalmartFeed["itemDetails"]>["itemIngestionStatus"]
>[number];

function toIngestionResult({ ingestionStatus, ingestionErrors }: IngestionRow): WriteResult {
  if (ingestionStatus === "SUCCESS") return { ok: true };
  const errors = ingestionErrors?.ingestionError ?? [];
  return { ok: false, fault: faultOfIngestion(ingestionStatus, errors) };
}

function noRow(sku: string): WriteResult {
  const message = `Walmart's feed says nothing about ${sku}.`;
  return { ok: false, fault: { kind: "unexpected", message } };
}

function finished(feed: Feed, resultOf: (sku: string) => WriteResult): BulkProgress {
  const results = feed.writes.map((write) =>
    isHeldByWalmart(write) ? unsupportedWrite : resultOf(skuOf(write)),
  );
  return { ok: true, done: true, results };
}

/** Feed ids hold an "@". */
function statusCall(feedId: string): Call<WalmartFeed> {
  return feedRead(`/v3/feeds/${encodeURIComponent(feedId)}?includeDetails=false`);
}

function detailsCall(feedId: string, offset: number): Call<WalmartFeed> {
  const query = `includeDetails=true&offset=${offset}&limit=${detailsPageSizeMax}`;
  return feedRead(`/v3/feeds/${encodeURIComponent(feedId)}?${query}`);
}

function feedRead(path: string): Call<WalmartFeed> {
  return { operation: "getFeed", method: "GET", path, schema: feedAnswer };
}
