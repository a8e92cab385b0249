import type { DemoSku } from "../catalogue.ts";

/** The demo merchant at Etsy. Not secrets: they open nothing but the sandbox. */
export const demoEtsy = {
  shopId: "41234567",
  userId: "987654321",
  shopName: "LockstepDemo",
  currency: "USD",
  refreshToken: "987654321.demo-refresh-token",
} as const;

/** The property that the demo listings vary by, as in specs/etsy/etsy-2026-supplement.json. */
export const sizeProperty = { id: 513, name: "Size" } as const;
/** The values of that property; ids from the same example on. */
const sizeValueIds: Readonly<Record<string, number>> = { M: 1_216, L: 1_217, S: 1_215, XL: 1_218 };
const firstListingId = 1_700_000_000;

/** Where a SKU of the catalogue stands at Etsy. */
export interface EtsyPlace {
  /** 1 for the catalogue's first product. */
  readonly listing: number;
  readonly value: string;
  readonly valueId: number;
}

/** A product of the catalogue is a listing, its SKUs are the listing's products. Read off the SKU text. */
export function placeOf(sku: DemoSku): EtsyPlace {
  const [, number = "", value = ""] = /^[A-Z]+-(\d+)-([A-Z]+)$/.exec(sku.code) ?? [];
  const valueId = sizeValueIds[value];
  if (valueId === undefined) throw new Error(`Etsy's sandbox cannot place the SKU "${sku.code}".`);
  return { listing: Number(number), value, valueId };
}

export function listingIdOf(listing: number): number {
  return firstListingId + listing;
}

/** The listing's number in the catalogue, from 1; null for an id that is none of ours. */
export function listingNumberOf(listingId: string, listings: number): number | null {
  if (!/^\d{1,15}$/.test(listingId)) return null;
  const number = Number(listingId) - firstListingId;
  return number >= 1 && number <= listings ? number : null;
}

/** How Etsy's shop names a SKU: what the app's import finds. */
export function demoListing(sku: DemoSku): {
  readonly key: string;
  readonly externalIds: Readonly<Record<string, string>>;
  readonly orderKey: string;
} {
  const { listing, valueId } = placeOf(sku);
  const listingId = String(listingIdOf(listing));
  const variation = `${sizeProperty.id}=${valueId}`;
  const key = `${listingId}/${variation}`;
  return { key, externalIds: { listingId, variation }, orderKey: key };
}
