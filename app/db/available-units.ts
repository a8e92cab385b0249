import { Prisma } from "@prisma/client";

/**
 * Units available to listing `l` at each location that feeds it, as an array (null: none): its SKU's own levels, or
 * for a bundle as many as its scarcest component makes, that component's safety stock kept back. Locations whose stock
 * a channel holds itself feed nobody. `l` is a row of `listing` in the statement around it.
 */
export const availableUnits = Prisma.sql`COALESCE((SELECT array_agg(v.on_hand - v.committed) FROM stock_level v
    JOIN location p ON p.shop_id = v.shop_id AND p.id = v.location_id AND p.active AND p.held_by IS NULL
    WHERE v.shop_id = l.shop_id AND v.sku_id = l.sku_id
      AND (l.location_id IS NULL OR v.location_id = l.location_id)),
  (SELECT ARRAY[min(GREATEST(0, COALESCE((SELECT sum(GREATEST(0, v.on_hand - v.committed)) FROM stock_level v
        JOIN location p ON p.shop_id = v.shop_id AND p.id = v.location_id AND p.active AND p.held_by IS NULL
        WHERE v.shop_id = c.shop_id AND v.sku_id = c.id
          AND (l.location_id IS NULL OR v.location_id = l.location_id)), 0) - c.safety_stock) / b.quantity)::int]
    FROM bundle_component b JOIN sku c ON c.shop_id = b.shop_id AND c.id = b.component_sku_id
    WHERE b.shop_id = l.shop_id AND b.bundle_sku_id = l.sku_id HAVING count(*) > 0))`;

/** What listing `l` of SKU `s` may sell now, before its channel's own limit (domain/propagation/sellable). */
export const sellableUnits = Prisma.sql`GREATEST(0, COALESCE((SELECT sum(GREATEST(0, units))
  FROM unnest(${availableUnits}) AS units), 0) - s.safety_stock)::int`;
