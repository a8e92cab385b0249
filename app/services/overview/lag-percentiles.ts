import { db } from "#app/db/client.server.ts";

/** How far back percentiles look. */
const lagWindowMs = 60 * 60 * 1000;
/** Pushes one connection's percentiles are taken from, newest first: bounds the sort in a flash sale. */
const lagSamplesMax = 10_000;

/** Sync lag in ms: from the arrival of the oldest change a push carries to the channel's answer. */
export interface LagPercentiles {
  readonly connectionId: string;
  readonly samples: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** When the newest of them was answered, ISO 8601. */
  readonly lastAt: string;
}

/**
 * Percentiles of the acknowledged pushes of the last hour, at most the newest 10,000 of each
 * connection. A connection without such a push is left out.
 */
export async function readLagPercentiles(shopId: string, now: Date): Promise<LagPercentiles[]> {
  const since = new Date(now.getTime() - lagWindowMs);
  const rows = await db().$queryRaw<(Omit<LagPercentiles, "lastAt"> & { lastAt: Date })[]>`
    select c.id::text as "connectionId",
           count(*)::int as samples,
           percentile_disc(0.50) within group (order by p.lag_ms) as p50,
           percentile_disc(0.95) within group (order by p.lag_ms) as p95,
           percentile_disc(0.99) within group (order by p.lag_ms) as p99,
           max(p.answered_at) as "lastAt"
    from connection c
    cross join lateral (
      select lag_ms, answered_at from push
      where shop_id = c.shop_id and connection_id = c.id and answered_at > ${since}
        and outcome = 'acknowledged' and lag_ms is not null
      order by answered_at desc
      limit ${lagSamplesMax}
    ) p
    where c.shop_id = ${shopId}::uuid
    group by c.id`;
  return rows.map((row) => ({ ...row, lastAt: row.lastAt.toISOString() }));
}
