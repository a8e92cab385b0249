import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { countTests, summaryLine } from "./test-results.ts";

const folder = mkdtempSync(path.join(tmpdir(), "lockstep-counts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function report(testResults: unknown[], counts: Record<string, number>): string {
  const file = path.join(folder, "report.json");
  const zero = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 };
  writeFileSync(file, JSON.stringify({ ...zero, ...counts, testResults }));
  return file;
}

const oneTest = (status: string): unknown => ({
  name: "a.test.ts",
  status: status === "failed" ? "failed" : "passed",
  assertionResults: [{ fullName: "it", status }],
});

describe("counting a test run", () => {
  test("tests that passed and failed", () => {
    const file = report([oneTest("passed"), oneTest("failed")], {
      numPassedTests: 1,
      numFailedTests: 1,
    });
    expect(summaryLine(countTests(file, 1))).toBe("1 passed, 1 failed");
  });

  test("a skipped test is named", () => {
    const counts = countTests(report([oneTest("skipped")], { numPendingTests: 1 }), 0);
    expect(summaryLine(counts)).toBe("0 passed, 0 failed, 1 skipped");
    expect(counts.skippedNames).toEqual(["a.test.ts: it"]);
  });

  test("a file that broke before its first test is one failure", () => {
    const broken = { name: "a.test.ts", status: "failed", assertionResults: [] };
    expect(countTests(report([broken], {}), 1).failed).toBe(1);
  });

  test("a bad end without a failed test is one failure", () => {
    expect(countTests(report([oneTest("passed")], { numPassedTests: 1 }), 1).failed).toBe(1);
  });

  test("no report at all is one failure", () => {
    expect(summaryLine(countTests(path.join(folder, "none.json"), 1))).toBe("0 passed, 1 failed");
  });
});
