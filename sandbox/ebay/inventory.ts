import type { ServerResponse } from "node:http";
import { z } from "zod";
import type { DemoSku } from "../catalogue.ts";
import { demoAccounts } from "../catalogue.ts";
import type { SandboxContext } from "../context.ts";
import type { Shelf } from "../shelf.ts";
import { ebayError, refuse, type EbayAnswer, type EbayError } from "./frame.ts";

/** specs/channel-limits.json, ebay.batch. */
const bulkRequestsMax = 25;
/** specs/channel-limits.json, ebay.perListing (documented): beyond it eBay refuses until the next day. */
const revisionsPerListingPerDayMax = 250;
const domain = "API_INVENTORY";

const bulkShape = z.looseObject({
  requests: z
    .array(z.looseObject({ sku: z.string() }))
    .min(1)
    .max(bulkRequestsMax),
});

const rowShape = z.looseObject({
  sku: z.string(),
  shipToLocationAvailability: z.looseObject({ quantity: z.number() }).optional(),
  offers: z
    .array(z.looseObject({ offerId: z.string(), availableQuantity: z.number().optional() }))
    .optional(),
});
type Row = z.infer<typeof rowShape>;

interface RowAnswer {
  readonly sku: string;
  readonly offerId?: string;
  readonly statusCode: number;
  readonly errors: readonly EbayError[];
  readonly warnings: readonly EbayError[];
}

/** Revisions of one listing on one day. */
export interface Revisions {
  readonly day: string;
  count: number;
}

type SavedRevisions = readonly (readonly [sku: string, revisions: Revisions])[];

/** eBay's Inventory API over a shelf. */
export class EbayInventory {
  readonly #context: SandboxContext;
  readonly #shelf: Shelf;
  readonly #revisions = new Map<string, Revisions>();
  /** SKUs in a write whose answer has not left yet: a second write to them is refused (25025). */
  readonly #inWrite = new Set<string>();

  constructor(context: SandboxContext, shelf: Shelf) {
    this.#context = context;
    this.#shelf = shelf;
  }

  /** `POST /bulk_update_price_quantity` @param response its end ends the write */
  bulkUpdate(body: unknown, response: ServerResponse): EbayAnswer {
    const requests = bulkRequests(body);
    if (!requests) return tooManyRequests;
    const written: string[] = [];
    const responses = requests.flatMap((request): RowAnswer[] => {
      const row = rowShape.safeParse(request);
      if (!row.success) {
        const error = ebayError(25709, domain, "Invalid value for quantity.");
        return [{ sku: request.sku, statusCode: 400, errors: [error], warnings: [] }];
      }
      const answers = this.#writeRow(row.data);
      if (answers.every((answer) => answer.statusCode === 200)) {
        written.push(row.data.sku);
        this.#inWrite.add(row.data.sku);
      }
      return answers;
    });
    response.on("close", () => {
      for (const sku of written) this.#inWrite.delete(sku);
    });
    return rowsAnswer(responses);
  }

  /** `POST /bulk_get_inventory_item` */
  bulkGet(body: unknown): EbayAnswer {
    const requests = bulkRequests(body);
    if (!requests) return tooManyRequests;
    const responses = requests.map(({ sku }) => {
      const known = this.#context.skuByCode(sku);
      if (!known) return { sku, statusCode: 404, errors: [notFound], warnings: [] };
      const inventoryItem = wireItem(this.#shelf, known);
      return { sku, statusCode: 200, inventoryItem, errors: [], warnings: [] };
    });
    return rowsAnswer(responses);
  }

  /** `GET /inventory_item/{sku}` */
  item(sku: string): EbayAnswer {
    const known = this.#context.skuByCode(sku);
    if (known) return { status: 200, body: wireItem(this.#shelf, known) };
    return refuse(404, notFound);
  }

  /** `GET /offer?sku=` */
  offers(sku: string | null): EbayAnswer {
    const known = sku === null ? undefined : this.#context.skuByCode(sku);
    if (!known) return refuse(404, ebayError(25713, domain, "This Offer is not available."));
    const offers = [wireOffer(this.#shelf, known)];
    return { status: 200, body: { total: 1, size: 1, limit: 25, offers } };
  }

  snapshot(): SavedRevisions {
    return [...this.#revisions];
  }

  restore(saved: SavedRevisions): void {
    for (const [sku, revisions] of saved) this.#revisions.set(sku, { ...revisions });
  }

  #writeRow(row: Row): RowAnswer[] {
    const sku = this.#context.skuByCode(row.sku);
    const refusal = this.#refuseRow(sku, row);
    const statusCode = refusal?.status ?? 200;
    const errors = refusal ? [refusal.error] : [];
    if (!refusal && sku) {
      const quantity = wantedQuantity(row) ?? 0;
      this.#shelf.setShown(sku.code, quantity);
      this.#context.recordWrite(sku.code, quantity);
    }
    const common = { sku: row.sku, statusCode, errors, warnings: [] };
    const item = row.shipToLocationAvailability || !row.offers?.length ? [common] : [];
    return [...item, ...(row.offers ?? []).map(({ offerId }) => ({ ...common, offerId }))];
  }

  #refuseRow(sku: DemoSku | undefined, row: Row): { status: number; error: EbayError } | null {
    if (!sku) return { status: 404, error: notFound };
    if (this.#inWrite.has(sku.code)) {
      const text = "Concurrent access of the same inventory object is not allowed. Try again.";
      return { status: 409, error: ebayError(25025, domain, text, "APPLICATION") };
    }
    if (row.offers?.some((offer) => offer.offerId !== sku.ebay.offerId)) {
      return { status: 404, error: ebayError(25713, domain, "This Offer is not available.") };
    }
    const quantity = wantedQuantity(row);
    if (quantity === undefined || !Number.isInteger(quantity) || quantity < 0) {
      return { status: 400, error: ebayError(25709, domain, "Invalid value for quantity.") };
    }
    if (!this.#countRevision(sku.code)) {
      const text = `A user error has occurred. The listing was revised ${String(revisionsPerListingPerDayMax)} times today, the most eBay allows in one calendar day.`;
      return { status: 400, error: ebayError(25002, domain, text) };
    }
    return null;
  }

  /** False: the listing has had its revisions of today. */
  #countRevision(sku: string): boolean {
    // The platform's day is Pacific; for the limit's effect any fixed day will do.
    const day = new Date(this.#context.now()).toISOString().slice(0, 10);
    const known = this.#revisions.get(sku);
    const today = known?.day === day ? known : { day, count: 0 };
    const max = revisionsPerListingPerDayMax * this.#context.faults().rateLimitFactor;
    if (today.count >= max) return false;
    today.count += 1;
    this.#revisions.set(sku, today);
    return true;
  }
}

const notFound = ebayError(25710, domain, "We didn't find the entity you are requesting.");
const tooManyRequests = refuse(
  400,
  ebayError(25002, domain, "Any User error. requests must hold 1 to 25 entries"),
);

/** Null: not a list of 1 to 25 entries. */
function bulkRequests(body: unknown): z.infer<typeof bulkShape>["requests"] | null {
  const parsed = bulkShape.safeParse(body);
  return parsed.success ? parsed.data.requests : null;
}

/** 207 as soon as one row is refused. */
function rowsAnswer(responses: readonly { readonly statusCode: number }[]): EbayAnswer {
  const mixed = responses.some((row) => row.statusCode !== 200);
  return { status: mixed ? 207 : 200, body: { responses } };
}

/** The offer's number, when set, overrides the item's (channels.md 4.3). */
function wantedQuantity(row: Row): number | undefined {
  return row.offers?.[0]?.availableQuantity ?? row.shipToLocationAvailability?.quantity;
}

function wireItem(shelf: Shelf, sku: DemoSku): unknown {
  return {
    sku: sku.code,
    locale: "en_US",
    condition: "NEW",
    product: { title: sku.title },
    availability: { shipToLocationAvailability: { quantity: shelf.shown(sku.code) ?? 0 } },
  };
}

function wireOffer(shelf: Shelf, sku: DemoSku): unknown {
  const quantity = shelf.shown(sku.code) ?? 0;
  return {
    offerId: sku.ebay.offerId,
    sku: sku.code,
    marketplaceId: demoAccounts.ebayMarketplace,
    format: "FIXED_PRICE",
    availableQuantity: quantity,
    pricingSummary: { price: { currency: "USD", value: (sku.priceMinor / 100).toFixed(2) } },
    listing: {
      listingId: sku.ebay.listingId,
      listingStatus: quantity > 0 ? "ACTIVE" : "OUT_OF_STOCK",
      soldQuantity: shelf.committed(sku.code),
    },
    status: "PUBLISHED",
  };
}
