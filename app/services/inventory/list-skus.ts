import { db } from "#app/db/client.server.ts";
import { readExpectedUnits } from "#app/db/expected-units.repo.ts";
import { quantityCaps } from "#app/services/listings/quantity-caps.ts";
import { listingStanding, shownBy, stateOf, worstStanding } from "./listing-standing.ts";
import type { ListingStanding } from "./listing-standing.ts";

/** SKUs on one page. */
export const skuPageSizeMax = 50;
/** Longer searches are cut. */
const searchLengthMax = 100;
const connectionsMax = 200;

/** Which page: SKUs whose code or title contains `search`, after (or before) a code, in order of code. */
export interface SkuPageRequest {
  readonly shopId: string;
  readonly search?: string;
  readonly after?: string;
  readonly before?: string;
}

/** One SKU in the table. `shown` has a key per connection that lists it: its number, null when unknown. */
export interface SkuRow {
  readonly code: string;
  readonly title: string;
  readonly onHand: number;
  readonly committed: number;
  readonly available: number;
  readonly shown: Readonly<Record<string, number | null>>;
  readonly standing: ListingStanding;
}

/** A page of SKUs. `previous` and `next` are codes to continue from; null at the ends. */
export interface SkuPage {
  readonly connections: readonly { readonly id: string; readonly label: string }[];
  readonly rows: readonly SkuRow[];
  readonly previous: string | null;
  readonly next: string | null;
}

interface SkuRecord {
  readonly id: string;
  readonly code: string;
  readonly title: string;
}

function searchFilter(search: string) {
  if (search === "") return {};
  // Prisma hands LIKE's own characters on as they are.
  const literal = search.slice(0, searchLengthMax).replace(/[\\%_]/g, "\\$&");
  const contains = { contains: literal, mode: "insensitive" as const };
  return { OR: [{ code: contains }, { title: contains }] };
}

async function skuSlice(request: SkuPageRequest) {
  const { shopId, search = "", after, before } = request;
  const backwards = before !== undefined;
  const found = await db().sku.findMany({
    where: {
      shopId,
      ...searchFilter(search),
      ...(after !== undefined && { code: { gt: after } }),
      ...(backwards && { code: { lt: before } }),
    },
    orderBy: { code: backwards ? "desc" : "asc" },
    // One more than shown tells whether there is another page.
    take: skuPageSizeMax + 1,
    select: { id: true, code: true, title: true },
  });
  const skus = found.slice(0, skuPageSizeMax);
  if (backwards) skus.reverse();
  const more = { there: found.length > skuPageSizeMax, behind: backwards || after !== undefined };
  return { skus, ...pageEnds(skus, backwards, more) };
}

/** Codes to go on from. `there`: more SKUs lie in the direction of the walk; `behind`: we came from some. */
function pageEnds(
  skus: readonly SkuRecord[],
  backwards: boolean,
  more: { readonly there: boolean; readonly behind: boolean },
) {
  const first = skus[0]?.code ?? null;
  const last = skus.at(-1)?.code ?? null;
  return {
    previous: (backwards ? more.there : more.behind) ? first : null,
    next: (backwards ? more.behind : more.there) ? last : null,
  };
}

async function describe(shopId: string, skus: readonly SkuRecord[]): Promise<SkuRow[]> {
  const ids = skus.map((sku) => sku.id);
  const skuId = { in: ids };
  const [levels, listings, expected, held] = await Promise.all([
    db().stockLevel.findMany({ where: { shopId, skuId } }),
    db().listing.findMany({ where: { shopId, skuId } }),
    readExpectedUnits(db(), shopId, ids, quantityCaps),
    db().location.findMany({ where: { shopId, heldBy: { not: null } }, select: { id: true } }),
  ]);
  const heldIds = new Set(held.map(({ id }) => id));
  const levelsBySku = Map.groupBy(levels, (level) => level.skuId);
  const listingsBySku = Map.groupBy(listings, (listing) => listing.skuId);
  return skus.map((sku) => {
    // Stock that a channel holds is not for sale anywhere else.
    const free = (levelsBySku.get(sku.id) ?? []).filter(
      ({ locationId }) => !heldIds.has(locationId),
    );
    const own = listingsBySku.get(sku.id) ?? [];
    const shown: Record<string, number | null> = {};
    for (const listing of own) {
      // A connection may list a SKU several times (Shopify: once per location); one unknown hides the sum.
      const sum = shown[listing.connectionId];
      const units = shownBy(listing);
      shown[listing.connectionId] = sum === null || units === null ? null : (sum ?? 0) + units;
    }
    const standings = own.map((listing) =>
      listingStanding({
        state: stateOf(listing),
        believed: listing.expectedQty,
        expected: expected.get(listing.id) ?? 0,
        lastError: listing.lastError,
        writing: listing.inflightPushId !== null,
      }),
    );
    const onHand = free.reduce((sum, level) => sum + level.onHand, 0);
    const committed = free.reduce((sum, level) => sum + level.committed, 0);
    return {
      code: sku.code,
      title: sku.title,
      onHand,
      committed,
      available: onHand - committed,
      shown,
      standing: worstStanding(standings),
    };
  });
}

/** One page of a shop's SKUs with what every connection shows for them. Paged by key: stable under change. */
export async function listSkus(request: SkuPageRequest): Promise<SkuPage> {
  const { shopId } = request;
  const [{ skus, previous, next }, connections] = await Promise.all([
    skuSlice(request),
    db().connection.findMany({
      where: { shopId },
      orderBy: [{ createdAt: "asc" }, { id: "asc" }],
      take: connectionsMax,
      select: { id: true, label: true },
    }),
  ]);
  return { connections, rows: await describe(shopId, skus), previous, next };
}
