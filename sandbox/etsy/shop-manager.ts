import { z } from "zod";
import { parseJson } from "../answer.ts";
import type { SandboxRequest } from "../channel.ts";
import { answer, refuse, type EtsyAnswer } from "./frame.ts";
import { etsyStates, type EtsyShop } from "./shop.ts";

const editShape = z.strictObject({
  state: z.enum(etsyStates).optional(),
  /** One quantity for all variations. */
  shareQuantity: z.literal(true).optional(),
  /** The listing without its variations, its first SKU the only one. */
  dropVariations: z.literal(true).optional(),
});

/**
 * `POST /shop-manager/listings/{listing_id}`: what a person does on Etsy's own pages. No part of Etsy's API: tests set
 * the scene with it.
 */
export function editByHand(shop: EtsyShop, number: number, request: SandboxRequest): EtsyAnswer {
  const edit = editShape.safeParse(parseJson(request.rawBody));
  if (!edit.success) return refuse(400, "The edit is not understood.");
  const listing = shop.edit(number);
  const { state, shareQuantity, dropVariations } = edit.data;
  if (dropVariations) {
    listing.products = listing.products.slice(0, 1).map((product) => ({ ...product, values: [] }));
    Object.assign(listing, { priceOn: [], quantityOn: [], skuOn: [] });
  }
  if (shareQuantity) {
    listing.quantityOn = [];
    const smallest = Math.min(...listing.products.map((product) => shop.quantityOf(product)));
    for (const { code } of listing.products) shop.shelf.setShown(code, smallest);
  }
  if (state) shop.setState(listing, state);
  return answer({ state: listing.state, renewals: listing.renewals });
}
