import { describe, expect, test } from "vitest";
import { toHealth } from "./health.ts";
import type { PerformanceMetric } from "./limits.ts";
import { performanceAnswer, type PerformanceSummary } from "./wire.ts";

const summary = (payload: Record<string, unknown>): PerformanceSummary =>
  performanceAnswer.parse({ payload }).payload;
const health = (
  ...rows: readonly (readonly [PerformanceMetric, Readonly<Record<string, unknown>>])[]
) => {
  const read = toHealth(rows.map(([metric, payload]) => [metric, summary(payload)] as const));
  if (!read.ok) throw new Error("unreachable");
  return read;
};

describe("account health", () => {
  test("what went well is turned into what went wrong", () => {
    const row = { overallRate: 90, sellerAccountableRate: 97.3, standard: "above 90%" };
    expect(health(["otd", row]).metrics).toEqual([
      { name: "otd", label: "Late deliveries", value: 0.027, unit: "share", limit: 0.1 },
    ]);
  });

  test("what went wrong stays so; without a stated standard Walmart's own holds", () => {
    expect(health(["cancellations", { cumulativeRate: 0.8 }]).metrics).toMatchObject([
      { value: 0.008, limit: 0.02 },
    ]);
  });

  test("over a standard is bad, watched is at risk, the rest is good", () => {
    expect(health(["cancellations", { cumulativeRate: 2.5 }]).standing).toBe("bad");
    const watched = { cumulativeRate: 1.5, performanceRiskLevel: "Monitor" };
    expect(health(["cancellations", watched]).standing).toBe("at-risk");
    const fine = { cumulativeRate: 1.5, riskLevel: "MEETS STANDARD" };
    expect(health(["cancellations", fine]).standing).toBe("good");
  });

  test("a number that is none is left out", () => {
    expect(health(["vtr", {}], ["otd", { overallRate: 400 }])).toEqual({
      ok: true,
      standing: "good",
      metrics: [],
      asOf: null,
    });
  });

  test("the newest of their times", () => {
    const times = ["2026-01-02T03:04:05Z", "2026-01-03T03:04:05Z", "yesterday"];
    const rows = times.map((updatedTimestamp) => ["vtr", { updatedTimestamp }] as const);
    expect(health(...rows).asOf).toBe("2026-01-03T03:04:05.000Z");
  });
});
