import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

// A rule that catches nothing looks exactly like a clean tree. So: a small tree, one forbidden import in
// each file, and every one of them must be found.

const root = path.resolve(import.meta.dirname, "..");

const harmless = [
  "app/channels/contract.ts",
  "app/channels/ebay/index.ts",
  "app/channels/registry.ts",
  "app/components/card.tsx",
  "app/db/level.repo.ts",
  "app/domain/level.ts",
  "app/ingest/receive.ts",
  "app/lib/ids.ts",
  "app/queue/names.ts",
  "app/routes/page.tsx",
  "app/services/sell.ts",
  "sandbox/world.ts",
  "tests/setup/rig.ts",
  "workers/drain.ts",
];

/** [rule, importing file, what it imports] */
const forbidden: readonly (readonly [string, string, string])[] = [
  ["domain-is-pure", "app/domain/a.ts", "node:fs"],
  ["domain-is-pure", "app/domain/b.ts", "#app/lib/ids.ts"],
  ["domain-is-pure", "app/domain/c.ts", "zod"],
  ["routes-imports", "app/routes/a.ts", "#app/db/level.repo.ts"],
  ["routes-imports", "app/routes/b.ts", "#app/queue/names.ts"],
  ["components-imports", "app/components/a.tsx", "#app/services/sell.ts"],
  ["ingest-imports", "app/ingest/a.ts", "#app/routes/page.tsx"],
  ["services-imports", "app/services/a.ts", "#app/ingest/receive.ts"],
  ["services-imports", "app/services/b.ts", "#app/components/card.tsx"],
  ["queue-imports", "app/queue/a.ts", "#app/services/sell.ts"],
  ["db-imports", "app/db/a.ts", "#app/queue/names.ts"],
  ["lib-imports", "app/lib/a.ts", "#app/domain/level.ts"],
  ["channel-stays-home", "app/channels/amazon/a.ts", "#app/channels/ebay/index.ts"],
  ["channel-stays-home", "app/channels/amazon/b.ts", "#app/db/level.repo.ts"],
  ["registry-lists-channels", "app/services/c.ts", "#app/channels/ebay/index.ts"],
  ["worker-imports", "workers/a.ts", "#app/db/level.repo.ts"],
  ["production-knows-no-sandbox", "app/services/d.ts", "#sandbox/world.ts"],
  ["production-knows-no-sandbox", "workers/b.ts", "#tests/setup/rig.ts"],
  ["sandbox-is-another-world", "sandbox/a.ts", "#app/lib/ids.ts"],
  ["prisma-only-in-db", "app/services/e.ts", "@prisma/client"],
  ["bullmq-only-in-queue", "app/services/f.ts", "bullmq"],
  ["framework-at-the-door", "app/services/g.ts", "@remix-run/node"],
  ["framework-at-the-door", "workers/c.ts", "react"],
  ["resolvable", "app/services/h.ts", "#app/services/nowhere.ts"],
];

interface Report {
  summary: { violations: { rule: { name: string }; from: string }[] };
}

function plant(tree: string): void {
  for (const file of [".dependency-cruiser.cjs", "package.json", "tsconfig.json"]) {
    copyFileSync(path.join(root, file), path.join(tree, file));
  }
  symlinkSync(path.join(root, "node_modules"), path.join(tree, "node_modules"));
  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(path.join(tree, file)), { recursive: true });
    writeFileSync(path.join(tree, file), text);
  };
  for (const file of harmless) write(file, "export const here = 1;\n");
  // Type-only imports count too: half of the planted ones are.
  forbidden.forEach(([, from, to], index) =>
    write(from, `import ${index % 2 ? "type " : ""}* as it from "${to}";\nexport { it };\n`),
  );
  write("app/lib/one.ts", 'export * from "./two.ts";\n');
  write("app/lib/two.ts", 'export * from "./one.ts";\n');
}

describe("the import rules", () => {
  let tree = "";
  let found: string[] = [];

  beforeAll(async () => {
    tree = mkdtempSync(path.join(tmpdir(), "lockstep-imports-"));
    plant(tree);
    const cli = path.join(root, "node_modules/dependency-cruiser/bin/dependency-cruiser.mjs");
    const args = [cli, "--output-type", "json", "app", "workers", "sandbox"];
    const { stdout } = await promisify(execFile)(process.execPath, args, {
      cwd: tree,
      maxBuffer: 64 * 1024 * 1024,
    });
    const report = JSON.parse(stdout) as Report;
    found = report.summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`);
  }, 60_000);

  afterAll(() => rmSync(tree, { recursive: true, force: true }));

  test.each(forbidden)("%s catches %s importing %s", (rule, from) => {
    expect(found).toContain(`${rule}: ${from}`);
  });

  test("no-cycles catches two files importing each other", () => {
    expect(found.some((line) => line.startsWith("no-cycles: app/lib/"))).toBe(true);
  });

  test("a harmless file is left alone", () => {
    expect(found.filter((line) => harmless.some((file) => line.endsWith(file)))).toEqual([]);
  });
});
