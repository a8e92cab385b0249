import type { Database } from "./client.server.ts";

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
  limit: { readonly ratePerSecond: number; readonly burst: number },
): Promise<number> {
  const { shopId, connectionId, operation } = bucket;
  const wanted = Math.min(cost, limit.burst);
  const take = () => db.$queryRaw<{ wait_ms: number }[]>`
    WITH held AS (
      SELECT closed_until, LEAST(${limit.burst}::float8,
        tokens + GREATEST(0, extract(epoch FROM clock_timestamp() - refilled_at)) * ${limit.ratePerSecond}::float8) AS grown
      FROM rate_bucket
      WHERE shop_id = ${shopId}::uuid AND connection_id = ${connectionId}::uuid AND operation = ${operation}
      FOR UPDATE
    ), taken AS (
      UPDATE rate_bucket AS b SET refilled_at = clock_timestamp(), tokens = held.grown
        - CASE WHEN held.closed_until <= clock_timestamp() AND held.grown >= ${wanted}::float8 THEN ${wanted}::float8 ELSE 0 END
      FROM held
      WHERE b.shop_id = ${shopId}::uuid AND b.connection_id = ${connectionId}::uuid AND b.operation = ${operation}
    )
    SELECT CASE
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
  feedback: { readonly remaining?: number; readonly retryAfterMs?: number },
): Promise<void> {
  const { shopId, connectionId, operation } = bucket;
  await db.$executeRaw`
    UPDATE rate_bucket SET
      tokens = LEAST(tokens, COALESCE(${feedback.remaining ?? null}::float8, tokens)),
      closed_until = GREATEST(closed_until,
        COALESCE(clock_timestamp() + ${feedback.retryAfterMs ?? null}::float8 * interval '1 millisecond', closed_until))
    WHERE shop_id = ${shopId}::uuid AND connection_id = ${connectionId}::uuid AND operation = ${operation}`;
}
