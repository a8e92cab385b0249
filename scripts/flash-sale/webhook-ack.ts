/** Deliveries answered so far, by upper bound of the time they took, in seconds (a Prometheus histogram). */
export type AckHistogram = readonly { readonly atMostSeconds: number; readonly count: number }[];

const answerWithinMs = 5_000;

/** The web process's own measure of how fast it answers webhooks; empty when it does not tell. */
export async function readAckHistogram(appUrl: string): Promise<AckHistogram> {
  try {
    const answer = await fetch(`${appUrl}/metrics`, {
      signal: AbortSignal.timeout(answerWithinMs),
    });
    return answer.ok ? parseAckHistogram(await answer.text()) : [];
  } catch {
    return [];
  }
}

export function parseAckHistogram(metrics: string): AckHistogram {
  const lines = metrics.matchAll(/^webhook_ack_seconds_bucket\{le="([^"]+)"\} (\d+)/gm);
  return [...lines].map(([, bound, count]) => ({
    atMostSeconds: bound === "+Inf" ? Infinity : Number(bound),
    count: Number(count),
  }));
}

export interface AckTimes {
  readonly deliveries: number;
  readonly p50: number;
  readonly p99: number;
}

/** Percentiles of what came between two readings, in ms, interpolated within the histogram's steps. */
export function ackTimes(before: AckHistogram, after: AckHistogram): AckTimes | null {
  const counts = after.map(({ atMostSeconds, count }) => ({
    atMostSeconds,
    count: count - (before.find((one) => one.atMostSeconds === atMostSeconds)?.count ?? 0),
  }));
  const deliveries = counts.at(-1)?.count ?? 0;
  if (deliveries <= 0) return null;
  const quantileMs = (share: number): number => {
    const rank = share * deliveries;
    const index = counts.findIndex(({ count }) => count >= rank);
    const low = counts[index - 1] ?? { atMostSeconds: 0, count: 0 };
    const high = counts[index] ?? low;
    if (!Number.isFinite(high.atMostSeconds)) return Math.round(low.atMostSeconds * 1_000);
    const within = (rank - low.count) / Math.max(1, high.count - low.count);
    const seconds = low.atMostSeconds + (high.atMostSeconds - low.atMostSeconds) * within;
    return Math.round(seconds * 10_000) / 10;
  };
  return { deliveries, p50: quantileMs(0.5), p99: quantileMs(0.99) };
}
