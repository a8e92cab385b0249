import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { z } from "zod";
import { nodeFlags, root } from "../run-command.ts";

/** Tests of one channel's conformance suite. */
export interface ConformanceCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Names of what failed. */
  readonly failures: readonly string[];
}

const reportShape = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().optional(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

/**
 * Runs the conformance suite of all channels, or of some.
 * @returns counts by channel id; a file that cannot be run counts as one failure
 */
export async function runConformance(
  channelIds: readonly string[],
): Promise<ReadonlyMap<string, ConformanceCounts>> {
  const folder = mkdtempSync(path.join(tmpdir(), "lockstep-conformance-"));
  const report = path.join(folder, "report.json");
  try {
    await vitest(channelIds, report);
    const parsed = reportShape.parse(JSON.parse(readFileSync(report, "utf8")));
    return new Map(
      parsed.testResults.map((file) => [path.basename(path.dirname(file.name)), countsOf(file)]),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function vitest(channelIds: readonly string[], report: string): Promise<void> {
  const args = [
    path.join(root, "node_modules", "vitest", "vitest.mjs"),
    "run",
    ...["--project", "conformance", "--reporter=json", `--outputFile=${report}`],
    ...channelIds.map((id) => `app/channels/${id}/channel.test.ts`),
  ];
  const child = spawn(process.execPath, [...nodeFlags, ...args], { cwd: root, stdio: "ignore" });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", () => resolve());
  });
}

function countsOf(file: z.infer<typeof reportShape>["testResults"][number]): ConformanceCounts {
  const of = (status: string) => file.assertionResults.filter((one) => one.status === status);
  const failed = of("failed");
  const broken = file.status === "failed" && failed.length === 0;
  return {
    passed: of("passed").length,
    failed: failed.length + (broken ? 1 : 0),
    skipped: file.assertionResults.length - of("passed").length - failed.length,
    failures: broken
      ? [`the suite cannot run: ${(file.message ?? "").split("\n")[0] ?? ""}`]
      : failed.map(({ fullName }) => fullName),
  };
}
