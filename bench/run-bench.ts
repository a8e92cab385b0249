import os from "node:os";
import { SaleDatabase } from "#scripts/flash-sale/sale-database.ts";
import type { Measured, Workload } from "./measured.ts";

const skuCount = 10_000;
/** Measured time of one cell of the table. */
const cellMs = 2_500;
const doorMs = 5_000;

export interface LedgerRow {
  readonly design: string;
  readonly workload: Workload;
  readonly batchSize: number;
  readonly measured: Measured | null;
  readonly retries?: number;
}

/**
 * All benchmarks on one database.
 * @param note says what is measured now
 */
export async function runBench(databaseUrl: string, note: (text: string) => void) {
  const loadBefore = Math.round((os.loadavg()[0] ?? 0) * 100) / 100;
  // Loaded late: the app's code reads its environment, and that was set a moment ago.
  const [{ createBenchShop }, ledger, perOrder, { measureTextbook }, { measureDoor }, client] =
    await Promise.all([
      import("./bench-shop.ts"),
      import("./ledger.ts"),
      import("./per-order.ts"),
      import("./textbook.ts"),
      import("./door.ts"),
      import("#app/db/client.server.ts"),
    ]);
  try {
    note(`three shops with ${skuCount} SKUs`);
    // One per workload: the second one's history must not weigh on it.
    const shops = {
      uniform: await createBenchShop("ledger-uniform", skuCount),
      hot: await createBenchShop("ledger-hot", skuCount),
    };
    const other = await createBenchShop("comparison-bench", skuCount);
    await perOrder.prepareComparison(databaseUrl, other);
    const rows: LedgerRow[] = [];
    for (const workload of ["uniform", "hot"] as const) {
      for (const batchSize of ledger.batchSizes) {
        note(`ledger, ${workload}, ${batchSize} orders a commit`);
        const measured = await ledger.measureLedger(shops[workload], workload, batchSize, cellMs);
        rows.push({ design: "ledger", workload, batchSize, measured });
      }
      const common = { workload, batchSize: 1 };
      note(`one transaction per order, ${workload}`);
      const one = await perOrder.measurePerOrder(databaseUrl, other, workload, cellMs);
      rows.push({ ...common, design: "per-order", measured: one });
      const pgbench = await perOrder.measurePgbench(databaseUrl, other, workload);
      rows.push({ ...common, design: "pgbench", measured: pgbench });
      note(`textbook loop, ${workload}`);
      const { retries, ...textbook } = await measureTextbook(other, workload, cellMs);
      rows.push({ ...common, design: "textbook", measured: textbook, retries });
    }
    note("webhook door");
    const door = await measureDoor(databaseUrl, shops.hot.domain, doorMs);
    const holds = await Promise.all(
      Object.values(shops).map((one) => ledgerHolds(databaseUrl, one.domain)),
    );
    return {
      machine: {
        ...{ cores: os.cpus().length, node: process.version, synchronousCommit: "on" },
        loadBefore,
      },
      ledger: rows,
      ratios: ratiosOf(rows),
      ledgerHolds: holds.every(Boolean),
      door,
    };
  } finally {
    await client.closeDb();
    await (await import("#app/queue/connection.server.ts")).closeQueues();
  }
}

async function ledgerHolds(databaseUrl: string, domain: string): Promise<boolean> {
  const database = await SaleDatabase.open(databaseUrl, domain);
  try {
    const { unexplainedLevels, negativeLevels, gapless } = await database.checkLedger();
    return unexplainedLevels === 0 && negativeLevels === 0 && gapless;
  } finally {
    await database.close();
  }
}

export type BenchResult = Awaited<ReturnType<typeof runBench>>;

/** How many times as fast the ledger's best batch size is as each other design, by workload. */
function ratiosOf(rows: readonly LedgerRow[]) {
  return (["uniform", "hot"] as const).map((workload) => {
    const of = (design: string) => {
      const found = rows.filter((row) => row.design === design && row.workload === workload);
      return Math.max(...found.map(({ measured }) => measured?.linesPerSecond ?? 0));
    };
    const ours = of("ledger");
    const over = (design: string) =>
      of(design) > 0 ? Math.round((ours / of(design)) * 10) / 10 : null;
    return {
      workload,
      overPerOrder: over("per-order"),
      overPgbench: over("pgbench"),
      overTextbook: over("textbook"),
    };
  });
}
