import { sellableUnits } from "#app/db/available-units.ts";
import { db } from "#app/db/client.server.ts";
import { quantityCaps } from "#app/services/listings/quantity-caps.ts";

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
      select v.sku_id, v.location_id, sum(greatest(v.on_hand - v.committed, 0)) as units
      from stock_level v
      join location p on p.shop_id = v.shop_id and p.id = v.location_id and p.active and p.held_by is null
      where v.shop_id = ${shopId}::uuid
      group by grouping sets ((v.sku_id), (v.sku_id, v.location_id))
    ), cap as (
      select * from unnest(${quantityCaps.map(({ channel }) => channel)}::text[], ${quantityCaps.map(({ most }) => most)}::int[])
        as c(channel, most)
    ), bundle as (
      select distinct bundle_sku_id from bundle_component where shop_id = ${shopId}::uuid
    ), standing as (
      select l.connection_id, case when l.paused_as is null then l.state else 'paused' end as state,
             l.last_error is not null as failed,
             l.expected_qty is not null and l.inflight_push_id is null
               and l.expected_qty = least(coalesce(cap.most, 2147483647),
                 case when b.bundle_sku_id is null then greatest(coalesce(f.units, 0) - s.safety_stock, 0)
                   else ${sellableUnits} end) as settled
      from listing l
      join sku s on s.shop_id = l.shop_id and s.id = l.sku_id
      join connection c on c.shop_id = l.shop_id and c.id = l.connection_id
      left join cap on cap.channel = c.channel
      left join bundle b on b.bundle_sku_id = l.sku_id
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
