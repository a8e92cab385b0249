import { z } from "zod";
import { demoAccounts } from "../catalogue.ts";
import { created, ebayError, refuse, type EbayAnswer } from "./frame.ts";
import { currency, type Shop } from "./inventory.ts";
import type { EbayItem } from "./listings.ts";
import { money, tag } from "./trading-frame.ts";
import { specifics } from "./trading-items.ts";
import { zipped } from "./zip.ts";

/** eBay, "Data file limits": reports of this kind that a seller gets in 24 hours. */
const reportsLimit = { ratePerSecond: 25 / 86_400, burst: 25 };
/** How long a report takes here; the real one takes minutes. */
const makingMs = 300;
const tasksMax = 50;
const domain = "API_FEED";
const feedType = "LMS_ACTIVE_INVENTORY_REPORT";
const taskShape = z.strictObject({ feedType: z.literal(feedType), schemaVersion: z.string() });

interface Task {
  readonly createdMs: number;
  /** Made when it is first asked for. */
  file: Buffer | null;
}

/** eBay's Feed API: the report of all active listings. */
export class EbayFeed {
  readonly #shop: Shop;
  readonly #tasks = new Map<string, Task>();
  #serial = 0;

  constructor(shop: Shop) {
    this.#shop = shop;
  }

  /** `POST /sell/feed/v1/inventory_task` */
  create(body: unknown): EbayAnswer {
    const { context } = this.#shop;
    if (!taskShape.safeParse(body).success) {
      return refuse(400, ebayError(160017, domain, "The 'feedType' is missing or invalid."));
    }
    if (!context.limiter.take(demoAccounts.ebay, "inventoryReport", reportsLimit).granted) {
      const text = "You have exceeded the maximum number of tasks in the period.";
      return refuse(409, ebayError(160025, domain, text, "BUSINESS"));
    }
    this.#serial += 1;
    const task = `task-${String(this.#serial)}-${String(context.now())}`;
    const [oldest] = this.#tasks.keys();
    if (this.#tasks.size >= tasksMax && oldest) this.#tasks.delete(oldest);
    this.#tasks.set(task, { createdMs: Date.now(), file: null });
    return created(202, `${context.sandboxUrl()}/ebay/sell/feed/v1/inventory_task/${task}`);
  }

  /** `GET /sell/feed/v1/inventory_task/{task_id}` */
  state(taskId: string): EbayAnswer {
    const task = this.#tasks.get(taskId);
    if (!task) return refuse(404, ebayError(160003, domain, `Task ${taskId} does not exist.`));
    const isDone = this.#isDone(task);
    const creationDate = new Date(task.createdMs).toISOString();
    const status = isDone ? "COMPLETED" : "IN_PROCESS";
    const body = { taskId, status, feedType, creationDate, schemaVersion: "1.0" };
    return {
      status: 200,
      body: isDone
        ? { ...body, completionDate: new Date(task.createdMs + makingMs).toISOString() }
        : body,
    };
  }

  /** `GET /sell/feed/v1/task/{task_id}/download_result_file` */
  file(taskId: string): EbayAnswer {
    const task = this.#tasks.get(taskId);
    if (!task || !this.#isDone(task)) {
      return refuse(404, ebayError(160014, domain, `No file found for task ID ${taskId}.`));
    }
    task.file ??= zipped("report.xml", Buffer.from(report(this.#shop)));
    return {
      status: 200,
      file: task.file,
      headers: { "content-disposition": `attachment; filename="${taskId}_report.zip"` },
    };
  }

  #isDone({ createdMs }: Task): boolean {
    return Date.now() - createdMs >= makingMs;
  }
}

function report(shop: Shop): string {
  const rows = shop.listings.active().map((item) => row(shop, item));
  return (
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    '<BulkDataExchangeResponses xmlns="urn:ebay:apis:eBLBaseComponents"><ActiveInventoryReport>\n' +
    `${rows.join("\n")}\n<Ack>Success</Ack></ActiveInventoryReport></BulkDataExchangeResponses>\n`
  );
}

function row({ shelf, listings }: Shop, item: EbayItem): string {
  const fields = item.skus.map((sku) => ({
    sku: tag("SKU", sku.code),
    price: money("Price", listings.priceMinor(sku), currency),
    quantity: tag("Quantity", shelf.shown(sku.code) ?? 0),
    specifics: specifics(sku),
  }));
  const id = tag("ItemID", item.listingId);
  if (!item.hasVariations) {
    const rows = fields.map(({ sku, price, quantity }) => `${sku}${price}${quantity}${id}`);
    return `<SKUDetails>\n${rows.join("")}\n</SKUDetails>`;
  }
  const variations = fields.map(
    (one) => `<Variation>${one.sku}${one.price}${one.quantity}${one.specifics}</Variation>`,
  );
  return `<SKUDetails>\n${id}<Variations>${variations.join("")}</Variations>\n</SKUDetails>`;
}
