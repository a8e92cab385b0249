// npm run reset: removes everything `npm start` keeps, also what lies outside the clone.
import { existsSync, rmSync } from "node:fs";
import path from "node:path";
import { findRun } from "./offline-file.ts";
import { outsideFolder, removePostgresData } from "./postgres-place.ts";
import { defaultDataDir } from "./settings.ts";

const run = await findRun(defaultDataDir);
if (run) {
  console.error(`Lockstep is running (${run.appUrl}): stop it first with Ctrl-C.`);
  process.exit(1);
}
if (existsSync(defaultDataDir)) removePostgresData(path.join(defaultDataDir, "postgres"));
rmSync(defaultDataDir, { recursive: true, force: true });
rmSync(outsideFolder(), { recursive: true, force: true });
console.log("Cleared. npm start begins with an empty database.");
