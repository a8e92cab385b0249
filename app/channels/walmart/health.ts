import type { AccountHealth, ChannelSession, HealthMetric } from "#app/channels/contract.ts";
import { mapBounded } from "#app/channels/map-bounded.ts";
import type { Answer, WalmartClient } from "./client.ts";
import { isForbidden } from "./errors.ts";
import { performanceMetrics, performanceOperation, type PerformanceMetric } from "./limits.ts";
import { performanceAnswer, type PerformanceSummary } from "./wire.ts";

interface MetricRule {
  readonly label: string;
  /** Walmart gives the share that went well: what went wrong is the rest. */
  readonly countsGood?: true;
  /** Days that Walmart's own standard looks at. */
  readonly days: 30 | 60;
  /** Walmart's standard where the answer names none ("Seller performance standards"): the most that may go wrong. */
  readonly limit: number;
  readonly filter?: string;
}

const allMethods = "&shippingMethod=ALL_METHODS";
const rules: Readonly<Record<PerformanceMetric, MetricRule>> = {
  otd: {
    label: "Late deliveries",
    countsGood: true,
    days: 30,
    limit: 0.1,
    filter: allMethods,
  },
  cancellations: { label: "Cancellations by the seller", days: 30, limit: 0.02 },
  vtr: {
    label: "Orders without valid tracking",
    countsGood: true,
    days: 30,
    limit: 0.01,
    filter: allMethods,
  },
  itemNotReceived: { label: "Items that never arrived", days: 60, limit: 0.02 },
};
const metricsAtOnceMax = 4;
/** Nothing sold in the time: no number. */
const noNumber = { payload: {} } as const;

/** How the account stands, by Walmart's own performance numbers. They change once a day; each may be read once a minute. */
export function healthOf(
  client: WalmartClient,
): Required<Pick<ChannelSession, "readAccountHealth">> {
  return {
    async readAccountHealth(signal) {
      const answers = await mapBounded(performanceMetrics, metricsAtOnceMax, async (metric) => ({
        metric,
        answer: await readSummary(client, metric, signal),
      }));
      const summaries: [PerformanceMetric, PerformanceSummary][] = [];
      for (const { metric, answer } of answers) {
        if (answer.ok) summaries.push([metric, answer.value]);
        else if (!isMissing(answer)) return answer;
      }
      return toHealth(summaries);
    },
  };
}

async function readSummary(
  client: WalmartClient,
  metric: PerformanceMetric,
  signal: AbortSignal,
): Promise<Answer<PerformanceSummary>> {
  const { days, filter = "" } = rules[metric];
  const answer = await client.call(
    {
      operation: performanceOperation(metric),
      method: "GET",
      path: `/v3/insights/performance/${metric}/summary?reportDuration=${days}${filter}`,
      schema: performanceAnswer,
      noContent: performanceAnswer.parse(noNumber),
    },
    signal,
  );
  return answer.ok ? { ok: true, value: answer.value.payload } : answer;
}

/** Numbers that this account does not have, or whose keys may not read them, are left out. */
function isMissing({ fault }: Extract<Answer<unknown>, { ok: false }>): boolean {
  return fault.kind === "unknown-listing" || isForbidden(fault);
}

export function toHealth(
  summaries: readonly (readonly [PerformanceMetric, PerformanceSummary])[],
): AccountHealth {
  const metrics = summaries.flatMap(([metric, summary]) => toMetric(metric, summary) ?? []);
  const isOver = metrics.some(({ value, limit }) => limit !== null && value > limit);
  const isWatched = summaries.some(([, summary]) => isAtRisk(summary));
  const times = summaries.flatMap(([, { updatedTimestamp }]) => timeOf(updatedTimestamp) ?? []);
  return {
    ok: true,
    standing: isOver ? "bad" : isWatched ? "at-risk" : "good",
    metrics,
    asOf: times.sort().at(-1) ?? null,
  };
}

/** Walmart's words for how it looks at a number: "MEETS STANDARD", "Monitor", "URGENT REVIEW". */
function isAtRisk({ performanceRiskLevel, riskLevel }: PerformanceSummary): boolean {
  return /monitor|urgent|below/i.test(performanceRiskLevel ?? riskLevel ?? "");
}

function toMetric(metric: PerformanceMetric, summary: PerformanceSummary): HealthMetric | null {
  // The standard is about what the seller answers for; not every number is split that way.
  const perCent =
    summary.sellerAccountableRate ?? summary.cumulativeRate ?? summary.overallRate ?? null;
  if (perCent === null || !(perCent >= 0 && perCent <= 100)) return null;
  const { label, countsGood, limit } = rules[metric];
  const bad = (given: number) => Math.round((countsGood ? 100 - given : given) * 100) / 10_000;
  // "above 90%", "2% or below"
  const named = /(\d{1,3}(?:\.\d+)?)\s*%/.exec(summary.standard ?? "")?.[1];
  const share = named === undefined ? limit : bad(Number(named));
  return { name: metric, label, value: bad(perCent), unit: "share", limit: share };
}

function timeOf(text: string | null | undefined): string | null {
  const time = new Date(text ?? "");
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}
