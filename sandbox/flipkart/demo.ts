import type { DemoSku } from "../catalogue.ts";

/** The demo seller's two locations; the first holds all the stock. */
export const locations = [
  { locationId: "LOC9e98b1262cb544c59f9bb13c189214ed", locationName: "Main warehouse" },
  { locationId: "LOC4d1f0c3a5b6e47d8a9f0c1b2d3e4f506", locationName: "Shop floor" },
] as const;
export const mainLocation: string = locations[0].locationId;
export const otherLocation: string = locations[1].locationId;

/** Opens nothing but the sandbox. */
export const demoRefreshToken = "fk-demo-refresh-token";

/** The SKU's number within the catalogue, from the number in its Shopify variant. */
function numberOf(sku: DemoSku): string {
  return String(Number(sku.shopify.variantId) - 8_000_000_000_000).padStart(8, "0");
}

/** The FSN: 13 to 16 characters. */
export function productIdOf(sku: DemoSku): string {
  return `TSHFK${numberOf(sku)}`;
}

export function listingIdOf(sku: DemoSku): string {
  return `LSTTSHFK${numberOf(sku)}LKSTP`;
}
