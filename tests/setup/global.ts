import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { EmbeddedPostgres } from "#scripts/embedded-postgres.ts";
import { ensurePrismaClient, migrate } from "#scripts/migrations.ts";
import { randomFreePort } from "#scripts/ports.ts";
import { redisMissing, startRedis } from "./redis.ts";

type Close = () => Promise<void>;

const databasePrefix = "lockstep_test_";

async function startCluster(): Promise<{ adminUrl: string; close: Close }> {
  const given = process.env["TEST_DATABASE_URL"];
  if (given) return { adminUrl: given, close: () => Promise.resolve() };
  const folder = mkdtempSync(path.join(tmpdir(), "lockstep-test-"));
  const postgres = new EmbeddedPostgres({
    directory: path.join(folder, "postgres"),
    port: await randomFreePort(),
    password: "test",
    logFile: path.join(folder, "postgres.log"),
    durable: false,
  });
  await postgres.start();
  return {
    adminUrl: postgres.url("postgres"),
    close: async () => {
      await postgres.destroy();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function withAdmin<T>(adminUrl: string, run: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    return await run(client);
  } finally {
    await client.end();
  }
}

/** A migrated database to copy from: one per run, because runs may share a cluster. */
async function makeTemplate(adminUrl: string): Promise<string> {
  const name = `${databasePrefix}template_${process.pid}`;
  await withAdmin(adminUrl, async (client) => {
    await client.query(`DROP DATABASE IF EXISTS ${name}`);
    await client.query(`CREATE DATABASE ${name}`);
  });
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  await ensurePrismaClient();
  await migrate(url.href, { redis: false });
  return name;
}

/** Test files drop their own copy; what a crashed one left goes here, with the template. */
async function dropDatabases(adminUrl: string): Promise<void> {
  await withAdmin(adminUrl, async (client) => {
    const found = await client.query<{ datname: string }>(
      "SELECT datname FROM pg_database WHERE datname LIKE $1",
      [`${databasePrefix}%${process.pid}%`],
    );
    for (const { datname } of found.rows) {
      await client.query(`DROP DATABASE ${pg.escapeIdentifier(datname)} WITH (FORCE)`);
    }
  });
}

/** Runs once before the integration tests: a PostgreSQL with a migrated template, and a Redis. */
export default async function setup(project: TestProject): Promise<Close> {
  const cluster = await startCluster();
  const redisUrl = process.env["REDIS_URL"] ?? null;
  const redis = redisUrl === null ? await startRedis() : null;
  if (redisUrl === null && redis === null)
    console.warn(`Redis suites are skipped: ${redisMissing}`);
  project.provide("adminUrl", cluster.adminUrl);
  project.provide("templateName", await makeTemplate(cluster.adminUrl));
  project.provide("redisUrl", redisUrl ?? redis?.url ?? null);
  return async () => {
    await redis?.stop();
    if (process.env["TEST_DATABASE_URL"]) await dropDatabases(cluster.adminUrl);
    await cluster.close();
  };
}
