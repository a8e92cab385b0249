import { randomBytes } from "node:crypto";
import { z } from "zod";
import { parseJson } from "../answer.ts";
import type { SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import { seller } from "./account.ts";
import { ok, refuse, type WalmartAnswer } from "./frame.ts";
import type { WalmartStock } from "./stock.ts";

/** channels.md 6.2 */
const fileBytesMax = 5 * 1024 * 1024;
/** specs/walmart feeds: `limit` */
const detailsPageSizeMax = 50;
/** The real one takes up to 30 minutes; here a feed is fast. */
const receivedMs = 20;
const processingMsMin = 60;
const processingMsPerItem = 0.02;
/** Feeds remembered; the oldest are forgotten. */
const feedsMax = 500;

const sku = z.string().min(1);
const quantity = z.object({ unit: z.literal("EACH"), amount: z.number().int().min(0) });
/** The keys of the two versions differ in their capitals, and the wrong ones are refused. */
const files = {
  inventory: z
    .object({
      InventoryHeader: z.object({ version: z.literal("1.4") }),
      Inventory: z.array(z.object({ sku, quantity })).min(1),
    })
    .transform(({ Inventory }) =>
      Inventory.map((row) => ({ sku: row.sku, amount: row.quantity.amount, node: null })),
    ),
  MP_INVENTORY: z
    .object({
      inventoryHeader: z.object({ version: z.literal("1.5") }),
      inventory: z
        .array(z.object({ sku, shipNodes: z.array(z.object({ shipNode: z.string(), quantity })) }))
        .min(1),
    })
    .transform(({ inventory }) =>
      inventory.flatMap((row) =>
        row.shipNodes.map((node) => ({
          sku: row.sku,
          amount: node.quantity.amount,
          node: node.shipNode,
        })),
      ),
    ),
} as const;

interface FeedItem {
  readonly sku: string;
  readonly amount: number;
  readonly node: string | null;
  /** Set once it was worked on. */
  status?: "SUCCESS" | "DATA_ERROR";
}

interface Feed {
  readonly id: string;
  readonly submittedAtMs: number;
  /** Null: the file as a whole was no good. */
  readonly items: readonly FeedItem[] | null;
  done: boolean;
}

/** Walmart's Feeds API, for inventory. */
export class WalmartFeeds {
  readonly #context: SandboxContext;
  readonly #stock: WalmartStock;
  readonly #feeds = new Map<string, Feed>();

  constructor(context: SandboxContext, stock: WalmartStock) {
    this.#context = context;
    this.#stock = stock;
  }

  /** `POST /v3/feeds?feedType=`, the file as a part of a form. */
  submit(request: SandboxRequest): WalmartAnswer {
    const type = request.url.searchParams.get("feedType") ?? "";
    if (type !== "inventory" && type !== "MP_INVENTORY") {
      return refuse(400, "INVALID_REQUEST_PARAM.GMP_FEED_API", "Invalid feedType", "feedType");
    }
    const file = filePart(request);
    if (!file) return refuse(400, "INVALID_REQUEST_CONTENT.GMP_FEED_API", "file is missing");
    if (file.length > fileBytesMax) {
      return refuse(413, "INVALID_REQUEST.GMP_FEED_API", "The file is too large");
    }
    const read = files[type].safeParse(parseJson(file));
    const feed: Feed = {
      id: `${randomBytes(16).toString("hex").toUpperCase()}@AUoBAQA`,
      submittedAtMs: this.#context.now(),
      items: read.success ? read.data : null,
      done: false,
    };
    this.#remember(feed);
    this.#workOn(feed);
    return ok({ feedId: feed.id });
  }

  /** `GET /v3/feeds/{feedId}` */
  status(id: string, query: URLSearchParams): WalmartAnswer {
    const feed = this.#feeds.get(id);
    if (!feed) return refuse(404, "CONTENT_NOT_FOUND.GMP_FEED_API", `No feed ${id}`, "feedId");
    const offset = Number(query.get("offset") ?? "0");
    const limit = Number(query.get("limit") ?? "50");
    if (!(limit >= 1 && limit <= detailsPageSizeMax) || !(offset >= 0)) {
      return refuse(400, "INVALID_REQUEST_PARAM.GMP_FEED_API", "limit should be 1 to 50", "limit");
    }
    const items = feed.items ?? [];
    const withDetails = query.get("includeDetails") === "true";
    const page = withDetails ? items.slice(offset, offset + limit) : [];
    return ok({
      feedId: id,
      feedStatus: this.#statusOf(feed),
      ...(feed.done && feed.items === null ? { ingestionErrors: malformed } : {}),
      itemsReceived: items.length,
      itemsSucceeded: items.filter(({ status }) => status === "SUCCESS").length,
      itemsFailed: items.filter(({ status }) => status === "DATA_ERROR").length,
      itemsProcessing: items.filter(({ status }) => status === undefined).length,
      offset,
      limit,
      itemDetails: {
        itemIngestionStatus: page.map((item, index) => wireItem(item, offset + index)),
      },
    });
  }

  snapshot(): unknown {
    return [...this.#feeds.values()];
  }

  restore(saved: unknown): void {
    for (const feed of saved as Feed[]) {
      this.#feeds.set(feed.id, feed);
      if (!feed.done) this.#workOn(feed);
    }
  }

  #statusOf(feed: Feed): string {
    if (feed.done) return feed.items === null ? "ERROR" : "PROCESSED";
    return this.#context.now() - feed.submittedAtMs < receivedMs ? "RECEIVED" : "INPROGRESS";
  }

  #remember(feed: Feed): void {
    this.#feeds.set(feed.id, feed);
    if (this.#feeds.size > feedsMax) {
      const oldest = this.#feeds.keys().next();
      if (!oldest.done) this.#feeds.delete(oldest.value);
    }
    this.#context.changed();
  }

  /** Later, all of it. */
  #workOn(feed: Feed): void {
    const itemsMs = (feed.items?.length ?? 0) * processingMsPerItem;
    const waitMs = processingMsMin + itemsMs + this.#context.faults().visibleAfterMs;
    setTimeout(() => {
      for (const item of feed.items ?? []) this.#apply(item);
      feed.done = true;
      this.#context.changed();
    }, waitMs).unref();
  }

  #apply(item: FeedItem): void {
    const isKnown = this.#context.skuByCode(item.sku) && !this.#stock.isHeld(item.sku);
    const isOwnNode = item.node === null || item.node === seller.shipNode;
    item.status = isKnown && isOwnNode ? "SUCCESS" : "DATA_ERROR";
    if (item.status === "SUCCESS") this.#stock.setInput(item.sku, item.amount);
  }
}

const malformed = {
  ingestionError: [
    { type: "DATA_ERROR", code: "ERR_PDI_0001", description: "The feed file is malformed" },
  ],
};

function wireItem(item: FeedItem, index: number) {
  const ingestionStatus = item.status ?? "INPROGRESS";
  const ingestionError =
    item.status === "DATA_ERROR"
      ? [
          {
            type: "DATA_ERROR",
            code: "ERR_EXT_DATA_0201002",
            description: `The SKU ${item.sku} or its ship node does not exist`,
          },
        ]
      : [];
  return { martId: 0, sku: item.sku, index, ingestionStatus, ingestionErrors: { ingestionError } };
}

/** The part named `file` of a multipart form, or null. */
function filePart({ headers, rawBody }: SandboxRequest): Buffer | null {
  const boundary = /^multipart\/form-data;\s*boundary="?([^";]+)"?/i.exec(
    headers["content-type"] ?? "",
  )?.[1];
  if (boundary === undefined) return null;
  const start = rawBody.indexOf("\r\n\r\n");
  const end = rawBody.lastIndexOf(`\r\n--${boundary}--`);
  if (!rawBody.subarray(0, boundary.length + 2).equals(Buffer.from(`--${boundary}`))) return null;
  const isFile = /name="file"/.test(rawBody.subarray(0, Math.max(start, 0)).toString());
  return isFile && start > 0 && end > start ? rawBody.subarray(start + 4, end) : null;
}
