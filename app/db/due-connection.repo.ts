import { Prisma } from "@prisma/client";
import type { Database } from "./client.server.ts";

export interface DueConnection {
  readonly shopId: string;
  readonly connectionId: string;
}

/** Connections claimed by one look. */
const dueMax = 20;

/** Takes connections whose subscriptions are due; nobody else gets them before `againMs` are over. */
export async function claimDueEventSetups(db: Database, againMs: number): Promise<DueConnection[]> {
  return await claim(db, Prisma.sql`events_due_at`, againMs);
}

/** The same for connections whose account health is due. */
export async function claimDueHealth(db: Database, againMs: number): Promise<DueConnection[]> {
  return await claim(db, Prisma.sql`health_due_at`, againMs);
}

async function claim(db: Database, dueAt: Prisma.Sql, againMs: number): Promise<DueConnection[]> {
  return await db.$queryRaw<DueConnection[]>`
    UPDATE connection AS c SET ${dueAt} = now() + ${againMs} * interval '1 millisecond'
    FROM (
      SELECT c.shop_id, c.id FROM connection c JOIN shop s ON s.id = c.shop_id AND s.status = 'installed'
      WHERE c.status = 'active' AND c.${dueAt} <= now()
      ORDER BY c.${dueAt} LIMIT ${dueMax} FOR UPDATE OF c SKIP LOCKED
    ) AS due
    WHERE c.shop_id = due.shop_id AND c.id = due.id
    RETURNING c.shop_id AS "shopId", c.id AS "connectionId"`;
}
