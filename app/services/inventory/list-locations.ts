import { db } from "#app/db/client.server.ts";

/** Locations one shop may have in an answer. */
const locationsMax = 1_000;

/** Where a shop keeps stock. */
export interface LocationRecord {
  readonly id: string;
  readonly name: string;
  readonly active: boolean;
}

/** All locations of a shop, the one that is sold from first in front. */
export function listLocations(shopId: string): Promise<LocationRecord[]> {
  return db().location.findMany({
    where: { shopId },
    orderBy: [{ priority: "asc" }, { id: "asc" }],
    take: locationsMax,
    select: { id: true, name: true, active: true },
  });
}
