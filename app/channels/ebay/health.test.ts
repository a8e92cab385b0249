import { describe, expect, test } from "vitest";
import { toHealth } from "./health.ts";
import { standardsAnswer } from "./wire.ts";

/** Figures as eBay's own sample has them. */
const profile = (cycleType: string, standardsLevel: string) => ({
  standardsLevel,
  program: "PROGRAM_US",
  cycle: { cycleType, evaluationDate: "2026-08-20T07:00:00.000Z", evaluationMonth: "2026-08" },
  metrics: [
    { metricKey: "MIN_TXN_COUNT", name: "Transactions", value: 720, type: "NUMBER" },
    {
      metricKey: "DEFECTIVE_TRANSACTION_RATE",
      name: "Transaction defect rate",
      value: { value: "0.14", numerator: 1, denominator: 720 },
      type: "RATE",
      thresholdUpperBound: { value: "0.50" },
    },
    { metricKey: "SHIPPING_MISS_RATE", value: "0.91", type: "RATE" },
    { metricKey: "START_DATE", value: "2016-01-01T00:00:00.000Z", type: "DATE" },
    { metricKey: "BROKEN", value: { value: null } },
  ],
});

function healthOf(...profiles: unknown[]) {
  const read = standardsAnswer.parse({ standardsProfiles: profiles });
  return toHealth(read.standardsProfiles, "PROGRAM_US");
}

describe("eBay's seller standards", () => {
  test("rates become shares, counts stay, what is no number is left out", () => {
    expect(healthOf(profile("CURRENT", "TOP_RATED"))).toEqual({
      ok: true,
      standing: "good",
      asOf: "2026-08-20T07:00:00.000Z",
      metrics: [
        { name: "MIN_TXN_COUNT", label: "Transactions", value: 720, unit: "count", limit: null },
        {
          name: "DEFECTIVE_TRANSACTION_RATE",
          label: "Transaction defect rate",
          value: 1 / 720,
          unit: "share",
          limit: 0.005,
        },
        {
          name: "SHIPPING_MISS_RATE",
          label: "SHIPPING_MISS_RATE",
          value: 0.0091,
          unit: "share",
          limit: null,
        },
      ],
    });
  });

  test.each([
    ["TOP_RATED", "TOP_RATED", "good"],
    ["ABOVE_STANDARD", "TOP_RATED", "good"],
    ["TOP_RATED", "ABOVE_STANDARD", "at-risk"],
    ["ABOVE_STANDARD", "BELOW_STANDARD", "at-risk"],
    ["BELOW_STANDARD", "TOP_RATED", "bad"],
  ])("%s now and %s as it goes is %s", (now, soon, standing) => {
    expect(healthOf(profile("PROJECTED", soon), profile("CURRENT", now))).toMatchObject({
      ok: true,
      standing,
    });
  });

  test("an account that eBay has not judged yet says so", () => {
    expect(healthOf()).toMatchObject({ ok: false, fault: { kind: "rejected" } });
  });
});
