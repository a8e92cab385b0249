import { Prisma } from "@prisma/client";
import type { Database } from "./client.server.ts";

/** As in the channel's declaration (contract RateLimit). */
interface BucketLimit {
  readonly ratePerSecond: number;
  readonly burst: number;
  readonly perDay?: number;
}

/** Days are counted in UTC: of the platforms only eBay names another midnight, and tells what is left by header. */
const utcToday = Prisma.sql`(clock_timestamp() AT TIME ZONE 'utc')::date`;

export interface Bucket {
  readonly shopId: string;
  readonly connectionId: string;
  readonly operation: string;
}

/**
 * Takes tokens from a bucket that all processes share, or says how long to wait.
 * @returns 0 when taken, else ms until it is worth asking again
 */
export async function takeTokens(
  db: Database,
  bucket: Bucket,
  cost: number,
  limit: BucketLimit,
): Promise<number> {
  const { shopId, connectionId, operation } = bucket;
  const wanted = Math.min(cost, limit.burst);
  const perDay = limit.perDay ?? null;
  const take = () => db.$queryRaw<{ wait_ms: number }[]>`
    WITH held AS (
      SELECT closed_until, CASE WHEN day = ${utcToday} THEN day_count ELSE 0 END AS today, LEAST(${limit.burst}::float8,
        tokens + GREATEST(0, extract(epoch FROM clock_timestamp() - refilled_at)) * ${limit.ratePerSecond}::float8) AS grown
      FROM rate_bucket
      WHERE shop_id = ${shopId}::uuid AND connection_id = ${connectionId}::uuid AND operation = ${operation}
      FOR UPDATE
    ), taken AS (
      UPDATE rate_bucket AS b SET refilled_at = clock_timestamp(), day = ${utcToday},
        tokens = held.grown - CASE WHEN free THEN ${wanted}::float8 ELSE 0 END,
        day_count = today + CASE WHEN free THEN 1 ELSE 0 END
      FROM (SELECT *, closed_until <= clock_timestamp() AND grown >= ${wanted}::float8
        AND (${perDay}::int IS NULL OR today < ${perDay}::int) AS free FROM held) AS held
      WHERE b.shop_id = ${shopId}::uuid AND b.connection_id = ${connectionId}::uuid AND b.operation = ${operation}
    )
    SELECT CASE
      WHEN ${perDay}::int IS NOT NULL AND today >= ${perDay}::int
        THEN extract(epoch FROM (${utcToday} + 1)::timestamp AT TIME ZONE 'utc' - clock_timestamp()) * 1000
      WHEN closed_until > clock_timestamp() THEN extract(epoch FROM closed_until - clock_timestamp()) * 1000
      WHEN grown >= ${wanted}::float8 THEN 0
      ELSE (${wanted}::float8 - grown) / ${limit.ratePerSecond}::float8 * 1000 END::float8 AS wait_ms
    FROM held`;
  const [held] = await take();
  if (held) return held.wait_ms;
  await db.$executeRaw`
    INSERT INTO rate_bucket (shop_id, connection_id, operation, tokens, refilled_at)
    VALUES (${shopId}::uuid, ${connectionId}::uuid, ${operation}, ${limit.burst}::float8, clock_timestamp())
    ON CONFLICT DO NOTHING`;
  return (await take())[0]?.wait_ms ?? 0;
}

/** Corrects a bucket by what the platform said. */
export async function correctBucket(
  db: Database,
  bucket: Bucket,
  feedback: {
    readonly remaining?: number;
    readonly remainingToday?: number;
    readonly retryAfterMs?: number;
  },
  limit: BucketLimit,
): Promise<void> {
  const { shopId, connectionId, operation } = bucket;
  const { remainingToday } = feedback;
  const usedToday =
    remainingToday === undefined || limit.perDay === undefined
      ? null
      : Math.max(0, limit.perDay - Math.max(0, Math.floor(remainingToday)));
  await db.$executeRaw`
    UPDATE rate_bucket SET day = ${utcToday},
      day_count = GREATEST(CASE WHEN day = ${utcToday} THEN day_count ELSE 0 END, COALESCE(${usedToday}::int, 0)),
      tokens = LEAST(tokens, COALESCE(${feedback.remaining ?? null}::float8, tokens)),
      closed_until = GREATEST(closed_until,
        COALESCE(clock_timestamp() + ${feedback.retryAfterMs ?? null}::float8 * interval '1 millisecond', closed_until))
    WHERE shop_id = ${shopId}::uuid AND connection_id = ${connectionId}::uuid AND operation = ${operation}`;
}
