import { setTimeout as wait } from "node:timers/promises";
import { db } from "#app/db/client.server.ts";
import { logger } from "#app/lib/logger.ts";

/** A part that has not answered by then is down. */
const partAnswerMsMax = 2_000;
/** A worker that was silent for longer is down. Workers write every few seconds. */
const workerSilenceMsMax = 15_000;
/** Shops whose ledger is looked at, those with the highest numbers first. */
const ledgersCheckedMax = 20;

/**
 * One part of the app and what is to say of it in words. "unknown": it cannot be looked at while
 * another part, which is the cause, is down.
 */
export interface HealthPart {
  readonly name: string;
  readonly state: "ok" | "down" | "unknown";
  readonly detail: string;
}

/** All parts; `ok` when every one is. */
export interface Health {
  readonly ok: boolean;
  readonly parts: readonly HealthPart[];
}

/** A fault in our own words. Those of drivers name hosts and ports, which /healthz tells nobody. */
class HealthFault extends Error {}

async function checkPart(name: string, check: () => Promise<string>): Promise<HealthPart> {
  const slow = wait(partAnswerMsMax, undefined, { ref: false }).then(() => {
    throw new HealthFault(`no answer in ${String(partAnswerMsMax)} ms`);
  });
  try {
    return { name, state: "ok", detail: await Promise.race([check(), slow]) };
  } catch (error) {
    if (error instanceof HealthFault) return { name, state: "down", detail: error.message };
    logger.warn({ err: error, part: name }, "a part does not answer");
    return { name, state: "down", detail: "does not answer; the log says why" };
  } finally {
    slow.catch(() => undefined);
  }
}

async function checkPostgres(): Promise<string> {
  await db().$queryRaw`select 1`;
  return "answers";
}

async function checkQueueTables(): Promise<void> {
  const [row] = await db().$queryRaw<{ there: boolean }[]>`
    select to_regnamespace('bullmq') is not null as there`;
  if (row?.there !== true) throw new HealthFault("the queue's tables are missing");
}

async function checkWorkers(): Promise<string> {
  const since = new Date(Date.now() - workerSilenceMsMax);
  const alive = await db().heartbeat.count({
    where: { name: { startsWith: "worker:" }, at: { gt: since } },
  });
  if (alive > 0) return `${String(alive)} alive`;
  throw new HealthFault(`no worker gave a sign of life for ${String(workerSilenceMsMax / 1000)} s`);
}

/** The head must equal the last entry: both are written in one transaction. */
async function checkLedger(): Promise<string> {
  const [row] = await db().$queryRaw<{ checked: number; broken: number }[]>`
    select count(*)::int as checked,
           count(*) filter (where h.seq <> coalesce((
             select e.seq from ledger_entry e where e.shop_id = h.shop_id
             order by e.seq desc limit 1), 0))::int as broken
    from (select shop_id, seq from ledger_head order by seq desc limit ${ledgersCheckedMax}) h`;
  if (row === undefined || row.broken === 0) return "head and last entry agree";
  throw new HealthFault(`head and last entry differ in ${String(row.broken)} ledgers`);
}

/** While Postgres is down, what is read from it is not to blame. */
function withoutConsequences(
  parts: readonly HealthPart[],
  queueOnPostgres: boolean,
): readonly HealthPart[] {
  const postgres = parts.find(({ name }) => name === "postgres");
  if (postgres?.state === "ok") return parts;
  const readFromIt = new Set(["worker", "ledger", ...(queueOnPostgres ? ["queue"] : [])]);
  return parts.map((part) =>
    part.state === "down" && readFromIt.has(part.name)
      ? { name: part.name, state: "unknown", detail: "cannot be read while postgres is down" }
      : part,
  );
}

/**
 * Looks at every part side by side; takes at most two seconds.
 * @param checkQueue resolves when the queue's store answers; by default the store is Postgres.
 */
export async function readHealth(
  checkQueue: () => Promise<void> = checkQueueTables,
): Promise<Health> {
  const found = await Promise.all([
    checkPart("postgres", checkPostgres),
    checkPart("queue", () => checkQueue().then(() => "answers")),
    checkPart("worker", checkWorkers),
    checkPart("ledger", checkLedger),
  ]);
  const parts = withoutConsequences(found, checkQueue === checkQueueTables);
  return { ok: parts.every(({ state }) => state === "ok"), parts };
}
