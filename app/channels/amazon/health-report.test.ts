import { describe, expect, test } from "vitest";
import { specText } from "#tests/conformance/openapi.ts";
import { healthOf } from "./health-report.ts";

const us = "ATVPDKIKX0DER";
const asOf = "2026-01-02T03:04:05Z";
const text = specText("amazon/feeds/accountHealthReport-2020-11-18.json");

function reportOf(status: string | null, metrics: Record<string, unknown> = {}) {
  return {
    accountStatuses: status === null ? [] : [{ marketplaceId: us, status }],
    performanceMetrics: [{ marketplaceId: us, ...metrics }],
  };
}
const rate = { rate: 0.03, targetValue: 0.04, targetCondition: "LESS_THAN", status: "GOOD" };

describe("the account health report", () => {
  test.skipIf(text === null)("Amazon's own example is read", () => {
    const [example] = (JSON.parse(text ?? "") as { examples: unknown[] }).examples;
    const health = healthOf(example, us, asOf);
    if (!health.ok) throw new Error(health.fault.message);
    expect(health.standing).toBe("at-risk");
    expect(health.asOf).toBe("2026-01-02T03:04:05.000Z");
    const metrics = Object.fromEntries(health.metrics.map((one) => [one.name, one]));
    expect(metrics["orderDefectRate"]).toMatchObject({ value: 0.009, limit: 0.01 });
    expect(metrics["lateShipmentRate"]).toMatchObject({ value: 0.03203973037, limit: 0.04 });
    expect(metrics["prefulfillmentCancelRate"]).toMatchObject({ value: 0.005, unit: "share" });
    expect(metrics["validTrackingRate"]).toMatchObject({ value: 0.0471, limit: 0.05 });
    expect(metrics["listingPolicyViolations"]).toMatchObject({ value: 86, unit: "count" });
    expect(healthOf(example, "A1AM78C64UM0Y8", asOf)).toMatchObject({ standing: "bad" });
  });

  test.each([
    ["NORMAL", {}, "good"],
    ["NORMAL", { lateShipmentRate: rate }, "good"],
    ["NORMAL", { lateShipmentRate: { ...rate, status: "BAD" } }, "at-risk"],
    ["AT_RISK", { lateShipmentRate: rate }, "at-risk"],
    ["DEACTIVATED", { lateShipmentRate: { ...rate, status: "BAD" } }, "bad"],
    ["SOMETHING_NEW", {}, "at-risk"],
    [null, { lateShipmentRate: rate }, "good"],
  ])("%s with %j is %s", (status, metrics, standing) => {
    expect(healthOf(reportOf(status, metrics), us, asOf)).toMatchObject({ ok: true, standing });
  });

  test("a metric that cannot be read is left out, and no report is no good standing", () => {
    const metrics = { lateShipmentRate: { rate: "much" }, orderDefectRate: 5, x: rate };
    expect(healthOf(reportOf("NORMAL", metrics), us, asOf)).toMatchObject({ metrics: [] });
    expect(healthOf(reportOf(null), us, asOf)).toMatchObject({ fault: { kind: "unavailable" } });
    for (const odd of [undefined, [], "x", { accountStatuses: 1 }]) {
      expect(healthOf(odd, us, asOf)).toMatchObject({ fault: { kind: "unexpected" } });
    }
  });
});
