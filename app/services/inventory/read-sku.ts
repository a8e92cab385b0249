import { db } from "#app/db/client.server.ts";
import { readExpectedUnits } from "#app/db/expected-units.repo.ts";
import { quantityCaps } from "#app/services/listings/quantity-caps.ts";
import { listingStanding, shownBy, stateOf, type ListingStanding } from "./listing-standing.ts";

/** Listings and levels of one SKU that are read; more than any shop has. */
const listingsPerSkuMax = 1_000;
const levelsPerSkuMax = 1_000;

/** One SKU's stock at one location. */
export interface SkuLevel {
  readonly locationId: string;
  readonly location: string;
  readonly onHand: number;
  readonly committed: number;
  readonly available: number;
  /** Counts the changes of this level. */
  readonly version: number;
  /** The connection whose channel holds this stock itself: it counts for no other channel. Null for our own. */
  readonly heldBy: string | null;
}

/** One listing of a SKU. Moments are ISO 8601, `lagMs` is that of its last acknowledged push. */
export interface SkuListing {
  readonly listingId: string;
  readonly connectionId: string;
  readonly channel: string;
  readonly label: string;
  readonly locationId: string | null;
  readonly location: string | null;
  /** What the channel shows, as far as we know; null before the first read or write. */
  readonly shown: number | null;
  /** What it should show now. */
  readonly expected: number;
  /** The number it last confirmed, and up to which ledger entry. */
  readonly ackedQty: number | null;
  readonly ackedSeq: number;
  readonly ackedAt: string | null;
  readonly lagMs: number | null;
  readonly state: string;
  readonly standing: ListingStanding;
  readonly lastError: string | null;
  readonly nextAttemptAt: string | null;
  /** Why nothing is written to its connection now. */
  readonly pausedReason: string | null;
}

/** One SKU whole: its stock and what every channel shows. Quantities are whole units. */
export interface SkuRecord {
  readonly id: string;
  readonly code: string;
  readonly title: string;
  readonly safetyStock: number;
  readonly onHand: number;
  readonly committed: number;
  readonly available: number;
  /** Units that buyers ordered and no location had, over all orders still wanting them. */
  readonly oversold: number;
  /** The sum of our own levels' versions: grows with every change of the SKU's stock, never falls. */
  readonly version: number;
  /** Number of the SKU's last ledger entry; 0 when it has none. */
  readonly seq: number;
  readonly updatedAt: string;
  readonly levels: readonly SkuLevel[];
  readonly listings: readonly SkuListing[];
}

async function gather(shopId: string, skuId: string) {
  return Promise.all([
    db().stockLevel.findMany({ where: { shopId, skuId }, take: levelsPerSkuMax }),
    db().location.findMany({
      where: { shopId },
      orderBy: [{ priority: "asc" }, { id: "asc" }],
      take: levelsPerSkuMax,
    }),
    db().listing.findMany({
      where: { shopId, skuId },
      orderBy: { id: "asc" },
      take: listingsPerSkuMax,
    }),
    db().connection.findMany({ where: { shopId }, orderBy: [{ createdAt: "asc" }, { id: "asc" }] }),
    db().ledgerEntry.findFirst({
      where: { shopId, skuId },
      orderBy: { seq: "desc" },
      select: { seq: true },
    }),
    db().orderLine.aggregate({ where: { shopId, skuId }, _sum: { oversold: true } }),
    readExpectedUnits(db(), shopId, [skuId], quantityCaps),
  ]);
}

/** One SKU of a shop by its code, or null when this shop has no such SKU. */
export async function readSku(shopId: string, code: string): Promise<SkuRecord | null> {
  const sku = await db().sku.findUnique({ where: { shopId_code: { shopId, code } } });
  if (sku === null) return null;
  const [rows, locations, listings, connections, lastEntry, orders, expectedUnits] = await gather(
    shopId,
    sku.id,
  );
  const nameOf = (id: string | null) => locations.find((place) => place.id === id)?.name ?? null;
  const levels = levelsOf(rows, locations);
  const own = levels.filter((level) => level.heldBy === null);
  const sum = (pick: (level: SkuLevel) => number) =>
    own.reduce((total, level) => total + pick(level), 0);
  const described = connections.flatMap((connection) =>
    listings
      .filter((listing) => listing.connectionId === connection.id)
      .map((listing): SkuListing => {
        const expected = expectedUnits.get(listing.id) ?? 0;
        const { lastError, expectedQty: believed } = listing;
        const state = stateOf(listing);
        const writing = listing.inflightPushId !== null;
        return {
          listingId: listing.id,
          connectionId: connection.id,
          channel: connection.channel,
          label: connection.label,
          locationId: listing.locationId,
          location: nameOf(listing.locationId),
          shown: shownBy(listing),
          expected,
          ackedQty: listing.ackedQty,
          ackedSeq: Number(listing.ackedSeq),
          ackedAt: listing.ackedAt?.toISOString() ?? null,
          lagMs: listing.lagMs,
          state,
          standing: listingStanding({ state, believed, expected, lastError, writing }),
          lastError,
          nextAttemptAt: listing.nextAttemptAt?.toISOString() ?? null,
          pausedReason: whyResting(connection),
        };
      }),
  );
  const updatedAt = Math.max(
    sku.createdAt.getTime(),
    ...rows.map((row) => row.updatedAt.getTime()),
  );
  return {
    id: sku.id,
    code: sku.code,
    title: sku.title,
    safetyStock: sku.safetyStock,
    onHand: sum((level) => level.onHand),
    committed: sum((level) => level.committed),
    available: sum((level) => level.available),
    oversold: orders._sum.oversold ?? 0,
    version: sum((level) => level.version),
    seq: Number(lastEntry?.seq ?? 0n),
    updatedAt: new Date(updatedAt).toISOString(),
    levels,
    listings: described,
  };
}

interface LevelRow {
  readonly locationId: string;
  readonly onHand: number;
  readonly committed: number;
  readonly version: number;
}

interface LocationRow {
  readonly id: string;
  readonly name: string;
  readonly heldBy: string | null;
}

/** Levels in the order of the locations. */
function levelsOf(rows: readonly LevelRow[], locations: readonly LocationRow[]): SkuLevel[] {
  const places = new Map(locations.map((place, rank) => [place.id, { ...place, rank }]));
  const rank = (row: LevelRow) => places.get(row.locationId)?.rank ?? locations.length;
  return rows
    .toSorted((a, b) => rank(a) - rank(b))
    .map(({ locationId, onHand, committed, version }) => ({
      ...{ locationId, onHand, committed, version, available: onHand - committed },
      location: places.get(locationId)?.name ?? "Unknown location",
      heldBy: places.get(locationId)?.heldBy ?? null,
    }));
}

function whyResting(connection: { status: string; pausedReason: string | null }): string | null {
  if (connection.status === "active") return null;
  if (connection.status === "review") return "not live yet: look at its matches and go live";
  return connection.pausedReason ?? "no reason given";
}
