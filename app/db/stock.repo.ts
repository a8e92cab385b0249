import { Prisma } from "@prisma/client";
import type { Level } from "#app/domain/stock/level.ts";
import { movementContent, type Entry } from "#app/domain/stock/movement.ts";
import type { LevelChange } from "#app/domain/stock/stock-book.ts";
import type { Database } from "./client.server.ts";

interface LevelRow {
  sku_id: string;
  location_id: string;
  on_hand: number;
  committed: number;
  version: number;
}

/** All levels of the given SKUs, over all locations. */
export async function readLevels(
  db: Database,
  shopId: string,
  skuIds: readonly string[],
): Promise<Level[]> {
  if (skuIds.length === 0) return [];
  const rows = await db.$queryRaw<LevelRow[]>`
    SELECT sku_id, location_id, on_hand, committed, version FROM stock_level
    WHERE shop_id = ${shopId}::uuid AND sku_id = ANY(${[...skuIds]}::uuid[])`;
  return rows.map((row) => ({
    skuId: row.sku_id,
    locationId: row.location_id,
    onHand: row.on_hand,
    committed: row.committed,
    version: row.version,
  }));
}

/** Active locations, the one to take from first at the head. */
export async function readFulfilmentLocations(
  db: Database,
  shopId: string,
): Promise<{ readonly id: string; readonly externalId: string | null }[]> {
  return await db.$queryRaw`
    SELECT id, external_id AS "externalId" FROM location
    WHERE shop_id = ${shopId}::uuid AND active AND held_by IS NULL ORDER BY priority, id`;
}

/** Somebody else changed a level, or wrote the same fact, since it was read: read again and decide again. */
export class StaleRead extends Error {
  constructor(what: string) {
    super(`read again: ${what}`);
    this.name = "StaleRead";
  }
}

/**
 * Writes one decision: takes the shop's next ledger numbers, updates every changed level where its version
 * is still the one read, appends the entries. Set-wise: one statement whatever the number of entries.
 * Taking the numbers locks the shop's head row until commit, so numbers are gapless and in commit order.
 * @returns the number of the first entry
 * @throws StaleRead when a level moved since it was read; the caller's transaction must roll back
 */
export async function appendToLedger(
  db: Database,
  shopId: string,
  changes: readonly LevelChange[],
  entries: readonly Entry[],
): Promise<bigint> {
  const skuIds = [...new Set(changes.map((change) => change.skuId))];
  const created = changes.filter((change) => change.readVersion === 0);
  if (created.length > 0) await createLevels(db, shopId, created);
  const [result] = await db.$queryRaw<{ seq: bigint; updated: bigint }[]>`
    WITH head AS (
      UPDATE ledger_head SET seq = seq + ${entries.length} WHERE shop_id = ${shopId}::uuid RETURNING seq
    ), updated AS (
      UPDATE stock_level AS l SET on_hand = c.on_hand, committed = c.committed, version = c.version,
        updated_at = now()
      FROM jsonb_to_recordset(${levelRows(changes)}::jsonb) AS c(
        sku_id uuid, location_id uuid, on_hand int, committed int, version int, read_version int)
      -- Named once more, so that the plan looks them up instead of hashing the shop's whole table.
      WHERE l.shop_id = ${shopId}::uuid AND l.sku_id = ANY(${skuIds}::uuid[])
        AND l.sku_id = c.sku_id AND l.location_id = c.location_id AND l.version = c.read_version
      RETURNING 1
    ), appended AS (
      INSERT INTO ledger_entry (shop_id, seq, sku_id, location_id, kind, on_hand_delta, committed_delta,
        on_hand_after, committed_after, level_version, idempotency_key, content_hash, channel,
        connection_id, order_id, actor, reason, correlation_id, occurred_at, received_at)
      SELECT ${shopId}::uuid, head.seq - ${entries.length} + e.place, e.sku_id, e.location_id, e.kind,
        e.on_hand_delta, e.committed_delta, e.on_hand_after, e.committed_after, e.level_version,
        e.idempotency_key, e.content_hash, e.channel, e.connection_id, e.order_id, e.actor, e.reason,
        e.correlation_id, e.occurred_at, e.received_at
      FROM head, jsonb_to_recordset(${entryRows(entries)}::jsonb) AS e(
        place int, sku_id uuid, location_id uuid, kind text, on_hand_delta int, committed_delta int,
        on_hand_after int, committed_after int, level_version int, idempotency_key text,
        content_hash text, channel text, connection_id uuid, order_id text, actor text, reason text,
        correlation_id text, occurred_at timestamptz, received_at timestamptz)
    )
    SELECT head.seq, (SELECT count(*) FROM updated) AS updated FROM head`;
  if (!result) throw new Error(`shop ${shopId} has no ledger`);
  if (Number(result.updated) !== changes.length) throw new StaleRead("a level's version moved");
  return result.seq - BigInt(entries.length) + 1n;
}

async function createLevels(
  db: Database,
  shopId: string,
  changes: readonly LevelChange[],
): Promise<void> {
  await db.$executeRaw`
    INSERT INTO stock_level (shop_id, sku_id, location_id)
    SELECT ${shopId}::uuid, c.sku_id, c.location_id
    FROM jsonb_to_recordset(${levelRows(changes)}::jsonb) AS c(sku_id uuid, location_id uuid)
    ON CONFLICT DO NOTHING`;
}

function levelRows(changes: readonly LevelChange[]): string {
  return JSON.stringify(
    changes.map((change) => ({
      sku_id: change.skuId,
      location_id: change.locationId,
      on_hand: change.onHand,
      committed: change.committed,
      version: change.version,
      read_version: change.readVersion,
    })),
  );
}

function entryRows(entries: readonly Entry[]): string {
  return JSON.stringify(
    entries.map((entry, index) => ({
      place: index + 1,
      sku_id: entry.skuId,
      location_id: entry.locationId,
      kind: entry.kind,
      on_hand_delta: entry.onHandDelta,
      committed_delta: entry.committedDelta,
      on_hand_after: entry.onHandAfter,
      committed_after: entry.committedAfter,
      level_version: entry.levelVersion,
      idempotency_key: entry.idempotencyKey,
      content_hash: movementContent(entry),
      channel: entry.cause.channel,
      connection_id: entry.cause.connectionId,
      order_id: entry.cause.orderId,
      actor: entry.cause.actor,
      reason: entry.cause.reason,
      correlation_id: entry.cause.correlationId,
      occurred_at: entry.cause.occurredAt,
      received_at: entry.cause.receivedAt,
    })),
  );
}

export interface RecordedKey {
  readonly seq: bigint;
  readonly idempotencyKey: string;
  readonly content: string;
  readonly skuId: string;
  readonly onHandAfter: number;
  readonly committedAfter: number;
  readonly levelVersion: number;
}

/** The entry that a key already made, or null. */
export async function findByKey(
  db: Database,
  shopId: string,
  idempotencyKey: string,
): Promise<RecordedKey | null> {
  const entry = await db.ledgerEntry.findUnique({
    where: { shopId_idempotencyKey: { shopId, idempotencyKey } },
  });
  if (!entry) return null;
  const { seq, contentHash: content, skuId, onHandAfter, committedAfter, levelVersion } = entry;
  return { seq, idempotencyKey, content, skuId, onHandAfter, committedAfter, levelVersion };
}

/** Tries that a statement may lose to others before its error is handed on. */
const raceAttemptsMax = 5;

/** Repeats work that lost a race (a deadlock's victim) and is safe to repeat. */
export async function retryLostRace<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isLostRace(error) || attempt >= raceAttemptsMax) throw error;
    }
  }
}

/** Postgres: unique_violation, serialization_failure, deadlock_detected. */
const lostRaceCodes = ["23505", "40001", "40P01"];

/** True when a transaction lost against another one and should be decided again on fresh readings. */
export function isLostRace(error: unknown): boolean {
  if (error instanceof StaleRead) return true;
  if (!(error instanceof Prisma.PrismaClientKnownRequestError)) return false;
  if (error.code === "P2002" || error.code === "P2034") return true;
  return lostRaceCodes.some((code) => error.message.includes(code));
}
