import { z } from "zod";
import { parseJson } from "../answer.ts";
import type { SandboxContext } from "../context.ts";
import { listOf, marketplaceId, refuseMarketplaces } from "./account.ts";
import type { Documents } from "./documents.ts";
import { amazonError, shapeOf, type AmazonAnswer, type Call, type PartedRequest } from "./frame.ts";
import { decimal, isBuyable, type Offer, type Offers } from "./offers.ts";
import { performanceReport } from "./performance.ts";

/** Usage plans in specs/amazon/models/reports_2021-06-30.json. */
const limits = {
  getReports: { ratePerSecond: 0.0222, burst: 10 },
  createReport: { ratePerSecond: 0.0167, burst: 15 },
  getReport: { ratePerSecond: 2, burst: 15 },
  getReportDocument: { ratePerSecond: 0.0167, burst: 15 },
};
const listingsType = "GET_MERCHANT_LISTINGS_ALL_DATA";
const performanceType = "GET_V2_SELLER_PERFORMANCE_REPORT";
/** Minutes at Amazon; compressed, so that a test sees it. */
const queuedMs = 60;
const writtenMs = 180;
const reportsMax = 50;
/** The performance report that another tool of the seller's asked for yesterday. */
const standingReportId = "50000000001";
const standingAgeMs = 26 * 60 * 60 * 1_000;

const reportShape = z.object({
  reportId: z.string(),
  reportType: z.string(),
  createdAtMs: z.number(),
});
type Report = z.infer<typeof reportShape>;
export const savedReportsShape = z.array(reportShape);

const createShape = z.looseObject({
  reportType: z.string(),
  marketplaceIds: z.array(z.string()).min(1).max(25),
  reportOptions: z.record(z.string(), z.string()).optional(),
});

/** Reports: asked for, queued, written, fetched. */
export class Reports {
  readonly #context: SandboxContext;
  readonly #offers: Offers;
  readonly #documents: Documents;
  readonly #reports = new Map<string, Report>();

  constructor(context: SandboxContext, offers: Offers, documents: Documents) {
    this.#context = context;
    this.#offers = offers;
    this.#documents = documents;
  }

  /** `/reports/2021-06-30/(reports|documents)[/{id}]` */
  call({ request, names, query }: PartedRequest): Call | null {
    const [place = "", id = ""] = names;
    const call = (operation: keyof typeof limits, run: () => AmazonAnswer): Call => ({
      ...{ operation, limit: limits[operation], token: "seller", run },
    });
    switch (`${place} ${shapeOf(request.method, names.slice(1))}`) {
      case "reports GET ":
        return call("getReports", () => this.#list(query));
      case "reports POST ":
        return call("createReport", () => this.#create(parseJson(request.rawBody)));
      case "reports GET /*":
        return call("getReport", () => this.#get(id));
      case "documents GET /*":
        return call("getReportDocument", () => this.#place(id));
      default:
        return null;
    }
  }

  #create(body: unknown): AmazonAnswer {
    const parsed = createShape.safeParse(body);
    if (!parsed.success) return amazonError(400, "InvalidInput", "Invalid report specification.");
    const { reportType, marketplaceIds } = parsed.data;
    if (reportType !== listingsType && reportType !== performanceType) {
      return amazonError(400, "InvalidInput", `Report type '${reportType}' is not supported.`);
    }
    const refused = refuseMarketplaces(marketplaceIds);
    if (refused) return refused;
    const createdAtMs = this.#context.now();
    const reportId = String(54_000_000_000 + (createdAtMs % 1_000_000_000) + this.#reports.size);
    this.#reports.set(reportId, { reportId, reportType, createdAtMs });
    const [oldest] = this.#reports.keys();
    if (this.#reports.size > reportsMax && oldest) this.#reports.delete(oldest);
    this.#context.changed();
    return { status: 202, body: { reportId } };
  }

  /** Newest first. */
  #list(query: URLSearchParams): AmazonAnswer {
    const types = listOf(query, "reportTypes");
    if (types.length === 0) return amazonError(400, "InvalidInput", "'reportTypes' is required.");
    const sinceMs = Date.parse(query.get("createdSince") ?? "1970-01-01");
    const statuses = listOf(query, "processingStatuses");
    const pageSize = Number(query.get("pageSize") ?? "10");
    const found = [...this.#reports.values(), this.#standing()]
      .filter(({ reportType, createdAtMs }) => types.includes(reportType) && createdAtMs >= sinceMs)
      .map((report) => this.#wire(report))
      .filter((wire) => statuses.length === 0 || statuses.includes(wire.processingStatus))
      .sort((a, b) => b.createdTime.localeCompare(a.createdTime));
    return { status: 200, body: { reports: found.slice(0, pageSize) } };
  }

  #get(id: string): AmazonAnswer {
    const report = this.#find(id);
    if (!report) return amazonError(404, "NotFound", "No such report.");
    return { status: 200, body: this.#wire(report) };
  }

  #place(documentId: string): AmazonAnswer {
    const report = this.#find(documentId.split(".").at(-1) ?? "");
    if (!report || !this.#isDone(report)) {
      return amazonError(404, "NotFound", "No such report document.");
    }
    if (!this.#documents.placeOf(documentId)) this.#write(report, documentId);
    const place = this.#documents.placeOf(documentId);
    return { status: 200, body: { reportDocumentId: documentId, ...place } };
  }

  #write({ reportType }: Report, documentId: string): void {
    const performance = () => Buffer.from(JSON.stringify(performanceReport(this.#context.now())));
    if (reportType === performanceType) {
      this.#documents.write("application/json; charset=UTF-8", performance, documentId);
      return;
    }
    const listings = () => listingsTable(this.#offers);
    this.#documents.write("text/plain; charset=windows-1252", listings, documentId);
  }

  #find(id: string): Report | undefined {
    return id === standingReportId ? this.#standing() : this.#reports.get(id);
  }

  #standing(): Report {
    const createdAtMs = this.#context.now() - standingAgeMs;
    return { reportId: standingReportId, reportType: performanceType, createdAtMs };
  }

  #isDone({ createdAtMs }: Report): boolean {
    return this.#context.now() - createdAtMs >= writtenMs;
  }

  #wire(report: Report) {
    const ageMs = this.#context.now() - report.createdAtMs;
    const done = this.#isDone(report);
    return {
      reportId: report.reportId,
      reportType: report.reportType,
      marketplaceIds: [marketplaceId],
      createdTime: new Date(report.createdAtMs).toISOString(),
      processingStatus: done ? "DONE" : ageMs < queuedMs ? "IN_QUEUE" : "IN_PROGRESS",
      ...(done && { reportDocumentId: `amzn1.spdoc.1.4.na.${report.reportId}` }),
    };
  }

  snapshot(): z.infer<typeof savedReportsShape> {
    return [...this.#reports.values()];
  }

  restore(saved: z.infer<typeof savedReportsShape>): void {
    for (const report of saved) this.#reports.set(report.reportId, report);
  }
}

/** Columns of the "all listings" report, with how each is filled. */
const columns: readonly (readonly [string, (offer: Offer) => string])[] = [
  ["item-name", ({ title }) => title],
  ["item-description", () => "Soft “combed” cotton, £ and € prices on request"],
  ["listing-id", ({ asin }) => `0${asin.slice(1)}`],
  ["seller-sku", ({ sku }) => sku],
  ["price", ({ priceMinor }) => decimal(priceMinor)],
  ["quantity", ({ channel, quantity }) => (channel === "DEFAULT" ? String(quantity) : "")],
  ["open-date", () => "2026-01-01 00:00:00 PST"],
  ["image-url", () => ""],
  ["item-is-marketplace", () => "y"],
  ["product-id-type", () => "4"],
  ["item-condition", () => "11"],
  ["asin1", ({ asin }) => asin],
  ["asin2", () => ""],
  ["asin3", () => ""],
  ["will-ship-internationally", () => "n"],
  ["product-id", ({ ean }) => ean],
  ["add-delete", () => "a"],
  ["pending-quantity", () => "0"],
  ["fulfillment-channel", ({ channel }) => channel],
  ["merchant-shipping-group", () => "Migrated Template"],
  ["status", (offer) => (isBuyable(offer) ? "Active" : "Inactive")],
];

/** Tab separated, one line per offer, in the Western European character set that Amazon uses in America. */
function listingsTable(offers: Offers): Buffer {
  const rows = offers
    .slice(0, offers.count)
    .map((offer) => columns.map(([, read]) => read(offer)).join("\t"));
  const text = [columns.map(([name]) => name).join("\t"), ...rows, ""].join("\n");
  // Latin 1 differs from windows-1252 in these only.
  return Buffer.from(
    text.replaceAll("“", "\u0093").replaceAll("”", "\u0094").replaceAll("€", "\u0080"),
    "latin1",
  );
}
