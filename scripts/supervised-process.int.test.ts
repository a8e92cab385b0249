import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type ProcessOptions, SupervisedProcess } from "./supervised-process.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "lockstep-supervised-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function make(script: string, more: Partial<ProcessOptions>): SupervisedProcess {
  const file = path.join(folder, "script.mjs");
  writeFileSync(file, script);
  return new SupervisedProcess({
    name: "part",
    script: file,
    env: process.env,
    logFile: path.join(folder, "part.log"),
    isReady: () => Promise.resolve(false),
    readyWithinMs: 20_000,
    heal: true,
    onNote: () => undefined,
    ...more,
  });
}

it("ends the start with this run's last words when a process refuses to start", async () => {
  writeFileSync(path.join(folder, "part.log"), "words of an earlier run\n");
  const starts: string[] = [];
  const part = make("console.error('PORT: is missing'); process.exit(1);", {
    onRefusal: ({ message }) => starts.push(message) > 0,
  });
  part.start();
  await expect(part.untilReady()).rejects.toThrow(
    "part did not come up. Its last words:\nPORT: is missing",
  );
  expect(starts).toHaveLength(1);
  expect(starts[0]).not.toContain("earlier run");
});

it("starts a process again that dies when the start is over", async () => {
  const mark = path.join(folder, "second-time");
  const script = `import { existsSync, writeFileSync } from "node:fs";
    if (existsSync(${JSON.stringify(mark)})) setInterval(() => {}, 1000);
    else { writeFileSync(${JSON.stringify(mark)}, ""); process.exit(1); }`;
  const notes: string[] = [];
  const part = make(script, {
    isReady: () => Promise.resolve(notes.length > 0),
    onRefusal: () => false,
    onNote: (text) => notes.push(text),
  });
  part.start();
  await part.untilReady();
  expect(notes).toHaveLength(1);
  await part.stop();
});
