import path from "node:path";
import { existsSync } from "node:fs";
import { ensureBuilt } from "./build.ts";
import { ensurePrismaClient } from "./migrations.ts";
import {
  type CommandResult,
  firstErrorLines,
  root,
  runPackage,
  StartError,
} from "./run-command.ts";

/** Something that passes or fails as a whole. */
export interface Check {
  readonly name: string;
  readonly run: () => Promise<CommandResult>;
}

/** Two cores: the type checks of tsc and ESLint side by side, the quick ones between. */
const atOnceMax = 2;
const outputLinesMax = 60;

const folders = ["app", "workers", "sandbox", "scripts"];

async function outcome(run: () => Promise<void>): Promise<CommandResult> {
  try {
    await run();
    return { code: 0, output: "" };
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return { code: 1, output: error.message };
  }
}

/** The checks of the source, dearest first. */
export const checks: readonly Check[] = [
  { name: "lint", run: () => runPackage("eslint/bin/eslint.js", ["."]) },
  { name: "types", run: () => runPackage("typescript/bin/tsc", ["--noEmit"]) },
  { name: "format", run: () => runPackage("prettier/bin/prettier.cjs", ["--check", "."]) },
  { name: "unused code", run: () => runPackage("knip/bin/knip.js", ["--no-config-hints"]) },
  {
    name: "import rules",
    run: () =>
      runPackage("dependency-cruiser/bin/dependency-cruiser.mjs", [
        ...folders.filter((folder) => existsSync(path.join(root, folder))),
      ]),
  },
];

/** What the tests need, and what fails on its own: Prisma's client, the built pages. */
export const preparations: readonly Check[] = [
  { name: "database client", run: () => outcome(() => ensurePrismaClient()) },
  { name: "pages build", run: () => outcome(() => ensureBuilt()) },
];

/** Runs checks, two at a time, and prints each with its duration. Resolves to the names that failed. */
export async function runChecks(list: readonly Check[]): Promise<string[]> {
  const failed: string[] = [];
  const waiting = [...list];
  const runner = async (): Promise<void> => {
    for (let check = waiting.shift(); check; check = waiting.shift()) {
      const startedAtMs = Date.now();
      const { code, output } = await check.run();
      const took = `${((Date.now() - startedAtMs) / 1000).toFixed(1)} s`;
      console.log(`  ${code === 0 ? "✓" : "✗"} ${check.name}  ${took}`);
      if (code === 0) continue;
      failed.push(check.name);
      console.log(firstErrorLines(output, outputLinesMax));
    }
  };
  await Promise.all(Array.from({ length: atOnceMax }, runner));
  return failed;
}
