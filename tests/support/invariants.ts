import { db } from "#app/db/client.server.ts";
import { expect } from "vitest";

/**
 * What always holds (DESIGN 3), checked by name in the database: Conservation, Never negative, gapless
 * numbers. Call it at the end of every test that moves stock.
 */
export async function expectInvariants(): Promise<void> {
  const broken = await db().$queryRaw<object[]>`
    SELECT 'Conservation' AS broken, l.sku_id, l.location_id, l.on_hand, l.committed
    FROM stock_level l LEFT JOIN (
      SELECT shop_id, sku_id, location_id, sum(on_hand_delta) AS on_hand, sum(committed_delta) AS committed,
        count(*) AS entries
      FROM ledger_entry GROUP BY 1, 2, 3
    ) e USING (shop_id, sku_id, location_id)
    WHERE l.on_hand <> COALESCE(e.on_hand, 0) OR l.committed <> COALESCE(e.committed, 0)
      OR l.version <> COALESCE(e.entries, 0)
    UNION ALL
    SELECT 'Never negative', sku_id, location_id, on_hand, committed FROM stock_level
    WHERE on_hand < 0 OR committed < 0 OR on_hand < committed`;
  expect(broken).toEqual([]);
  const gaps = await db().$queryRaw<object[]>`
    SELECT h.shop_id, h.seq, count(e.seq) AS entries, max(e.seq) AS last
    FROM ledger_head h LEFT JOIN ledger_entry e ON e.shop_id = h.shop_id
    GROUP BY 1, 2 HAVING count(e.seq) <> h.seq OR COALESCE(max(e.seq), 0) <> h.seq`;
  expect(gaps, "Gapless: the head is the number of entries").toEqual([]);
  const versions = await db().$queryRaw<object[]>`
    SELECT seq FROM (
      SELECT seq, level_version,
        row_number() OVER (PARTITION BY shop_id, sku_id, location_id ORDER BY seq) AS place
      FROM ledger_entry) AS numbered
    WHERE level_version <> place`;
  expect(versions, "every entry made exactly one version of its level").toEqual([]);
}

/** Once: what is committed is what the orders hold, no unit more or less. For tests whose sales are orders. */
export async function expectOrdersHeld(): Promise<void> {
  const held = await db().$queryRaw<object[]>`
    SELECT l.sku_id, COALESCE(sum(l.committed), 0) AS committed, COALESCE(max(o.held), 0) AS held
    FROM stock_level l LEFT JOIN (
      SELECT ol.shop_id, ol.sku_id, sum(a.units - a.shipped) AS held FROM order_line ol,
        LATERAL (SELECT sum((v.value->>'units')::int) AS units, sum((v.value->>'shipped')::int) AS shipped
          FROM jsonb_each(ol.allocations) v) a
      GROUP BY 1, 2
    ) o ON o.shop_id = l.shop_id AND o.sku_id = l.sku_id
    GROUP BY l.shop_id, l.sku_id HAVING COALESCE(sum(l.committed), 0) <> COALESCE(max(o.held), 0)`;
  expect(held, "Once: committed is what the orders hold").toEqual([]);
}
