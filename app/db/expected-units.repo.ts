import { sellableUnits } from "./available-units.ts";
import type { Database } from "./client.server.ts";

/** A channel that shows no more than so many units. */
export interface QuantityCap {
  readonly channel: string;
  readonly most: number;
}

/**
 * What each listing of these SKUs should show now, by listing id: what propagation would write. 0 for one that is
 * paused; listings whose stock the channel holds itself are left out.
 */
export async function readExpectedUnits(
  db: Database,
  shopId: string,
  skuIds: readonly string[],
  caps: readonly QuantityCap[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await db.$queryRaw<{ listingId: string; units: number }[]>`
    SELECT l.id AS "listingId", CASE WHEN l.paused_as IS NULL
      THEN least(coalesce(cap.most, 2147483647), ${sellableUnits}) ELSE 0 END AS units
    FROM listing l
    JOIN sku s ON s.shop_id = l.shop_id AND s.id = l.sku_id
    JOIN connection c ON c.shop_id = l.shop_id AND c.id = l.connection_id
    LEFT JOIN unnest(${caps.map(({ channel }) => channel)}::text[], ${caps.map(({ most }) => most)}::int[])
      AS cap(channel, most) ON cap.channel = c.channel
    WHERE l.shop_id = ${shopId}::uuid AND l.sku_id = ANY(${[...skuIds]}::uuid[]) AND l.state <> 'held'`;
  return new Map(rows.map(({ listingId, units }) => [listingId, units]));
}
