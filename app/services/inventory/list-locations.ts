import { db } from "#app/db/client.server.ts";

/** Locations one shop may have in an answer. */
const locationsMax = 1_000;

/** Where a shop keeps stock. */
export interface LocationRecord {
  readonly id: string;
  readonly name: string;
  readonly active: boolean;
}

/** A shop's own locations, the one that is sold from first in front; not those whose stock a channel holds. */
export function listLocations(shopId: string): Promise<LocationRecord[]> {
  return db().location.findMany({
    where: { shopId, heldBy: null },
    orderBy: [{ priority: "asc" }, { id: "asc" }],
    take: locationsMax,
    select: { id: true, name: true, active: true },
  });
}
