import { z } from "zod";
import { parseJson } from "../answer.ts";
import type { SandboxContext } from "../context.ts";
import { refuseMarketplaces, sellerId } from "./account.ts";
import type { Documents } from "./documents.ts";
import { amazonError, shapeOf, type AmazonAnswer, type Call, type PartedRequest } from "./frame.ts";
import { applyPatches } from "./listings.ts";
import type { Offers } from "./offers.ts";

/** Usage plans in specs/amazon/models/feeds_2021-06-30.json. */
const limits = {
  createFeedDocument: { ratePerSecond: 0.5, burst: 15 },
  createFeed: { ratePerSecond: 0.0083, burst: 15 },
  getFeed: { ratePerSecond: 2, burst: 15 },
  cancelFeed: { ratePerSecond: 2, burst: 15 },
  getFeedDocument: { ratePerSecond: 0.0222, burst: 10 },
};
/** Messages of one JSON_LISTINGS_FEED. */
const messagesMax = 10_000;
/** Minutes to hours at Amazon; compressed, so that a test sees it. */
const queuedMs = 60;
const processedMs = 180;
const reportType = "application/json; charset=UTF-8";
/** Feeds remembered. */
const feedsMax = 20;

const feedShape = z.object({
  feedId: z.string(),
  createdAtMs: z.number(),
  documentId: z.string(),
  cancelled: z.boolean(),
  /** Set once its messages were applied, with the report about them. */
  resultId: z.string().nullable(),
  report: z.string(),
});
type Feed = z.infer<typeof feedShape>;
export const savedFeedsShape = z.array(feedShape);

const createShape = z.looseObject({
  feedType: z.string(),
  marketplaceIds: z.array(z.string()),
  inputFeedDocumentId: z.string(),
});
const contentShape = z.looseObject({
  header: z.looseObject({ sellerId: z.string(), version: z.literal("2.0") }),
  messages: z.array(z.unknown()).min(1),
});
/** specs/amazon/feeds/listings-feed-message-schema-v2.json, for what this sandbox can do. */
const messageShape = z.looseObject({
  messageId: z.number().int().min(1),
  sku: z.string().min(1),
  operationType: z.literal("PATCH"),
});

interface FeedIssue {
  readonly messageId?: number;
  readonly sku?: string;
  readonly code: string;
  readonly severity: "ERROR";
  readonly message: string;
}

/** JSON listings feeds: uploaded, queued, done in one go, reported on. */
export class Feeds {
  readonly #context: SandboxContext;
  readonly #offers: Offers;
  readonly #documents: Documents;
  readonly #feeds = new Map<string, Feed>();

  constructor(context: SandboxContext, offers: Offers, documents: Documents) {
    this.#context = context;
    this.#offers = offers;
    this.#documents = documents;
  }

  /** `/feeds/2021-06-30/(documents|feeds)[/{id}]` */
  call({ request, names }: PartedRequest): Call | null {
    const [place = "", id = ""] = names;
    const body = () => parseJson(request.rawBody);
    const call = (operation: keyof typeof limits, run: () => AmazonAnswer): Call => ({
      ...{ operation, limit: limits[operation], token: "seller", run },
    });
    switch (`${place} ${shapeOf(request.method, names.slice(1))}`) {
      case "documents POST ":
        return call("createFeedDocument", () => this.#reserve(body()));
      case "documents GET /*":
        return call("getFeedDocument", () => this.#place(id));
      case "feeds POST ":
        return call("createFeed", () => this.#create(body()));
      case "feeds GET /*":
        return call("getFeed", () => this.#get(id));
      case "feeds DELETE /*":
        return call("cancelFeed", () => this.#cancel(id));
      default:
        return null;
    }
  }

  #reserve(body: unknown): AmazonAnswer {
    const parsed = z.looseObject({ contentType: z.string().min(1) }).safeParse(body);
    if (!parsed.success) return amazonError(400, "InvalidInput", "'contentType' is required.");
    const feedDocumentId = this.#documents.reserve(parsed.data.contentType);
    return { status: 201, body: { feedDocumentId, url: this.#documents.urlOf(feedDocumentId) } };
  }

  #place(id: string): AmazonAnswer {
    const place = this.#documents.placeOf(id);
    if (!place) return amazonError(404, "NotFound", "No such feed document.");
    return { status: 200, body: { feedDocumentId: id, ...place } };
  }

  #create(body: unknown): AmazonAnswer {
    const parsed = createShape.safeParse(body);
    if (!parsed.success) return amazonError(400, "InvalidInput", "Invalid feed specification.");
    const { feedType, marketplaceIds, inputFeedDocumentId: documentId } = parsed.data;
    if (feedType !== "JSON_LISTINGS_FEED") {
      return amazonError(400, "InvalidInput", `Feed type '${feedType}' is not supported.`);
    }
    const refused = refuseMarketplaces(marketplaceIds, 1);
    if (refused) return refused;
    if (!this.#documents.uploaded(documentId)) {
      return amazonError(400, "InvalidInput", "The feed document was not uploaded.");
    }
    const createdAtMs = this.#context.now();
    const feedId = String(53_000_000_000 + (createdAtMs % 1_000_000_000) + this.#feeds.size);
    const unread = { cancelled: false, resultId: null, report: "" };
    const feed: Feed = { feedId, createdAtMs, documentId, ...unread };
    this.#feeds.set(feedId, feed);
    const [oldest] = this.#feeds.keys();
    if (this.#feeds.size > feedsMax && oldest) this.#feeds.delete(oldest);
    this.#context.changed();
    this.#processLater(feed);
    return { status: 202, body: { feedId } };
  }

  #processLater(feed: Feed): void {
    setTimeout(() => {
      if (!feed.cancelled && feed.resultId === null) this.#process(feed);
    }, processedMs).unref();
  }

  #process(feed: Feed): void {
    const content = this.#documents.uploaded(feed.documentId) ?? Buffer.alloc(0);
    feed.report = JSON.stringify(this.#run(feed, parseJson(content)));
    feed.resultId = this.#documents.write(reportType, () => Buffer.from(feed.report));
    this.#context.changed();
  }

  /** Applies what can be applied. @returns listings-feed-processing-report-schema-v2.json */
  #run({ feedId }: Feed, content: unknown): unknown {
    const parsed = contentShape.safeParse(content).data;
    const header = { sellerId, version: "2.0", feedId };
    const problem =
      parsed?.header.sellerId !== sellerId
        ? "The feed is not in the format of its type."
        : parsed.messages.length > messagesMax
          ? "feed messages list beyond allowed size"
          : null;
    if (!parsed || problem !== null) {
      const issues = [{ code: "BAD_REQUEST", severity: "ERROR", message: problem ?? "" }];
      return { header, issues, summary: summaryOf(0, 0) };
    }
    const issues = parsed.messages.flatMap((message) => this.#apply(message));
    const invalid = new Set(issues.map(({ messageId }) => messageId)).size;
    return { header, issues, summary: summaryOf(parsed.messages.length, invalid) };
  }

  #apply(message: unknown): readonly FeedIssue[] {
    const parsed = messageShape.safeParse(message);
    if (!parsed.success) {
      const id = z.looseObject({ messageId: z.number().int() }).safeParse(message).data;
      const text = "Invalid parameters provided.";
      const named = id === undefined ? {} : { messageId: id.messageId };
      return [{ ...named, code: "BAD_REQUEST", severity: "ERROR", message: text }];
    }
    const { messageId, sku } = parsed.data;
    const outcome = applyPatches(this.#offers, sku, message);
    const about = { messageId, sku, severity: "ERROR" } as const;
    if ("refused" in outcome) {
      return [{ ...about, code: "BAD_REQUEST", message: outcome.refused }];
    }
    return outcome.issues.map(({ code, message: text }) => ({ ...about, code, message: text }));
  }

  #get(id: string): AmazonAnswer {
    const feed = this.#feeds.get(id);
    if (!feed) return amazonError(404, "NotFound", "No such feed.");
    return { status: 200, body: this.#wire(feed) };
  }

  #cancel(id: string): AmazonAnswer {
    const feed = this.#feeds.get(id);
    if (!feed) return amazonError(404, "NotFound", "No such feed.");
    if (this.#status(feed) !== "IN_QUEUE") {
      return amazonError(400, "InvalidInput", "The feed is not in the queue any more.");
    }
    feed.cancelled = true;
    this.#context.changed();
    return { status: 200 };
  }

  #status(feed: Feed): string {
    if (feed.cancelled) return "CANCELLED";
    if (feed.resultId !== null) return "DONE";
    return this.#context.now() - feed.createdAtMs < queuedMs ? "IN_QUEUE" : "IN_PROGRESS";
  }

  #wire(feed: Feed): unknown {
    return {
      feedId: feed.feedId,
      feedType: "JSON_LISTINGS_FEED",
      createdTime: new Date(feed.createdAtMs).toISOString(),
      processingStatus: this.#status(feed),
      ...(feed.resultId !== null && { resultFeedDocumentId: feed.resultId }),
    };
  }

  snapshot(): z.infer<typeof savedFeedsShape> {
    return [...this.#feeds.values()];
  }

  /** A feed that was under way has lost its document with the restart: it ends as cancelled. */
  restore(saved: z.infer<typeof savedFeedsShape>): void {
    for (const feed of saved) {
      const { resultId, report } = feed;
      this.#feeds.set(feed.feedId, { ...feed, cancelled: feed.cancelled || resultId === null });
      if (resultId !== null) this.#documents.write(reportType, () => Buffer.from(report), resultId);
    }
  }
}

function summaryOf(messages: number, invalid: number) {
  return {
    errors: invalid,
    warnings: 0,
    messagesProcessed: messages,
    messagesAccepted: messages - invalid,
    messagesInvalid: invalid,
  };
}
