import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { nodeFlags, root } from "./run-command.ts";

// Adding a channel touches its own folders and nothing else, and its suite fails where something is to be written.

const run = promisify(execFile);
const id = "best-buy";
const copied = ["app", "sandbox", "tests", "scripts", "workers", "package.json", "tsconfig.json"];
const configs = ["vitest.config.ts", "docs", "prisma", "shopify.app.toml"];
/** Made from the folders, and not kept in git. */
const lists = ["app/channels/found.generated.ts", "sandbox/found.generated.ts"];

let copy: string;
let before: ReadonlyMap<string, string>;

beforeAll(async () => {
  copy = mkdtempSync(path.join(tmpdir(), "lockstep-new-channel-"));
  for (const name of [...copied, ...configs]) {
    cpSync(path.join(root, name), path.join(copy, name), { recursive: true });
  }
  symlinkSync(path.join(root, "node_modules"), path.join(copy, "node_modules"));
  before = hashes();
  await node("scripts/channel-new.ts", id);
});
afterAll(() => rmSync(copy, { recursive: true, force: true }));

/** Every file with what is in it. */
function hashes(): ReadonlyMap<string, string> {
  const files = readdirSync(copy, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.join(parentPath, name));
  return new Map(
    files.map((file) => [
      path.relative(copy, file),
      createHash("sha256").update(readFileSync(file)).digest("hex"),
    ]),
  );
}

async function node(script: string, ...args: string[]): Promise<string> {
  const options = { cwd: copy, env: { ...process.env, LOCKSTEP_ROOT: copy }, maxBuffer: 64 << 20 };
  const { stdout } = await run(process.execPath, [...nodeFlags, script, ...args], options);
  return stdout;
}

it("writes into its own two folders and nowhere else", () => {
  const after = hashes();
  const touched = [...after].filter(([file, hash]) => before.get(file) !== hash);
  const folders = new Set(touched.map(([file]) => file.split("/").slice(0, -1).join("/")));
  expect([...folders].sort()).toEqual([
    `app/channels/${id}`,
    `app/channels/${id}/fixtures`,
    `sandbox/${id}`,
  ]);
  expect([...before.keys()].filter((file) => !after.has(file))).toEqual([]);
});

it("a second time it refuses, and so it does without a name", async () => {
  await expect(node("scripts/channel-new.ts", id)).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining("is there already; nothing was written"),
  });
  await expect(node("scripts/channel-new.ts", "Best Buy")).rejects.toMatchObject({ code: 2 });
});

it("is found by being there, compiles, and fails its suite in the right places", async () => {
  await node(
    "--eval",
    `import(${JSON.stringify(path.join(copy, "scripts/found-lists.mjs"))}).then((lists) => lists.writeFoundLists(${JSON.stringify(copy)}))`,
  );
  for (const list of lists) {
    expect(readFileSync(path.join(copy, list), "utf8")).toContain(`from "./${id}/index.ts"`);
  }
  await node("node_modules/typescript/bin/tsc", "--noEmit", "--project", "tsconfig.json");

  const report = path.join(copy, "report.json");
  const suite = ["run", "--project", "conformance", `app/channels/${id}`, "--reporter=json"];
  await expect(
    node("node_modules/vitest/vitest.mjs", ...suite, `--outputFile=${report}`),
  ).rejects.toMatchObject({ code: 1 });
  const [file] = (JSON.parse(readFileSync(report, "utf8")) as Report).testResults;
  const failures = file?.assertionResults.filter(({ status }) => status === "failed") ?? [];
  const passes = file?.assertionResults.filter(({ status }) => status === "passed") ?? [];
  expect(passes.length).toBeGreaterThan(5);
  const names = failures.map(({ fullName }) => fullName).join("\n");
  // What is not written yet is what fails: numbers that do not arrive, and no order that is read.
  expect(names).toMatch(/push|quantit/i);
  expect(names).toMatch(/read/i);
  expect(failures.flatMap(({ failureMessages }) => failureMessages).join("\n")).not.toMatch(
    /TypeError|Cannot find|is not a function/,
  );
});

interface Report {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}
