import { db } from "#app/db/client.server.ts";

/** One connection's listings by standing (services/inventory/listing-standing.ts). */
export interface ListingCounts {
  readonly connectionId: string;
  readonly inStep: number;
  readonly behind: number;
  readonly failed: number;
  /** Paused by the merchant, or gone at the channel. */
  readonly resting: number;
}

/** Counts every linked listing of a shop once. One pass over its levels and listings. */
export function readListingCounts(shopId: string): Promise<ListingCounts[]> {
  return db().$queryRaw<ListingCounts[]>`
    with free as (
      select sku_id, location_id, sum(greatest(on_hand - committed, 0)) as units
      from stock_level where shop_id = ${shopId}::uuid
      group by grouping sets ((sku_id), (sku_id, location_id))
    ), standing as (
      select l.connection_id, l.state, l.last_error is not null as failed,
             l.expected_qty is not null and l.inflight_push_id is null
               and l.expected_qty = greatest(coalesce(f.units, 0) - s.safety_stock, 0) as settled
      from listing l
      join sku s on s.shop_id = l.shop_id and s.id = l.sku_id
      left join free f on f.sku_id = l.sku_id and f.location_id is not distinct from l.location_id
      where l.shop_id = ${shopId}::uuid
    )
    select connection_id::text as "connectionId",
           count(*) filter (where state = 'active' and not failed and settled)::int as "inStep",
           count(*) filter (where state = 'active' and not failed and not settled)::int as behind,
           count(*) filter (where state = 'active' and failed)::int as failed,
           count(*) filter (where state <> 'active')::int as resting
    from standing
    group by connection_id`;
}
