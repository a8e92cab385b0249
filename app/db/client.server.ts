import { PrismaPg } from "@prisma/adapter-pg";
import { type Prisma, PrismaClient } from "@prisma/client";
import { env } from "#app/env.server.ts";

/** Connections this process may hold. Web, worker and queue together stay below Postgres' default of 100. */
const poolConnectionsMax = 12;

let client: PrismaClient | undefined;

/** The process's one database client; connects on first use. */
export function db(): PrismaClient {
  client ??= new PrismaClient({
    adapter: new PrismaPg({ connectionString: env().DATABASE_URL, max: poolConnectionsMax }),
  });
  return client;
}

/** Ends the connections; for a clean stop and for tests. */
export async function closeDb(): Promise<void> {
  await client?.$disconnect();
  client = undefined;
}

/** What a repository function works on: the client or a running transaction. */
export type Database = Prisma.TransactionClient;

/** A transaction that waits longer than this for a connection, or runs longer, is rolled back. */
export const transactionMsMax = 15_000;

/** Runs `work` in one transaction; anything thrown rolls all of it back. @param msMax longest run */
export function inTransaction<T>(
  work: (tx: Database) => Promise<T>,
  msMax = transactionMsMax,
): Promise<T> {
  return db().$transaction(work, { maxWait: transactionMsMax, timeout: msMax });
}
