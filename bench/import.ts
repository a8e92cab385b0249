import { spawn, type ChildProcess } from "node:child_process";
import path from "node:path";
import { nodeFlags, root } from "#scripts/run-command.ts";

/** The requirement (issue 3, "Numbers"): 100,000 listings of a channel in 5 minutes and 300 MB. */
const listingsWanted = 100_000;
const sampleEveryMs = 50;
const sandboxStartMsMax = 60_000;
const mebibyte = 2 ** 20;
/** The rates of these let the whole catalogue through in less than 5 minutes, by their own declarations. */
const measuredChannels = ["shopify", "amazon", "tiktok-shop", "walmart", "custom"];

/** One channel's import through the service: pages into PostgreSQL, matching and all. */
export interface ImportRow {
  readonly channel: string;
  readonly listings: number;
  readonly matched: number;
  readonly seconds: number;
  /** Peak resident memory of the importing process, and what it had before. */
  readonly peakMiB: number;
  readonly beforeMiB: number;
  readonly calls: number;
}

/** Starts the simulated platforms in a process of their own, so that this one's memory is the import's alone. */
export async function startBenchSandbox(): Promise<{ stop(): void }> {
  const { SANDBOX_STATE_FILE: _kept, ...variables } = process.env;
  const child = spawn(process.execPath, [...nodeFlags, path.join(root, "sandbox/index.ts")], {
    env: { ...variables, SANDBOX_SKUS: String(listingsWanted), SANDBOX_STOCK: "60" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await listening(child);
  return { stop: () => child.kill("SIGTERM") };
}

function listening(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new Error("the sandbox did not start in time"));
    const timer = setTimeout(late, sandboxStartMsMax);
    child.once("exit", () => reject(new Error("the sandbox ended before it listened")));
    child.stdout?.once("data", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Installs the demo shop and imports every measured channel's whole catalogue, one after the other. */
export async function measureImports(
  note: (text: string) => void,
  only: readonly string[] = measuredChannels,
): Promise<readonly ImportRow[]> {
  const sandboxUrl = process.env["SANDBOX_URL"] ?? "";
  const [{ db, closeDb }, { closeQueues }, { installShop }, demo, { demoAccounts }, { signIn }] =
    await Promise.all([
      import("#app/db/client.server.ts"),
      import("#app/queue/connection.server.ts"),
      import("#app/services/shops/install-shop.ts"),
      import("#scripts/demo-merchant.ts"),
      import("#sandbox/catalogue.ts"),
      import("#tests/support/seeded-world.ts"),
    ]);
  try {
    const { shopId } = await installShop({ domain: demoAccounts.shopify });
    await signIn(sandboxUrl, demoAccounts.shopify);
    const rows: ImportRow[] = [];
    for (const channel of only) {
      note(`${channel}: ${listingsWanted} SKUs`);
      const connectionId =
        channel === "shopify"
          ? (await db().connection.findFirstOrThrow({ where: { shopId, channel } })).id
          : await demo.connectDemo(shopId, channel, sandboxUrl);
      const callsBefore = await callsAt(sandboxUrl, channel);
      const memory = watchMemory();
      const startedAt = performance.now();
      await demo.imported(shopId, connectionId);
      const seconds = (performance.now() - startedAt) / 1_000;
      const { peakMiB, beforeMiB } = memory.end();
      const where = { shopId, connectionId };
      rows.push({
        ...{ channel, seconds, peakMiB, beforeMiB },
        listings: await db().listing.count({ where }),
        matched: await db().listing.count({ where: { ...where, skuId: { not: null } } }),
        calls: (await callsAt(sandboxUrl, channel)) - callsBefore,
      });
    }
    return rows;
  } finally {
    await closeQueues();
    await closeDb();
  }
}

async function callsAt(sandboxUrl: string, channel: string): Promise<number> {
  const answer = await fetch(`${sandboxUrl}/control/stats`);
  const stats = (await answer.json()) as Record<string, { requests: number } | undefined>;
  return stats[channel]?.requests ?? Number.NaN;
}

function watchMemory() {
  const beforeMiB = process.memoryUsage.rss() / mebibyte;
  let peakMiB = beforeMiB;
  const timer = setInterval(() => {
    peakMiB = Math.max(peakMiB, process.memoryUsage.rss() / mebibyte);
  }, sampleEveryMs);
  return {
    end() {
      clearInterval(timer);
      return { beforeMiB: Math.round(beforeMiB), peakMiB: Math.round(peakMiB) };
    },
  };
}

/** For people. */
export function printImports(rows: readonly ImportRow[]): string {
  const lines = rows.map(
    ({ channel, listings, matched, seconds, calls, peakMiB, beforeMiB }) =>
      `  ${channel.padEnd(12)} ${String(listings).padStart(8)} listings, ${String(matched).padStart(7)} matched   ` +
      `${seconds.toFixed(1).padStart(6)} s   ${String(calls).padStart(6)} calls   ${peakMiB} MiB at most (${beforeMiB} before)`,
  );
  return [
    "",
    "  Import, from the simulated platform into PostgreSQL, matched",
    "",
    ...lines,
    "",
    "",
  ].join("\n");
}
