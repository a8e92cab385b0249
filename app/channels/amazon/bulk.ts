import { z } from "zod";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { parseJson } from "#app/lib/json.ts";
import type { BulkProgress, BulkStart, QuantityWrite, WriteResult } from "../contract.ts";
import type { AmazonContext } from "./auth.ts";
import type { AmazonClient, AmazonResult } from "./client.ts";
import { readDocument, unreadableDocument } from "./documents.ts";
import { faultOfIssue, refusesMerge } from "./errors.ts";
import { refusalsBeforeWriting, unknownFault } from "./lookup.ts";
import { patchOf, quantityChange, shippedByAmazonFault, skuOf } from "./listing-mapping.ts";
import {
  createFeedAnswer,
  createFeedDocumentAnswer,
  documentAnswer,
  feed,
  feedReport,
  type FeedReport,
} from "./wire-jobs.ts";

const feedsPath = "/feeds/2021-06-30";
/** Amazon's limit of messages in a JSON_LISTINGS_FEED; 10,000 of ours are 2.5 MB of its 10 MiB. */
const messagesMax = 10_000;
const contentType = "application/json; charset=UTF-8";

/** A young feed may be done any second, an old one waits in Amazon's queue: polled after half its age. */
const pollAfterMsMin = 1_000;
const pollAfterMsMax = 60_000;
/**
 * A feed that Amazon has not begun by then is cancelled, so that its old numbers never come after the newer ones
 * that are written one by one. Feeds can sit in the queue for hours (channels.md 3.4).
 */
const queuedMsMax = 45 * 60 * 1_000;

/**
 * The JSON listings feed. From a few hundred listings on it beats the patch's five a second, and createFeed may be
 * called once in two minutes only (channels.md 3.4).
 */
export const bulkPush = { sizeMin: 500, sizeMax: messagesMax, settleMsMax: 60 * 60 * 1_000 };

/** `BulkStart.handle` as JSON. The service keeps at most 500 characters. */
const handleShape = z.object({
  feed: z.string(),
  /** Writes that were not handed in, by their place in base 36: Amazon ships them, or does not know them. */
  held: z.array(z.string()),
  gone: z.array(z.string()),
});
type Handle = z.infer<typeof handleShape>;
const handleCharsMax = 500;

/**
 * Hands in one feed of quantities. Listings that must not be written are left out and told of when the job is done;
 * where they are too many to remember, nothing is handed in.
 */
export async function startBulk(
  context: AmazonContext,
  client: AmazonClient,
  { writes, signal }: { readonly writes: readonly QuantityWrite[]; readonly signal: AbortSignal },
): Promise<BulkStart> {
  const refusals = await refusalsBeforeWriting(context, client, { listings: writes, signal });
  const left = leftOut(writes, refusals);
  if (!left.ok) return left;
  const messages = writes.flatMap((write, index) => {
    const sku = skuOf(write);
    if (sku === null || refusals.has(write)) return [];
    const change = quantityChange(write.quantity);
    return [
      {
        messageId: messageIdOf(index),
        sku,
        operationType: "PATCH",
        ...patchOf(change, "merge", change.merged),
      },
    ];
  });
  if (messages.length === 0) return { ok: false, fault: nothingToWriteFault };
  const header = { sellerId: context.accountId, version: "2.0", issueLocale: "en_US" };
  const body = JSON.stringify({ header, messages });
  const created = await handIn(context, client, { body, signal });
  if (!created.ok) return created;
  const handle = JSON.stringify({ feed: created.data, held: left.held, gone: left.gone });
  return handle.length > handleCharsMax
    ? { ok: false, fault: tooManyLeftOutFault }
    : { ok: true, handle };
}

/** Each message is known by its write's place, from 1. */
function messageIdOf(index: number): number {
  return index + 1;
}

type LeftOut =
  | { readonly ok: true; readonly held: readonly string[]; readonly gone: readonly string[] }
  | { readonly ok: false; readonly fault: Fault };

/** The places of what is left out. A look that failed fails the whole job: nobody knows what it would write. */
function leftOut(
  writes: readonly QuantityWrite[],
  refusals: ReadonlyMap<QuantityWrite, Fault>,
): LeftOut {
  const held: string[] = [];
  const gone: string[] = [];
  for (const [index, write] of writes.entries()) {
    const fault = refusals.get(write);
    if (!fault) continue;
    if (fault.kind === "unsupported") held.push(index.toString(36));
    else if (fault.kind === "unknown-listing") gone.push(index.toString(36));
    else return { ok: false, fault };
  }
  const chars = JSON.stringify({ held, gone }).length;
  // Room for the feed's own id.
  if (chars > handleCharsMax - 100) return { ok: false, fault: tooManyLeftOutFault };
  return { ok: true, held, gone };
}

async function handIn(
  context: AmazonContext,
  client: AmazonClient,
  { body, signal }: { readonly body: string; readonly signal: AbortSignal },
): Promise<AmazonResult<string>> {
  const place = await client.call({
    operation: "createFeedDocument",
    method: "POST",
    path: `${feedsPath}/documents`,
    body: { contentType },
    data: createFeedDocumentAnswer,
    signal,
  });
  if (!place.ok) return place;
  const { feedDocumentId, url } = place.data;
  const uploaded = await client.upload({ url, contentType, body, signal });
  if (!uploaded.ok) return uploaded;
  const created = await client.call({
    operation: "createFeed",
    method: "POST",
    path: `${feedsPath}/feeds`,
    body: {
      feedType: "JSON_LISTINGS_FEED",
      marketplaceIds: [context.settings.marketplaceId],
      inputFeedDocumentId: feedDocumentId,
    },
    data: createFeedAnswer,
    signal,
  });
  return created.ok ? { ok: true, data: created.data.feedId } : created;
}

/** How a feed stands; once it is done, what became of each write. */
export async function pollBulk(
  context: AmazonContext,
  client: AmazonClient,
  wish: {
    readonly handle: string;
    readonly writes: readonly QuantityWrite[];
    readonly signal: AbortSignal;
  },
): Promise<BulkProgress> {
  const { writes, signal } = wish;
  const handle = handleShape.safeParse(parseJson(wish.handle)).data;
  if (!handle) return { ok: false, fault: strangeHandleFault };
  const path = `${feedsPath}/feeds/${encodeURIComponent(handle.feed)}`;
  const found = await client.call({
    operation: "getFeed",
    method: "GET",
    path,
    data: feed,
    signal,
  });
  if (!found.ok) return found;
  const { processingStatus, createdTime, resultFeedDocumentId } = found.data;
  const ageMs = Math.max(0, context.now().getTime() - Date.parse(createdTime));
  switch (processingStatus) {
    case "IN_QUEUE":
      return ageMs > queuedMsMax
        ? await giveUp(client, { path, writes, handle, signal })
        : waiting(ageMs);
    case "IN_PROGRESS":
      return waiting(ageMs);
    case "DONE":
      return resultFeedDocumentId === null || resultFeedDocumentId === undefined
        ? finished(writes, handle, () => unreadableDocument)
        : await resultsOf(client, { documentId: resultFeedDocumentId, writes, handle, signal });
    case "CANCELLED":
    case "FATAL":
      return finished(writes, handle, () => lostFeedFault(processingStatus));
  }
}

function waiting(ageMs: number): BulkProgress {
  const pollAfterMs = Math.min(Math.max(Math.round(ageMs / 2), pollAfterMsMin), pollAfterMsMax);
  return { ok: true, done: false, pollAfterMs };
}

async function giveUp(
  client: AmazonClient,
  wish: {
    readonly path: string;
    readonly writes: readonly QuantityWrite[];
    readonly handle: Handle;
    readonly signal: AbortSignal;
  },
): Promise<BulkProgress> {
  const { path, writes, handle, signal } = wish;
  const cancelled = await client.call({
    operation: "cancelFeed",
    method: "DELETE",
    path,
    data: z.unknown(),
    signal,
  });
  // It began in the meantime, or nobody knows: the next look says.
  if (!cancelled.ok) return { ok: true, done: false, pollAfterMs: pollAfterMsMax };
  return finished(writes, handle, () => lostFeedFault("CANCELLED"));
}

async function resultsOf(
  client: AmazonClient,
  wish: {
    readonly documentId: string;
    readonly writes: readonly QuantityWrite[];
    readonly handle: Handle;
    readonly signal: AbortSignal;
  },
): Promise<BulkProgress> {
  const { documentId, writes, handle, signal } = wish;
  const place = await client.call({
    operation: "getFeedDocument",
    method: "GET",
    path: `${feedsPath}/documents/${encodeURIComponent(documentId)}`,
    data: documentAnswer,
    signal,
  });
  if (!place.ok) return place;
  const document = await readDocument(client, place.data, signal);
  if (!document.ok) return document;
  const report = feedReport.safeParse(parseJson(document.bytes.toString("utf8"))).data;
  if (!report) return finished(writes, handle, () => unreadableDocument);
  return finished(writes, handle, verdictOf(report, writes.length - leftOutCount(handle)));
}

/** What a feed's report says about the message of a write; null: taken. */
function verdictOf(report: FeedReport, handedIn: number): (messageId: number) => Fault | null {
  const errors = report.issues.filter(({ severity }) => severity === "ERROR");
  const byMessage = new Map<number, Fault>();
  for (const issue of errors) {
    if (issue.messageId === undefined || byMessage.has(issue.messageId)) continue;
    byMessage.set(issue.messageId, refusesMerge([issue]) ? mergeFault : quantityFault(issue));
  }
  // An issue without a message is about the feed: it was not taken at all.
  const ofFeed = errors.find(({ messageId }) => messageId === undefined);
  // Messages that the report neither names nor counts as taken: nobody knows what became of them.
  const unclear = report.summary.messagesAccepted + byMessage.size < handedIn;
  const others = ofFeed ? quantityFault(ofFeed) : unclear ? unreportedFault : null;
  return (messageId) => byMessage.get(messageId) ?? others;
}

function quantityFault(issue: FeedReport["issues"][number]): Fault {
  return faultOfIssue(issue, "the quantity");
}

function finished(
  writes: readonly QuantityWrite[],
  { held, gone }: Handle,
  faultFor: (messageId: number) => Fault | null,
): BulkProgress {
  const known = new Map<string, Fault>([
    ...held.map((place) => [place, shippedByAmazonFault] as const),
    ...gone.map((place) => [place, unknownFault] as const),
  ]);
  const results = writes.map((_, index): WriteResult => {
    const fault = known.get(index.toString(36)) ?? faultFor(messageIdOf(index));
    return fault ? { ok: false, fault } : { ok: true };
  });
  return { ok: true, done: true, results };
}

function leftOutCount({ held, gone }: Handle): number {
  return held.length + gone.length;
}

const nothingToWriteFault: Fault = {
  kind: "rejected",
  message: "None of these listings can be written: Amazon ships them, or does not know them.",
};
const tooManyLeftOutFault: Fault = {
  kind: "rejected",
  message: "Too many of these listings cannot be written; they have to be written one by one.",
};
const strangeHandleFault: Fault = {
  kind: "unexpected",
  message: "This is no feed of ours.",
};
/** Written one by one, the attribute is read and sent back whole. */
const mergeFault: Fault = {
  kind: "unexpected",
  message: "Amazon does not take a part of this listing's stock by feed.",
};
const unreportedFault: Fault = {
  kind: "unexpected",
  message: "Amazon's report on the feed does not say what became of this listing.",
};

/** Some, none or all of it may have been done: each listing is written again. */
function lostFeedFault(status: string): Fault {
  return { kind: "unavailable", message: "Amazon gave up on the feed.", code: status };
}
