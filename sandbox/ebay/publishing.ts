import { z } from "zod";
import { demoAccounts } from "../catalogue.ts";
import { ebayError, refuse, type EbayAnswer } from "./frame.ts";
import { unavailableOffer, type Shop } from "./inventory.ts";
import type { EbayItem } from "./listings.ts";

const domain = "API_INVENTORY";
const groupShape = z.strictObject({
  inventoryItemGroupKey: z.string().min(1),
  marketplaceId: z.literal(demoAccounts.ebayMarketplace),
});
const isVariation = ebayError(
  25732,
  domain,
  "Offers of a variation group cannot be handled alone.",
);

/** `POST /offer/{offerId}/withdraw` */
export function withdrawOffer(shop: Shop, offerId: string): EbayAnswer {
  const known = shop.listings.byOffer(offerId);
  if (!known) return refuse(404, unavailableOffer);
  if (known.item.groupKey) return refuse(400, isVariation);
  return withdraw(shop, known.item, 200);
}

/** `POST /offer/{offerId}/publish` */
export function publishOffer(shop: Shop, offerId: string): EbayAnswer {
  const known = shop.listings.byOffer(offerId);
  if (!known) return refuse(404, unavailableOffer);
  if (known.item.groupKey) return refuse(400, isVariation);
  return publish(shop, known.item);
}

/** `POST /offer/withdraw_by_inventory_item_group` */
export function withdrawGroup(shop: Shop, body: unknown): EbayAnswer {
  const item = groupOf(shop, body);
  return item ? withdraw(shop, item, 204) : refuse(400, unknownGroup);
}

/** `POST /offer/publish_by_inventory_item_group` */
export function publishGroup(shop: Shop, body: unknown): EbayAnswer {
  const item = groupOf(shop, body);
  return item ? publish(shop, item) : refuse(400, unknownGroup);
}

const unknownGroup = ebayError(25705, domain, "The group could not be found in the system.");

function groupOf({ listings }: Shop, body: unknown): EbayItem | undefined {
  const parsed = groupShape.safeParse(body);
  return parsed.success ? listings.byGroup(parsed.data.inventoryItemGroupKey) : undefined;
}

function withdraw({ listings }: Shop, item: EbayItem, status: number): EbayAnswer {
  if (item.ended) return refuse(404, unavailableOffer);
  const { listingId } = item;
  listings.end(item);
  return status === 204 ? { status } : { status, body: { listingId } };
}

function publish({ listings, shelf, context }: Shop, item: EbayItem): EbayAnswer {
  if (!item.ended) {
    const warnings = [ebayError(25402, domain, "System warning. The offer is published already.")];
    return { status: 200, body: { listingId: item.listingId, warnings } };
  }
  listings.relist(item);
  for (const { code } of item.skus) context.recordWrite(code, shelf.shown(code) ?? 0);
  return { status: 200, body: { listingId: item.listingId } };
}
