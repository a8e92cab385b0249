import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import { afterAll, afterEach, beforeAll } from "vitest";
import { type RunningLockstep, startLockstep, type StartOptions } from "#scripts/lockstep.ts";
import { lastLines } from "#scripts/run-command.ts";
import { ApiClient } from "./api-client.ts";
import { SandboxClient } from "./sandbox-client.ts";

/** Lines of each process's log that a failed test shows. */
const logLinesShown = 15;

export type InstallationOptions = Omit<StartOptions, "dataDir" | "durable">;

/** A whole running Lockstep with the ways to look at it from outside. */
export interface Installation {
  readonly lockstep: RunningLockstep;
  readonly dataDir: string;
  readonly sandbox: SandboxClient;
  readonly api: ApiClient;
  /** Read the database beside the app. */
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** Stops it, data stays: `openInstallation` with the same folder finds it again. */
  close(): Promise<void>;
  /** Stops it and removes its folder. */
  destroy(): Promise<void>;
}

export function newDataDir(): string {
  return mkdtempSync(path.join(tmpdir(), "lockstep-e2e-"));
}

export async function openInstallation(
  dataDir: string,
  options: InstallationOptions,
): Promise<Installation> {
  const lockstep = await startLockstep({ ...options, dataDir, durable: false });
  const pool = new pg.Pool({ connectionString: lockstep.databaseUrl, max: 2 });
  // The database goes away under an idle connection when it is stopped.
  pool.on("error", () => undefined);
  return {
    lockstep,
    dataDir,
    sandbox: new SandboxClient(lockstep.sandboxUrl),
    api: new ApiClient(lockstep),
    query: async (sql, values = []) => (await pool.query(sql, values)).rows,
    close: async () => {
      await pool.end();
      await lockstep.stop();
    },
    destroy: async () => {
      await pool.end();
      await lockstep.destroy();
    },
  };
}

function showLogs(dataDir: string): void {
  for (const name of ["web", "worker", "sandbox"]) {
    const log = readFileSync(path.join(dataDir, "logs", `${name}.log`), "utf8");
    console.log(`--- ${name}.log\n${lastLines(log, logLinesShown)}`);
  }
}

/**
 * One installation for all tests of a file, in a folder of its own; a failed test shows the ends of the logs.
 * @param options a function when something has to be there first (a Redis)
 */
export function useInstallation(
  options: InstallationOptions | (() => InstallationOptions),
): () => Installation {
  let installation: Installation | undefined;
  beforeAll(async () => {
    const given = typeof options === "function" ? options() : options;
    installation = await openInstallation(newDataDir(), given);
  });
  afterEach(({ task }) => {
    if (task.result?.state === "fail" && installation) showLogs(installation.dataDir);
  });
  afterAll(async () => {
    await installation?.destroy();
  });
  return () => {
    if (!installation) throw new Error("the installation is not running yet");
    return installation;
  };
}
