import { existsSync, readFileSync } from "node:fs";
import { z } from "zod";

const reportSchema = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numPendingTests: z.number(),
  numTodoTests: z.number(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  /** "file: test" of everything that did not run. */
  skippedNames: string[];
}

/**
 * Counts Vitest's JSON report. A file that failed before its first test counts as one failure, and so does
 * a run that ended badly without naming a test (an error outside of tests, no report at all).
 */
export function countTests(reportFile: string, exitCode: number): Counts {
  if (!existsSync(reportFile)) {
    return { passed: 0, failed: 1, skipped: 0, skippedNames: [] };
  }
  const report = reportSchema.parse(JSON.parse(readFileSync(reportFile, "utf8")));
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === "failed" && !assertionResults.some((one) => one.status === "failed"),
  ).length;
  const failed = report.numFailedTests + brokenFiles;
  const skippedNames = report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status !== "passed" && status !== "failed")
      .map(({ fullName }) => `${name}: ${fullName}`),
  );
  return {
    passed: report.numPassedTests,
    failed: exitCode !== 0 && failed === 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
    skippedNames,
  };
}

/** The last line of a test run, for people and for machines. */
export function summaryLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
