import { z } from "zod";
import type { DemoSku } from "../catalogue.ts";
import type { SandboxContext } from "../context.ts";
import type { Shelf } from "../shelf.ts";
import { currency, marketplaceId } from "./account.ts";

/** A SKU that Amazon ships from its own warehouse. It is in no catalogue: the app must find it and leave it alone. */
export const amazonShippedSku = "FBA-MUG-01";
const amazonShippedTitle = "Heron mug, shipped by Amazon";
const amazonShippedUnits = 25;
/** What a seller entered once in Seller Central; only a clumsy write loses it. */
const leadTimeDays = 3;
/** A price this many times higher or lower than before is a "potential pricing error". */
const priceJumpMax = 5;

/** What was changed on a listing since the beginning. */
const changeShape = z.object({
  priceMinor: z.number().optional(),
  /** Null: it was lost, and Amazon's default holds. */
  leadTimeDays: z.number().nullable().optional(),
  /** The seller's floor for automatic prices; null: lost. */
  minimumMinor: z.number().nullable().optional(),
  suppressed: z.boolean().optional(),
  /** The offer was converted to one that the merchant ships. */
  converted: z.boolean().optional(),
});
type Change = z.infer<typeof changeShape>;

export const savedOffersShape = z.array(z.tuple([z.string(), changeShape]));
export type SavedOffers = z.infer<typeof savedOffersShape>;

/** A listing as the seller has it. */
export interface Offer {
  readonly sku: string;
  readonly title: string;
  readonly asin: string;
  /** Thirteen digits. */
  readonly ean: string;
  readonly channel: "DEFAULT" | "AMAZON_NA";
  readonly quantity: number;
  readonly priceMinor: number;
  readonly leadTimeDays: number | null;
  readonly minimumMinor: number | null;
  readonly suppressed: boolean;
}

/** The seller's offers beside their stock, which lies on the shelf. */
export class Offers {
  readonly #context: SandboxContext;
  readonly #shelf: Shelf;
  readonly #changes = new Map<string, Change>();

  constructor(context: SandboxContext, shelf: Shelf) {
    this.#context = context;
    this.#shelf = shelf;
  }

  find(sku: string): Offer | null {
    const known = this.#context.skuByCode(sku);
    if (known) return this.#offerOf(known);
    return sku === amazonShippedSku ? this.#amazonShipped() : null;
  }

  /** All of them are these, by place: the catalogue's, then the one that Amazon ships. */
  get count(): number {
    return this.#context.catalogue.skus.length + 1;
  }

  slice(from: number, to: number): Offer[] {
    const { skus } = this.#context.catalogue;
    const offers = skus.slice(from, to).map((sku) => this.#offerOf(sku));
    return to > skus.length && from <= skus.length ? [...offers, this.#amazonShipped()] : offers;
  }

  /** A new quantity becomes visible after the platform's delay. */
  setQuantity(sku: string, quantity: number): void {
    this.#later(() => {
      if (sku === amazonShippedSku) this.#change(sku, { converted: true });
      else this.#shelf.setShown(sku, quantity);
      this.#context.recordWrite(sku, quantity);
    });
  }

  setPrice(sku: string, priceMinor: number): void {
    this.#later(() => {
      const before = this.find(sku)?.priceMinor ?? priceMinor;
      const jump = Math.max(priceMinor, 1) / Math.max(before, 1);
      const suppressed = jump > priceJumpMax || jump < 1 / priceJumpMax;
      this.#change(sku, { priceMinor, suppressed });
      this.#context.recordWrite(sku, this.#shelf.shown(sku) ?? 0);
    });
  }

  /** `replace` takes what is given for the whole: what is left out is gone. */
  keepOnly(sku: string, kept: Pick<Change, "leadTimeDays" | "minimumMinor">): void {
    this.#later(() => {
      this.#change(sku, kept);
    });
  }

  snapshot(): SavedOffers {
    return [...this.#changes];
  }

  restore(saved: SavedOffers): void {
    for (const [sku, change] of saved) this.#changes.set(sku, change);
  }

  #offerOf(sku: DemoSku): Offer {
    const change = this.#changes.get(sku.code);
    return {
      sku: sku.code,
      title: sku.title,
      asin: `B0${sku.shopify.variantId.slice(-8)}`,
      ean: sku.barcode,
      channel: "DEFAULT",
      quantity: this.#shelf.shown(sku.code) ?? 0,
      priceMinor: change?.priceMinor ?? sku.priceMinor,
      leadTimeDays: change?.leadTimeDays === undefined ? leadTimeDays : change.leadTimeDays,
      minimumMinor: change?.minimumMinor === undefined ? 500 : change.minimumMinor,
      suppressed: change?.suppressed ?? false,
    };
  }

  #amazonShipped(): Offer {
    const change = this.#changes.get(amazonShippedSku);
    return {
      sku: amazonShippedSku,
      title: amazonShippedTitle,
      asin: "B0FBAMUG01",
      ean: "2999999999994",
      channel: change?.converted ? "DEFAULT" : "AMAZON_NA",
      quantity: amazonShippedUnits,
      priceMinor: change?.priceMinor ?? 1_200,
      leadTimeDays: null,
      minimumMinor: null,
      suppressed: false,
    };
  }

  #change(sku: string, change: Change): void {
    this.#changes.set(sku, { ...this.#changes.get(sku), ...change });
    this.#context.changed();
  }

  #later(apply: () => void): void {
    const { visibleAfterMs } = this.#context.faults();
    if (visibleAfterMs === 0) apply();
    else setTimeout(apply, visibleAfterMs).unref();
  }
}

/** specs/amazon/models/listingsItems_2021-08-01.json, Item: only the blocks asked for, as the real one. */
export function wireItem(offer: Offer, blocks: ReadonlySet<string>): unknown {
  const item: Record<string, unknown> = { sku: offer.sku };
  for (const [name, block] of Object.entries(wireBlocks)) {
    if (blocks.has(name)) item[name] = block(offer);
  }
  return item;
}

const wireBlocks: Readonly<Record<string, (offer: Offer) => unknown>> = {
  summaries: (offer) => [
    {
      marketplaceId,
      asin: offer.asin,
      productType: "SHIRT",
      conditionType: "new_new",
      itemName: offer.title,
      status: isBuyable(offer) ? ["BUYABLE", "DISCOVERABLE"] : ["DISCOVERABLE"],
      createdDate: "2026-01-01T00:00:00Z",
      lastUpdatedDate: "2026-01-01T00:00:00Z",
    },
  ],
  fulfillmentAvailability: ({ channel, quantity }) => [
    channel === "DEFAULT"
      ? { fulfillmentChannelCode: channel, quantity }
      : { fulfillmentChannelCode: channel },
  ],
  offers: (offer) => [
    {
      marketplaceId,
      offerType: "B2C",
      price: { amount: decimal(offer.priceMinor), currencyCode: currency },
      audience: { value: "ALL", displayName: "Sell on Amazon" },
    },
  ],
  issues: ({ suppressed }) => (suppressed ? [pricingErrorIssue] : []),
  attributes: (offer) => ({
    fulfillment_availability: [
      {
        fulfillment_channel_code: offer.channel,
        ...(offer.channel === "DEFAULT" && { quantity: offer.quantity }),
        ...(offer.leadTimeDays !== null && { lead_time_to_ship_max_days: offer.leadTimeDays }),
        marketplace_id: marketplaceId,
      },
    ],
    purchasable_offer: [
      {
        marketplace_id: marketplaceId,
        currency,
        audience: "ALL",
        our_price: [{ schedule: [{ value_with_tax: offer.priceMinor / 100 }] }],
        ...(offer.minimumMinor !== null && {
          minimum_seller_allowed_price: [
            { schedule: [{ value_with_tax: offer.minimumMinor / 100 }] },
          ],
        }),
      },
    ],
  }),
};

export function isBuyable({ quantity, suppressed }: Offer): boolean {
  return quantity > 0 && !suppressed;
}

/** "19.99" */
export function decimal(minor: number): string {
  return (minor / 100).toFixed(2);
}

const pricingErrorIssue = {
  code: "18155",
  message: "This offer is inactive: potential pricing error. Confirm or change the price.",
  severity: "ERROR",
  attributeNames: ["purchasable_offer"],
  categories: ["INVALID_PRICE"],
  enforcements: {
    actions: [{ action: "LISTING_SUPPRESSED" }],
    exemption: { status: "NOT_EXEMPT" },
  },
};
