import type { SandboxRequest } from "../channel.ts";
import type { SandboxContext } from "../context.ts";
import { answer, formOf, refuse, type EtsyAnswer } from "./frame.ts";
import { listingNumberOf } from "./names.ts";
import { etsyStates, type EtsyListing, type EtsyShop, type EtsyState } from "./shop.ts";
import { wireInventory, wireListing } from "./wire.ts";

/** specs/channel-limits.json, etsy.batch. */
const pageSizeMax = 100;
const pageSizeDefault = 25;
const batchIdsMax = 100;
const quantityMax = 999;

/** `GET /v3/application/shops/{shop_id}/listings` */
export function listListings(
  context: SandboxContext,
  shop: EtsyShop,
  query: URLSearchParams,
): EtsyAnswer {
  const page = pageOf(query);
  const asked = query.get("state") ?? "active";
  const state = etsyStates.find((one) => one === asked);
  if (!page) return refuse(400, "Invalid value for limit or offset.");
  if (!state) return refuse(400, `Invalid value for state: ${asked}`);
  const results = shop
    .pageOf(state, page.offset, page.limit)
    .map((listing) => withAssociations(context, shop, listing, query));
  return answer({ count: shop.countIn(state), results });
}

/** `GET /v3/application/listings/batch?listing_ids=`; ids that are not there are left out. */
export function batchListings(
  context: SandboxContext,
  shop: EtsyShop,
  query: URLSearchParams,
): EtsyAnswer {
  const ids = (query.get("listing_ids") ?? "").split(",").filter(Boolean);
  if (ids.length === 0 || ids.length > batchIdsMax || ids.some((id) => !/^\d+$/.test(id))) {
    return refuse(400, `listing_ids must hold 1 to ${batchIdsMax} listing IDs.`);
  }
  const results = [...new Set(ids)]
    .flatMap((id) => listingNumberOf(id, shop.listingCount) ?? [])
    .map((number) => withAssociations(context, shop, shop.listing(number), query));
  return answer({ count: results.length, results });
}

/** `PATCH /v3/application/shops/{shop_id}/listings/{listing_id}`, of which the sandbox knows `state`. */
export function patchListing(
  context: SandboxContext,
  shop: EtsyShop,
  number: number,
  request: SandboxRequest,
): EtsyAnswer {
  const state = formOf(request)?.["state"];
  if (state !== "active" && state !== "inactive") {
    return refuse(400, "There was a problem with /state : must be active or inactive");
  }
  const before = shop.listing(number);
  const refusal = refusalOf(shop, before, state);
  if (refusal !== null) return refuse(400, `There was a problem with /quantity : ${refusal}`);
  const shownBefore = before.products.map(({ code }) => [code, shop.shown(code)] as const);
  const listing = shop.edit(number);
  if (renews(before, state)) renew(shop, listing);
  shop.setState(listing, state);
  for (const [code, shown] of shownBefore) {
    const after = shop.shown(code) ?? 0;
    if (after !== shown) context.recordWrite(code, after);
  }
  return answer(wireListing(context, shop, listing));
}

/** Etsy looks at a listing's quantity whatever is edited (etsy/open-api #214, #538). Null: nothing is wrong. */
function refusalOf(shop: EtsyShop, listing: EtsyListing, state: EtsyState): string | null {
  const total = shop.totalOf(listing);
  if (total === 0 && !renews(listing, state)) return "cannot be empty";
  return total > quantityMax ? `cannot be greater than ${quantityMax}` : null;
}

function renews(listing: EtsyListing, state: EtsyState): boolean {
  return state === "active" && (listing.state === "sold_out" || listing.state === "expired");
}

/** A sold-out or expired listing comes back for a fee and with one unit (channels.md 8.2). */
function renew(shop: EtsyShop, listing: EtsyListing): void {
  listing.renewals += 1;
  if (listing.state !== "sold_out") return;
  let left = 1;
  for (const { code, enabled } of listing.products) {
    shop.shelf.setShown(code, enabled ? left : 0);
    if (enabled) left = 0;
  }
}

function withAssociations(
  context: SandboxContext,
  shop: EtsyShop,
  listing: EtsyListing,
  query: URLSearchParams,
): Record<string, unknown> {
  const wire = wireListing(context, shop, listing);
  const includes = query.getAll("includes").flatMap((one) => one.split(","));
  return includes.includes("Inventory")
    ? { ...wire, inventory: wireInventory(shop, listing) }
    : wire;
}

/** Null: no page that Etsy gives. */
export function pageOf(
  query: URLSearchParams,
): { readonly limit: number; readonly offset: number } | null {
  const limit = Number(query.get("limit") ?? pageSizeDefault);
  const offset = Number(query.get("offset") ?? 0);
  const fits = Number.isInteger(limit) && limit >= 1 && limit <= pageSizeMax;
  return fits && Number.isInteger(offset) && offset >= 0 ? { limit, offset } : null;
}
