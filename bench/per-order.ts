import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import type { BenchShop } from "./bench-shop.ts";
import { timed, type Measured, type Workload } from "./measured.ts";

// The usual design, for comparison: one transaction per order with the same rows. It is spared the inbox row
// and the gapless number (a sequence gives its numbers), so it has less to do than the ledger.

/** Connections, and orders in flight. */
const clients = 16;
const pgbenchSeconds = 4;

const statements = {
  take: `UPDATE stock_level SET committed = committed + 1, version = version + 1, updated_at = now()
    WHERE shop_id = $1 AND sku_id = $2 AND location_id = $3 AND on_hand - committed >= 1
    RETURNING on_hand, committed, version`,
  entry: `INSERT INTO ledger_entry (shop_id, seq, sku_id, location_id, kind, on_hand_delta, committed_delta,
      on_hand_after, committed_after, level_version, idempotency_key, content_hash, channel, connection_id,
      order_id, actor, correlation_id, occurred_at, received_at)
    VALUES ($1, nextval('bench_seq'), $2, $3, 'sale', 0, 1, $4, $5, $6, $7, 'sale|1', 'ebay', $8, $7, 'ebay',
      gen_random_uuid(), now(), now())`,
  order: `INSERT INTO "order" (shop_id, connection_id, order_id, revision, placed_at)
    VALUES ($1, $2, $3, 1, now())`,
  line: `INSERT INTO order_line (shop_id, connection_id, order_id, line_id, sku_id, quantity, allocations)
    VALUES ($1, $2, $3, '1', $4, 1, '{}')`,
  listing: `UPDATE listing SET expected_qty = expected_qty - 1 WHERE shop_id = $1 AND id = $2`,
};

export async function prepareComparison(databaseUrl: string, shop: BenchShop): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query("CREATE SEQUENCE bench_seq START 1000000000");
    await client.query("CREATE TABLE bench_sku (n int PRIMARY KEY, sku_id uuid, listing_id uuid)");
    await client.query(
      "INSERT INTO bench_sku SELECT * FROM unnest($1::int[], $2::uuid[], $3::uuid[])",
      [
        shop.skus.map((_, index) => index + 1),
        shop.skus.map(({ skuId }) => skuId),
        shop.skus.map(({ listingId }) => listingId),
      ],
    );
  } finally {
    await client.end();
  }
}

/** From Node over `pg`: 16 connections, prepared statements. */
export async function measurePerOrder(
  databaseUrl: string,
  shop: BenchShop,
  workload: Workload,
  forMs: number,
): Promise<Measured> {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: clients });
  try {
    return await timed({ forMs, workers: clients }, () =>
      Promise.resolve({ lines: 1, run: () => takeOne(pool, shop, workload) }),
    );
  } finally {
    await pool.end();
  }
}

async function takeOne(pool: pg.Pool, shop: BenchShop, workload: Workload): Promise<void> {
  const { shopId, connectionId, locationId, skus } = shop;
  const sku = skus[workload === "hot" ? 0 : Math.floor(Math.random() * skus.length)];
  if (!sku) throw new Error("the bench shop has no SKUs");
  const orderId = `${Date.now()}-${Math.random()}`;
  const client = await pool.connect();
  const run = (name: keyof typeof statements, values: unknown[]) =>
    client.query({ name, text: statements[name], values });
  try {
    await client.query("BEGIN");
    const { rows } = await run("take", [shopId, sku.skuId, locationId]);
    const level = rows[0] as { on_hand: number; committed: number; version: number };
    const after = [level.on_hand, level.committed, level.version];
    await run("entry", [shopId, sku.skuId, locationId, ...after, orderId, connectionId]);
    await run("order", [shopId, connectionId, orderId]);
    await run("line", [shopId, connectionId, orderId, sku.skuId]);
    await run("listing", [shopId, sku.listingId]);
    await client.query("COMMIT");
  } finally {
    client.release();
  }
}

/** The same transaction by PostgreSQL's own load generator, where it is on the PATH; else null. */
export async function measurePgbench(
  databaseUrl: string,
  shop: BenchShop,
  workload: Workload,
): Promise<Measured | null> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "lockstep-pgbench-"));
  try {
    const script = path.join(folder, "order.sql");
    writeFileSync(script, pgbenchScript(shop, workload));
    const load = [
      "-n",
      "-M",
      "prepared",
      "-c",
      String(clients),
      "-j",
      "2",
      "-T",
      String(pgbenchSeconds),
    ];
    const { stdout } = await promisify(execFile)("pgbench", [...load, "-f", script, databaseUrl]);
    const perSecond = Number(/tps = ([\d.]+)/.exec(stdout)?.[1]);
    const averageMs = Number(/latency average = ([\d.]+)/.exec(stdout)?.[1]);
    if (!Number.isFinite(perSecond)) return null;
    return { linesPerSecond: Math.round(perSecond), p50Ms: Math.round(averageMs), p99Ms: NaN };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function pgbenchScript(shop: BenchShop, workload: Workload): string {
  const { shopId, connectionId, locationId, skus } = shop;
  const bind = (text: string, values: readonly string[]) =>
    `${text.replace(/\$(\d)/g, (_, place: string) => values[Number(place) - 1] ?? "")}`.replace(
      /\s+/g,
      " ",
    );
  const [shopText, connection, location] = [shopId, connectionId, locationId].map(
    (id) => `'${id}'::uuid`,
  ) as [string, string, string];
  const [sku, listing, order] = [
    "(SELECT sku_id FROM bench_sku WHERE n = :n)",
    "(SELECT listing_id FROM bench_sku WHERE n = :n)",
    ":o::text",
  ];
  const after = [":l_on_hand::int", ":l_committed::int", ":l_version::int"];
  return [
    `\\set n random(1, ${workload === "hot" ? 1 : skus.length})`,
    "\\set o random(1, 9000000000000000000)",
    "BEGIN;",
    `${bind(statements.take, [shopText, sku, location])} \\gset l_`,
    `${bind(statements.entry, [shopText, sku, location, ...after, order, connection])};`,
    `${bind(statements.order, [shopText, connection, order])};`,
    `${bind(statements.line, [shopText, connection, order, sku])};`,
    `${bind(statements.listing, [shopText, listing])};`,
    "COMMIT;",
    "",
  ].join("\n");
}
