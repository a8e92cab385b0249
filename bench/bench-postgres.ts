import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { EmbeddedPostgres } from "#scripts/embedded-postgres.ts";
import { ensurePrismaClient, migrate } from "#scripts/migrations.ts";
import { loadSettings, processEnvironment } from "#scripts/settings.ts";

/** A PostgreSQL for one run of the benchmarks: the embedded one, durable, empty but for the tables. */
export interface BenchPostgres {
  readonly databaseUrl: string;
  close(): Promise<void>;
}

/** Starts it and sets this process's environment, so that the app's own code runs here. */
export async function startBenchPostgres(): Promise<BenchPostgres> {
  const dataDir = mkdtempSync(path.join(os.tmpdir(), "lockstep-bench-"));
  const settings = await loadSettings(dataDir);
  const postgres = new EmbeddedPostgres({
    directory: path.join(dataDir, "postgres"),
    port: settings.ports.postgres,
    password: settings.postgresPassword,
    logFile: path.join(dataDir, "postgres.log"),
  });
  const close = async () => {
    await postgres.destroy();
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    await postgres.start();
    await postgres.ensureDatabase("lockstep");
    const databaseUrl = postgres.url("lockstep");
    await ensurePrismaClient();
    await migrate(databaseUrl, { redis: false });
    const env = { LOG_LEVEL: "error" };
    const surroundings = {
      dataDir,
      settings,
      databaseUrl,
      redisUrl: undefined,
      sandbox: undefined,
    };
    Object.assign(process.env, processEnvironment({ ...surroundings, env }));
    return { databaseUrl, close };
  } catch (error) {
    await close();
    throw error;
  }
}
