import type { SandboxContext } from "../context.ts";
import { demoEtsy, listingIdOf } from "./names.ts";
import type { EtsyListing, EtsyProduct, EtsyShop } from "./shop.ts";

const divisor = 100;
/** Four months from the last change on: Etsy's listing period. */
const listingLifeS = 120 * 86_400;

export function money(minor: number): unknown {
  return { amount: minor, divisor, currency_code: demoEtsy.currency };
}

/** Money in the decimals of a write as minor units; null when it is no amount of US cents. */
export function minorOf(price: number): number | null {
  const minor = Math.round(price * divisor);
  return Math.abs(minor - price * divisor) < 1e-6 && minor > 0 ? minor : null;
}

/** `ListingInventory`; the processing profile is told of active listings alone. */
export function wireInventory(shop: EtsyShop, listing: EtsyListing): Record<string, unknown> {
  return {
    products: listing.products.map((product) => wireProduct(shop, listing, product)),
    price_on_property: listing.priceOn,
    quantity_on_property: listing.quantityOn,
    sku_on_property: listing.skuOn,
    readiness_state_on_property: listing.readinessOn,
  };
}

function wireProduct(shop: EtsyShop, listing: EtsyListing, product: EtsyProduct): unknown {
  const told = listing.state === "active" ? product.readinessStateId : null;
  return {
    product_id: product.productId,
    sku: product.sku,
    is_deleted: false,
    offerings: [
      {
        offering_id: product.productId + 3_000_000_000,
        quantity: shop.quantityOf(product),
        is_enabled: product.enabled,
        is_deleted: false,
        price: money(product.priceMinor),
        readiness_state_id: told,
      },
    ],
    property_values: product.values.map((value) => ({ ...value, scale_name: null })),
  };
}

/** `ShopListing` */
export function wireListing(
  context: SandboxContext,
  shop: EtsyShop,
  listing: EtsyListing,
): Record<string, unknown> {
  const listingId = listingIdOf(listing.number);
  const updatedS = Math.floor(listing.updatedAtMs / 1_000);
  const title = context.catalogue.products[listing.number - 1]?.title ?? "";
  const cheapest = Math.min(...listing.products.map(({ priceMinor }) => priceMinor));
  return {
    listing_id: listingId,
    user_id: Number(demoEtsy.userId),
    shop_id: Number(demoEtsy.shopId),
    title,
    description: `${title}, printed by hand.`,
    state: listing.state,
    created_timestamp: 1_750_000_000 + listing.number,
    ending_timestamp: updatedS + listingLifeS,
    last_modified_timestamp: updatedS,
    updated_timestamp: updatedS,
    state_timestamp: updatedS,
    quantity: shop.totalOf(listing),
    url: `https://www.etsy.com/listing/${listingId}`,
    is_customizable: false,
    listing_type: "physical",
    tags: [],
    has_variations: listing.products.some(({ values }) => values.length > 0),
    should_auto_renew: false,
    language: "en-US",
    price: money(cheapest),
  };
}
