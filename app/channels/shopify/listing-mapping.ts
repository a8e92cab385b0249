import { z } from "zod";
import { moneyOf } from "#app/domain/money.ts";
import type { Fault } from "#app/domain/propagation/faults.ts";
import { parseJson } from "#app/lib/json.ts";
import type {
  ImportedListing,
  ListingRef,
  ListingState,
  QuantityWrite,
  ReadResult,
} from "../contract.ts";
import { numberOfGid } from "./mapping.ts";
import {
  catalogueLevel,
  type CatalogueLine,
  type WireLevel,
  type WireOffered,
  type WireQuantities,
} from "./wire-listings.ts";

/** Shopify's name of one inventory level. */
export interface LevelKey {
  readonly inventoryItemId: string;
  readonly locationId: string;
}

/** The level a listing is, or null when the listing does not say. */
export function levelKeyOf(listing: ListingRef): LevelKey | null {
  const { inventoryItemId, locationId } = listing.externalIds;
  return inventoryItemId && locationId ? { inventoryItemId, locationId } : null;
}

/** The object that a listing's price is read from: its variant where it is known, else its inventory item. */
export function offerIdOf(listing: ListingRef): string | null {
  const { inventoryItemId, variantId } = listing.externalIds;
  return (variantId?.startsWith("gid://") ? variantId : inventoryItemId) || null;
}

/** Why a listing's number is not ours to write. `externalIds.heldBy` of an import. */
const heldFaults: Readonly<Record<string, string>> = {
  service: "A fulfilment service keeps this stock: Lockstep shows it and never writes it.",
  bundle: "This is a bundle: Shopify works its stock out from the parts.",
  untracked: "Shopify does not track this item's stock. Switch tracking on and import again.",
};

/** The fault of writing to a listing that somebody else keeps, or null. */
export function heldFaultOf(listing: ListingRef): Fault | null {
  const message = heldFaults[listing.externalIds["heldBy"] ?? ""];
  return message === undefined ? null : { kind: "unsupported", message };
}

/** One element of `input.changes`. `changeFromQuantity: null`: add to whatever it is by now. */
export function changeOf(write: QuantityWrite) {
  return { ...levelKeyOf(write), delta: write.delta, changeFromQuantity: null };
}

const unmapped = "The listing does not say which Shopify inventory item and location it is.";
export const unmappedFault: Fault = { kind: "unknown-listing", message: unmapped };
export const unknownVariantFault: Fault = {
  kind: "unknown-listing",
  message: "Shopify does not know this variant any more.",
};
const notStockedFault: Fault = {
  kind: "unknown-listing",
  message: "Shopify does not stock this item at this location.",
};

/** What a level's answer says about its listing, with what is offered where that is known. */
export function readResultOf(
  level: WireLevel | undefined,
  offered: WireOffered | undefined,
  currency: string | undefined,
): ReadResult {
  const available = availableOf(level?.inventoryLevel?.quantities ?? []);
  if (!available) return { ok: false, fault: notStockedFault };
  const offer = offered && "variants" in offered ? offered.variants?.nodes[0] : offered;
  return {
    ok: true,
    quantity: available.quantity,
    asOf: available.updatedAt ?? null,
    price: offer && currency !== undefined ? moneyOf(offer.price, currency) : null,
    state: offer ? stateOf(offer.product.status, offer.ended) : "active",
  };
}

function availableOf(quantities: WireQuantities) {
  return quantities.find(({ name }) => name === "available");
}

/** Without one of these a product is not for sale (a status of the future is taken for that, too). */
const saleStatuses = new Set(["ACTIVE", "UNLISTED"]);

/** UNLISTED is active: buyers with the link can buy, so its number matters. */
function stateOf(
  status: string,
  ended: { readonly value: string } | null | undefined,
): ListingState {
  if (ended) return "ended";
  return saleStatuses.has(status) ? "active" : "inactive";
}

const remembered = z.array(z.string().startsWith("gid://shopify/Publication/")).max(1_000);

/** The publications a variant was taken off, from its metafield; empty when it cannot be read. */
export function rememberedOf(ended: { readonly value: string } | null | undefined): string[] {
  return remembered.safeParse(parseJson(ended?.value ?? "")).data ?? [];
}

/** A location whose levels an import reads. */
export interface Place {
  readonly id: string;
  readonly name: string;
  /** A fulfilment service's: what lies there is not ours to write. */
  readonly isService: boolean;
}

/** A variant has this title when its product has but one. */
const onlyVariantTitle = "Default Title";

/** A line of the export → one listing for each location that stocks the item. */
export function listingsOf(
  line: CatalogueLine,
  places: readonly Place[],
  currency: string,
): ImportedListing[] {
  const { product, inventoryItem: item } = line;
  const number = numberOfGid(line.id);
  const variant = line.title && line.title !== onlyVariantTitle ? ` / ${line.title}` : "";
  const shared = {
    orderKey: number,
    sku: line.sku?.trim() ? line.sku : null,
    title: `${product.title}${variant}` || number,
    barcode: line.barcode || null,
    price: line.price == null ? null : moneyOf(line.price, currency),
    state: stateOf(product.status, line.ended),
    url: product.onlineStoreUrl ? `${product.onlineStoreUrl}?variant=${number}` : null,
  };
  return places.flatMap((place, index): ImportedListing[] => {
    const level = catalogueLevel.safeParse(item[`l${index}`]).data;
    if (!level) return [];
    const heldBy = heldByOf(line, place);
    const keys = { inventoryItemId: item.id, locationId: place.id };
    return [
      {
        ...shared,
        key: `${item.id} ${place.id}`,
        externalIds: {
          ...keys,
          variantId: line.id,
          productId: product.id,
          ...(heldBy !== null && { heldBy }),
        },
        quantity: item.tracked ? (availableOf(level.quantities)?.quantity ?? null) : null,
        heldByChannel: heldBy !== null,
        externalLocationId: place.id,
        externalLocationName: place.name,
      },
    ];
  });
}

function heldByOf(line: CatalogueLine, place: Place): keyof typeof heldFaults | null {
  if (place.isService) return "service";
  if (line.requiresComponents) return "bundle";
  return line.inventoryItem.tracked ? null : "untracked";
}
