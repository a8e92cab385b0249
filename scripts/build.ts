import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { firstErrorLines, root, runPackage, StartError } from "./run-command.ts";

const mark = path.join(root, "build", ".made-from");

/** One hash over everything the pages are built from; tests beside the sources do not count. */
function sourceHash(): string {
  const hash = createHash("sha256");
  const add = (file: string): void => {
    hash.update(`${path.relative(root, file)}\0`).update(readFileSync(file));
  };
  for (const file of ["vite.config.ts", "package.json", "package-lock.json", "tsconfig.json"]) {
    if (existsSync(path.join(root, file))) add(path.join(root, file));
  }
  const entries = readdirSync(path.join(root, "app"), { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile() && !/\.(test|md)\b/.test(entry.name))
    .map((entry) => path.join(entry.parentPath, entry.name));
  files.sort().forEach(add);
  return hash.digest("hex");
}

/** Whether `build/` was made from the sources as they are now. */
export function isBuilt(): boolean {
  return existsSync(mark) && readFileSync(mark, "utf8") === sourceHash();
}

/** Builds the pages with Vite unless `build/` is up to date. @throws StartError */
export async function ensureBuilt(signal?: AbortSignal): Promise<void> {
  if (isBuilt()) return;
  const from = sourceHash();
  const result = await runPackage("@remix-run/dev/dist/cli.js", ["vite:build"], {
    env: { ...process.env, NODE_ENV: "production" },
    signal,
  });
  if (result.code !== 0) {
    throw new StartError(
      `The pages could not be built:\n${firstErrorLines(result.output)}`,
      "Correct the file named above and start again.",
    );
  }
  mkdirSync(path.dirname(mark), { recursive: true });
  writeFileSync(mark, from);
}
