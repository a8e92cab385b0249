import { setTimeout as wait } from "node:timers/promises";
import { db } from "#app/db/client.server.ts";

/** A part that has not answered by then is down. */
const partAnswerMsMax = 2_000;
/** A worker that was silent for longer is down. Workers write every few seconds. */
const workerSilenceMsMax = 15_000;
/** Shops whose ledger is looked at, those with the highest numbers first. */
const ledgersCheckedMax = 20;

/** One part of the app: "ok", or what is wrong in words. */
export interface HealthPart {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

/** All parts; `ok` when every one is. */
export interface Health {
  readonly ok: boolean;
  readonly parts: readonly HealthPart[];
}

async function checkPart(name: string, check: () => Promise<string>): Promise<HealthPart> {
  const slow = wait(partAnswerMsMax, undefined, { ref: false }).then(() => {
    throw new Error(`no answer in ${String(partAnswerMsMax)} ms`);
  });
  try {
    return { name, ok: true, detail: await Promise.race([check(), slow]) };
  } catch (error) {
    // The first line names the cause; the rest is for the log, not for whoever asks.
    const text = error instanceof Error ? error.message.trim() : String(error);
    return { name, ok: false, detail: text.split("\n").at(-1) ?? "failed" };
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
  if (row?.there !== true) throw new Error("the queue's tables are missing");
}

async function checkWorkers(): Promise<string> {
  const since = new Date(Date.now() - workerSilenceMsMax);
  const alive = await db().heartbeat.count({
    where: { name: { startsWith: "worker:" }, at: { gt: since } },
  });
  if (alive > 0) return `${String(alive)} alive`;
  throw new Error(`no worker gave a sign of life for ${String(workerSilenceMsMax / 1000)} s`);
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
  throw new Error(`head and last entry differ in ${String(row.broken)} ledgers`);
}

/**
 * Looks at every part side by side; takes at most two seconds.
 * @param checkQueue resolves when the queue's store answers; by default the store is Postgres.
 */
export async function readHealth(
  checkQueue: () => Promise<void> = checkQueueTables,
): Promise<Health> {
  const parts = await Promise.all([
    checkPart("postgres", checkPostgres),
    checkPart("queue", () => checkQueue().then(() => "answers")),
    checkPart("worker", checkWorkers),
    checkPart("ledger", checkLedger),
  ]);
  return { ok: parts.every((part) => part.ok), parts };
}
