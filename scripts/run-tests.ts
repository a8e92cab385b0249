// What `npm test` runs on Node 22: checks, then every test. `--only unit|int|conformance|e2e|live|checks` for a
// part. The last line is always "N passed, N failed", with ", N skipped" when some were. The live suites call the
// platforms themselves: they run when they are asked for (`npm run test:live`), and are listed by name otherwise.
import { spawn } from "node:child_process";
import { existsSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { nodeFlags, root } from "./run-command.ts";
import { checks, preparations, runChecks } from "./test-checks.ts";
import { type Counts, countTests, summaryLine } from "./test-results.ts";

const projects = ["unit", "int", "conformance", "e2e"];
const parts = [...projects, "live", "checks"];

function chosenPart(args: readonly string[]): string | undefined {
  const at = args.indexOf("--only");
  if (at === -1) return undefined;
  const part = args[at + 1];
  if (part !== undefined && parts.includes(part)) return part;
  console.error(`--only takes one of: ${parts.join(", ")}`);
  process.exit(2);
}

/** Runs Vitest with its own output and counts its report. */
async function runVitest(chosen: readonly string[]): Promise<Counts> {
  const folder = mkdtempSync(path.join(tmpdir(), "lockstep-report-"));
  const report = path.join(folder, "report.json");
  const args = [
    path.join(root, "node_modules", "vitest", "vitest.mjs"),
    "run",
    ...chosen.flatMap((part) => ["--project", part]),
    "--passWithNoTests",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ];
  try {
    const child = spawn(process.execPath, [...nodeFlags, ...args], { cwd: root, stdio: "inherit" });
    // Vitest then stops what its setup started: PostgreSQL and Redis.
    for (const signal of ["SIGINT", "SIGTERM", "disconnect"] as const) {
      process.on(signal, () => child.kill("SIGINT"));
    }
    const code = await new Promise<number>((resolve) => {
      child.on("error", () => resolve(1));
      child.on("exit", (exitCode) => resolve(exitCode ?? 1));
    });
    return countTests(report, code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The suites for people with accounts, by file. */
function listLiveSuites(): void {
  const files = globSync("app/channels/*/*.live.test.ts", { cwd: root }).sort();
  console.log(
    "\n  Skipped, they call the platforms themselves (keys are named in each; npm run test:live):",
  );
  for (const file of files) console.log(`    ${file}`);
}

const only = chosenPart(process.argv.slice(2));
const startedAtMs = Date.now();
const total: Counts = { passed: 0, failed: 0, skipped: 0, skippedNames: [] };
const failures: string[] = [];

const list = [
  ...preparations.filter(({ name }) => name === "database client" || !only || only === "e2e"),
  ...(only && only !== "checks" ? [] : checks),
];
console.log("\n  Checks\n");
failures.push(...(await runChecks(list)));
total.failed += failures.length;
total.passed += list.length - failures.length;

if (only !== "checks") {
  const tests = await runVitest(only ? [only] : projects);
  total.passed += tests.passed;
  total.failed += tests.failed;
  total.skipped += tests.skipped;
  if (tests.failed > 0) failures.push(`${tests.failed} tests (see above)`);
  if (tests.skippedNames.length > 0) {
    console.log("\n  Skipped (each file says why at its top):");
    for (const name of tests.skippedNames) console.log(`    ${path.relative(root, name)}`);
  }
}

if (!only) listLiveSuites();
// Under CI everything must run but the live suites, and the checks against the platforms' own schemas where those are
// not beside the checkout; suites that want services are *.int.test.ts and *.spec.ts.
const hasSpecs = existsSync(path.join(root, "..", "shared", "specs"));
const mustRun = total.skippedNames.filter(
  (name) => hasSpecs || /[.](int[.]test|spec)[.]ts:/.test(name),
);
if (process.env["CI"] === "true" && only !== "live" && mustRun.length > 0) {
  failures.push(`${mustRun.length} skipped: under CI everything must run`);
}
if (failures.length > 0) console.log(`\n  Failed: ${failures.join(", ")}`);
console.log(`\n  ${((Date.now() - startedAtMs) / 1000).toFixed(0)} s\n`);
console.log(summaryLine(total));
process.exitCode = failures.length > 0 ? 1 : 0;
