import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import pg from "pg";
import { StartError } from "./run-command.ts";

const postgresAnswerMsMax = 5_000;
const redisAnswerMsMax = 2_000;
/** PostgreSQL's code for "there is no such database": Prisma makes it. */
const noSuchDatabase = "3D000";

/** Host and port for messages; a password never shows. */
function placeOf(url: string, defaultPort: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || defaultPort}`;
}

function reasonOf(error: unknown): string {
  // Where a name has several addresses, Node collects one failure for each and says nothing above them.
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  if (!(first instanceof Error)) return "no reason given";
  const { code } = first as NodeJS.ErrnoException;
  if (code === "ECONNREFUSED") return "nothing listens there";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "the host name is not known";
  return first.message;
}

/** What is wrong with an address as such, in one line; undefined when it is one of PostgreSQL. */
export function databaseUrlProblem(databaseUrl: string): string | undefined {
  if (/^postgres(ql)?:\/\//.test(databaseUrl) && URL.canParse(databaseUrl)) return undefined;
  return "DATABASE_URL: must be the address of a PostgreSQL, such as postgresql://user:password@127.0.0.1:5432/lockstep";
}

/** Connects once. A database that does not exist yet is fine: the migration makes it. @throws StartError */
export async function requireDatabase(databaseUrl: string): Promise<void> {
  const problem = databaseUrlProblem(databaseUrl);
  if (problem !== undefined) throw new StartError(problem, "Correct it and start again.");
  const client = new pg.Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: postgresAnswerMsMax,
  });
  client.on("error", () => undefined);
  try {
    await client.connect();
  } catch (error) {
    if ((error as { code?: string }).code === noSuchDatabase) return;
    throw new StartError(
      `DATABASE_URL: no PostgreSQL can be used at ${placeOf(databaseUrl, "5432")}: ${reasonOf(error)}.`,
      "Start that database or correct DATABASE_URL, then try again.",
    );
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** What keeps a Redis from being used, in one line; undefined when it answers within 2 s. */
export async function redisProblem(redisUrl: string): Promise<string | undefined> {
  const redis = new Redis(redisUrl, {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let failure: unknown;
  // ioredis rejects with "Connection is closed." and tells the cause only here.
  redis.on("error", (error) => (failure ??= error));
  const answered = redis.connect().then(() => redis.ping());
  // Disconnecting rejects it once more, when nobody listens.
  answered.catch(() => undefined);
  const late = pause(redisAnswerMsMax, undefined, { ref: false }).then(() => {
    throw new Error(`no answer in ${redisAnswerMsMax / 1000} s`);
  });
  late.catch(() => undefined);
  try {
    await Promise.race([answered, late]);
    return undefined;
  } catch (error) {
    return `REDIS_URL: no Redis answers at ${placeOf(redisUrl, "6379")}: ${reasonOf(failure ?? error)}`;
  } finally {
    redis.disconnect();
  }
}
