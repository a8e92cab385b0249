import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { type RunningLockstep, startLockstep } from "../lockstep.ts";
import { findOffline, findRun } from "../offline-file.ts";
import { printProgress } from "../progress.ts";
import { StartError } from "../run-command.ts";
import { defaultDataDir } from "../settings.ts";
import type { SaleOptions } from "./options.ts";

/** The Lockstep in which the sale takes place. */
export interface Target {
  readonly own: boolean;
  readonly appUrl: string;
  readonly adminUrl: string;
  readonly sandboxUrl: string;
  readonly databaseUrl: string;
  readonly shop: string;
  readonly pids: { readonly web: number | undefined; readonly worker: number | undefined };
  /** Stops and clears a Lockstep of our own; leaves a running one alone. */
  close(): Promise<void>;
}

/** Far above the buyers of any sale here: the limit is not felt. */
const liftedPatchRatePerSecond = 1_000;

/**
 * The running `npm start`, or a fresh Lockstep in a folder of its own.
 * @param dataDir where the running one keeps its data
 * @throws StartError
 */
export async function openTarget(
  options: SaleOptions,
  out: NodeJS.WriteStream,
  signal: AbortSignal,
  dataDir = defaultDataDir,
): Promise<Target> {
  const running = options.target === "own" ? null : await attach(dataDir);
  if (running) return running;
  if (options.target === "attach") {
    throw new StartError("No Lockstep is running here.", "Run npm start first, or leave --attach.");
  }
  return await startOwn(options, out, signal);
}

async function attach(dataDir: string): Promise<Target | null> {
  const offline = await findOffline(dataDir);
  const run = offline && (await findRun(dataDir));
  if (!offline || !run) return null;
  const pids = {
    web: childRunning(run.pid, "app/server.ts"),
    worker: childRunning(run.pid, "workers/index.ts"),
  };
  return { ...offline, own: false, pids, close: () => Promise.resolve() };
}

async function startOwn(
  options: SaleOptions,
  out: NodeJS.WriteStream,
  signal: AbortSignal,
): Promise<Target> {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), "lockstep-flash-sale-"));
  const progress = printProgress(out);
  const { hot, skus, stock, latencyMs, amazonLimit } = options;
  const size = hot ? { skus: 1, stock: skus * stock } : { skus, stock };
  let running: RunningLockstep;
  try {
    running = await startLockstep({
      dataDir,
      sandbox: { ...size, latencyMs },
      redisUrl: options.redisUrl,
      env:
        amazonLimit === "lifted"
          ? { AMAZON_PATCH_RATE_PER_SECOND: String(liftedPatchRatePerSecond) }
          : {},
      onProgress: progress.on,
      signal,
    });
  } catch (error) {
    progress.clear();
    rmSync(dataDir, { recursive: true, force: true });
    throw error;
  }
  const { appUrl, adminUrl, sandboxUrl, databaseUrl, offline } = running;
  return {
    ...{ own: true, appUrl, adminUrl, sandboxUrl, databaseUrl, shop: offline.shop },
    get pids() {
      return running.pids;
    },
    async close() {
      await running.stop();
      await running.postgres?.destroy();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

/** The process that a supervisor runs a script in. Linux only; undefined elsewhere. */
function childRunning(parentPid: number, script: string): number | undefined {
  if (!existsSync("/proc")) return undefined;
  const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const found = pids.find((pid) => {
    const status = readText(`/proc/${pid}/status`);
    const parent = Number(/^PPid:\s+(\d+)/m.exec(status)?.[1]);
    return parent === parentPid && readText(`/proc/${pid}/cmdline`).includes(script);
  });
  return found === undefined ? undefined : Number(found);
}

/** Most memory a process held at any time, in MB; null when it cannot be told (gone, or not on Linux). */
export function peakMemoryMb(pid: number | undefined): number | null {
  const status = pid === undefined ? "" : readText(`/proc/${pid}/status`);
  const kilobytes = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]);
  return Number.isFinite(kilobytes) ? Math.round(kilobytes / 1_024) : null;
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
