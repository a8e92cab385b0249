import { Prisma } from "@prisma/client";
import type { Database } from "./client.server.ts";

/** An event on its way into the inbox. */
export interface ArrivedEvent {
  readonly id: string;
  readonly shopId: string;
  readonly connectionId: string;
  readonly externalEventId: string;
  readonly topic: string;
  readonly payload: string;
  /** "hint": says only that something changed; the order has to be fetched first. */
  readonly status: "ready" | "hint";
  readonly correlationId: string;
  readonly occurredAt: string | null;
  readonly receivedAt: Date;
}

/** Stores events, each at most once per connection. @returns the ids that are new */
export async function insertEvents(
  db: Database,
  events: readonly ArrivedEvent[],
): Promise<ReadonlySet<string>> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    INSERT INTO inbound_event (shop_id, id, connection_id, external_event_id, topic, payload, status,
      correlation_id, occurred_at, received_at)
    SELECT * FROM unnest(
      ${events.map((e) => e.shopId)}::uuid[], ${events.map((e) => e.id)}::uuid[],
      ${events.map((e) => e.connectionId)}::uuid[], ${events.map((e) => e.externalEventId)}::text[],
      ${events.map((e) => e.topic)}::text[], ${events.map((e) => e.payload)}::text[],
      ${events.map((e) => e.status)}::text[], ${events.map((e) => e.correlationId)}::text[],
      ${events.map((e) => e.occurredAt)}::timestamptz[],
      ${events.map((e) => e.receivedAt.toISOString())}::timestamptz[])
    ON CONFLICT (shop_id, connection_id, external_event_id) DO NOTHING
    RETURNING id`;
  return new Set(rows.map((row) => row.id));
}

/** True when the statement failed for what one of its events holds (Postgres class 22), not for the database. */
export function isBadContent(error: unknown): boolean {
  return error instanceof Prisma.PrismaClientKnownRequestError && /Code: `22/.test(error.message);
}

/** An event that waits to be dealt with. */
export interface WaitingEvent {
  readonly id: string;
  readonly connectionId: string;
  readonly topic: string;
  readonly payload: string;
  /** The order as fetched (OrderSnapshot), for hints that were resolved. */
  readonly resolved: unknown;
  readonly attempts: number;
  readonly correlationId: string;
  readonly occurredAt: Date | null;
  readonly receivedAt: Date;
}

interface WaitingRow {
  id: string;
  connection_id: string;
  topic: string;
  payload: string;
  resolved: unknown;
  attempts: number;
  correlation_id: string;
  occurred_at: Date | null;
  received_at: Date;
}

/** Events of a shop that are due, oldest first. @param connectionId only this connection's hints */
export async function readWaiting(
  db: Database,
  shopId: string,
  limit: number,
  connectionId: string | null,
): Promise<WaitingEvent[]> {
  const rows = connectionId
    ? await db.$queryRaw<WaitingRow[]>`
        SELECT id, connection_id, topic, payload, resolved, attempts, correlation_id, occurred_at, received_at
        FROM inbound_event
        WHERE shop_id = ${shopId}::uuid AND connection_id = ${connectionId}::uuid AND status = 'hint'
          AND (next_attempt_at IS NULL OR next_attempt_at <= now())
        ORDER BY id LIMIT ${limit}`
    : await db.$queryRaw<WaitingRow[]>`
        SELECT id, connection_id, topic, payload, resolved, attempts, correlation_id, occurred_at, received_at
        FROM inbound_event
        WHERE shop_id = ${shopId}::uuid AND status = 'ready'
          AND (next_attempt_at IS NULL OR next_attempt_at <= now())
        ORDER BY id LIMIT ${limit}`;
  return rows.map((row) => ({
    id: row.id,
    connectionId: row.connection_id,
    topic: row.topic,
    payload: row.payload,
    resolved: row.resolved,
    attempts: row.attempts,
    correlationId: row.correlation_id,
    occurredAt: row.occurred_at,
    receivedAt: row.received_at,
  }));
}

/** How an event ended, or what it waits for. */
export interface EventVerdict {
  readonly id: string;
  readonly status: "done" | "ignored" | "dead" | "ready" | "hint";
  readonly error: string | null;
  readonly attempts: number;
  /** Wait this long before the next try; null = no wait. */
  readonly retryAfterMs: number | null;
  /** The fetched order, when one was fetched now. */
  readonly resolved: unknown;
}

/**
 * Writes verdicts, set-wise. An event that ended meanwhile (a twin was faster) stays as it is.
 * @returns how many were written
 */
export async function writeVerdicts(
  db: Database,
  shopId: string,
  verdicts: readonly EventVerdict[],
): Promise<number> {
  if (verdicts.length === 0) return 0;
  const rows = JSON.stringify(
    verdicts.map((verdict) => ({
      id: verdict.id,
      status: verdict.status,
      error: verdict.error,
      attempts: verdict.attempts,
      retry_after_ms: verdict.retryAfterMs,
      resolved: verdict.resolved ?? null,
    })),
  );
  return await db.$executeRaw`
    UPDATE inbound_event AS e SET status = v.status, error = v.error, attempts = v.attempts,
      resolved = COALESCE(NULLIF(v.resolved, 'null'::jsonb), e.resolved),
      next_attempt_at = now() + v.retry_after_ms * interval '1 millisecond',
      done_at = CASE WHEN v.status IN ('ready', 'hint') THEN NULL ELSE now() END
    FROM jsonb_to_recordset(${rows}::jsonb) AS v(
      id uuid, status text, error text, attempts int, retry_after_ms double precision, resolved jsonb)
    WHERE e.shop_id = ${shopId}::uuid AND e.id = ANY(${verdicts.map(({ id }) => id)}::uuid[])
      AND e.id = v.id AND e.status IN ('ready', 'hint')`;
}
