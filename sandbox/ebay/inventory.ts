import type { ServerResponse } from "node:http";
import { z } from "zod";
import type { DemoSku } from "../catalogue.ts";
import { demoAccounts } from "../catalogue.ts";
import type { SandboxContext } from "../context.ts";
import type { Shelf } from "../shelf.ts";
import { ebayError, refuse, type EbayAnswer, type EbayError } from "./frame.ts";
import type { EbayItem, EbayListings } from "./listings.ts";
import type { Preferences } from "./preferences.ts";
import type { EbayRevisions } from "./revisions.ts";

/** specs/channel-limits.json, ebay.batch. */
const bulkRequestsMax = 25;
const domain = "API_INVENTORY";
export const currency = "USD";

const bulkShape = z.looseObject({
  requests: z
    .array(z.looseObject({ sku: z.string() }))
    .min(1)
    .max(bulkRequestsMax),
});

const rowShape = z.strictObject({
  sku: z.string().max(50),
  shipToLocationAvailability: z.strictObject({ quantity: z.number() }).optional(),
  offers: z
    .array(
      z.strictObject({
        offerId: z.string(),
        availableQuantity: z.number().optional(),
        price: z.strictObject({ currency: z.string(), value: z.string() }).optional(),
      }),
    )
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

interface Refusal {
  readonly status: number;
  readonly error: EbayError;
}

export interface Shop {
  readonly context: SandboxContext;
  readonly shelf: Shelf;
  readonly listings: EbayListings;
  readonly revisions: EbayRevisions;
  readonly preferences: Preferences;
}

/** eBay's Inventory API over a shelf: bulk writes, items, offers. */
export class EbayInventory {
  readonly #shop: Shop;
  /** SKUs in a write whose answer has not left yet: a second write to them is refused (25025). */
  readonly #inWrite = new Set<string>();

  constructor(shop: Shop) {
    this.#shop = shop;
  }

  /** `POST /bulk_update_price_quantity` @param response its end ends the write */
  bulkUpdate(body: unknown, response: ServerResponse): EbayAnswer {
    const requests = bulkRequests(body);
    if (!requests) return tooManyRequests;
    const written: string[] = [];
    const responses = requests.flatMap((request): RowAnswer[] => {
      const row = rowShape.safeParse(request);
      if (!row.success) {
        const error = ebayError(25709, domain, "Invalid request. Invalid value for field.");
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
      const known = this.#shop.listings.inventorySku(sku);
      if (!known) return { sku, statusCode: 404, errors: [notFound], warnings: [] };
      const inventoryItem = wireItem(this.#shop, known.sku, known.item);
      return { sku, statusCode: 200, inventoryItem, errors: [], warnings: [] };
    });
    return rowsAnswer(responses);
  }

  /** `GET /inventory_item/{sku}` */
  item(sku: string): EbayAnswer {
    const known = this.#shop.listings.inventorySku(sku);
    if (known) return { status: 200, body: wireItem(this.#shop, known.sku, known.item) };
    return refuse(404, notFound);
  }

  /** `GET /offer?sku=` */
  offers(sku: string | null): EbayAnswer {
    if (!sku) {
      return refuse(400, ebayError(25707, domain, "This is an invalid value for a SKU."));
    }
    const known = this.#shop.listings.inventorySku(sku);
    if (!known) return refuse(404, unavailableOffer);
    const offers = [wireOffer(this.#shop, known.sku, known.item)];
    return { status: 200, body: { total: 1, size: 1, limit: 25, offers } };
  }

  /** `GET /offer/{offerId}` */
  offer(offerId: string): EbayAnswer {
    const known = this.#shop.listings.byOffer(offerId);
    if (!known) return refuse(404, unavailableOffer);
    return { status: 200, body: wireOffer(this.#shop, known.sku, known.item) };
  }

  /** `GET /inventory_item_group/{key}` */
  group(groupKey: string): EbayAnswer {
    const item = this.#shop.listings.byGroup(groupKey);
    if (!item) return refuse(404, ebayError(25705, domain, "The group could not be found."));
    const variantSKUs = item.skus.map(({ code }) => code);
    const body = { inventoryItemGroupKey: groupKey, title: item.title, variantSKUs };
    return { status: 200, body };
  }

  #writeRow(row: Row): RowAnswer[] {
    const known = this.#shop.listings.inventorySku(row.sku);
    const refusal = this.#refuseRow(known, row);
    const statusCode = refusal?.status ?? 200;
    const errors = refusal ? [refusal.error] : [];
    if (!refusal && known) this.#apply(known.sku, known.item, row);
    const common = { sku: row.sku, statusCode, errors, warnings: [] };
    const item = row.shipToLocationAvailability || !row.offers?.length ? [common] : [];
    return [...item, ...(row.offers ?? []).map(({ offerId }) => ({ ...common, offerId }))];
  }

  #apply(sku: DemoSku, item: EbayItem, row: Row): void {
    const { context, shelf, listings, preferences } = this.#shop;
    const price = row.offers?.[0]?.price;
    if (price) listings.setPrice(sku, Math.round(Number(price.value) * 100));
    const quantity = wantedQuantity(row);
    if (quantity === undefined) return;
    shelf.setShown(sku.code, quantity);
    context.recordWrite(sku.code, item.ended ? 0 : quantity);
    const isSoldOut = item.skus.every(({ code }) => shelf.shown(code) === 0);
    if (isSoldOut && !preferences.outOfStockControl && !item.ended) listings.end(item);
  }

  #refuseRow(
    known: { readonly sku: DemoSku; readonly item: EbayItem } | undefined,
    row: Row,
  ): Refusal | null {
    if (!known) return { status: 404, error: notFound };
    const { sku, item } = known;
    if (this.#inWrite.has(sku.code)) {
      const text = "Concurrent access of the same inventory object is not allowed. Try again.";
      return { status: 409, error: ebayError(25025, domain, text, "APPLICATION") };
    }
    if (row.offers?.some((offer) => offer.offerId !== sku.ebay.offerId)) {
      return { status: 404, error: unavailableOffer };
    }
    // The call revises live listings; of an unpublished offer only the item behind it has a number.
    if (row.offers?.length && item.ended) return { status: 400, error: unpublished };
    return (
      refusedValues(row) ??
      (this.#shop.revisions.count(item.id) ? null : { status: 400, error: tooManyRevisions })
    );
  }
}

function refusedValues(row: Row): Refusal | null {
  const quantity = wantedQuantity(row);
  const prices = (row.offers ?? []).flatMap(({ price }) => price ?? []);
  if (quantity === undefined && prices.length === 0) {
    return { status: 400, error: ebayError(25709, domain, "Invalid request. Nothing to update.") };
  }
  if (quantity !== undefined && (!Number.isInteger(quantity) || quantity < 0)) {
    return { status: 400, error: ebayError(25004, domain, "Invalid quantity.") };
  }
  const isBad = prices.some(
    (price) => price.currency !== currency || !/^\d{1,7}(\.\d{1,2})?$/.test(price.value),
  );
  return isBad ? { status: 400, error: ebayError(25003, domain, "Invalid price.") } : null;
}

const notFound = ebayError(25710, domain, "We didn't find the entity you are requesting.");
export const unavailableOffer = ebayError(25713, domain, "This Offer is not available.");
const unpublished = ebayError(
  25002,
  domain,
  "A user error has occurred. The offer is not published.",
);
const tooManyRevisions = ebayError(
  25002,
  domain,
  "A user error has occurred. The listing was revised 250 times today, the most eBay allows in one calendar day.",
);
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

function wireItem({ shelf }: Shop, sku: DemoSku, item: EbayItem): unknown {
  return {
    sku: sku.code,
    locale: "en_US",
    condition: "NEW",
    product: { title: sku.title },
    availability: { shipToLocationAvailability: { quantity: shelf.shown(sku.code) ?? 0 } },
    ...(item.groupKey && { inventoryItemGroupKeys: [item.groupKey] }),
  };
}

function wireOffer({ shelf, listings }: Shop, sku: DemoSku, item: EbayItem): unknown {
  const quantity = shelf.shown(sku.code) ?? 0;
  const listing = {
    listingId: item.listingId,
    listingStatus: quantity > 0 ? "ACTIVE" : "OUT_OF_STOCK",
    soldQuantity: listings.sold(sku.code),
  };
  return {
    offerId: sku.ebay.offerId,
    sku: sku.code,
    marketplaceId: demoAccounts.ebayMarketplace,
    format: "FIXED_PRICE",
    availableQuantity: quantity,
    pricingSummary: {
      price: { currency, value: (listings.priceMinor(sku) / 100).toFixed(2) },
    },
    ...(item.ended ? {} : { listing }),
    status: item.ended ? "UNPUBLISHED" : "PUBLISHED",
  };
}
