import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, it } from "vitest";
import { keptSettings } from "./settings.ts";

it("refuses broken settings in words: new ones would not open the kept data", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "lockstep-settings-"));
  try {
    expect(keptSettings(folder)).toBeUndefined();
    for (const content of ["{ broken", "{}"]) {
      writeFileSync(path.join(folder, "config.json"), content);
      expect(() => keptSettings(folder)).toThrow(/config\.json cannot be read/);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
