import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { runMigrations } from "bullmq";
import pg from "pg";
import { requireDatabase } from "./reachable.ts";
import { lastLines, root, runPackage, StartError } from "./run-command.ts";

const prismaCli = path.join("prisma", "build", "index.js");

/** Generates Prisma's client when the schema or the installed packages changed. @throws StartError */
export async function ensurePrismaClient(signal?: AbortSignal): Promise<void> {
  const client = path.join(root, "node_modules", ".prisma", "client");
  const mark = path.join(client, ".lockstep-made-from");
  const hash = createHash("sha256");
  for (const file of ["prisma/schema.prisma", "node_modules/prisma/package.json"]) {
    hash.update(readFileSync(path.join(root, file)));
  }
  const wanted = hash.digest("hex");
  if (existsSync(mark) && readFileSync(mark, "utf8") === wanted) return;
  const result = await runPackage(prismaCli, ["generate"], { signal });
  if (result.code !== 0) {
    throw new StartError(
      `Prisma could not generate its client:\n${lastLines(result.output)}`,
      "Correct prisma/schema.prisma and start again.",
    );
  }
  writeFileSync(mark, wanted);
}

/**
 * Brings a database to this version: the app's tables, and BullMQ's unless the queue is on Redis. Safe to
 * run twice and from two places at once: both take a lock in the database. @throws StartError
 */
export async function migrate(
  databaseUrl: string,
  options: { redis: boolean; signal?: AbortSignal | undefined },
): Promise<void> {
  await requireDatabase(databaseUrl);
  const result = await runPackage(prismaCli, ["migrate", "deploy"], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
    signal: options.signal,
  });
  if (result.code !== 0) {
    throw new StartError(
      `The database could not be migrated:\n${lastLines(result.output)}`,
      "Which migration failed says: npx prisma migrate status.",
    );
  }
  if (options.redis) return;
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await runMigrations(client);
  } finally {
    await client.end();
  }
}
